"""Mixed load for a long time: does memory grow, does decoding slow down?

Five kinds of clients at once: short chats; long prompts, each new; questions behind one long shared beginning; users who hang up in
the middle of an answer; answers that are not streamed, sampled hot. After every minute the load pauses, a lone request is timed with
nobody else there, and memory is read: a report a minute, and at the end a verdict. What happens in the first five minutes (or the
first sixth of a shorter run) does not count: caches fill.
"""
import itertools
import random
import sys
import time

from loadtests import prompts
from loadtests.answers import Answer
from loadtests.figures import drift_verdict, growth_verdict, median, summary
from loadtests.process import Share, resident_mib
from loadtests.wire import Request

CHAT = "/v1/chat/completions"
PROBES = 3
ALLOWED_GROWTH = 0.01       # of resident memory, or 8 MiB: what reading it cannot tell from none


class MixedClient:
    """A client of one kind. `pick` makes its choices, the same ones in every run."""

    def __init__(self, kind, texts, args, extra, pick, finished):
        self.kind, self.texts, self.args, self.extra, self.pick = kind, texts, args, extra, pick
        self.count = itertools.count()
        self.on_finished = finished

    def next(self):
        pick, number = self.pick, next(self.count)
        text = pick.choice(self.texts)
        mark = "%s.%d.%x" % (self.kind, number, pick.getrandbits(24))
        if self.kind == "chat":
            return self.request(text, pick.randint(32, 128))
        if self.kind == "long":
            return self.request(self.long(prompts.marked(text, mark), 6000), 32)
        if self.kind == "shared":
            return self.request(self.long(self.texts[0], 3000) + [{"role": "assistant", "content": "Yes."}] + text, 48)
        if self.kind == "leaving":
            return self.request(text, 128, leave_after=pick.randint(1, 40))
        return self.request(text, 64, stream=False, temperature=1.2)

    def request(self, messages, tokens, stream=True, temperature=0.0, leave_after=None):
        data = prompts.body(messages, self.args.model, tokens, temperature, stream, self.extra)
        return Request(CHAT, data, leave_after)

    def long(self, messages, characters):
        """The first message, grown with other prompts."""
        content = messages[0]["content"]
        for other in itertools.cycle(self.texts):
            if len(content) >= characters:
                return [{"role": "user", "content": content[:characters]}]
            content += "\n" + other[0]["content"]

    def finished(self, exchange):
        self.on_finished(self.kind, Answer(exchange))


class LoneClient:
    """Asks once."""

    def __init__(self, data):
        self.waiting, self.answer = Request(CHAT, data), None

    def next(self):
        request, self.waiting = self.waiting, None
        return request

    def finished(self, exchange):
        self.answer = Answer(exchange)


KINDS = ("chat", "long", "shared", "leaving", "plain")


def lone_rate(driver, args, extra):
    """Decode speed with nobody else there, tok/s: the median of a few requests. None when none was answered."""
    rates = []
    for _ in range(PROBES):
        data = prompts.body(prompts.BUILT_IN[0], args.model, 64, extra=extra)
        client = LoneClient(data)
        begun = time.perf_counter()
        while client.answer is None and time.perf_counter() < begun + 60:
            driver.run([client], time.perf_counter() + 0.05, 60)
        driver.connections.pop(id(client)).close()
        if client.answer and client.answer.complete and client.answer.decode_rate():
            rates.append(client.answer.decode_rate())
    return median(rates)


def run(driver, args, extra, emit):
    """Runs the load; False when memory grows, speed drifts down, or requests fail."""
    texts = prompts.read(args.prompts) if args.prompts else prompts.BUILT_IN
    done = []
    clients = [MixedClient(KINDS[i % len(KINDS)], texts, args, extra, random.Random(i), lambda kind, answer: done.append((kind, answer)))
               for i in range(args.clients)]
    memory, speeds, failures = [], [], []
    begun = time.perf_counter()
    minute = 0
    try:
        while minute < args.minutes:
            minute = min(minute + 1, args.minutes)
            share, start = Share([args.pid]), time.perf_counter()
            due = begun + 60 * minute
            driver.run(clients, max(due, start + 1), args.drain)
            wall = time.perf_counter() - start
            answers, done[:] = list(done), []
            rate = lone_rate(driver, args, extra)
            failed = [(k, a) for k, a in answers if a.error]
            failures += [a.error for _, a in failed]
            line = {"mode": "mixed", "label": args.label, "minute": round(minute, 2), "requests": len(answers), "failed": len(failed),
                    "unfinished": sum(1 for _, a in answers if a.ended is None),
                    "output_tok_s": round(sum(a.tokens for _, a in answers) / wall, 1),
                    "lone_decode_tok_s": round(rate, 2) if rate else None,
                    "ttft_ms": {kind: summary([1000 * (a.events[0] - a.sent) for k, a in answers if k == kind and a.events], (50, 95))
                                for kind in KINDS},
                    "itl_ms": summary([1000 * (q - p) for _, a in answers for p, q in zip(a.events, a.events[1:])])}
            if rate:
                speeds.append((minute, rate))
            if args.pid:
                line["memory"] = resident_mib(args.pid)
                line["foreign"] = round(share.foreign(), 4)
                if line["memory"]:
                    memory.append((minute, line["memory"]["rss_mib"]))
            emit(line)
    except KeyboardInterrupt:
        print("stopped after %d minutes" % len(speeds), file=sys.stderr)
    settle = min(5, args.minutes / 6)
    verdict = {"mode": "mixed", "label": args.label, "line": "verdict", "minutes": round((time.perf_counter() - begun) / 60, 2),
               "failed": len(failures), "errors": sorted(set(failures))[:3], "speed": drift_verdict(speeds, settle)}
    if args.pid:
        allowed = max(8.0, ALLOWED_GROWTH * (median([y for _, y in memory]) or 0))
        verdict["memory"] = growth_verdict(memory, settle, round(allowed, 1))
    emit(verdict)
    return not failures and verdict["speed"]["verdict"] in ("steady", "faster") and (
        not args.pid or verdict["memory"]["verdict"] == "steady")
