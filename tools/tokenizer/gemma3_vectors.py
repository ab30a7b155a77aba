#!/usr/bin/env python3
"""Writes vectors/tokenizer/gemma3.jsonl: strings and the ids that two other programs give them.

    .venv/bin/pip install sentencepiece==0.2.3 protobuf llama-cpp-python==0.3.36 numpy diskcache jinja2
    .venv/bin/python tools/tokenizer/gemma3_vectors.py GEMMA3.gguf SHAKESPEARE.txt

One JSON line per string: `text`, `ids` (special tokens parsed, by llama.cpp) and `ids_plain` (not
parsed, by SentencePiece with a model made of the file's tokens, scores and types). Nothing is
added. The two must agree on the plain ids, with two exceptions. "</s>" is a user-defined token in
the file, but llama.cpp takes it for a control token because of its name (spec/tokenizer.md T9).
And U+2581 in a text is part of SentencePiece's user-defined runs of spaces, but not of those that
a GGUF file has (T25): there the plain ids are llama.cpp's.

With more files of JSON lines behind (each with a `text`) only compares the two on those.
"""

import json
import mmap
import pathlib
import random
import struct
import sys

import llama_cpp
import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as pb

TARGET = pathlib.Path(__file__).parents[2] / "vectors/tokenizer/gemma3.jsonl"
USER_DEFINED = 4
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
ATOMS = [
    "a", "Z", "word", "The", " quick", " ", "  ", "   ", " " * 7, " " * 16, " " * 40, "\n", "\n\n",
    "\n" * 5, "\n" * 31, "\n" * 32, "\n" * 70, "\r\n", "\t", "\t\t\t", "\t" * 33, "\u00a0", "\u3000",
    "\u2581", "\u2581\u2581x", "<0x41>", "<0x0A>", "0", "1", "12", "2026", "3.1415", "1,000,000",
    "\u0663", "\u00bd", "!", "?!", "...", "--", "----------------", "_", "==", "===", "#", "##",
    "'s", "'ll", "don't", "e\u0301", "\u00e9", "na\u00efve", "Z\u00fcrich", "stra\u00dfe", "\u0130",
    "\u4f60\u597d", "\u4e16\u754c", "\u65e5\u672c\u8a9e", "\u3053\u3093\u306b\u3061\u306f",
    "\ud55c\uad6d\uc5b4", "\u043f\u0440\u0438\u0432\u0435\u0442", "\u05e9\u05dc\u05d5\u05dd",
    "\u0645\u0631\u062d\u0628\u0627", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "\u0928\u092e\u0938\u094d\u0924\u0947", "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1e8\U0001f1ed", "\U0001e900", "\U00020bb7", "\U000e0067", "\U0010ffff", "\ufffd", "\ufeff",
    "\u200b", "\x00", "\x01", "\x1b[0m", "\x7f", "\u0085", "\u0378", "<b>", "</b>", "<table>", "<h1>",
    "</s>", "<s>", "<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>",
    "<start_of_turn>user\n", "<end_of_turn>\n<start_of_turn>model\n", "<start_of_image>",
    "<end_of_image>", "[multimodal]", "<unused0>", "<unused6241>", "<unused", "<start_of", "<|im_end|>",
    "def f(x):\n    return x ** 2\n", "for (int i = 0; i < n; i++) {\n\tsum += a[i];\n}\n",
    "{\"key\": [1, 2.5e-3, null]}", "https://example.org/a?b=c%20d#e", "\\frac{1}{2}", "C:\\temp\\x",
    "SELECT * FROM t WHERE a = 'b';", "ATG" * 9, "aaaaaaaaaaaaaaaaaaaaaaaaa", "ha" * 20,
]


