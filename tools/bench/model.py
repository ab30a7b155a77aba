#!/usr/bin/env python3
"""Writes a model of random weights in the shape of a 1.1B Llama, for measuring speed where no real one is at hand.

    pip install gguf numpy llama-cpp-python
    python3 tools/bench/model.py OUT.gguf [--type Q8_0|Q4_K_M|...]

Weights depend on the tensor's name alone, so the file is the same everywhere. Types other than Q8_0 are made from
it by llama.cpp's own quantiser. Such a model says nothing, but a token costs what it costs in a real one.
"""

import argparse
import ctypes
import hashlib
import itertools
import os

import gguf
import numpy as np

LAYERS, WIDTH, INNER, HEADS, KEY_VALUE_HEADS, VOCABULARY = 22, 2048, 5632, 32, 4, 32000
HEAD = WIDTH // HEADS


def vocabulary():
    kinds = gguf.TokenType
    yield from (("<unk>", kinds.UNKNOWN), ("<s>", kinds.CONTROL), ("</s>", kinds.CONTROL))
    yield from ((f"<0x{byte:02X}>", kinds.BYTE) for byte in range(256))
    letters = "etaoinshrdlcumwfgypbvkjxqz"
    for length in itertools.count(1):
        for word in itertools.product(letters, repeat=length):
            yield "".join(word), kinds.NORMAL


def matrix(writer, name, rows, columns, scale):
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    values = np.random.Generator(np.random.PCG64(seed)).standard_normal((rows, columns), dtype=np.float32)
    kind = gguf.GGMLQuantizationType.Q8_0
    writer.add_tensor(name, gguf.quants.quantize(values * np.float32(scale), kind), raw_dtype=kind)


def write(path):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(4096)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_VALUE_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(HEAD)
    writer.add_rope_freq_base(10000.0)
    tokens, kinds = zip(*itertools.islice(vocabulary(), VOCABULARY))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(i) for i in range(VOCABULARY)])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    narrow, residual = WIDTH**-0.5, (2 * LAYERS) ** -0.5
    ones = np.ones(WIDTH, dtype=np.float32)
    matrix(writer, "token_embd.weight", VOCABULARY, WIDTH, 1.0)
    for layer in range(LAYERS):
        place = f"blk.{layer}."
        writer.add_tensor(place + "attn_norm.weight", ones)
        matrix(writer, place + "attn_q.weight", WIDTH, WIDTH, narrow)
        matrix(writer, place + "attn_k.weight", KEY_VALUE_HEADS * HEAD, WIDTH, narrow)
        matrix(writer, place + "attn_v.weight", KEY_VALUE_HEADS * HEAD, WIDTH, narrow)
        matrix(writer, place + "attn_output.weight", WIDTH, WIDTH, narrow * residual)
        writer.add_tensor(place + "ffn_norm.weight", ones)
        matrix(writer, place + "ffn_gate.weight", INNER, WIDTH, narrow)
        matrix(writer, place + "ffn_up.weight", INNER, WIDTH, narrow)
        matrix(writer, place + "ffn_down.weight", WIDTH, INNER, INNER**-0.5 * residual)
    writer.add_tensor("output_norm.weight", ones)
    matrix(writer, "output.weight", VOCABULARY, WIDTH, narrow)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def requantise(source, target, kind):
    import llama_cpp as llama

    parameters = llama.llama_model_quantize_default_params()
    parameters.ftype = getattr(llama, "LLAMA_FTYPE_MOSTLY_" + kind)
    parameters.allow_requantize = True
    if llama.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(parameters)) != 0:
        raise SystemExit(f"llama.cpp could not make {kind} of {source}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--type", default="Q8_0")
    asked = parser.parse_args()
    if asked.type == "Q8_0":
        write(asked.out)
        return
    between = asked.out + ".q8_0"
    write(between)
    try:
        requantise(between, asked.out, asked.type)
    finally:
        os.remove(between)


main()
