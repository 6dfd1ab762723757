"""Prompt files and request bodies."""
import json


def read(path):
    """Prompts of a file of JSON lines with `messages`, `prompt`, `instruction`, `text` or `turns` (the first), as lists of messages."""
    prompts = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                raise SystemExit("%s, line %d: no JSON" % (path, number)) from None
            if "messages" in row:
                prompts.append(row["messages"])
                continue
            text = row.get("prompt") or row.get("instruction") or row.get("text") or (row.get("turns") or [None])[0]
            if text:
                prompts.append([{"role": "user", "content": text}])
    if not prompts:
        raise SystemExit("%s: no line has messages, prompt, instruction, text or turns" % path)
    return prompts


BUILT_IN = [[{"role": "user", "content": text}] for text in (
    "Explain how a water wheel turns the flow of a river into work, and name three things that people used one for.",
    "Write a short letter to a neighbour who has lent you a ladder and wants it back.",
    "What should I look at when I buy a used bicycle? Give me a list.",
    "Tell a story about a lighthouse keeper who finds a message in a bottle.",
    "Summarise the difference between weather and climate for a ten-year-old.",
    "Give me a recipe for lentil soup for four people, with amounts.",
    "Why do leaves change their colour in autumn?",
    "Plan a day in a town by the sea for a family with two small children and little money.",
    "What does a compiler do? Explain it to somebody who can cook but has never programmed.",
    "List arguments for and against a school day that begins at ten o'clock.",
    "Describe the sound of a train at night in five sentences.",
    "How do I remove a coffee stain from a wool jumper?")]


def body(messages, model, max_tokens, temperature=0.0, stream=True, extra=None):
    """A chat request."""
    fields = {"model": model, "messages": messages, "max_tokens": max_tokens, "temperature": temperature, "stream": stream}
    if stream:
        fields["stream_options"] = {"include_usage": True}
    fields.update(extra or {})
    return json.dumps(fields, ensure_ascii=False).encode()


def marked(messages, mark):
    """The messages with `mark` before the first, so that they share no prefix with others."""
    return [dict(messages[0], content="(%s) %s" % (mark, messages[0]["content"]))] + messages[1:]
