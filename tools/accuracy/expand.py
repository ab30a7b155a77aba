#!/usr/bin/env python3
"""Writes a GGUF whose weights are the same numbers as F32, to check the reference with.

    python3 tools/accuracy/expand.py MODEL.gguf OUT.gguf

Metadata stands as it was (so `general.file_type` still names the old type; llama.cpp goes by the
tensors). Each weight is the nearest float32 of the exact one.
"""

import argparse
import struct

import numpy as np

from weights import Gguf

ALIGNMENT = 32


def padded(size):
    return -(-size // ALIGNMENT) * ALIGNMENT


def expand(source, target):
    file = Gguf(source)
    if file.meta.get("general.alignment", ALIGNMENT) != ALIGNMENT:
        raise ValueError("another alignment isn't supported")
    infos, offset = b"", 0
    for tensor in file.tensors.values():
        name = tensor.name.encode()
        shape = tensor.shape[::-1]
        infos += (
            struct.pack("<Q", len(name))
            + name
            + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset)
        )
        offset += padded(4 * int(np.prod(shape)))
    with open(target, "wb") as out:
        out.write(b"GGUF" + struct.pack("<IQQ", 3, len(file.tensors), file.key_count))
        out.write(file.metadata_bytes + infos)
        out.write(bytes(padded(out.tell()) - out.tell()))
        for tensor in file.tensors.values():
            weights = tensor.floats().astype("<f4").tobytes()
            out.write(weights + bytes(padded(len(weights)) - len(weights)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("out")
    a = parser.parse_args()
    expand(a.model, a.out)


if __name__ == "__main__":
    main()
