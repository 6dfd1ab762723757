#!/usr/bin/env python3
"""Times the start of an installed server: from the command to the port, to readiness, to the first streamed token.

    load-tests/start/start.py [--runs 7] [--model FILE] [--serve-args "..."] [--java-opts "..."]... [--command FILE]...

Every run is a new process of ./headrace serve on a free port. The clock starts just before the process does. The first run
of every setting warms the page cache and is not counted. Several --java-opts or --command are settings that take turns, run by run, so
that a machine whose speed drifts treats them alike.

Every run has a line: milliseconds to each point; milliseconds of processor time of all threads until the first token, as the system
counted them, and what of these the compilers' threads took (the rest of "java" is the program); megabytes resident after the first answer.
Then come medians with ranges per setting, and one JSON line with everything.
"""

import argparse
import itertools
import json
import os
import pathlib
import random
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUESTION = {
    "messages": [{"role": "user", "content": "What is 2 + 2?"}],
    "temperature": 0,
    "max_tokens": 8,
    "stream": True,
}


def free_port():
    """Below the ports that the system gives to clients: one that waits for a port of those may find itself at the other end."""
    while True:
        port = random.randrange(12000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def http(port, head, body=b""):
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(head.encode() + b"\r\nHost: localhost\r\nConnection: close\r\n"
                       + (b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body) if body else b"") + b"\r\n" + body)
    return connection


class Server:
    """A server that starts; what it says is kept for the case that it does not."""

    def __init__(self, command, environment, seconds):
        self.output = tempfile.TemporaryFile()
        self.begin = time.monotonic()
        self.limit = self.begin + seconds
        self.process = subprocess.Popen(command, env=environment, stdout=self.output, stderr=subprocess.STDOUT)

    def said(self):
        self.output.seek(0)
        return self.output.read().decode(errors="replace")

    def until(self, attempt):
        """Milliseconds from the start to the moment that attempt, which is repeated while it finds no server, returns or gives back."""
        while time.monotonic() < self.limit:
            if self.process.poll() is not None:
                raise SystemExit(f"the server ended with status {self.process.returncode}:\n{self.said()}")
            try:
                at = attempt()
                if at:
                    return (at - self.begin) * 1e3
            except OSError:  # refused, reset or silent: not up yet
                pass
            time.sleep(0.002)
        raise SystemExit(f"the server did not start in time:\n{self.said()}")

    def stop(self, at_once):
        self.process.send_signal(signal.SIGKILL if at_once else signal.SIGTERM)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def healthy(port):
    with http(port, "GET /health HTTP/1.1") as connection:
        return time.monotonic() if connection.recv(64).startswith(b"HTTP/1.1 200") else None


def connects(port):
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return time.monotonic()


def first_token(port):
    """When the first delta with text came; reads the answer to its end. None if the answer was cut off before."""
    with http(port, "POST /v1/chat/completions HTTP/1.1", json.dumps(QUESTION).encode()) as connection:
        text, at = b"", None
        while True:
            piece = connection.recv(65536)
            if not piece:
                break
            text += piece
            at = at or (time.monotonic() if has_text(text) else None)
    if at is None and text and not text.startswith(b"HTTP/1.1 200"):
        raise SystemExit("no token came: " + text[:400].decode(errors="replace"))
    return at


def has_text(answer):
    for line in answer.split(b"\n"):
        line = line.strip()
        if line.startswith(b"data: {") and line.endswith(b"}"):
            choices = json.loads(line[6:]).get("choices") or [{}]
            if choices[0].get("delta", {}).get("content"):
                return True
    return False


def memory(pid):
    """Resident, anonymous and huge-page megabytes of a process."""
    found = {}
    try:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            parts = line.split()
            if parts[0] in ("Rss:", "Anonymous:", "AnonHugePages:"):
                found[parts[0][:-1]] = int(parts[1]) * 1024 / 1e6
    except OSError:
        pass
    return found


def ticks(stat):
    fields = stat.read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1e3 / os.sysconf("SC_CLK_TCK")


def processor(pid):
    """Milliseconds of processor time of all threads, those that ended too, and of the compilers' threads."""
    process = pathlib.Path(f"/proc/{pid}")
    compilers = 0.0
    for thread in process.glob("task/*"):
        try:
            if "CompilerThre" in (thread / "comm").read_text():
                compilers += ticks(thread / "stat")
        except OSError:
            pass  # it has just ended
    return {"processor": ticks(process / "stat"), "compilers": compilers}


def one_run(arguments, setting):
    command, java_opts = setting
    port = free_port()
    words = [*shlex.split(command), "serve", "--port", str(port), *shlex.split(arguments.serve_args)]
    if arguments.model:
        words += ["--model", arguments.model]
    environment = dict(os.environ)
    if java_opts:
        environment["HEADRACE_JAVA_OPTS"] = java_opts
    server = Server(words, environment, arguments.timeout)
    try:
        run = {"port": server.until(lambda: connects(port))}
        if arguments.ready:
            run["health"] = server.until(lambda: healthy(port))
        run["first token"] = server.until(lambda: first_token(port))
        run.update(processor(server.process.pid))
        run.update(memory(server.process.pid))
        return run
    finally:
        server.stop(arguments.kill)
        if arguments.verbose:
            sys.stderr.write(server.said())


def unit(name):
    return "MB" if name[0].isupper() else "ms"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", action="append", help="what is started; ./headrace of this folder if not given")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--model", default="")
    parser.add_argument("--java-opts", action="append", help="as HEADRACE_JAVA_OPTS")
    parser.add_argument("--serve-args", default="", help="more arguments of headrace serve")
    parser.add_argument("--timeout", type=float, default=60, help="seconds a start may take")
    parser.add_argument("--ready", action="store_true", help="also ask /health before the first question")
    parser.add_argument("--kill", action="store_true", help="end the servers at once")
    parser.add_argument("--verbose", action="store_true", help="show what the servers print")
    arguments = parser.parse_args()
    settings = list(itertools.product(arguments.command or [str(ROOT / "headrace")], arguments.java_opts or [""]))
    for setting in settings:
        one_run(arguments, setting)
    runs = []
    for number in range(arguments.runs):
        for index, setting in enumerate(settings):
            run = one_run(arguments, setting)
            runs.append({"setting": index, **run})
            print(f"run {number + 1}, setting {index + 1}: " + ", ".join(f"{k} {v:.0f}" for k, v in run.items()), file=sys.stderr)
    for index, (command, java_opts) in enumerate(settings):
        if len(settings) > 1:
            print(f"setting {index + 1}: {command} {java_opts}")
        mine = [run for run in runs if run["setting"] == index]
        for name in [name for name in (mine[0] if mine else {}) if name != "setting"]:
            values = sorted(run[name] for run in mine)
            print(f"{name:16s} median {statistics.median(values):8.1f}  least {values[0]:8.1f}  most {values[-1]:8.1f} {unit(name)}")
    print(json.dumps({"command": sys.argv, "settings": settings, "runs": runs}))


if __name__ == "__main__":
    main()
