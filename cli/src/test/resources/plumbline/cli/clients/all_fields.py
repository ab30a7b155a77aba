"""Sends each field that the clients' own types know, with a value of no type: python all_fields.py URL MODEL.

Whatever the API, such a value is an error that names the field; a field that was ignored would be answered. Prints "ok" at the end.
"""
import json
import sys
import urllib.error
import urllib.request

import ollama._types
from anthropic.types import message_count_tokens_params, message_create_params
from openai.types import completion_create_params
from openai.types.chat import completion_create_params as chat_create_params
from openai.types.responses import response_create_params

url, model = sys.argv[1:3]


def names(kind):
    found = set(getattr(kind, "model_fields", {}))
    for each in getattr(kind, "__orig_bases__", ()):
        found |= names(each)
    return found | set(getattr(kind, "__annotations__", {}))


def refused(path, body, field):
    request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as response:
            raise AssertionError(f"{path} took {field}: {response.read()[:300]}")
    except urllib.error.HTTPError as e:
        said = json.loads(e.read())["error"]
        named = said.get("param") if isinstance(said, dict) else said
        assert e.code == 400 and field in (named or ""), (path, field, said)


messages = [{"role": "user", "content": "x"}]
nothing = {"no such thing": [{}]}
count = 0
for path, kind, body in (
        ("/v1/chat/completions", chat_create_params.CompletionCreateParamsNonStreaming, {"messages": messages}),
        ("/v1/completions", completion_create_params.CompletionCreateParamsNonStreaming, {"prompt": "x"}),
        ("/v1/responses", response_create_params.ResponseCreateParamsNonStreaming, {"input": "x"}),
        ("/v1/messages", message_create_params.MessageCreateParamsNonStreaming, {"messages": messages, "max_tokens": 1}),
        ("/v1/messages/count_tokens", message_count_tokens_params.MessageCountTokensParams, {"messages": messages}),
        ("/api/chat", ollama._types.ChatRequest, {"messages": messages, "stream": False}),
        ("/api/generate", ollama._types.GenerateRequest, {"prompt": "x", "stream": False})):
    fields = names(kind)
    assert len(fields) > 5 and "model" in fields, (path, fields)
    # How long a model stays may be said in any way: it changes no answer.
    for field in sorted(fields - {"keep_alive"}):
        # An object is a schema there, whose keyword would be named.
        refused(path, {"model": model} | body | {field: 7 if field == "format" else nothing}, field)
        count += 1
hardware = {"numa", "num_batch", "num_gpu", "main_gpu", "low_vram", "f16_kv", "logits_all", "vocab_only", "use_mmap", "use_mlock",
            "num_thread"}
for field in sorted(names(ollama._types.Options) - hardware):
    refused("/api/chat", {"model": model, "messages": messages, "options": {field: nothing}}, field)
    count += 1
assert count > 120, count
print("ok")
