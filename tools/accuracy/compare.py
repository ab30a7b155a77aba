#!/usr/bin/env python3
"""How far Plumbline's integers, and llama.cpp on the same file, are from the model in float64.

    ./mvnw -q -pl exact,verify,engine -am test-compile
    python3 tools/accuracy/compare.py .plumb/SmolLM2-135M-Instruct.Q4_1.gguf \\
        --text shakespeare.txt --text rust-book.txt --llama-cpp --out bench/results/accuracy.jsonl

For every text the first `--windows` windows go through reference.py, through the engine (a Java
program that writes all its integer logits into a pipe, nothing is stored) and, where asked, through
llama.cpp. At every position but the last of a window: the probability of the token that follows,
the likeliest token, and the divergence KL(reference || engine) = sum p (log p - log q) over the
whole vocabulary. One JSON line per model, text, engine and context; a line of the same is replaced.
report.py makes the table and the plot of it.

`logits_sha256` is the digest of every integer logit of the text: whoever runs this gets the same
one, on any machine, with any kernel (PLUMB_KERNEL) and any number of threads (PLUMB_THREADS).

`--goldens FILE` also writes what the reference says at every position of each text's first window.
Exits with 1 if Plumbline misses TARGETS on a text.
"""

import argparse
import hashlib
import importlib.metadata
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

import numpy as np

from reference import HEAD_BLOCK, Reference, log_softmax
from tokens import windows_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNIT = 2.0**-20  # of the engine's logits
MODULES = ("exact", "verify", "engine")
TARGETS = {"delta_percent": 0.1, "top1_percent": 99.5, "mean_kl": 1e-5}


def java():
    """JAVA_HOME, else the JDK that ./plumb found, else the one on the path."""
    found = ROOT / ".plumb" / "jdk"
    home = os.environ.get("JAVA_HOME") or (found.read_text().strip() if found.exists() else "")
    return pathlib.Path(home, "bin", "java") if home else "java"


class Engine:
    """Plumbline's logits, from a Java process that computes while we compare."""

    def __init__(self, model, windows, classes):
        folders = (
            [classes]
            if classes
            else [
                ROOT / module / "target" / kind
                for module in MODULES
                for kind in ("classes", "test-classes")
            ]
        )
        self.ids = tempfile.NamedTemporaryFile("w", suffix=".json")
        json.dump(windows, self.ids)
        self.ids.flush()
        self.digest = hashlib.sha256()
        self.first_window = ""
        self.process = subprocess.Popen(
            [
                java(),
                "-Xmx3g",
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                os.pathsep.join(map(str, folders)),
                "plumbline.engine.LogitsDump",
                model,
                self.ids.name,
                str(len(windows[0])),
                str(len(windows)),
                "-",
            ],
            stdout=subprocess.PIPE,
        )

    def blocks(self, window, vocabulary):
        left = len(window) - 1
        while left:
            rows = min(HEAD_BLOCK, left)
            data = self.process.stdout.read(rows * vocabulary * 8)
            if len(data) != rows * vocabulary * 8:
                raise RuntimeError(f"the engine stopped with {self.process.wait()}")
            self.digest.update(data)
            left -= rows
            if not left and not self.first_window:
                self.first_window = self.digest.hexdigest()
            yield np.frombuffer(data, "<i8").reshape(rows, vocabulary) * UNIT

    def close(self):
        rest = self.process.stdout.read(1)
        if self.process.wait() != 0 or rest:
            raise RuntimeError(
                f"the engine ended with {self.process.returncode}, {len(rest)} bytes too many"
            )
        return {"logits_sha256": self.digest.hexdigest()}


class Peer:
    """llama.cpp as it comes: its CPU back end, its own cache types."""

    def __init__(self, model, windows):
        from llamacpp import LlamaCpp

        self.llama = LlamaCpp(
            model, len(windows[0]), threads=int(os.environ.get("PLUMB_THREADS", "1"))
        )

    def blocks(self, window, vocabulary):
        return self.llama.logits(window)

    def close(self):
        return {"llama_cpp_python": importlib.metadata.version("llama-cpp-python")}


class Tally:
    """What one engine did on one text, position by position: lists of [windows] rows."""

    def __init__(self):
        self.kl, self.nll, self.top, self.difference = [], [], [], []

    def add(self, truth, probabilities, logits, tokens):
        """`truth`: the reference's log-probabilities, `probabilities` their exp."""
        ours = log_softmax(logits)
        self.nll.append(-ours[np.arange(len(tokens)), tokens])
        self.top.append(ours.argmax(-1))
        difference = truth - ours
        self.kl.append((probabilities * difference).sum(-1))
        self.difference.append(np.abs(difference, out=difference).max(-1))

    def arrays(self):
        return (np.concatenate(x) for x in (self.kl, self.nll, self.top, self.difference))


