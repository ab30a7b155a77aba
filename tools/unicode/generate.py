#!/usr/bin/env python3
"""Writes the pinned Unicode tables of the tokenizer.

    python3 -m venv .venv && .venv/bin/pip install unicodedata2==16.0.0
    .venv/bin/python tools/unicode/generate.py

unicodedata2 carries the Unicode Character Database of its own version, so the result does not
depend on the Python that runs this. The version and the SHA-256 of both files are written down in
spec/tokenizer.md; a test compares them.
"""

import hashlib
import pathlib
import unicodedata2 as ucd

VERSION = "16.0.0"
TARGET = pathlib.Path(__file__).parents[2] / "engine/src/main/resources/plumbline/engine/tokenizer"
# PropList.txt, White_Space: unchanged since Unicode 6.3 (unicodedata2 does not carry it).
WHITE_SPACE = [
    *range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F,
    0x205F, 0x3000,
]
SURROGATES = range(0xD800, 0xE000)
CODE_POINTS = [c for c in range(0x110000) if c not in SURROGATES]


def ranges(values):
    """Ascending (first, last) runs."""
    runs = []
    for value in values:
        if runs and runs[-1][1] == value - 1:
            runs[-1][1] = value
        else:
            runs.append([value, value])
    return runs


def classes():
    lines = [f"# Unicode {VERSION}: L letter, N number, W White_Space; first and last code point"]
    category = {c: ucd.category(chr(c))[0] for c in CODE_POINTS}
    for name, members in (
        ("L", [c for c in CODE_POINTS if category[c] == "L"]),
        ("N", [c for c in CODE_POINTS if category[c] == "N"]),
        ("W", WHITE_SPACE),
    ):
        lines += [f"{name} {first:x} {last:x}" for first, last in ranges(members)]
    return lines


def nfc():
    lines = [
        f"# Unicode {VERSION}: C combining class, first, last; D code point, canonical"
        " decomposition in full;",
        "# P first, second, composite. Hangul syllables are computed.",
    ]
    by_class = {}
    for c in CODE_POINTS:
        if ucd.combining(chr(c)):
            by_class.setdefault(ucd.combining(chr(c)), []).append(c)
    for combining, members in sorted(by_class.items()):
        lines += [f"C {combining:x} {first:x} {last:x}" for first, last in ranges(members)]
    pairs = []
    for c in CODE_POINTS:
        if 0xAC00 <= c <= 0xD7A3:
            continue
        full = ucd.normalize("NFD", chr(c))
        if full != chr(c):
            lines.append("D %x %s" % (c, " ".join("%x" % ord(x) for x in full)))
        step = ucd.decomposition(chr(c)).split()
        # A composite that NFC keeps is one that NFC leaves alone: exclusions drop out here.
        kept = ucd.normalize("NFC", chr(c)) == chr(c)
        if len(step) == 2 and not step[0].startswith("<") and kept:
            pairs.append((int(step[0], 16), int(step[1], 16), c))
    lines += ["P %x %x %x" % pair for pair in sorted(pairs)]
    return lines


def main():
    assert ucd.unidata_version == VERSION, ucd.unidata_version
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, lines in (("classes", classes()), ("nfc", nfc())):
        data = ("\n".join(lines) + "\n").encode("ascii")
        path = TARGET / f"unicode-{VERSION}-{name}.txt"
        path.write_bytes(data)
        print(path.name, len(data), "bytes, SHA-256", hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main()
