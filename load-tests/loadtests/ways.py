"""The same load decoded in several ways, in turns: a window of each way, round after round, so that a machine whose speed drifts treats
all alike. A ratio is that of two neighbouring windows; the first way is what the others are compared with."""
import argparse
import json

from loadtests.figures import median, percentile

# What is compared: the figure, and whether more of it is better.
FIGURES = (("output_tok_s", None, True), ("tpot_ms", "p50", False), ("itl_ms", "p99", False), ("ttft_ms", "p50", False))


class Way:
    """A way to decode, as asked for: `auto` or `ngram,most_drafted=4`. `form` is a request's `decoding`."""

    def __init__(self, text):
        self.text = text.strip()
        name, *options = [part.strip() for part in self.text.split(",")]
        if not name or not all("=" in option for option in options):
            raise argparse.ArgumentTypeError("%r is no way to decode: give a name, or name,option=value" % text)
        self.form = name
        if options:
            self.form = {"strategy": name}
            self.form.update((key, value(said)) for key, _, said in (option.partition("=") for option in options))


def value(said):
    """Numbers and truth values as such, everything else as text."""
    try:
        return json.loads(said)
    except ValueError:
        return said


def figure(report, name, part):
    """A figure of a report, or None where nothing was measured."""
    value = report.get(name)
    return value[part] if part and value else value


def ratios(first, others, name, part, better_is_more):
    """How many times better each of `others` is than its neighbour of `first`."""
    out = []
    for ours, theirs in zip(others, first):
        a, b = figure(ours, name, part), figure(theirs, name, part)
        if a and b:
            out.append(a / b if better_is_more else b / a)
    return out


def differing(texts):
    """Prompts whose greedy answers are not the same in all ways: `texts` is a set of answers by prompt."""
    return sum(1 for answers in texts.values() if len(answers) > 1)


def run(ways, rounds, window, emit):
    """`window(way)` measures one and gives (report, answers by prompt); emits every report, then a line per way, and returns these."""
    reports = [[] for _ in ways]
    texts = {}
    for number in range(rounds):
        for i in (range(len(ways)) if number % 2 == 0 else reversed(range(len(ways)))):
            report, answered = window(ways[i])
            report.update(round=number + 1, decoding=ways[i].text)
            emit(report)
            reports[i].append(report)
            for prompt, text in answered:
                texts.setdefault(prompt, set()).add(text)
    lines = []
    for way, others in zip(ways[1:], reports[1:]):
        line = {"line": "way", "decoding": way.text, "against": ways[0].text, "rounds": rounds, "prompts": len(texts), "differing": differing(texts)}
        for name, part, better_is_more in FIGURES:
            found = ratios(reports[0], others, name, part, better_is_more)
            if found:
                line[name + "_times"] = {"median": round(median(found), 3), "p10": round(percentile(found, 0.1), 3),
                                         "p90": round(percentile(found, 0.9), 3)}
        emit(line)
        lines.append(line)
    return lines