def summary(tally, truth, windows):
    kl, nll, top, difference = tally.arrays()
    perplexity, reference = np.exp(nll.mean()), np.exp(truth.nll.mean())
    changed = top != truth.top
    by_position = kl.reshape(windows, -1).mean(0)
    return {
        "windows": windows,
        "predicted": len(nll),
        "perplexity": round(perplexity, 6),
        "reference_perplexity": round(reference, 6),
        "delta_percent": float(f"{100 * (perplexity / reference - 1):.6f}"),
        "top1_percent": round(100 * float(1 - changed.mean()), 4),
        "top1_changed": int(changed.sum()),
        "top1_changed_margin_max": float(f"{max(truth.margin[changed], default=0):.4g}"),
        "mean_kl": float(f"{kl.mean():.4g}"),
        "max_kl": float(f"{kl.max():.4g}"),
        "max_nll_difference": float(f"{np.abs(nll - truth.nll).max():.4g}"),
        "max_log_probability_difference": float(f"{difference.max():.4g}"),
        "kl_by_position": [float(f"{x:.3g}") for x in by_position],
    }


class Truth:
    """The reference's answers on one text."""

    def __init__(self):
        self.nlls, self.tops, self.margins = [], [], []

    def add(self, log_probabilities, tokens):
        two = np.partition(log_probabilities, -2)[:, -2:]
        self.nlls.append(-log_probabilities[np.arange(len(tokens)), tokens])
        self.tops.append(log_probabilities.argmax(-1))
        self.margins.append(two[:, 1] - two[:, 0])

    def close(self):
        self.nll, self.top, self.margin = map(np.concatenate, (self.nlls, self.tops, self.margins))


def measure(reference, windows, sources):
    """Truth and one Tally per source."""
    truth, tallies = Truth(), {name: Tally() for name in sources}
    for window, hidden in zip(windows, reference.hidden(windows)):
        streams = {
            name: source.blocks(window, len(reference.head)) for name, source in sources.items()
        }
        at = 1
        for block in reference.logits(hidden[:-1]):
            tokens = window[at : at + len(block)]
            at += len(block)
            block = log_softmax(block)
            truth.add(block, tokens)
            probabilities = np.exp(block)
            for name, stream in streams.items():
                tallies[name].add(block, probabilities, next(stream), tokens)
    truth.close()
    return truth, tallies


def processor():
    try:
        with open("/proc/cpuinfo") as f:
            return next(
                line.split(":", 1)[1].strip() for line in f if line.startswith("model name")
            )
    except (OSError, StopIteration):
        return platform.machine()


def store(path, lines):
    """Replaces what was measured before of the same model, text, engine and context."""

    def key(line):
        return line["model"], line["text"], line["engine"], line["context"]

    new = {key(line) for line in lines}
    kept = [json.loads(x) for x in path.read_text().splitlines()] if path.exists() else []
    lines = sorted([x for x in kept if key(x) not in new] + lines, key=key)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def golden(text, window, truth):
    yield {"text": text, "position": 0, "token": window[0]}
    for i, token in enumerate(window[1:]):
        yield {
            "text": text,
            "position": i + 1,
            "token": token,
            "nll": round(float(truth.nll[i]), 8),
            "top": int(truth.top[i]),
            "margin": round(float(truth.margin[i]), 6),
        }


def within_targets(line):
    return (
        abs(line["delta_percent"]) <= TARGETS["delta_percent"]
        and line["top1_percent"] >= TARGETS["top1_percent"]
        and line["mean_kl"] <= TARGETS["mean_kl"]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--text", action="append", required=True)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--windows", type=int, default=8)
    parser.add_argument(
        "--classes", help="folder of compiled classes (default: target folders of the modules)"
    )
    parser.add_argument("--llama-cpp", action="store_true", help="measure llama.cpp as well")
    parser.add_argument("--no-engine", action="store_true", help="leave Plumbline out")
    parser.add_argument("--out", type=pathlib.Path, help="JSON lines")
    parser.add_argument("--goldens", type=pathlib.Path, help="JSON lines")
    a = parser.parse_args()
    reference = Reference(a.model)
    with open(a.model, "rb") as f:
        digest = hashlib.file_digest(f, "sha256").hexdigest()
    lines, goldens, digests, missed = [], [], {}, []
    for path in map(pathlib.Path, a.text):
        windows = windows_of(
            reference.file.meta, path.read_text(encoding="utf-8"), a.context, a.windows
        )
        sources = {} if a.no_engine else {"plumbline": Engine(a.model, windows, a.classes)}
        if a.llama_cpp:
            sources["llama.cpp"] = Peer(a.model, windows)
        truth, tallies = measure(reference, windows, sources)
        goldens += golden(path.name, windows[0], truth)
        if not a.no_engine:
            digests[path.name] = sources["plumbline"].first_window
        for name, tally in tallies.items():
            line = {
                "model": pathlib.Path(a.model).name,
                "model_sha256": digest,
                "text": path.name,
                "engine": name,
                "context": a.context,
                "machine": processor(),
                "numpy": np.__version__,
            }
            line |= sources[name].close() | summary(tally, truth, a.windows)
            lines.append(line)
            print(json.dumps({k: v for k, v in line.items() if k != "kl_by_position"}))
            if name == "plumbline" and not within_targets(line):
                missed.append(path.name)
                print(f"NOT within the targets {TARGETS}")
        if a.out:
            store(a.out, lines)
    if a.goldens:
        head = {"model": "sha256:" + digest, "context": a.context, "logits_sha256": digests}
        a.goldens.write_text("".join(json.dumps(x) + "\n" for x in [head, *goldens]))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
