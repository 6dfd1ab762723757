"""Shapes of work, written as `./headrace bench --on-request` reads them."""
import re
from typing import NamedTuple

DECODE_TOKENS = 32      # passes of one timed run of decoding
ROW_LAPS = 8            # passes of one timed run of rows

STANDARD = ("decode@0,decode@2048,prefill:128,prefill:512,prefill:2048,rows:1@0,rows:2@0,rows:4@0,rows:8@0,rows:16@0,"
            "rows:1@2048,rows:2@2048,rows:4@2048,rows:8@2048,rows:16@2048,batch:32@256")


class Shape(NamedTuple):
    what: str
    n: int
    depth: int

    @property
    def name(self):
        if self.what == "decode":
            return "decode@%d" % self.depth
        if self.what == "prefill":
            return "prefill:%d" % self.n
        return "%s:%d@%d" % (self.what, self.n, self.depth)

    @property
    def unit(self):
        return "ms" if self.what == "rows" else "tok/s"

    def value(self, seconds):
        """Seconds of a pass (of a prompt: of all of it) in the shape's unit."""
        return 1000 * seconds if self.what == "rows" else self.n / seconds

    def one_row(self):
        return Shape("rows", 1, self.depth) if self.what == "rows" else None


def parse(name):
    found = re.fullmatch(r"(?:(decode)@(\d+)|(prefill):([1-9]\d*)|(rows|batch):([1-9]\d*)@(\d+))", name.strip())
    if not found:
        raise ValueError("'%s' is no shape; write decode@DEPTH, prefill:TOKENS, rows:ROWS@DEPTH or batch:SEQUENCES@DEPTH" % name)
    if found[1]:
        return Shape("decode", 1, int(found[2]))
    if found[3]:
        return Shape("prefill", int(found[4]), 0)
    return Shape(found[5], int(found[6]), int(found[7]))
