/** Compatible chat endpoints: how they drift, and what they want. */
import assert from "node:assert/strict";
import type { Json } from "../../../specs/mod.ts";
import { modelProviders } from "../providers.ts";
import { asked } from "../testing/asked.ts";
import { DIALECTS, entryOf, sse, wireServer } from "../testing/wire_server.ts";

const chat = DIALECTS.find(({ wire }) => wire === "openai-chat");
assert.ok(chat !== undefined);
const data = (value: Json): string => `data: ${JSON.stringify(value)}\n\n`;
const LOOK = { name: "look", description: "d", schema: { type: "object", properties: {} } as Json };

const chunk = (delta: Json, finish: string | null = null, more: { [key: string]: Json } = {}): string =>
  data({ id: "x", model: "m", choices: [{ index: 0, delta, finish_reason: finish }], ...more });

const DRIFT: readonly (readonly [string, string[], { stop: string; text?: string; calls?: Json }])[] = [
  ["`stop` although tools are called", [
    chunk({
      tool_calls: [{ index: 0, id: "c1", type: "function", function: { name: "look", arguments: "{}" } }],
    }),
    chunk({}, "stop"),
  ], { stop: "tools", calls: [{ id: "c1", tool: "look", args: {} }] }],
  ["calls without an index, one for each chunk", [
    chunk({ tool_calls: [{ id: "c1", function: { name: "look", arguments: '{"a":1}' } }] }),
    chunk({ tool_calls: [{ id: "c2", function: { name: "look", arguments: '{"a":2}' } }] }, "tool_calls"),
  ], {
    stop: "tools",
    calls: [{ id: "c1", tool: "look", args: { a: 1 } }, { id: "c2", tool: "look", args: { a: 2 } }],
  }],
  ["calls that all have index 0", [
    chunk({ tool_calls: [{ index: 0, id: "c1", function: { name: "look", arguments: '{"a":1}' } }] }),
    chunk({ tool_calls: [{ index: 0, id: "c2", function: { name: "look", arguments: '{"a":2}' } }] }, "stop"),
  ], {
    stop: "tools",
    calls: [{ id: "c1", tool: "look", args: { a: 1 } }, { id: "c2", tool: "look", args: { a: 2 } }],
  }],
  ["calls without an id", [
    chunk({ tool_calls: [{ index: 0, function: { name: "look", arguments: "{}" } }] }),
    chunk({ tool_calls: [{ index: 1, function: { name: "look", arguments: "{}" } }] }, "tool_calls"),
  ], {
    stop: "tools",
    calls: [{ id: "call_x_0", tool: "look", args: {} }, { id: "call_x_1", tool: "look", args: {} }],
  }],
  ["arguments that are a value already", [
    chunk(
      { tool_calls: [{ index: 0, id: "c1", function: { name: "look", arguments: { a: 1 } } }] },
      "tool_calls",
    ),
  ], { stop: "tools", calls: [{ id: "c1", tool: "look", args: { a: 1 } }] }],
  ["a stream without [DONE] and usage in the last chunk", [
    chunk({ content: "Hi" }),
    chunk({}, "stop", { usage: { prompt_tokens: 3, completion_tokens: 2 } }),
  ], { stop: "end", text: "Hi" }],
  ["STOP in capitals", [chunk({ content: "Hi" }), chunk({}, "STOP")], { stop: "end", text: "Hi" }],
  ["comments between events", [": OPENROUTER PROCESSING\n\n", chunk({ content: "Hi" }, "stop")], {
    stop: "end",
    text: "Hi",
  }],
  ["a message as one document", [
    JSON.stringify({
      id: "x",
      model: "m",
      choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
    }),
  ], { stop: "end", text: "Hi" }],
];
for (const [name, events, expected] of DRIFT) {
  Deno.test(`chat: ${name} is understood`, async () => {
    const { result } = await asked(chat, () => sse(events), { tools: [LOOK] });
    assert.ok(result.ok, JSON.stringify(result));
    assert.equal(result.value.stop, expected.stop);
    assert.equal(result.value.text, expected.text ?? "");
    assert.deepEqual(result.value.calls, expected.calls ?? []);
  });
}

