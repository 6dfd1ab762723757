"""The peer's side of a comparison: llama.cpp through the low-level calls of the package llama-cpp-python.

`llama_decode` is timed, with batches made beforehand; of Python there is a loop of one call a pass in the time. Contexts (a filled
cache each) are made when first needed and stay. A context's threads wait a few milliseconds in a spin when a pass is over: give them
that time before anything else is measured.
"""
import ctypes
import itertools
import random
import statistics
import time
from typing import NamedTuple

import llama_cpp as lib

from loadtests.shapes import DECODE_TOKENS, ROW_LAPS, Shape

BATCH = 2048
KV_TYPES = {"f16": 1, "bf16": 30}     # numbers of ggml_type


class Setting(NamedTuple):
    """How the peer is told to work."""
    flash: bool
    kv: str
    unified: bool

    def __str__(self):
        return "flash attention %s, %s cache%s" % ("on" if self.flash else "off", self.kv, ", unified" if self.unified else "")


@lib.llama_log_callback
def _silence(level, text, data):
    pass


class Batch:
    """Tokens of a pass: (token, position, sequence, whether its logits are wanted)."""

    def __init__(self, rows):
        self.raw = lib.llama_batch_init(len(rows), 0, 1)
        self.raw.n_tokens = len(rows)
        for i, (token, position, sequence, wanted) in enumerate(rows):
            self.raw.token[i] = token
            self.raw.pos[i] = position
            self.raw.n_seq_id[i] = 1
            self.raw.seq_id[i][0] = sequence
            self.raw.logits[i] = 1 if wanted else 0

    def free(self):
        lib.llama_batch_free(self.raw)


