"""The unmodified anthropic-python client against a node: python anthropic_python.py URL MODEL. Prints "ok" at the end."""
import json
import sys

import anthropic

url, model = sys.argv[1:3]
client = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)
greedy = {"temperature": 0}  # no argument of the newest versions
question = [{"role": "user", "content": "What is the capital of France?"}]

assert model in [m.id for m in client.models.list().data]
counted = client.messages.count_tokens(model=model, messages=question).input_tokens
raw = client.messages.with_raw_response.create(model=model, max_tokens=20, extra_body=greedy, messages=question)
answer = raw.parse()
assert answer.type == "message" and "Paris" in answer.content[0].text and answer.stop_reason == "end_turn", answer
assert answer.usage.input_tokens == counted and answer.usage.output_tokens > 1, (counted, answer.usage)
assert answer.plumbline["receipt"] == raw.headers["plumb-receipt"], answer

with client.messages.stream(model=model, max_tokens=20, extra_body=greedy, messages=question, system="Be brief.") as stream:
    pieces = list(stream.text_stream)
    whole = stream.get_final_message()
assert len(pieces) > 1 and "".join(pieces) == whole.content[0].text and whole.usage.output_tokens > 1, (pieces, whole)
cut = client.messages.create(model=model, max_tokens=3, extra_body=greedy, messages=question)
assert cut.stop_reason == "max_tokens" and cut.usage.output_tokens == 3, cut
stopped = client.messages.create(model=model, max_tokens=20, extra_body=greedy, messages=question, stop_sequences=["Paris"])
assert stopped.stop_reason == "stop_sequence" and stopped.stop_sequence == "Paris", stopped

schema = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20}}, "required": ["city"],
          "additionalProperties": False}
tool = {"name": "population", "description": "counts people", "input_schema": schema}
for choice in ({"type": "any"}, {"type": "tool", "name": "population"}):
    called = client.messages.create(model=model, max_tokens=60, messages=question, tools=[tool], tool_choice=choice)
    call = called.content[-1]
    assert called.stop_reason == "tool_use" and call.name == "population" and list(call.input) == ["city"], called
with client.messages.stream(model=model, max_tokens=60, messages=question, tools=[tool], tool_choice={"type": "any"}) as s:
    assert list(s.get_final_message().content[-1].input) == ["city"], s.get_final_message()
formed = client.messages.create(model=model, max_tokens=60, messages=question, extra_body={"temperature": 2},
                                output_config={"format": {"type": "json_schema", "schema": schema}})
assert list(json.loads(formed.content[0].text)) == ["city"], formed
more = question + [{"role": "assistant", "content": called.content},
                   {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "2,100,000"}]}]
assert client.messages.create(model=model, max_tokens=8, messages=more, tools=[tool]).role == "assistant"

for kwargs, error, words in (
        ({"model": "nobody/has-this"}, anthropic.NotFoundError, "nobody/has-this"),
        ({"extra_body": {"temperature": 99}}, anthropic.BadRequestError, "temperature"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, anthropic.BadRequestError, "thinking"),
        ({"extra_body": {"top_a": 1}}, anthropic.BadRequestError, "top_a"),
        ({"messages": []}, anthropic.BadRequestError, "messages")):
    try:
        client.messages.create(**({"model": model, "max_tokens": 5, "messages": question} | kwargs))
    except error as e:
        assert e.body["type"] == "error" and words in e.body["error"]["message"], (kwargs, e.body)
    else:
        raise AssertionError(f"{kwargs} was accepted")
print("ok")
