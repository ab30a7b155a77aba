#!/usr/bin/env python3
"""Cuts a text into windows of token ids, with a small tokenizer of its own.

    python3 tools/accuracy/tokens.py MODEL.gguf TEXT --context 512 --windows 8 > ids.json

The windows are those of `plumb perplexity`: one after the other, BOS in front of each where the
model takes one, an incomplete last one dropped. Both sides of a comparison get the same ids, so
this tokenizer decides what is measured, not how well: byte-level BPE as SmolLM2 has it, and
SentencePiece's BPE as Gemma has it. `--check CASES.jsonl` counts the agreement with stored cases
(`text`, `ids_plain`).
"""

import argparse
import functools
import heapq
import json
import re
import sys

from weights import Gguf

USER_DEFINED = 4  # a token's type: matched in the text before anything else
SPACE = "\u2581"
DIGIT = re.compile(r"(\d)")
# GPT-2's pattern; `[^\W\d_]` is Python's nearest to \p{L}.
WORD = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def byte_letters():
    """GPT-2's letter for each byte: the printable ones stand for themselves."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    odd = [b for b in range(256) if b not in plain]
    return {**{b: chr(b) for b in plain}, **{b: chr(256 + i) for i, b in enumerate(odd)}}


class Bpe:
    """Byte-level BPE: in each word the pair that was learnt first merges first."""

    def __init__(self, meta):
        if meta["tokenizer.ggml.pre"] != "smollm":
            raise ValueError("unknown pre-tokenizer " + meta["tokenizer.ggml.pre"])
        self.ids = {token: i for i, token in enumerate(meta["tokenizer.ggml.tokens"])}
        self.ranks = {
            tuple(pair.split(" ")): i for i, pair in enumerate(meta["tokenizer.ggml.merges"])
        }
        self.letters = byte_letters()
        self.word = functools.cache(self.word)

    def word(self, text):
        parts = [self.letters[b] for b in text.encode()]
        while len(parts) > 1:
            never = len(self.ranks)
            rank, at = min(
                (self.ranks.get(pair, never), i) for i, pair in enumerate(zip(parts, parts[1:]))
            )
            if rank == never:
                break
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return [self.ids[part] for part in parts if part in self.ids]

    def encode(self, text):
        """Each digit is a piece of its own, the pattern cuts what is between."""
        words = [word for piece in DIGIT.split(text) for word in WORD.findall(piece)]
        return [i for word in words for i in self.word(word)]


class SentencePiece:
    """SentencePiece's BPE: of all neighbours that make a token the best scored merge first."""

    def __init__(self, meta):
        self.tokens = meta["tokenizer.ggml.tokens"]
        self.scores = meta["tokenizer.ggml.scores"]
        types = meta["tokenizer.ggml.token_type"]
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        if meta.get("tokenizer.ggml.add_space_prefix", True):
            raise ValueError("a space in front of the text isn't supported")
        own = sorted(
            (t for t, kind in zip(self.tokens, types) if kind == USER_DEFINED),
            key=len,
            reverse=True,
        )
        self.own = re.compile("(" + "|".join(map(re.escape, own)) + ")") if own else None

    def encode(self, text):
        parts = self.own.split(text) if self.own else [text]
        ids = []
        for i, part in enumerate(parts):
            ids += [self.ids[part]] if i % 2 else self.merge(part.replace(" ", SPACE))
        return ids

    def merge(self, text):
        parts = list(text)
        before = list(range(-1, len(parts) - 1))
        after = [*range(1, len(parts)), -1]
        heap = []

        def consider(left):
            if left < 0 or after[left] < 0:
                return
            joined = parts[left] + parts[after[left]]
            if joined in self.ids:
                heapq.heappush(heap, (-self.scores[self.ids[joined]], left, joined))

        for i in range(len(parts) - 1):
            consider(i)
        while heap:
            _, left, joined = heapq.heappop(heap)
            right = after[left] if parts[left] else -1
            if right < 0 or parts[left] + parts[right] != joined:
                continue
            parts[left], parts[right] = joined, ""
            after[left] = after[right]
            if after[left] >= 0:
                before[after[left]] = left
            consider(before[left])
            consider(left)
        return [i for part in parts if part for i in self.whole_or_bytes(part)]

    def whole_or_bytes(self, part):
        return (
            [self.ids[part]]
            if part in self.ids
            else [self.ids[f"<0x{b:02X}>"] for b in part.encode()]
        )


def tokenizer(meta):
    kinds = {"gpt2": Bpe, "llama": SentencePiece}
    return kinds[meta["tokenizer.ggml.model"]](meta)


def windows_of(meta, text, context, count):
    """`count` lists of `context` ids each."""
    bos = []
    if meta.get("tokenizer.ggml.add_bos_token", False):
        bos = [meta["tokenizer.ggml.bos_token_id"]]
    step = context - len(bos)
    ids = tokenizer(meta).encode(text)
    if len(ids) < step * count:
        raise ValueError(f"the text has {len(ids)} ids, too few for {count} windows of {step}")
    return [bos + ids[w * step : (w + 1) * step] for w in range(count)]


def check(meta, path):
    encode = tokenizer(meta).encode
    with open(path, encoding="utf-8") as f:
        cases = [json.loads(line) for line in f]
    same = sum(encode(case["text"]) == case["ids_plain"] for case in cases)
    print(f"{same} of {len(cases)} strings have the same ids")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("text", nargs="?")
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--windows", type=int, default=8)
    parser.add_argument("--check", metavar="CASES")
    a = parser.parse_args()
    meta = Gguf(a.model).meta
    if a.check:
        check(meta, a.check)
    else:
        with open(a.text, encoding="utf-8") as f:
            json.dump(windows_of(meta, f.read(), a.context, a.windows), sys.stdout)


if __name__ == "__main__":
    main()
