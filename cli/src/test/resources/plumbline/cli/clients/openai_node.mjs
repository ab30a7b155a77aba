// The unmodified openai-node client against a node: node openai_node.mjs URL MODEL. Prints "ok" at the end.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, model, folder] = process.argv.slice(2);
const found = createRequire(pathToFileURL(folder + "/x")).resolve("openai");
const { default: OpenAI } = await import(pathToFileURL(found));
const client = new OpenAI({ baseURL: url + "/v1", apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "What is the capital of France?" }];

const ids = [];
for await (const one of client.models.list()) ids.push(one.id);
assert(ids.includes(model), ids.join());

const greedy = { model, messages, temperature: 0, max_tokens: 20 };
const { data: answer, response } = await client.chat.completions.create({ ...greedy, logprobs: true, top_logprobs: 3 })
  .withResponse();
const text = answer.choices[0].message.content;
assert(text.includes("Paris") && answer.choices[0].finish_reason === "stop", text);
assert.equal(answer.choices[0].logprobs.content.map((t) => t.token).join(""), text);
assert.equal(answer.choices[0].logprobs.content[0].top_logprobs.length, 3);
assert.equal(response.headers.get("plumb-receipt"), answer.receipt);

let streamed = "", usage = null;
for await (const chunk of await client.chat.completions.create({ ...greedy, stream: true, stream_options: { include_usage: true } })) {
  streamed += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}
assert.equal(streamed, text);
assert.equal(usage.completion_tokens, answer.usage.completion_tokens);
const helped = await client.chat.completions.stream(greedy).finalContent();
assert.equal(helped, text);
const several = await client.chat.completions.create({ model, messages, n: 3, seed: 5, temperature: 1.5, max_tokens: 12 });
assert.equal(new Set(several.choices.map((c) => c.message.content)).size, 3);
const plain = await client.completions.create({ model, prompt: "The capital of France is", temperature: 0, max_tokens: 3, logprobs: 1 });
assert.equal(plain.choices[0].logprobs.tokens.join(""), plain.choices[0].text);

const schema = { type: "object", properties: { city: { type: "string", maxLength: 20 } }, required: ["city"], additionalProperties: false };
const formed = await client.chat.completions.parse({ model, messages, temperature: 2, seed: 3, max_tokens: 60,
  response_format: { type: "json_schema", json_schema: { name: "city", strict: true, schema } } });
assert.deepEqual(Object.keys(JSON.parse(formed.choices[0].message.content)), ["city"]);
const tools = [{ type: "function", function: { name: "population", parameters: schema, strict: true } }];
const called = await client.chat.completions.create({ model, messages, tools, tool_choice: "required", max_tokens: 60 });
const call = called.choices[0].message.tool_calls[0];
assert.deepEqual(Object.keys(JSON.parse(call.function.arguments)), ["city"]);
const after = [...messages, called.choices[0].message, { role: "tool", tool_call_id: call.id, content: "2,100,000" }];
assert.equal((await client.chat.completions.create({ model, messages: after, tools, max_tokens: 8 })).choices[0].message.role, "assistant");

const made = await client.responses.create({ model, input: "What is the capital of France?", temperature: 0, max_output_tokens: 20 });
assert(made.output_text.includes("Paris"), made.output_text);
const kinds = [];
for await (const event of await client.responses.create({ model, input: "Hi", max_output_tokens: 5, stream: true })) kinds.push(event.type);
assert.equal(kinds[0], "response.created");
const chosen = await client.responses.create({ model, input: "How many people live in Paris?", max_output_tokens: 60,
  tools: [{ type: "function", name: "population", parameters: schema, strict: true }], tool_choice: "required" });
assert.equal(chosen.output[0].type, "function_call");
const form = await client.responses.create({ model, input: "A city", max_output_tokens: 60, temperature: 2,
  text: { format: { type: "json_schema", name: "city", schema, strict: true } } });
assert.deepEqual(Object.keys(JSON.parse(form.output_text)), ["city"]);

for (const [wrong, kind, param] of [[{ model: "nobody/has-this" }, OpenAI.NotFoundError, "model"],
  [{ temperature: 99 }, OpenAI.BadRequestError, "temperature"], [{ verbosity: "low" }, OpenAI.BadRequestError, "verbosity"]]) {
  await assert.rejects(client.chat.completions.create({ ...greedy, ...wrong }), (e) => e instanceof kind && e.param === param);
}
await assert.rejects(client.embeddings.create({ model, input: "x" }), (e) => e instanceof OpenAI.NotFoundError && e.code === "not_supported");
console.log("ok");