class Context:
    """A cache of `sequences` sequences with room for `reach` tokens each."""

    def __init__(self, model, threads, sequences, reach, setting):
        params = lib.llama_context_default_params()
        each = -(-(reach + 8) // 256) * 256
        params.n_ctx = each * sequences
        params.n_batch = BATCH
        params.n_seq_max = sequences
        params.n_threads = params.n_threads_batch = threads
        params.flash_attn_type = 1 if setting.flash else 0
        params.type_k = params.type_v = KV_TYPES[setting.kv]
        params.kv_unified = setting.unified
        self.raw = lib.llama_init_from_model(model, params)
        if not self.raw:
            raise RuntimeError("llama.cpp makes no context with " + str(setting))
        self.memory = lib.llama_get_memory(self.raw)

    def run(self, *batches):
        """Seconds of passes one after another, until the last result is there."""
        raws = [b.raw for b in batches]
        decode, context = lib.llama_decode, self.raw
        failed = 0
        begun = time.perf_counter()
        for raw in raws:
            failed |= decode(context, raw)
        lib.llama_synchronize(context)
        seconds = time.perf_counter() - begun
        if failed:
            raise RuntimeError("llama_decode failed with %d" % failed)
        return seconds

    def cut(self, sequence, length):
        """Forgets a sequence's tokens from `length` on."""
        lib.llama_memory_seq_rm(self.memory, sequence, length, -1)

    def free(self):
        lib.llama_free(self.raw)


class Peer:
    def __init__(self, path, threads):
        lib.llama_log_set(_silence, ctypes.c_void_p(0))
        lib.llama_backend_init()
        self.model = lib.llama_model_load_from_file(path.encode(), lib.llama_model_default_params())
        if not self.model:
            raise SystemExit("llama.cpp cannot load " + path)
        self.threads = threads
        self.vocabulary = lib.llama_model_get_vocab(self.model)
        count = lib.llama_vocab_n_tokens(self.vocabulary)
        pick = random.Random(7)
        self.tokens = [pick.randrange(count) for _ in range(1 << 14)]
        self.contexts = {}
        self.batches = {}
        self.settings = {}

    def describe(self):
        return "llama-cpp-python %s, %s" % (lib.__version__, lib.llama_print_system_info().decode().strip())

    # ---- which setting is best for a shape

    def calibrate(self, shape, settings, say):
        """Times `shape` under each setting and keeps the fastest. Contexts of the losers are freed."""
        times = {}
        for setting in settings:
            try:
                times[setting] = self.seconds(shape, setting)
                if times[setting] < 1.3 * min(times.values()):
                    times[setting] = min(times[setting], self.seconds(shape, setting))
            except RuntimeError as refused:
                say("%s: %s" % (shape.name, refused))
        if not times:
            raise SystemExit("llama.cpp runs %s under no setting" % shape.name)
        self.settings[shape] = min(times, key=times.get)
        return times

    def release_unused(self):
        used = {self.key(shape, setting) for shape, setting in self.settings.items()}
        for key in [k for k in self.contexts if k not in used]:
            self.contexts.pop(key).free()

    # ---- contexts

    @staticmethod
    def key(shape, setting):
        if shape.what == "batch":
            return "batch", shape.n, shape.depth, setting
        return "prefill" if shape.what == "prefill" else "single", 1, shape.depth, setting

    def context(self, shape, setting):
        key = self.key(shape, setting)
        if key not in self.contexts:
            reach = self.reach if shape.what == "prefill" else shape.depth + max(DECODE_TOKENS, 64)
            context = Context(self.model, self.threads, shape.n if shape.what == "batch" else 1, reach, setting)
            for at in range(0, shape.depth, BATCH):
                rows = [(self.tokens[p], p, 0, False) for p in range(at, min(at + BATCH, shape.depth))]
                batch = Batch(rows)
                context.run(batch)
                batch.free()
            if shape.what == "batch" and shape.depth:
                for s in range(1, shape.n):
                    lib.llama_memory_seq_cp(context.memory, 0, s, -1, -1)
            self.contexts[key] = context
        return self.contexts[key]

    reach = 2048

    # ---- timing

    @staticmethod
    def passes(shape):
        """Fewer where each takes long: the context grows by less than ours then, which is in the peer's favour."""
        return DECODE_TOKENS if shape.n < 8 else DECODE_TOKENS // 4

    def prepared(self, shape):
        """The batches of one timed run, made once."""
        if shape not in self.batches:
            t, d = self.tokens, shape.depth
            if shape.what in ("decode", "batch"):
                made = [Batch([(t[s + i], d + i, s, True) for s in range(shape.n)]) for i in range(self.passes(shape))]
            elif shape.what == "rows":
                made = [Batch([(t[i], d + i, 0, True) for i in range(shape.n)])]
            else:
                pieces = range(0, shape.n, BATCH)
                made = [Batch([(t[p], p, 0, p == shape.n - 1) for p in range(a, min(a + BATCH, shape.n))]) for a in pieces]
            self.batches[shape] = made
        return self.batches[shape]

    def seconds(self, shape, setting=None):
        """Seconds of a pass of `shape`, or of its whole prompt."""
        context = self.context(shape, setting or self.settings[shape])
        batches = self.prepared(shape)
        if shape.what == "prefill":
            context.cut(0, 0)
            return context.run(*batches)
        if shape.what == "rows":
            laps = []
            for lap in range(ROW_LAPS + 1):
                context.cut(0, shape.depth)
                laps.append(context.run(*batches))
            return statistics.median(laps[1:])
        for s in range(shape.n):
            context.cut(s, shape.depth)
        return context.run(*batches) / len(batches)

    # ---- whether it computes what it should

    def continuation(self, text, count):
        """Greedy continuation of `text`: a peer that writes nonsense is no bar."""
        raw = text.encode()
        ids = (lib.llama_token * 256)()
        n = lib.llama_tokenize(self.vocabulary, raw, len(raw), ids, 256, True, False)
        shape = Shape("decode", 1, 0)
        context = self.context(shape, self.settings.get(shape, Setting(True, "f16", False)))
        context.cut(0, 0)
        rows = [(ids[i], i, 0, i == n - 1) for i in range(n)]
        out = b""
        piece = ctypes.create_string_buffer(256)
        size = lib.llama_vocab_n_tokens(self.vocabulary)
        for step in range(min(count, DECODE_TOKENS)):
            batch = Batch(rows)
            context.run(batch)
            batch.free()
            logits = lib.llama_get_logits_ith(context.raw, -1)
            token = max(range(size), key=lambda i: logits[i])
            length = lib.llama_token_to_piece(self.vocabulary, token, piece, 256, 0, False)
            out += piece.raw[:max(0, length)]
            rows = [(token, n + step, 0, True)]
        context.cut(0, 0)
        return out.decode("utf-8", "replace")


def settings_for(shape, flash, kv, unified):
    """All settings to try for a shape. Only batches have a choice between one cache and one a sequence."""
    return [Setting(f, k, u) for f, k, u in itertools.product(flash, kv, unified if shape.what == "batch" else (False,))]
