"""Our engine and a peer on the same file in turns: ours, peer, ours, peer, shape by shape and round by round.

Both stay loaded; the one that waits must use no processor, which is checked. A ratio is that of the two times measured one right
after the other; what is quoted is the median of the ratios, since the machine's speed drifts from round to round.
"""
import argparse
import json
import os
import shlex
import signal
import sys
import time

from loadtests.figures import median, percentile
from loadtests.ours import Ours
from loadtests.process import MOST_FOREIGN, Share, cpu_seconds
from loadtests.shapes import STANDARD, parse

SETTLE_S = 0.06     # the peer's threads spin a while after a pass
MOST_IDLE = 0.03


def say(text):
    print(text, file=sys.stderr, flush=True)


class Rounds:
    """Times of both sides, shape by shape."""

    def __init__(self, shapes):
        self.shapes = shapes
        self.ours = {s: [] for s in shapes}
        self.peer = {s: [] for s in shapes}
        self.machine = []

    def complete(self):
        return min(len(self.peer[s]) for s in self.shapes)

    def rows(self):
        """A line per shape that was measured at least once."""
        out = []
        for shape in self.shapes:
            pairs = list(zip(self.ours[shape], self.peer[shape]))
            if not pairs:
                continue
            ratios = [peer / ours for ours, peer in pairs]
            line = {"line": "shape", "shape": shape.name, "unit": shape.unit, "rounds": len(pairs),
                    "ours": round(median([shape.value(o) for o, _ in pairs]), 3),
                    "peer": round(median([shape.value(p) for _, p in pairs]), 3),
                    "ratio": round(median(ratios), 3), "ratio_p10": round(percentile(ratios, 0.1), 3),
                    "ratio_p90": round(percentile(ratios, 0.9), 3)}
            one = shape.one_row()
            if one in self.ours and shape.n > 1:
                line["ours_factor"] = round(median([a / b for a, b in zip(self.ours[shape], self.ours[one])]), 3)
                line["peer_factor"] = round(median([a / b for a, b in zip(self.peer[shape], self.peer[one])]), 3)
            out.append(line)
        return out


def table(rows):
    out = ["%-14s %-6s %10s %10s %8s %16s  %s" % ("shape", "unit", "ours", "peer", "ratio", "p10 to p90", "times one row: ours, peer")]
    for r in rows:
        factors = "%.2f, %.2f" % (r["ours_factor"], r["peer_factor"]) if "ours_factor" in r else ""
        out.append("%-14s %-6s %10.2f %10.2f %7.2fx %7.2f to %5.2f  %s" % (
            r["shape"], r["unit"], r["ours"], r["peer"], r["ratio"], r["ratio_p10"], r["ratio_p90"], factors))
    return "\n".join(line.rstrip() for line in out)


def measure(ours, peer, rounds, count, idle):
    """Runs `count` rounds. `idle` collects the processor time each side took while the other was measured, and for how long."""
    for number in range(count):
        say("round %d of %d" % (number + 1, count) if count > 1 else "warming up")
        for at, shape in enumerate(rounds.shapes):
            if at % 4 == 0:
                time.sleep(SETTLE_S)
                rounds.machine.append(ours.machine())
            pair = {}
            for side in ("ours", "peer") if number % 2 == 0 else ("peer", "ours"):
                time.sleep(SETTLE_S)
                begun, own, theirs = time.perf_counter(), time.process_time(), cpu_seconds(ours.pid)
                pair[side] = (ours if side == "ours" else peer).seconds(shape)
                spent = time.process_time() - own if side == "ours" else cpu_seconds(ours.pid) - theirs
                idle["peer" if side == "ours" else "ours"].append((spent, time.perf_counter() - begun))
            rounds.ours[shape].append(pair["ours"])
            rounds.peer[shape].append(pair["peer"])


def idle_share(spent):
    wall = sum(w for _, w in spent)
    return sum(s for s, _ in spent) / wall if wall else 0.0


