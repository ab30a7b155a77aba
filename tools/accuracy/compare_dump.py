#!/usr/bin/env python3
"""Compares a dump of `plumb perplexity` with stored goldens; needs neither numpy nor the reference.

    ./plumb perplexity MODEL --text shakespeare.txt --tokens 512 --dump dump.jsonl
    python3 tools/accuracy/compare_dump.py vectors/accuracy/smollm2.jsonl shakespeare.txt dump.jsonl

The golden file holds the float64 reference's negative log likelihood and likeliest token for the
first window of each text. Prints perplexity of both, agreement of the likeliest token, and the
largest difference; exits with 1 beyond the limits of vectors/accuracy/README.md.
"""

import argparse
import json
import math
import sys

NLL_LIMIT = 0.05  # nats, at any one position
RMS_NLL_LIMIT = 0.005  # nats, root mean square over the positions
MEAN_NLL_LIMIT = 0.001  # nats, difference of the means: 0.1 % perplexity
TOP_CHANGED_LIMIT = 2  # of 511


def lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("goldens")
    parser.add_argument("text", help="the text's name in the golden file")
    parser.add_argument("dump")
    a = parser.parse_args()
    golden = {x["position"]: x for x in lines(a.goldens) if x.get("text") == a.text and "nll" in x}
    dump = {x["position"]: x for x in lines(a.dump) if x["window"] == 0}
    if not golden or golden.keys() != dump.keys():
        sys.exit(
            f"{len(golden)} golden positions of {a.text}, {len(dump)} in the dump: "
            "not the same window"
        )
    wrong = [p for p in golden if golden[p]["token"] != dump[p]["token"]]
    if wrong:
        sys.exit(
            f"another token stands at position {wrong[0]}: not the same text, or another tokenizer"
        )
    count = len(golden)
    mean = sum(x["nll"] for x in golden.values()) / count
    ours = sum(x["nll"] for x in dump.values()) / count
    differences = [golden[p]["nll"] - dump[p]["nll"] for p in golden]
    most = max(map(abs, differences))
    rms = math.sqrt(sum(d * d for d in differences) / count)
    changed = sum(golden[p]["top"] != dump[p]["top"] for p in golden)
    print(
        f"{a.text}: {count} predictions, perplexity {math.exp(ours):.4f}, "
        f"reference {math.exp(mean):.4f} "
        f"({100 * math.expm1(ours - mean):+.4f} %), likeliest token the same at {count - changed}, "
        f"difference at most {most:.4f} nats, root mean square {rms:.5f}"
    )
    sys.exit(
        most > NLL_LIMIT
        or rms > RMS_NLL_LIMIT
        or abs(ours - mean) > MEAN_NLL_LIMIT
        or changed > TOP_CHANGED_LIMIT
    )


if __name__ == "__main__":
    main()
