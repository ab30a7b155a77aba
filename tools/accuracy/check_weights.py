#!/usr/bin/env python3
"""Compares the decoders of weights.py with stored blocks and what another program decoded.

    python3 tools/accuracy/check_weights.py FOLDER

The folder holds TYPE.blocks and TYPE.floats (float32) of every type. Our exact float64, rounded
once to float32, must be the same number in every place.
"""

import pathlib
import sys

import numpy as np

from weights import DECODERS, decode


def main():
    folder = pathlib.Path(sys.argv[1])
    failed = 0
    for kind in sorted(DECODERS):
        blocks = folder / f"{kind}.blocks"
        if not blocks.exists():
            print(f"{kind:7s} no vectors")
            continue
        with np.errstate(invalid="ignore"):
            ours = decode(kind, blocks.read_bytes()).astype(np.float32)
        theirs = np.fromfile(folder / f"{kind}.floats", "<f4")
        differing = int((~((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)))).sum())
        subnormal = int((np.abs(theirs) < 2.0**-14).sum())
        print(
            f"{kind:7s} {len(theirs):6d} weights, {differing} differ, "
            f"{subnormal} smaller than 2^-14"
        )
        failed += differing > 0 or len(ours) != len(theirs)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
