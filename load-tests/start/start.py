#!/usr/bin/env python3
"""Times the start of an installed server: from the command to the port, to readiness, to the first streamed token.

    load-tests/start/start.py [--runs 7] [--model FILE] [--java-opts "..."] [--serve-args "..."]

Every run is a new process of ./headrace serve on a free port. The clock starts just before the process does. The first run
warms the page cache and is not counted. Prints medians and ranges in milliseconds, processor time until then, resident memory after the first answer in MB,
and one JSON line with everything.
"""

import argparse
import json
import os
import pathlib
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUESTION = {
    "messages": [{"role": "user", "content": "What is 2 + 2?"}],
    "temperature": 0,
    "max_tokens": 8,
    "stream": True,
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def http(port, head, body=b""):
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(head.encode() + b"\r\nHost: localhost\r\nConnection: close\r\n"
                       + (b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body) if body else b"") + b"\r\n" + body)
    return connection


def wait_until(accepts, process, limit):
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise SystemExit(f"the server ended with status {process.returncode}")
        try:
            if accepts():
                return
        except OSError:
            pass
        time.sleep(0.002)
    raise SystemExit("the server did not start in time")


def status_ok(port, path):
    with http(port, f"GET {path} HTTP/1.1") as connection:
        return connection.recv(64).startswith(b"HTTP/1.1 200")


def connects(port):
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


def first_token(port):
    """Waits for the first delta with text, then reads the answer to its end; whether one came."""
    with http(port, "POST /v1/chat/completions HTTP/1.1", json.dumps(QUESTION).encode()) as connection:
        text, at = b"", None
        while True:
            piece = connection.recv(65536)
            if not piece:
                break
            text += piece
            if at is None:
                for line in text.split(b"\n"):
                    line = line.strip()
                    if line.startswith(b"data: {") and line.endswith(b"}"):
                        choices = json.loads(line[6:]).get("choices") or [{}]
                        if choices[0].get("delta", {}).get("content"):
                            at = time.monotonic()
                            break
        if at is None:
            raise SystemExit("no token came: " + text[:400].decode(errors="replace"))
        return at


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


def processor(pid):
    """Milliseconds of processor time of a process, all its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1e3 / os.sysconf("SC_CLK_TCK")


def one_run(arguments):
    port = free_port()
    command = [*shlex.split(arguments.command), "serve", "--port", str(port), *shlex.split(arguments.serve_args)]
    if arguments.model:
        command += ["--model", arguments.model]
    environment = dict(os.environ)
    if arguments.java_opts:
        environment["HEADRACE_JAVA_OPTS"] = arguments.java_opts
    begin = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        limit = begin + arguments.timeout
        run = {}
        wait_until(lambda: connects(port), process, limit)
        run["port"] = (time.monotonic() - begin) * 1e3
        if arguments.ready:
            wait_until(lambda: status_ok(port, "/health"), process, limit)
            run["health"] = (time.monotonic() - begin) * 1e3
        run["first token"] = (first_token(port) - begin) * 1e3
        run["processor"] = processor(process.pid)
        for name, value in memory(process.pid).items():
            run[name] = value
        return run
    finally:
        process.send_signal(signal.SIGKILL if arguments.kill else signal.SIGTERM)
        output = process.communicate(timeout=60)[0]
        if arguments.verbose:
            sys.stderr.write(output.decode(errors="replace"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", default=str(ROOT / "headrace"), help="what is started; ./headrace of this folder if not given")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--model", default="")
    parser.add_argument("--java-opts", default="", help="as HEADRACE_JAVA_OPTS")
    parser.add_argument("--serve-args", default="", help="more arguments of headrace serve")
    parser.add_argument("--timeout", type=float, default=60, help="seconds a start may take")
    parser.add_argument("--ready", action="store_true", help="also ask /health before the first question")
    parser.add_argument("--kill", action="store_true", help="end the servers at once")
    parser.add_argument("--verbose", action="store_true", help="show what the servers print")
    arguments = parser.parse_args()
    one_run(arguments)
    runs = [one_run(arguments) for _ in range(arguments.runs)]
    for name in runs[0]:
        values = sorted(run[name] for run in runs)
        unit = "MB" if name[0].isupper() else "ms"
        print(f"{name:16s} median {statistics.median(values):8.1f}  least {values[0]:8.1f}  most {values[-1]:8.1f} {unit}")
    print(json.dumps({"command": sys.argv, "runs": runs}))


if __name__ == "__main__":
    main()