Deno.test("chat: errors in every envelope are understood, also with 200", async () => {
  const google: Json = [{
    error: {
      code: 429,
      message: "Resource has been exhausted",
      status: "RESOURCE_EXHAUSTED",
      details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34s" }],
    },
  }];
  const cases: readonly (readonly [Response, string])[] = [
    [Response.json(google, { status: 429 }), "rate"],
    [
      Response.json([{
        error: {
          code: 400,
          message: "API key not valid. Please pass a valid API key.",
          status: "INVALID_ARGUMENT",
          details: [{ reason: "API_KEY_INVALID" }],
        },
      }], { status: 400 }),
      "auth",
    ],
    [
      Response.json({
        object: "error",
        message: "This model's maximum context length is 4096 tokens",
        type: "BadRequestError",
        code: 400,
      }, { status: 400 }),
      "context-window",
    ],
    [Response.json({ error: "model 'x' not found" }, { status: 404 }), "unknown-model"],
    [
      Response.json({
        error: { message: "Insufficient Balance", type: "unknown_error", code: "invalid_request_error" },
      }, { status: 402 }),
      "quota",
    ],
    [Response.json({ error: { message: "Provider returned error", code: 502, metadata: {} } }), "server"],
    [sse([chunk({ content: "Hi" }), data({ error: { message: "slow down", code: 429 } })]), "rate"],
    [
      sse([
        chunk({ content: "Hi" }),
        data({
          id: "x",
          choices: [{ index: 0, delta: {}, finish_reason: "error", error: { code: 503, message: "gone" } }],
        }),
      ]),
      "overloaded",
    ],
    [sse([chunk({ content: "Hi" }), chunk({}, "content_filter: SAFETY")]), "refusal"],
    [sse([chunk({ refusal: "I cannot." }), chunk({}, "stop")]), "refusal"],
    [sse([chunk({}, "tool_calls")]), "bad-output"],
    [
      sse([chunk({ tool_calls: [{ index: 0, id: "c1", function: { arguments: "{}" } }] }, "tool_calls")]),
      "bad-output",
    ],
    [Response.json({ hello: "world" }), "bad-output"],
    [sse(["data: {not json\n\n"]), "cut-stream"],
  ];
  for (const [answer, expected] of cases) {
    const { result } = await asked(chat, () => answer, { tools: [LOOK] });
    assert.ok(!result.ok, JSON.stringify(result));
    assert.equal(result.error.trouble, expected, JSON.stringify(result.error));
  }
  const { result } = await asked(chat, () => Response.json(google, { status: 429 }));
  assert.ok(!result.ok);
  assert.equal(result.error.retryAfterMs, 34_000);
});

Deno.test("chat: thoughts and signatures go back to the endpoint that gave them", async () => {
  const first = await asked(chat, () =>
    sse([
      chunk({ reasoning_content: "hm, " }),
      chunk({ reasoning_content: "look" }),
      chunk({
        tool_calls: [{
          index: 0,
          id: "c1",
          function: { name: "look", arguments: "{}" },
          extra_content: { google: { thought_signature: "c2ln" } },
        }],
      }, "stop"),
    ]), { tools: [LOOK] });
  assert.ok(first.result.ok);
  const { text, calls, opaque } = first.result.value;
  const { seen } = await asked(chat, () => sse(chat.events({ text: "x" })), {
    tools: [LOOK],
    messages: [
      { role: "user", text: "Go." },
      { role: "assistant", text, calls, ...(opaque === undefined ? {} : { opaque }) },
      { role: "tool", call: "c1", text: "seen" },
    ],
  });
  assert.deepEqual((seen[0]?.body.messages as Json[])[2], {
    role: "assistant",
    content: null,
    tool_calls: [{
      id: "c1",
      type: "function",
      function: { name: "look", arguments: "{}" },
      extra_content: { google: { thought_signature: "c2ln" } },
    }],
    reasoning_content: "hm, look",
  });
});

Deno.test("chat: thoughts that are not in the completion count as output", async () => {
  const { result } = await asked(
    chat,
    () =>
      sse(chat.events({ text: "x", usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 115 } })),
  );
  assert.ok(result.ok);
  assert.equal(result.value.usage.output, 105);
});

Deno.test("chat: arguments that were no JSON do not go back as they were", async () => {
  const { seen } = await asked(chat, () => sse(chat.events({ text: "x" })), {
    tools: [LOOK],
    messages: [
      { role: "user", text: "Go." },
      { role: "assistant", text: "", calls: [{ id: "c1", tool: "look", args: null, raw: '{"a":' }] },
      { role: "tool", call: "c1", text: "the arguments were no JSON", failed: true },
    ],
  });
  assert.ok(JSON.stringify(seen[0]?.body.messages).includes('"arguments":"{}"'));
});

Deno.test("the field for the most tokens is the one that the endpoint knows", async () => {
  await using server = wireServer(() => sse(chat.events({ text: "x" })));
  for (
    const [id, env, field] of [
      [
        "openai",
        { OPENAI_API_KEY: "sk-key-12345678", OPENAI_BASE_URL: `${server.url}/v1` },
        "max_completion_tokens",
      ],
      ["ollama", { OLLAMA_HOST: server.url }, "max_tokens"],
    ] as const
  ) {
    const provider = modelProviders(env).find((one) => one.id === id);
    const result = await provider?.call({
      entry: entryOf({ wire: "openai-chat", provider: id }),
      system: "",
      messages: [{ role: "user", text: "x" }],
      maxOutputTokens: 77,
      timeoutMs: 10_000,
    });
    assert.ok(result?.ok);
    assert.equal(server.seen.at(-1)?.body[field], 77);
  }
});
