#!/usr/bin/env python3
"""The model as mathematics has it, as near as float64 comes: the yardstick of docs/accuracy.md.

    python3 tools/accuracy/reference.py MODEL.gguf IDS.json OUT.npy

IDS.json is a list of windows of token ids (tokens.py writes it). OUT.npy gets float32 values of
shape [windows, positions, vocabulary].

Every weight is the exact number that the file says (weights.py); everything else is float64 numpy,
written straight from the architectures' definitions: llama, and gemma3 (sliding windows, norms of
queries and keys, scaled embedding, tanh GELU, norms after the blocks). It shares no code, no table
and no rounding rule with the engine, and what it does not know it refuses.
"""

import argparse
import json

import numpy as np

from weights import Gguf

HEAD_BLOCK = 32  # rows of logits made at a time: 32 x 262,144 x 8 bytes = 64 MiB


def silu(x):
    return x / (1 + np.exp(-x))


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def softmax(x):
    p = np.exp(x - x.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


def log_softmax(x):
    shifted = x - x.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


class Shape:
    """What the metadata says of the model."""

    def __init__(self, meta):
        self.architecture = meta["general.architecture"]
        if self.architecture not in ("llama", "gemma3"):
            raise ValueError("unknown architecture " + self.architecture)
        self.gemma = self.architecture == "gemma3"

        def get(key, *default):
            return meta.get(f"{self.architecture}.{key}", *default)

        self.layers, self.width = get("block_count"), get("embedding_length")
        self.heads = get("attention.head_count")
        self.key_value_heads = get("attention.head_count_kv", self.heads)
        self.head_size = get("attention.key_length", self.width // self.heads)
        self.epsilon = get("attention.layer_norm_rms_epsilon")
        self.theta = get("rope.freq_base", 10000.0)
        self.rotated = get("rope.dimension_count", self.head_size)
        self.window = get("attention.sliding_window", None)
        self.pattern = get("attention.sliding_window_pattern", 6)
        self.local_theta = get("rope.freq_base_swa", 10000.0)
        if get("rope.scaling.type", "none") != "none" or get("expert_count", 0):
            raise ValueError("scaled rotary positions and experts aren't supported")
        if self.window and not self.gemma:
            raise ValueError("a sliding window is only known for gemma3")

    def is_local(self, layer):
        """Five layers of six see the window only and have rotary angles of their own."""
        return self.gemma and (layer + 1) % self.pattern != 0


class Reference:
    """Not thread-safe; holds one layer's weights at a time, and the head."""

    def __init__(self, path, gelu=gelu):
        self.file = Gguf(path)
        self.gelu = gelu
        self.shape = Shape(self.file.meta)
        self.used = set()
        self.embedding = self.weight("token_embd")
        tied = "output.weight" not in self.file.tensors
        self.head = self.embedding if tied else self.weight("output")

    def weight(self, name):
        self.used.add(name + ".weight")
        return self.file.tensors[name + ".weight"].floats()

    def hidden(self, windows):
        """Rows that the head takes, [windows, positions, width], for windows of equal length."""
        s = self.shape
        ids = np.array(windows)
        h = self.embedding[ids]
        if s.gemma:
            h = h * np.sqrt(s.width)
        for layer in range(s.layers):
            h = self.layer(layer, h)
        rows = self.norm(h, self.weight("output_norm"))
        unused = set(self.file.tensors) - self.used
        if unused:
            raise ValueError(
                "the model has tensors that this program doesn't use: " + ", ".join(sorted(unused))
            )
        return rows

    def logits(self, rows):
        """Blocks of at most HEAD_BLOCK rows of logits for rows [positions, width]."""
        for at in range(0, len(rows), HEAD_BLOCK):
            yield rows[at : at + HEAD_BLOCK] @ self.head.T

    def norm(self, x, gain):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.shape.epsilon) * gain

    def layer(self, index, h):
        """All windows, which share nothing, so that a layer's weights are decoded once."""
        s = self.shape

        def weight(name):
            return self.weight(f"blk.{index}.{name}")

        def after(name, y):
            return self.norm(y, weight(name)) if s.gemma else y

        x = self.norm(h, weight("attn_norm"))
        q, k, v = (x @ weight(name).T for name in ("attn_q", "attn_k", "attn_v"))
        q, k, v = (y.reshape(*y.shape[:2], -1, s.head_size) for y in (q, k, v))
        if s.gemma:
            q, k = self.norm(q, weight("attn_q_norm")), self.norm(k, weight("attn_k_norm"))
        local = s.is_local(index)
        cos, sin = self.angles(h.shape[1], s.local_theta if local else s.theta)
        q, k = self.rotate(q, cos, sin), self.rotate(k, cos, sin)
        visible = self.visible(h.shape[1], s.window if local else None)
        o = np.stack([self.attend(*rows, visible) for rows in zip(q, k, v)])
        h = h + after("post_attention_norm", o @ weight("attn_output").T)
        x = self.norm(h, weight("ffn_norm"))
        act = self.gelu if s.gemma else silu
        inner = act(x @ weight("ffn_gate").T) * (x @ weight("ffn_up").T)
        return h + after("post_ffw_norm", inner @ weight("ffn_down").T)

    def angles(self, positions, theta):
        """Cosine and sine of p * theta^(-2i/d), [positions, 1, pairs]."""
        pair = np.arange(self.shape.rotated // 2)
        angle = np.outer(np.arange(positions), theta ** (-2.0 * pair / self.shape.rotated))[:, None]
        return np.cos(angle), np.sin(angle)

    def rotate(self, x, cos, sin):
        """Pairs are neighbours in llama's files, halves of the head in gemma3's."""
        d = self.shape.rotated
        one, two = (
            (slice(0, d // 2), slice(d // 2, d))
            if self.shape.gemma
            else (slice(0, d, 2), slice(1, d, 2))
        )
        y = x.copy()
        y[..., one] = x[..., one] * cos - x[..., two] * sin
        y[..., two] = x[..., one] * sin + x[..., two] * cos
        return y

    @staticmethod
    def visible(positions, window):
        """Whether the query in the row sees the key in the column: itself and what came before."""
        back = np.subtract.outer(np.arange(positions), np.arange(positions))
        return (back >= 0) & (back < (window or positions))

    def attend(self, q, k, v, visible):
        """One window; rows [positions, heads, head size]."""
        s = self.shape
        o = np.empty_like(q)
        for head in range(s.heads):
            shared = head * s.key_value_heads // s.heads
            scores = q[:, head] @ k[:, shared].T / np.sqrt(s.head_size)
            o[:, head] = softmax(np.where(visible, scores, -np.inf)) @ v[:, shared]
        return o.reshape(len(q), -1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("ids")
    parser.add_argument("out")
    parser.add_argument("--windows", type=int, default=None, help="only the first N")
    parser.add_argument("--log-probabilities", action="store_true", help="instead of logits")
    a = parser.parse_args()
    with open(a.ids) as f:
        windows = json.load(f)[: a.windows]
    model = Reference(a.model)
    rows = model.hidden(windows)
    shape = (len(windows), len(windows[0]), len(model.head))
    out = np.lib.format.open_memmap(a.out, "w+", np.float32, shape)
    for w, window in enumerate(rows):
        at = 0
        for block in model.logits(window):
            out[w, at : at + len(block)] = log_softmax(block) if a.log_probabilities else block
            at += len(block)
    out.flush()


if __name__ == "__main__":
    main()
