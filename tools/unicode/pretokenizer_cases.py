#!/usr/bin/env python3
"""Writes the pieces that Hugging Face cuts strings into, the golden cases of the pre-tokenizers.

    .venv/bin/pip install tokenizers==0.23.3
    .venv/bin/python tools/unicode/pretokenizer_cases.py

One JSON line per string: `text`, and for each value of tokenizer.ggml.pre the end of every piece,
in code points.
"""

import json
import pathlib
import random
import tokenizers
from tokenizers import Regex, pre_tokenizers as pre

VERSION = "0.23.3"
TARGET = (pathlib.Path(__file__).parents[2]
          / "engine/src/test/resources/plumbline/engine/tokenizer/pieces.jsonl")
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
          r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def split(pattern):
    return pre.Split(Regex(pattern), "isolated")


CUTTERS = {
    "smollm": pre.Sequence([pre.Digits(individual_digits=True), split(GPT2)]),
    "gpt-2": split(GPT2),
    "qwen2": split(LLAMA3.replace("{1,3}", "")),
    "llama-bpe": split(LLAMA3),
}
ATOMS = [
    "a", "Z", "word", " ", "  ", "   ", "\n", "\r", "\r\n", "\t", "\u00a0", "\u0085", "\u2028",
    "\u3000", "\u200b", "'", "'s", "'S", "'t", "'re", "'RE", "'Ve", "'m", "'ll", "'lL", "'d", "'D",
    "'\u017f", "'l", "'r", "1", "12", "1234", "\u0661", "\u00bd", "\u2167", "\U0001d7d9", "!",
    "...", "--", "_", "\u20ac", "\u00e9", "e\u0301", "\u0301", "\u4e2d", "\u6587", "\u3042",
    "\u0e01\u0e33",
    "\u05d0", "\u0644", "\U0001f600", "\U0001f468\u200d\U0001f469", "\ufeff", "\u00ad", "\x00",
    "\x1f", "\x7f", "\ue000", "\U000e0067", "\U0010ffff", "\U00020000", "\U0001e5d0",
    "\U00010d40", "\u0378", "\ufffd", "\u00aa", "\u02b0", "\u2160", "\u00b2", "\u0e50",
    "\u1680", "\u180e",
]


def random_text(rng):
    if rng.random() < 0.7:
        return "".join(rng.choice(ATOMS) for _ in range(rng.randint(1, 14)))
    tops = [0x80, 0x100, 0x800, 0x3100, 0xD800, 0x20000]
    return "".join(chr(rng.randrange(rng.choice(tops))) for _ in range(rng.randint(1, 12)))


def main():
    assert tokenizers.__version__ == VERSION, tokenizers.__version__
    rng = random.Random(1)
    texts = ATOMS + [random_text(rng) for _ in range(500)]
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with open(TARGET, "w", encoding="ascii") as out:
        for text in texts:
            if any(0xD800 <= ord(c) < 0xE000 for c in text):
                continue
            case = {"text": text}
            for name, cutter in CUTTERS.items():
                case[name] = [end for _, (_, end) in cutter.pre_tokenize_str(text)]
            out.write(json.dumps(case, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
