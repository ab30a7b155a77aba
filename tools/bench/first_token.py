#!/usr/bin/env python3
"""Seconds from starting `plumb run` to the first byte of its answer, whole process, no node running.

    python3 tools/bench/first_token.py MODEL [--runs 10] [--data FOLDER] [--prompt TEXT]

MODEL is a name or a file, as for `plumb run`. One run that doesn't count comes first: after it the start-up cache is
made, the model is in the data folder, and its file is in the system's page cache. That is what "warm" means.
Kernel and threads: $PLUMB_KERNEL, $PLUMB_THREADS. Run it with nothing beside it.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def first(command):
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        byte = os.read(process.stdout.fileno(), 1)
        taken = time.monotonic() - start
        _, talk = process.communicate()
        whole = time.monotonic() - start
    if process.returncode != 0 or not byte:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}: {talk.decode()}")
    return taken, whole


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--data")
    parser.add_argument("--prompt", default="Say hi.")
    asked = parser.parse_args()
    command = [str(ROOT / "plumb"), "run", asked.model, "-p", asked.prompt, "--max-tokens", "8"]
    command += ["--data", asked.data] if asked.data else []
    first(command)
    times = [first(command) for _ in range(asked.runs)]
    tokens = sorted(taken for taken, _ in times)
    print(" ".join(command[1:]))
    print("first token, seconds: " + " ".join(f"{taken:.2f}" for taken, _ in times))
    print(f"median {statistics.median(tokens):.2f}, {tokens[0]:.2f} to {tokens[-1]:.2f};"
          f" until the process ended {statistics.median(whole for _, whole in times):.2f}")


main()