def metadata(path):
    """The key-value pairs of a GGUF file."""
    with open(path, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    at = 24

    def take(code, count=1):
        nonlocal at
        values = struct.unpack_from(f"<{count}{code}", data, at)
        at += struct.calcsize(f"<{count}{code}")
        return values

    def string():
        nonlocal at
        (count,) = take("Q")
        at += count
        return data[at - count:at]

    def value(kind):
        if kind == STRING:
            return string()
        if kind == ARRAY:
            element, count = take("I")[0], take("Q")[0]
            return [string() for _ in range(count)] if element == STRING \
                else take(SCALARS[element], count)
        return take(SCALARS[kind])[0]

    return {string().decode(): value(take("I")[0])
            for _ in range(struct.unpack_from("<Q", data, 16)[0])}


def sentence_piece(keys):
    """SentencePiece's own model of the vocabulary in a GGUF file."""
    kinds = pb.ModelProto.SentencePiece
    kind_of = {1: kinds.NORMAL, 2: kinds.UNKNOWN, 3: kinds.CONTROL, 4: kinds.USER_DEFINED,
               5: kinds.UNUSED, 6: kinds.BYTE}
    model = pb.ModelProto()
    unknown = keys["tokenizer.ggml.unknown_token_id"]
    rows = zip(keys["tokenizer.ggml.tokens"], keys["tokenizer.ggml.scores"],
               keys["tokenizer.ggml.token_type"])
    for token, (text, score, kind) in enumerate(rows):
        piece = model.pieces.add()
        piece.score = score
        piece.type = kinds.UNKNOWN if token == unknown else kind_of[kind]
        # A GGUF file has plain spaces in user-defined tokens; SentencePiece compares behind its
        # own replacement.
        piece.piece = text.decode().replace(" ", "\u2581") if kind == USER_DEFINED else text.decode()
    trainer = model.trainer_spec
    trainer.model_type = pb.TrainerSpec.BPE
    trainer.byte_fallback = True
    for name in ["unk", "bos", "eos", "pad"]:
        key = {"unk": "unknown", "pad": "padding"}.get(name, name)
        token = keys[f"tokenizer.ggml.{key}_token_id"]
        setattr(trainer, name + "_id", token)
        setattr(trainer, name + "_piece", model.pieces[token].piece)
    model.normalizer_spec.name = "identity"
    model.normalizer_spec.add_dummy_prefix = keys.get("tokenizer.ggml.add_space_prefix", True)
    model.normalizer_spec.remove_extra_whitespaces = False
    model.normalizer_spec.escape_whitespaces = True
    return sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())


class LlamaCpp:
    def __init__(self, path):
        llama_cpp.llama_backend_init()
        parameters = llama_cpp.llama_model_default_params()
        parameters.vocab_only = True
        model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        self.vocabulary = llama_cpp.llama_model_get_vocab(model)

    def encode(self, text, special):
        utf8 = text.encode()
        room = len(utf8) + 16
        ids = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(
            self.vocabulary, utf8, len(utf8), ids, room, False, special)
        assert count >= 0, count
        return list(ids[:count])


def texts(shakespeare):
    rng = random.Random(3)
    yield ""
    yield from (atom for atom in ATOMS if len(atom) > 3)
    play = pathlib.Path(shakespeare).read_text()
    for length in [5, 20, 60, 150]:
        for _ in range(20):
            start = rng.randrange(len(play) - length)
            yield play[start:start + length]
    for _ in range(140):
        text = "".join(rng.choice(ATOMS) for _ in range(rng.randint(2, 9)))
        if not ("</s>" in text and "\u2581" in text):
            yield text


def compare(paths, pieces, llama):
    count = left_out = 0
    for path in paths:
        for line in open(path):
            text = json.loads(line)["text"]
            count += 1
            if "</s>" in text or "\u2581" in text:
                left_out += 1
            else:
                assert pieces.encode(text) == llama.encode(text, False), text
    print(f"{count} strings, {left_out} of them left out: the two agree on the others")


def main():
    path, shakespeare, *more = sys.argv[1:]
    pieces = sentence_piece(metadata(path))
    llama = LlamaCpp(path)
    if more:
        compare(more, pieces, llama)
        return
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with open(TARGET, "w", encoding="ascii") as out:
        for text in texts(shakespeare):
            plain = (llama.encode(text, False) if "\u2581" in text and "</s>" not in text
                     else pieces.encode(text))
            assert "</s>" in text or plain == llama.encode(text, False), text
            line = {"text": text, "ids": llama.encode(text, True), "ids_plain": plain}
            out.write(json.dumps(line, separators=(",", ":")) + "\n")


main()
