"""Closed-loop load: N clients, each sends its next request when its last has been answered.

One JSON object on the output; times in milliseconds.
  output_tok_s   tokens that came inside the window, over its length
  ttft_ms        request sent to first part with text, of the requests sent inside the window
  itl_ms         gaps between parts with text that follow each other, of the same requests; tokens_per_part says how many a part holds
  tpot_ms        (last part - first part) / (tokens - 1), per request
The window begins when the warm-up has passed. Requests that run when it ends are waited for (--drain), and count as far as they came.
"""
import argparse
import http.client
import json
import resource
import sys
import time

from loadtests import prompts, soak, ways
from loadtests.answers import Answer
from loadtests.figures import summary
from loadtests.process import MOST_FOREIGN, Share, cpu_seconds, resident_mib
from loadtests.spinners import Spinners
from loadtests.wire import Driver, Request


class ClosedClient:
    """Takes prompts from a list that all clients share."""

    def __init__(self, source, path, exchanges):
        self.source, self.path, self.exchanges = source, path, exchanges

    def next(self):
        return Request(self.path, next(self.source))

    def finished(self, exchange):
        self.exchanges.append(exchange)


def bodies(texts, args, extra):
    """Request bodies without end."""
    count = 0
    while True:
        for messages in texts:
            count += 1
            if args.salt:
                messages = prompts.marked(messages, "%x.%d" % (args.salt_base, count))
            yield prompts.body(messages, args.model, args.max_tokens, args.temperature, extra=extra)


def report(answers, begin, end):
    """Figures of a run whose window was [begin, end)."""
    within = [a for a in answers if begin <= a.sent < end and a.events]
    failed = [a for a in answers if a.error]
    complete = [a for a in answers if a.complete]
    parts = sum(len(a.events) for a in complete)
    return {
        "window_s": round(end - begin, 2),
        "output_tok_s": round(sum(a.tokens_between(begin, end) for a in answers) / (end - begin), 1),
        "requests_s": round(sum(1 for a in complete if begin <= a.ended < end) / (end - begin), 3),
        "ttft_ms": summary([1000 * (a.events[0] - a.sent) for a in within]),
        "itl_ms": summary([1000 * (q - p) for a in within for p, q in zip(a.events, a.events[1:])]),
        "tpot_ms": summary([1000 / a.decode_rate() for a in within if a.decode_rate()]),
        "requests": {"sent": len(answers), "complete": len(complete), "in_window": len(within), "failed": len(failed),
                     "unfinished": sum(1 for a in answers if a.ended is None),
                     "empty": sum(1 for a in complete if not a.events), "errors": sorted({a.error for a in failed})[:3]},
        "tokens_per_request": round(sum(a.tokens for a in complete) / len(complete), 1) if complete else None,
        "prompt_tokens_per_request": round(sum(a.usage.get("prompt_tokens", 0) for a in complete) / len(complete), 1) if complete else None,
        "cached_tokens_per_request": round(sum((a.usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0) for a in complete)
                                           / len(complete), 1) if complete else None,
        "tokens_per_part": round(sum(a.tokens for a in complete) / parts, 3) if parts else None,
    }


