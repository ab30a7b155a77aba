#!/usr/bin/env python3
"""Logits of llama.cpp, the peer, through the package llama-cpp-python as it builds by default.

    python3 tools/accuracy/llamacpp.py MODEL.gguf IDS.json [--f32-cache] [--windows N]

As a program it compares llama.cpp's logits with reference.py's and prints the largest and the mean
difference: with an F32 model (expand.py) and an F32 cache that checks the reference, since little
rounding is left in either. Two habits of llama.cpp can be given to the reference, to see what they
account for: `--f32-angles`, rotary angles by repeated float32 multiplication, and `--table-gelu`,
GELU from a table of f16 values (gemma3 only).

As a module it hands out blocks of logits.
"""

import argparse
import ctypes
import json
import sys

import llama_cpp as lib
import numpy as np

from reference import HEAD_BLOCK, Reference, gelu, log_softmax

GGML_TYPE_F32 = 0


@lib.llama_log_callback
def silent(level, text, data):
    pass


def table_gelu(x):
    """GELU as llama.cpp computes it on a processor: within +-10 from a table of f16 values."""
    table = gelu(x.astype(np.float16).astype(np.float64)).astype(np.float16)
    return np.where(np.abs(x) < 10, table, np.maximum(x, 0))


class Float32Angles(Reference):
    """The reference, but with llama.cpp's rotary angles: each from the one before, in float32."""

    def angles(self, positions, theta):
        ratio = np.float32(theta) ** np.float32(-2.0 / self.shape.rotated)
        angle = np.empty((positions, 1, self.shape.rotated // 2), np.float32)
        angle[..., 0] = np.arange(positions)[:, None]
        for pair in range(1, angle.shape[2]):
            angle[..., pair] = angle[..., pair - 1] * ratio
        return np.cos(angle).astype(np.float64), np.sin(angle).astype(np.float64)


class LlamaCpp:
    """One model, one sequence, on the CPU; flash attention off where the cache is F32."""

    def __init__(self, path, context, threads=1, f32_cache=False):
        lib.llama_log_set(silent, ctypes.c_void_p(0))
        lib.llama_backend_init()
        params = lib.llama_model_default_params()
        params.n_gpu_layers = 0
        self.model = lib.llama_model_load_from_file(path.encode(), params)
        if not self.model:
            raise ValueError("llama.cpp doesn't load " + path)
        params = lib.llama_context_default_params()
        params.n_ctx = params.n_batch = params.n_ubatch = context
        params.n_threads = params.n_threads_batch = threads
        if f32_cache:
            params.type_k = params.type_v = GGML_TYPE_F32
            params.flash_attn_type = 0
        self.context = lib.llama_init_from_model(self.model, params)
        self.vocabulary = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(self.model))

    def tokenize(self, text):
        """Ids of the text, no BOS, special tokens not parsed."""
        raw = text.encode()
        room = (lib.llama_token * (len(raw) + 8))()
        vocab = lib.llama_model_get_vocab(self.model)
        return room[: lib.llama_tokenize(vocab, raw, len(raw), room, len(room), False, False)]

    def logits(self, window):
        """Blocks of at most HEAD_BLOCK rows, one row for every id of the window but the last."""
        count = len(window) - 1
        batch = lib.llama_batch_init(count, 0, 1)
        try:
            batch.n_tokens = count
            for i in range(count):
                batch.token[i], batch.pos[i], batch.logits[i] = window[i], i, 1
                batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0
            lib.llama_memory_clear(lib.llama_get_memory(self.context), True)
            if lib.llama_decode(self.context, batch) != 0:
                raise RuntimeError("llama_decode failed")
            rows = np.ctypeslib.as_array(
                lib.llama_get_logits(self.context), (count, self.vocabulary)
            )
            for at in range(0, count, HEAD_BLOCK):
                yield rows[at : at + HEAD_BLOCK].astype(np.float64)
        finally:
            lib.llama_batch_free(batch)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("ids")
    parser.add_argument("--windows", type=int, default=1)
    parser.add_argument("--f32-cache", action="store_true")
    parser.add_argument("--f32-angles", action="store_true", help="in the reference too")
    parser.add_argument("--table-gelu", action="store_true", help="in the reference too")
    parser.add_argument(
        "--limit", type=float, default=float("inf"), help="fail if a logit differs by more"
    )
    a = parser.parse_args()
    with open(a.ids) as f:
        windows = json.load(f)[: a.windows]
    kind = Float32Angles if a.f32_angles else Reference
    reference = kind(a.model, table_gelu if a.table_gelu else gelu)
    peer = LlamaCpp(a.model, len(windows[0]), f32_cache=a.f32_cache)
    most, total, squares, count, top, divergence, rows = 0.0, 0.0, 0.0, 0, 0, 0.0, 0
    for window, hidden in zip(windows, reference.hidden(windows)):
        for ours, theirs in zip(reference.logits(hidden[:-1]), peer.logits(window)):
            difference = np.abs(ours - theirs)
            most = max(most, difference.max())
            total += difference.sum()
            squares += (difference**2).sum()
            count += difference.size
            top += (ours.argmax(-1) == theirs.argmax(-1)).sum()
            ours, theirs = log_softmax(ours), log_softmax(theirs)
            divergence += (np.exp(ours) * (ours - theirs)).sum()
            rows += len(ours)
    print(
        f"positions {rows}, logits {count}, largest difference {most:.3e}, "
        f"mean {total / count:.3e}, "
        f"root mean square {(squares / count) ** 0.5:.3e}, same top token {top}/{rows}, "
        f"mean KL {divergence / rows:.2e}"
    )
    sys.exit(int(most > a.limit))


if __name__ == "__main__":
    main()
