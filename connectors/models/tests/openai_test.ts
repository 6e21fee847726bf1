/** What is OpenAI's own: nothing stored, reasoning that goes back, failures in the answer. */
import assert from "node:assert/strict";
import type { Json } from "../../../specs/mod.ts";
import { asked } from "../testing/asked.ts";
import { DIALECTS, sse } from "../testing/wire_server.ts";

const responses = DIALECTS.find(({ wire }) => wire === "openai-responses");
const chat = DIALECTS.find(({ wire }) => wire === "openai-chat");
assert.ok(responses !== undefined && chat !== undefined);

const data = (value: Json): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (value: { [key: string]: Json }): string => `event: ${value.type}\n${data(value)}`;
const LOOK = { name: "look", description: "d", schema: { type: "object", properties: {} } as Json };

Deno.test("responses: nothing is stored there, and reasoning goes back encrypted, without places", async () => {
  const output: Json[] = [
    { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "b3BhcXVl", status: "completed" },
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      phase: "commentary",
      content: [{ type: "output_text", text: "Looking.", annotations: [] }],
    },
    { type: "function_call", id: "fc_1", call_id: "c1", name: "look", arguments: "{}", status: "completed" },
  ];
  const first = await asked(
    responses,
    () =>
      sse([
        named({
          type: "response.completed",
          response: {
            id: "resp_1",
            object: "response",
            status: "completed",
            model: "m",
            output,
            usage: { input_tokens: 5, output_tokens: 5 },
          },
        }),
      ]),
    {
      tools: [LOOK],
      effort: "high",
    },
  );
  assert.ok(first.result.ok, JSON.stringify(first.result));
  const body = first.seen[0]?.body;
  assert.equal(body?.store, false);
  assert.deepEqual(body?.include, ["reasoning.encrypted_content"]);
  assert.deepEqual(body?.reasoning, { effort: "high" });
  assert.equal(body?.instructions, "Be brief.");
  const { text, calls, opaque } = first.result.value;
  const { seen } = await asked(responses, () => sse(responses.events({ text: "x" })), {
    tools: [LOOK],
    messages: [
      { role: "user", text: "Go." },
      { role: "assistant", text, calls, ...(opaque === undefined ? {} : { opaque }) },
      { role: "tool", call: "c1", text: "seen" },
    ],
  });
  assert.deepEqual(seen[0]?.body.input, [
    { role: "user", content: "Go." },
    { type: "reasoning", summary: [], encrypted_content: "b3BhcXVl", id: "rs_1" },
    {
      type: "message",
      role: "assistant",
      phase: "commentary",
      content: [{ type: "output_text", text: "Looking.", annotations: [] }],
    },
    { type: "function_call", call_id: "c1", name: "look", arguments: "{}" },
    { type: "function_call_output", call_id: "c1", output: "seen" },
  ]);
});

Deno.test("the input of OpenAI includes the cache, ours does not", async () => {
  for (
    const [dialect, usage] of [
      [responses, {
        input_tokens: 1000,
        output_tokens: 30,
        total_tokens: 1030,
        input_tokens_details: { cached_tokens: 600, cache_write_tokens: 300 },
      }],
      [chat, {
        prompt_tokens: 1000,
        completion_tokens: 30,
        total_tokens: 1030,
        prompt_tokens_details: { cached_tokens: 600, cache_write_tokens: 300 },
      }],
    ] as const
  ) {
    const { result } = await asked(dialect, () => sse(dialect.events({ text: "x", usage })));
    assert.ok(result.ok);
    assert.deepEqual(result.value.usage, {
      input: 100,
      output: 30,
      cacheRead: 600,
      cacheWrite5m: 300,
      cacheWrite1h: 0,
    });
  }
});

Deno.test("responses: an answer that failed is the failure that it names", async () => {
  for (
    const [code, expected] of [["server_error", "server"], ["rate_limit_exceeded", "rate"], [
      "invalid_prompt",
      "refusal",
    ], ["something_new", "server"]]
  ) {
    const { result } = await asked(
      responses,
      () =>
        sse([
          named({
            type: "response.failed",
            response: {
              id: "r",
              object: "response",
              status: "failed",
              error: { code: code ?? "", message: "no" },
              output: [],
            },
          }),
        ]),
    );
    assert.ok(!result.ok);
    assert.equal(result.error.trouble, expected, code);
  }
  const { result } = await asked(
    responses,
    () =>
      sse([
        named({
          type: "error",
          code: "insufficient_quota",
          message: "no money",
          param: null,
          sequence_number: 1,
        }),
      ]),
  );
  assert.ok(!result.ok);
  assert.equal(result.error.trouble, "quota");
});

Deno.test("responses: a part that is a refusal is a refusal", async () => {
  const { result } = await asked(responses, () =>
    sse([named({
      type: "response.completed",
      response: {
        id: "r",
        object: "response",
        status: "completed",
        output: [{
          type: "message",
          role: "assistant",
          content: [{ type: "refusal", refusal: "I cannot help." }],
        }],
      },
    })]));
  assert.ok(!result.ok);
  assert.equal(result.error.trouble, "refusal");
  assert.match(result.error.failure.message, /I cannot help/);
});

Deno.test("responses: optional fields of a strict answer come back as left out", async () => {
  const schema: Json = {
    type: "object",
    properties: {
      a: { type: "string" },
      b: { type: "array", items: { type: "object", properties: { c: { type: "number" } } } },
    },
    required: ["a"],
  };
  const { result, seen } = await asked(
    responses,
    () => sse(responses.events({ text: '{"a":"x","b":[{"c":null},{"c":2}]}' })),
    { output: { name: "answer", schema } },
  );
  assert.ok(result.ok);
  assert.deepEqual(result.value.output, { a: "x", b: [{}, { c: 2 }] });
  const format =
    (seen[0]?.body.text as { format: { strict: boolean; schema: { required: string[] } } }).format;
  assert.equal(format.strict, true);
  assert.deepEqual(format.schema.required, ["a", "b"]);
});