def ask(driver, method, path, data=None):
    """One request of its own; (status, body)."""
    connection = http.client.HTTPConnection(driver.host, driver.port, timeout=120)
    try:
        connection.request(method, driver.path + path, data, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError as unreachable:
        raise SystemExit("no server answers at http://%s:%d: %s" % (driver.host, driver.port, unreachable)) from None
    finally:
        connection.close()


def prepare(driver, args):
    """Finds the model's name, and whether the server can be told to write on past the end; fields to add to every request."""
    if not args.model:
        status, data = ask(driver, "GET", "/v1/models")
        if status != 200:
            raise SystemExit("GET /v1/models: status %d; name the model with --model" % status)
        args.model = json.loads(data)["data"][0]["id"]
    extra = json.loads(args.extra)
    if args.ignore_eos:
        status, _ = ask(driver, "POST", "/v1/chat/completions",
                        prompts.body(prompts.BUILT_IN[0], args.model, 1, stream=False, extra={"ignore_eos": True}))
        if status == 200:
            extra["ignore_eos"] = True
        else:
            print("the server refuses ignore_eos (status %d): answers end where the model ends them" % status, file=sys.stderr)
    return extra


def run_closed(driver, args, extra):
    return window(driver, args, extra)[0]


def window(driver, args, extra):
    """Measures one window, beside as many busy processes as --busy says; its report, and what was answered."""
    with Spinners(args.busy) as spinners:
        return measure(driver, args, extra, spinners.pids)


def measure(driver, args, extra, busy):
    texts = prompts.read(args.prompts) if args.prompts else prompts.BUILT_IN
    source, exchanges = bodies(texts, args, extra), []
    clients = [ClosedClient(source, "/v1/chat/completions", exchanges) for _ in range(args.clients)]
    share, server, own = Share([args.pid, *busy]), cpu_seconds(args.pid) if args.pid else 0.0, resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    begin = started + args.warmup
    end = begin + args.seconds
    driver.run(clients, end, args.drain)
    wall = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    out = {"label": args.label, "mode": "closed", "clients": args.clients, "max_tokens": args.max_tokens, "model": args.model,
           "ignore_eos": bool(extra.get("ignore_eos")), "salted": args.salt, "busy": args.busy}
    answers = [Answer(e) for e in exchanges]
    out.update(report(answers, begin, end))
    out["client_cores"] = round((used.ru_utime + used.ru_stime - own.ru_utime - own.ru_stime) / wall, 3)
    if args.pid:
        out["server_cores"] = round((cpu_seconds(args.pid) - server) / wall, 3)
        out["foreign"] = round(share.foreign(), 4)
        out["memory"] = resident_mib(args.pid)
        if out["foreign"] > MOST_FOREIGN:
            print("other processes took %.1f %% of the processors: too much, do not quote these figures" % (100 * out["foreign"]), file=sys.stderr)
    return out, answers


def run_ways(driver, args, extra, emit):
    """The load in every way of --decoding, in turns; whether greedy answers were the same in all."""
    def one(way):
        out, answers = window(driver, args, dict(extra, decoding=way.form))
        if args.temperature > 0 or args.salt:
            return out, []
        return out, [(answer.prompt, answer.text) for answer in answers if answer.complete]
    return all(line["differing"] == 0 for line in ways.run(args.decoding, args.rounds, one, emit))


def main():
    parser = argparse.ArgumentParser(prog="load-tests/closed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="default %(default)s")
    parser.add_argument("--model", default="", help="default: the first that the server names")
    parser.add_argument("--clients", type=int, default=8, help="default %(default)s")
    parser.add_argument("--seconds", type=float, default=20, help="length of the window, default %(default)s")
    parser.add_argument("--warmup", type=float, default=5, help="seconds before the window, default %(default)s")
    parser.add_argument("--drain", type=float, default=15, help="most seconds to wait for what runs at the end, default %(default)s")
    parser.add_argument("--prompts", help="file of JSON lines with messages, prompt, instruction, text or turns; default: a dozen of ours")
    parser.add_argument("--max-tokens", type=int, default=128, help="default %(default)s")
    parser.add_argument("--temperature", type=float, default=0.0, help="default 0: greedy")
    parser.add_argument("--ignore-eos", action="store_true", help="answers of full length, if the server can do that")
    parser.add_argument("--salt", action="store_true", help="a different beginning for every prompt, so that no prefix is shared")
    parser.add_argument("--extra", default="{}", help="JSON object of fields to add to every request")
    parser.add_argument("--pid", type=int, help="process of the server, for its memory and processor time")
    parser.add_argument("--busy", type=int, default=0, help="processors to keep busy beside the load, default none; not counted as foreign")
    parser.add_argument("--label", default="", help="a word for the report")
    parser.add_argument("--json", help="file that the report is added to, a line each")
    parser.add_argument("--decoding", action="append", type=ways.Way, default=[], metavar="HOW",
                        help="a way to decode, such as auto or ngram,most_drafted=4; several take turns, compared with the first")
    parser.add_argument("--rounds", type=int, default=5, help="windows of each way of --decoding, default %(default)s")
    parser.add_argument("--mixed", action="store_true", help="a mixed load for --minutes, with a report a minute and a verdict")
    parser.add_argument("--minutes", type=float, default=30, help="with --mixed, default %(default)s")
    args = parser.parse_args()
    if args.clients < 1:
        raise SystemExit("--clients must be at least 1")
    if args.busy < 0:
        raise SystemExit("--busy must be at least 0")
    if args.rounds < 1:
        raise SystemExit("--rounds must be at least 1")
    args.salt_base = int(time.time()) & 0xffffff
    try:
        driver = Driver(args.url)
    except ValueError as wrong:
        raise SystemExit("--url: %s" % wrong) from None
    extra = prepare(driver, args)

    def emit(line):
        text = json.dumps(line, ensure_ascii=False)
        print(text, flush=True)
        if args.json:
            with open(args.json, "a", encoding="utf-8") as out:
                out.write(text + "\n")

    try:
        if args.mixed:
            raise SystemExit(0 if soak.run(driver, args, extra, emit) else 1)
        if len(args.decoding) > 1:
            raise SystemExit(0 if run_ways(driver, args, extra, emit) else 1)
        if args.decoding:
            extra["decoding"] = args.decoding[0].form
        emit(run_closed(driver, args, extra))
    finally:
        driver.close()


if __name__ == "__main__":
    main()
