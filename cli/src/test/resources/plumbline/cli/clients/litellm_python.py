"""LiteLLM as it is, against a node by OpenAI's, Anthropic's and Ollama's API: python litellm_python.py URL MODEL. Prints "ok" at the end."""
import json
import os
import sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it would be fetched from elsewhere
import litellm

url, model = sys.argv[1:3]
litellm.num_retries = 0
question = [{"role": "user", "content": "What is the capital of France?"}]
schema = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20}}, "required": ["city"],
          "additionalProperties": False}
tool = {"type": "function", "function": {"name": "population", "description": "counts people", "parameters": schema}}
form = {"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": schema}}

for provider, base in (("openai", url + "/v1"), ("anthropic", url), ("ollama_chat", url)):
    def ask(**more):
        return litellm.completion(**({"model": f"{provider}/{model}", "api_base": base, "api_key": "none",
                                      "messages": question, "max_tokens": 60, "temperature": 0} | more))
    answer = ask()
    text = answer.choices[0].message.content
    assert "Paris" in text and answer.choices[0].finish_reason == "stop" and answer.usage.completion_tokens > 1, answer
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in ask(stream=True))
    assert streamed == text, (provider, streamed)
    assert ask(stop=["Paris"]).choices[0].message.content.rstrip() == text.split("Paris")[0].rstrip(), provider
    if provider != "ollama_chat":  # Ollama's API can't force a call
        call = ask(tools=[tool], tool_choice="required").choices[0].message.tool_calls[0]
        assert list(json.loads(call.function.arguments)) == ["city"], call
    if provider != "anthropic":  # LiteLLM makes a tool of it there, for models that it knows
        formed = ask(response_format=form, temperature=1.5)
        assert list(json.loads(formed.choices[0].message.content)) == ["city"], formed
    try:
        ask(temperature=99)
    except litellm.BadRequestError as e:
        assert "temperature" in str(e), e
    except litellm.APIConnectionError as e:  # its name for what Ollama's API refuses
        assert provider == "ollama_chat" and "temperature" in str(e), e
    else:
        raise AssertionError("a temperature of 99 was accepted")

several = litellm.completion(model=f"openai/{model}", api_base=url + "/v1", api_key="none", messages=question, n=2, seed=5,
                             temperature=1.5, max_tokens=12, logprobs=True, top_logprobs=2)
assert len(several.choices) == 2 and len(several.choices[1].logprobs.content[0].top_logprobs) == 2, several
made = litellm.text_completion(model=f"text-completion-openai/{model}", api_base=url + "/v1", api_key="none",
                               prompt="The capital of France is", temperature=0, max_tokens=3)
assert made.choices[0].text, made
response = litellm.responses(model=f"openai/{model}", api_base=url + "/v1", api_key="none", input=question[0]["content"],
                             temperature=0, max_output_tokens=20)
assert "Paris" in response.output[0].content[0].text, response
print("ok")
