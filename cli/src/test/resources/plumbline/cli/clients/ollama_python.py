"""The unmodified ollama-python client against a node: python ollama_python.py URL MODEL [proxy]. Prints "ok" at the end."""
import json
import sys

import ollama

url, model = sys.argv[1:3]
client = ollama.Client(host=url)
question = [{"role": "user", "content": "What is the capital of France?"}]
greedy = {"temperature": 0, "num_predict": 20}

assert model in [m.model for m in client.list().models], client.list()
shown = client.show(model)
assert "completion" in shown.capabilities and shown.details.format == "gguf", shown
if "proxy" not in sys.argv:  # which hasn't the file
    assert shown.details.quantization_level == "Q4_1" and shown.details.parameter_size == "134.5M", shown
    assert shown.modelinfo["general.architecture"] == "llama" and shown.modelinfo["llama.context_length"] == 8192, shown
    assert all(m.modified_at.year > 2020 for m in client.list().models), client.list()
answer = client.chat(model, question, options=greedy)
assert "Paris" in answer.message.content and answer.done_reason == "stop" and answer.eval_count > 1, answer
assert (model in [m.model for m in client.ps().models]) != ("proxy" in sys.argv), client.ps()
lines = list(client.chat(model, question, options=greedy, stream=True))
assert "".join(line.message.content for line in lines) == answer.message.content and lines[-1].done, lines
made = client.generate(model, "What is the capital of France?", options=greedy, logprobs=True, top_logprobs=2)
assert made.response == answer.message.content, made
assert made.logprobs[0].logprob <= 0 and len(made.logprobs[0].top_logprobs) == 2, made.logprobs
assert "".join(p.token for p in made.logprobs) == made.response, made.logprobs
raw = client.generate(model, "The capital of France is", raw=True, options={"temperature": 0, "num_predict": 3})
assert raw.done_reason == "length" and raw.eval_count == 3, raw
stopped = client.chat(model, question, options=greedy | {"stop": ["Paris"]})
assert stopped.message.content == answer.message.content.split("Paris")[0], stopped

schema = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20}}, "required": ["city"]}
formed = client.chat(model, question, format=schema, options={"temperature": 2, "seed": 3, "num_predict": 60})
assert list(json.loads(formed.message.content)) == ["city"], formed
json.loads(client.chat(model, question, format="json", options={"num_predict": 40}).message.content)
tool = {"type": "function", "function": {"name": "population", "description": "counts people", "parameters": schema}}
told = client.chat(model, question + [
    {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "population", "arguments": {"city": "Paris"}}}]},
    {"role": "tool", "tool_name": "population", "content": "2,100,000"}], tools=[tool], options=greedy)
assert told.message.role == "assistant", told

for call, status, words in (
        (lambda: client.chat("nobody/has-this", question), 404, "nobody/has-this"),
        (lambda: client.chat(model, question, options={"mirostat": 1}), 400, "options.mirostat"),
        (lambda: list(client.chat(model, question, think=True, stream=True)), 400, "think"),
        (lambda: client.embed(model, "x"), 404, "embeddings"),
        (lambda: client.embeddings(model, "x"), 404, "embeddings"),
        (lambda: client.pull("x"), 404, "publish")):
    try:
        call()
    except ollama.ResponseError as e:
        assert e.status_code == status and words in e.error, (e.status_code, e.error)
    else:
        raise AssertionError(f"{words} was accepted")
print("ok")
