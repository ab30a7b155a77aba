"""The unmodified openai-python client against a node or proxy: python openai_python.py URL MODEL [logprobs].
Prints "ok" at the end."""
import json
import sys

import openai
from openai import OpenAI

url, model = sys.argv[1:3]
client = OpenAI(base_url=url + "/v1", api_key="none", max_retries=0)
question = [{"role": "user", "content": "What is the capital of France?"}]

models = [m.id for m in client.models.list().data]
assert model in models, models

raw = client.chat.completions.with_raw_response.create(model=model, messages=question, temperature=0, max_tokens=20)
answer = raw.parse()
text = answer.choices[0].message.content
assert "Paris" in text, text
assert answer.choices[0].finish_reason == "stop", answer
assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens, answer.usage
receipt = raw.headers["plumb-receipt"]
assert len(receipt) == 32 and answer.receipt == receipt, (receipt, answer)
assert answer.system_fingerprint, answer

pieces, last = [], None
for chunk in client.chat.completions.create(model=model, messages=question, temperature=0, max_tokens=20, stream=True,
                                            stream_options={"include_usage": True}):
    last = chunk
    if chunk.choices and chunk.choices[0].delta.content:
        pieces.append(chunk.choices[0].delta.content)
assert "".join(pieces) == text, pieces
assert last.usage.completion_tokens == answer.usage.completion_tokens, last
assert len(last.receipt) == 32 and last.receipt != receipt, last

stopped = client.chat.completions.create(model=model, messages=question, temperature=0, stop=["Paris"])
assert stopped.choices[0].message.content == text.split("Paris")[0], stopped
short = client.chat.completions.create(model=model, messages=question, temperature=0.9, top_p=0.9, seed=7, max_tokens=3)
again = client.chat.completions.create(model=model, messages=question, temperature=0.9, top_p=0.9, seed=7, max_tokens=3)
assert short.choices[0].finish_reason == "length" and short.usage.completion_tokens == 3, short
assert short.choices[0].message.content == again.choices[0].message.content, "the same seed gives the same answer"

loud = client.chat.completions.create(model=model, messages=question, max_tokens=4, logit_bias={"28": 100})
assert loud.choices[0].message.content == ",,,,", loud
client.chat.completions.create(model=model, messages=question, max_tokens=2, presence_penalty=0.5, frequency_penalty=-0.5,
                               logit_bias={}, extra_body={"top_k": 5, "min_p": 0.1, "repetition_penalty": 1.1})

several = dict(model=model, messages=question, n=3, seed=5, max_tokens=6, temperature=1.5)
three = client.chat.completions.create(**several)
assert [c.index for c in three.choices] == [0, 1, 2] and len({c.receipt for c in three.choices}) == 3, three
assert len({c.message.content for c in three.choices}) > 1 and three.usage.completion_tokens > 6, three
pieces = ["", "", ""]
for chunk in client.chat.completions.create(**several, stream=True):
    for choice in chunk.choices:
        pieces[choice.index] += choice.delta.content or ""
assert pieces == [c.message.content for c in three.choices], (pieces, three)
if "logprobs" in sys.argv:
    scored = client.chat.completions.create(model=model, messages=question, temperature=0, max_tokens=20, logprobs=True,
                                            top_logprobs=2).choices[0].logprobs.content
    assert "".join(token.token for token in scored) == text, scored
    assert all(-5 < t.logprob <= 0 and t.top_logprobs[0].token == t.token for t in scored[:6]), scored
    assert all(len(t.top_logprobs) == 2 for t in scored), scored

schema = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20}, "people": {"type": "integer"}},
          "required": ["city", "people"], "additionalProperties": False}
formed = client.chat.completions.create(model=model, messages=question, max_tokens=60, temperature=2, seed=3, response_format={
    "type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": schema}})
assert formed.choices[0].finish_reason == "stop", formed
document = json.loads(formed.choices[0].message.content)
assert list(document) == ["city", "people"] and isinstance(document["people"], int) and len(document["city"]) <= 20, document
tool = {"type": "function", "function": {"name": "population", "parameters": schema}}
called = client.chat.completions.create(model=model, messages=question, max_tokens=80, seed=4, tools=[tool],
                                        tool_choice="required")
assert called.choices[0].finish_reason == "tool_calls" and called.choices[0].message.content is None, called
call = called.choices[0].message.tool_calls[0]
assert call.function.name == "population" and isinstance(json.loads(call.function.arguments)["people"], int), call
more = question + [called.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "2,100,000"}]
assert client.chat.completions.create(model=model, messages=more, max_tokens=8, tools=[tool]).choices[0].message.role == "assistant"
response = client.responses.create(model=model, input="What is the capital of France?", max_output_tokens=20, temperature=0)
assert "Paris" in response.output_text, response
kinds = [event.type for event in client.responses.create(model=model, input="Hi", max_output_tokens=5, stream=True)]
assert kinds[0] == "response.created" and kinds[-1] in ("response.completed", "response.incomplete"), kinds

for kwargs, error, param in (
        ({"model": "nobody/has-this"}, openai.NotFoundError, "model"),
        ({"verbosity": "low"}, openai.BadRequestError, "verbosity"),
        ({"temperature": 99}, openai.BadRequestError, "temperature"),
        ({"presence_penalty": 17}, openai.BadRequestError, "presence_penalty"),
        ({"logit_bias": {"the": 1}}, openai.BadRequestError, "logit_bias"),
        ({"logprobs": 1}, openai.BadRequestError, "logprobs"),
        ({"messages": []}, openai.BadRequestError, "messages")):
    try:
        client.chat.completions.create(**({"model": model, "messages": question} | kwargs))
    except error as e:
        assert e.body["param"] == param, (kwargs, e.body)
    else:
        raise AssertionError(f"{json.dumps(kwargs)} was accepted")
print("ok")
