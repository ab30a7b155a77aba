#!/usr/bin/env python3
"""Speed of llama.cpp on one GGUF file, through llama-cpp-python's low-level interface: one JSON line.

    python3 tools/bench/llamacpp.py FILE --threads 2 --prompt 512 --gen 128 --repeats 1

Prefill is one llama_decode over the whole prompt (random ids), decode the single steps after it with the
likeliest token taken each time: what `plumb bench` does. Short rounds of three seconds that don't count go before.
"""

import argparse
import ctypes
import json
import os
import random
import statistics
import sys
import time

import llama_cpp as llama
import numpy as np

FIRST_PLAIN_ID = 259
WARM_SECONDS, WARM_PROMPT, WARM_GENERATED = 3, 64, 8


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--gen", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=1)
    asked = parser.parse_args()

    @llama.llama_log_callback
    def quiet(_level, _text, _data):
        pass

    llama.llama_log_set(quiet, ctypes.c_void_p(0))
    llama.llama_backend_init()
    parameters = llama.llama_model_default_params()
    parameters.n_gpu_layers = 0
    start = time.perf_counter()
    model = llama.llama_model_load_from_file(asked.file.encode(), parameters)
    if not model:
        sys.exit("llama.cpp can't load " + asked.file)
    load_seconds = time.perf_counter() - start
    parameters = llama.llama_context_default_params()
    parameters.n_ctx = asked.prompt + asked.gen + 8
    parameters.n_batch = asked.prompt
    parameters.n_threads = parameters.n_threads_batch = asked.threads
    context = llama.llama_init_from_model(model, parameters)
    vocabulary = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))
    numbers = random.Random(1)
    prompt = (llama.llama_token * asked.prompt)(
        *(numbers.randrange(FIRST_PLAIN_ID, vocabulary) for _ in range(asked.prompt))
    )

    def feed(tokens, count):
        code = llama.llama_decode(context, llama.llama_batch_get_one(tokens, count))
        if code != 0:
            sys.exit(f"llama_decode: {code}")
        logits = np.ctypeslib.as_array(llama.llama_get_logits_ith(context, -1), shape=(vocabulary,))
        return int(np.argmax(logits))

    def run(prompt_count, generated):
        llama.llama_memory_clear(llama.llama_get_memory(context), True)
        begun = time.perf_counter()
        token = feed(prompt, prompt_count)
        between = time.perf_counter()
        one = (llama.llama_token * 1)()
        for _ in range(generated - 1):
            one[0] = token
            token = feed(one, 1)
        return between - begun, time.perf_counter() - between

    warm = time.perf_counter()
    while time.perf_counter() - warm < WARM_SECONDS:
        run(min(asked.prompt, WARM_PROMPT), min(asked.gen, WARM_GENERATED))
    rounds = [run(asked.prompt, asked.gen) for _ in range(asked.repeats)]
    prefill = statistics.median(seconds for seconds, _ in rounds)
    decode = statistics.median(seconds for _, seconds in rounds)
    peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(
        json.dumps(
            {
                "model": os.path.basename(asked.file),
                "kernel": "llama.cpp (llama-cpp-python " + llama.__version__ + ")",
                "system_info": llama.llama_print_system_info().decode(),
                "threads": asked.threads,
                "prompt_tokens": asked.prompt,
                "generated_tokens": asked.gen,
                "repeats": asked.repeats,
                "prefill_tokens_per_second": asked.prompt / prefill,
                "decode_tokens_per_second": (asked.gen - 1) / decode,
                "load_seconds": load_seconds,
                "peak_memory_mib": peak // 1024,
            }
        )
    )


main()
