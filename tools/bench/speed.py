#!/usr/bin/env python3
"""Tokens per second of Plumbline and its peers on the same files, in turn, and what comes out of it.

    python3 tools/bench/speed.py --model "SmolLM2 Q4_1=FILE" [--model ...] [--threads 1,2] [--passes 5]
        [--engine native,vector,llama.cpp,llama3.java] [--prompt 512] [--gen 128] [--out bench/results/speed.jsonl]

Every pass runs every engine once on every model with every number of threads, one after the other, so that a
machine that gets slower is slower for all. Raw lines are appended to the file. `report.py` beside this makes the
table and the plot.

llama.cpp: llama-cpp-python in the Python that runs this (`pip install llama-cpp-python numpy`), its default build.
llama3.java: the file Llama3.java of github.com/mukel/llama3.java, named by $LLAMA3_JAVA; left out without it.
Plumbline: ./plumb bench, as built. Run it with nothing beside it.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
ENGINES = ("native", "vector", "llama.cpp", "llama3.java")


def run(command, environment=None):
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def java():
    home = os.environ.get("JAVA_HOME")
    return pathlib.Path(home, "bin") if home else pathlib.Path()


def compiled(source, folder):
    run([java() / "javac", "-nowarn", "--add-modules", "jdk.incubator.vector", "-d", folder, source,
         HERE / "llama3java" / "Drive.java"])
    return folder


def measure(engine, path, threads, asked, classes):
    if engine in ("native", "vector"):
        environment = {**os.environ, "PLUMB_BUILD": "off"}
        out = run([ROOT / "plumb", "bench", path, "--kernel", engine, "--threads", str(threads), "--json", "--prompt",
                   str(asked.prompt), "--gen", str(asked.gen), "--repeats", "1"], environment)
    elif engine == "llama.cpp":
        out = run([sys.executable, HERE / "llamacpp.py", path, "--threads", str(threads), "--prompt",
                   str(asked.prompt), "--gen", str(asked.gen)])
    else:
        # Its thread count is the common pool's: the calling thread and this many more.
        out = run([java() / "java", "--add-modules", "jdk.incubator.vector",
                   "-Djdk.incubator.vector.VECTOR_ACCESS_OOB_CHECK=0",
                   f"-XX:ActiveProcessorCount={threads}", "-cp", classes, "com.llama4j.Drive", path, str(asked.prompt),
                   str(asked.gen), "1"])
    return json.loads(out.strip().splitlines()[-1])


def machine():
    name = platform.processor() or platform.machine()
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    return f"{os.cpu_count()} x {name}, {platform.system()} {platform.release()}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", action="append", required=True, metavar="NAME=FILE")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--engine", default=",".join(ENGINES))
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--gen", type=int, default=128)
    parser.add_argument("--out", default=str(ROOT / "bench" / "results" / "speed.jsonl"))
    asked = parser.parse_args()
    engines = [engine for engine in asked.engine.split(",") if engine]
    unknown = set(engines) - set(ENGINES)
    if unknown:
        sys.exit(f"unknown engine {', '.join(unknown)}; known are {', '.join(ENGINES)}")
    source = os.environ.get("LLAMA3_JAVA")
    if "llama3.java" in engines and not source:
        print("llama3.java is left out: set LLAMA3_JAVA to the path of Llama3.java", file=sys.stderr)
        engines.remove("llama3.java")
    commit = run(["git", "rev-parse", "--short", "HEAD"]).strip()
    with tempfile.TemporaryDirectory() as folder, open(asked.out, "a", encoding="utf-8") as out:
        classes = compiled(source, folder) if "llama3.java" in engines else None
        for number in range(1, asked.passes + 1):
            for model in asked.model:
                name, path = model.split("=", 1)
                for threads in map(int, asked.threads.split(",")):
                    for engine in engines:
                        line = measure(engine, os.path.abspath(path), threads, asked, classes)
                        line.update(name=name, engine=engine, threads=threads, **{"pass": number}, commit=commit,
                                    machine=machine(),
                                    time=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"))
                        out.write(json.dumps(line) + "\n")
                        out.flush()
                        print(f"pass {number}  {name:16} {threads} threads  {engine:12}"
                              f" prefill {line['prefill_tokens_per_second']:8.1f}"
                              f"  decode {line['decode_tokens_per_second']:8.1f}", file=sys.stderr, flush=True)


main()
