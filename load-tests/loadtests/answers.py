"""Reads what a request left behind: text, when its parts came, tokens, errors."""
import json


def prompt(body):
    """What a request asked, whatever else it said: its messages or prompt, as text."""
    try:
        asked = json.loads(body)
    except ValueError:
        return ""
    return json.dumps(asked.get("messages") or asked.get("prompt"))


class Answer:
    """An exchange, read. `events` are the arrival times of the parts that carried text."""

    def __init__(self, exchange):
        self.sent, self.ended, self.left = exchange.sent, exchange.ended, exchange.left
        self.error = exchange.error
        self.prompt = prompt(exchange.request.body)
        self.events, self.text = [], ""
        self.usage = {}
        self.finish_reason = None
        if exchange.status != 200:
            if exchange.status:
                body = b"".join(data for _, data in exchange.pieces)
                self.error = "status %d: %s" % (exchange.status, body[:200].decode("utf-8", "replace"))
            return
        if exchange.pieces and exchange.pieces[0][1].lstrip().startswith(b"{"):     # not streamed
            self.event(exchange.pieces[-1][0], b"".join(data for _, data in exchange.pieces))
            return
        rest = b""
        for at, data in exchange.pieces:
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if line.startswith(b"data:"):
                    self.event(at, line[5:].strip())

    def event(self, at, data):
        if data == b"[DONE]":
            return
        try:
            event = json.loads(data)
        except ValueError:
            self.error = self.error or "an event is no JSON: %r" % data[:80]
            return
        if event.get("error"):
            self.error = json.dumps(event["error"])[:200]
        self.usage = event.get("usage") or self.usage
        for choice in event.get("choices") or ():
            piece = choice.get("text") or (choice.get("delta") or choice.get("message") or {}).get("content")
            if piece:
                self.events.append(at)
                self.text += piece
            self.finish_reason = choice.get("finish_reason") or self.finish_reason

    @property
    def tokens(self):
        return self.usage.get("completion_tokens") or len(self.events)

    @property
    def complete(self):
        return self.error is None and self.ended is not None and not self.left

    def tokens_between(self, begin, end):
        """Tokens that came in [begin, end), taken to be spread evenly over the events."""
        if not self.events:
            return 0.0
        return self.tokens / len(self.events) * sum(1 for at in self.events if begin <= at < end)

    def decode_rate(self):
        """Tokens a second behind the first; None when there are fewer than two parts."""
        if len(self.events) < 2 or self.events[-1] <= self.events[0]:
            return None
        return (self.tokens - 1) / (self.events[-1] - self.events[0])