def main():
    parser = argparse.ArgumentParser(prog="load-tests/peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="GGUF file")
    parser.add_argument("--threads", type=int, default=0, help="threads of both; default: what headrace chooses")
    parser.add_argument("--runs", type=int, default=5, help="rounds (default 5)")
    parser.add_argument("--shapes", default=STANDARD, help="comma-separated; default: %s" % STANDARD)
    parser.add_argument("--flash", choices=("best", "on", "off"), default="best", help="the peer's flash attention; best: tried per shape")
    parser.add_argument("--kv", default="", help="the peer's cache types, f16 or f16,bf16; default: bf16 too where the processor has it")
    parser.add_argument("--unified", choices=("best", "yes", "no"), default="best", help="one cache for all of a batch's sequences")
    parser.add_argument("--json", help="file for JSON lines; - for the output")
    parser.add_argument("--headrace", default="./headrace", help="command that runs headrace")
    args = parser.parse_args()
    try:
        shapes = [parse(name) for name in args.shapes.split(",")]
    except ValueError as wrong:
        raise SystemExit("--shapes: %s" % wrong)

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    from loadtests.peer import Peer, settings_for
    ours = Ours(shlex.split(args.headrace), args.model, args.threads, shapes)
    threads = ours.ready["threads"]
    peer = Peer(args.model, threads)
    peer.reach = max([s.n for s in shapes if s.what == "prefill"], default=256)
    say("ours: %s" % ours.ready["kernels"])
    say("peer: %s" % peer.describe())
    say("peer, asked for text: %r" % peer.continuation("The capital of France is", 16))
    flags = open("/proc/cpuinfo").read() if os.path.exists("/proc/cpuinfo") else ""
    kv = args.kv.split(",") if args.kv else ["f16", "bf16"] if "avx512_bf16" in flags else ["f16"]
    flash = {"best": (True, False), "on": (True,), "off": (False,)}[args.flash]
    unified = {"best": (False, True), "yes": (True,), "no": (False,)}[args.unified]
    for shape in shapes:
        settings = settings_for(shape, flash, kv, unified)
        times = peer.calibrate(shape, settings, say) if len(settings) > 1 else {}
        peer.settings.setdefault(shape, settings[0])
        say("peer %s: %s%s" % (shape.name, peer.settings[shape], "".join(
            "; %s %.1f" % (s, shape.value(t)) for s, t in times.items() if s != peer.settings[shape])))
    peer.release_unused()

    rounds, idle = Rounds(shapes), {"ours": [], "peer": []}
    measure(ours, peer, Rounds(shapes), 1, {"ours": [], "peer": []})      # warm-up
    share = Share([ours.pid])
    try:
        measure(ours, peer, rounds, args.runs, idle)
    except KeyboardInterrupt:
        say("stopped after %d rounds" % rounds.complete())
    foreign = share.foreign()
    rows = rounds.rows()
    run = {"line": "run", "model": os.path.basename(args.model), "threads": threads, "rounds": rounds.complete(),
           "ours": ours.ready["kernels"], "peer": peer.describe().split(",")[0],
           "settings": {s.name: str(peer.settings[s]) for s in shapes},
           "bandwidthGBs": round(median([m["bandwidthGBs"] for m in rounds.machine]) or 0, 2),
           "peakTops": round(median([m["peakTops"] for m in rounds.machine]) or 0, 3), "foreign": round(foreign, 4),
           "ours_idle_cores": round(idle_share(idle["ours"]), 4), "peer_idle_cores": round(idle_share(idle["peer"]), 4)}
    if args.json:
        lines = "".join(json.dumps(line) + "\n" for line in [run] + rows)
        if args.json == "-":
            sys.stdout.write(lines)
        else:
            with open(args.json, "w") as out:
                out.write(lines)
    text = "%s, %d threads, %d rounds; memory %.1f GB/s, integer peak %.2f Top/s\n%s\nOther processes took %.1f %% of the processors%s" % (
        run["model"], threads, run["rounds"], run["bandwidthGBs"], run["peakTops"], table(rows), 100 * foreign,
        ": too much, do not quote these figures." if foreign > MOST_FOREIGN else ".")
    for name in ("ours", "peer"):
        if idle_share(idle[name]) > MOST_IDLE:
            text += "\nWaiting for the other, %s used %.2f cores: the other's figures are too low." % (name, idle_share(idle[name]))
    print(text, file=sys.stderr if args.json == "-" else sys.stdout)
    ours.close()


if __name__ == "__main__":
    main()
