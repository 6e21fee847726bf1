/** What the Messages API has that the other wires do not: caches, thinking, pauses. */
import assert from "node:assert/strict";
import type { Json } from "../../../specs/mod.ts";
import type { ModelMessage, ModelRequest } from "../port.ts";
import { modelProviders } from "../providers.ts";
import { DIALECTS, entryOf, type Saying, type Seen, sse, wireServer } from "../testing/wire_server.ts";

const dialect = DIALECTS[0];
assert.ok(dialect?.wire === "anthropic-messages");

async function ask(answers: readonly ((seen: Seen) => Response)[], more: Partial<ModelRequest> = {}) {
  await using server = wireServer(...answers);
  const provider = modelProviders(dialect?.env(server.url, "sk-ant-key-1234") ?? {}).find((one) =>
    one.id === "anthropic"
  );
  assert.ok(provider);
  const result = await provider.call({
    entry: entryOf(dialect ?? { wire: "anthropic-messages", provider: "anthropic" }),
    system: "Be brief.",
    messages: [{ role: "user", text: "Go." }],
    maxOutputTokens: 500,
    timeoutMs: 30_000,
    ...more,
  });
  return { result, seen: server.seen };
}

const says = (saying: Saying) => () => sse(dialect?.events(saying) ?? []);
const tool = (name: string) => ({
  name,
  description: "d",
  schema: { type: "object", properties: {} } as Json,
});
const marks = (value: unknown): number => JSON.stringify(value).split('"cache_control"').length - 1;

Deno.test("cached tokens are apart: reads, and writes for five minutes and for an hour", async () => {
  const { result } = await ask([says({
    text: "x",
    usage: {
      input_tokens: 3,
      output_tokens: 9,
      cache_read_input_tokens: 1000,
      cache_creation_input_tokens: 700,
      cache_creation: { ephemeral_5m_input_tokens: 500, ephemeral_1h_input_tokens: 200 },
    },
  })]);
  assert.ok(result.ok);
  assert.deepEqual(result.value.usage, {
    input: 3,
    output: 9,
    cacheRead: 1000,
    cacheWrite5m: 500,
    cacheWrite1h: 200,
  });
});

Deno.test("a prompt that came wholly from the cache was told all the same", async () => {
  const { result } = await ask([
    says({ text: "x", usage: { input_tokens: 0, output_tokens: 2, cache_read_input_tokens: 50 } }),
  ]);
  assert.ok(result.ok);
  assert.equal(result.value.usageTold, undefined);
  assert.equal(result.value.usage.cacheRead, 50);
});

Deno.test("system, tools and marked messages are cached, at four places at most, the last ones of the conversation", async () => {
  const messages: ModelMessage[] = Array.from({ length: 6 }, (_, at) => [
    { role: "user", text: `question ${at}`, cache: true } as const,
    { role: "assistant", text: `answer ${at}` } as const,
  ]).flat();
  const { seen } = await ask([says({ text: "x" })], {
    messages: [...messages, { role: "user", text: "last" }],
    tools: [tool("a"), tool("b")],
  });
  const body = seen[0]?.body;
  assert.equal(marks(body), 4);
  assert.equal(marks(body?.system), 1);
  assert.ok(Array.isArray(body?.tools));
  assert.deepEqual(body.tools.map(marks), [0, 1]);
  assert.ok(Array.isArray(body.messages));
  assert.deepEqual(body.messages.flatMap((one, at) => marks(one) > 0 ? [at] : []), [8, 10]);
});

Deno.test("the open end of a loop of tools is cached", async () => {
  const { seen } = await ask([says({ text: "x" })], {
    tools: [tool("a")],
    messages: [
      { role: "user", text: "Go." },
      {
        role: "assistant",
        text: "",
        calls: [{ id: "c1", tool: "a", args: {} }, { id: "c2", tool: "a", args: {} }],
      },
      { role: "tool", call: "c1", text: "one" },
      { role: "tool", call: "c2", text: "" },
    ],
  });
  const messages = seen[0]?.body.messages;
  assert.ok(Array.isArray(messages));
  // Results of one turn stand in one message, and none is empty.
  assert.deepEqual(messages.at(-1), {
    role: "user",
    content: [
      { type: "tool_result", tool_use_id: "c1", content: "one" },
      {
        type: "tool_result",
        tool_use_id: "c2",
        content: "(no output)",
        cache_control: { type: "ephemeral" },
      },
    ],
  });
});

Deno.test("results of tools stand before text in their turn", async () => {
  const { seen } = await ask([says({ text: "x" })], {
    tools: [tool("a")],
    messages: [
      { role: "user", text: "Go." },
      { role: "assistant", text: "t", calls: [{ id: "bad id!", tool: "a", args: null, raw: "{" }] },
      { role: "user", text: "Mind the gap." },
      { role: "tool", call: "bad id!", text: "one" },
    ],
  });
  const messages = seen[0]?.body.messages as {
    content: { type: string; id?: string; input?: Json; tool_use_id?: string }[];
  }[];
  assert.deepEqual(messages[2]?.content.map((one) => one.type), ["tool_result", "text"]);
  const use = messages[1]?.content[1];
  assert.match(String(use?.id), /^[a-zA-Z0-9_-]{1,64}$/);
  assert.equal(use?.id, messages[2]?.content[0]?.tool_use_id);
  assert.deepEqual(use?.input, {}, "an input is an object, whatever the model wrote");
});

Deno.test("thinking goes back word for word", async () => {
  const thinking = [
    'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"let me "}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"see"}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}\n\n',
    'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
    'event: content_block_start\ndata: {"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"b3BhcXVl"}}\n\n',
    'event: content_block_stop\ndata: {"type":"content_block_stop","index":1}\n\n',
  ];
  const events = dialect?.events({ calls: [] }) ?? [];
  const call = [
    'event: content_block_start\ndata: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"c1","name":"a","input":{}}}\n\n',
    'event: content_block_stop\ndata: {"type":"content_block_stop","index":2}\n\n',
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":4}}\n\n',
    events.at(-1) ?? "",
  ];
  const first = await ask([() => sse([events[0] ?? "", ...thinking, ...call])], { tools: [tool("a")] });
  assert.ok(first.result.ok);
  assert.deepEqual(first.result.value.calls, [{ id: "c1", tool: "a", args: {} }]);
  const { text, calls, opaque } = first.result.value;
  const { seen } = await ask([says({ text: "x" })], {
    tools: [tool("a")],
    messages: [
      { role: "user", text: "Go." },
      { role: "assistant", text, calls, ...(opaque === undefined ? {} : { opaque }) },
      { role: "tool", call: "c1", text: "one" },
    ],
  });
  assert.deepEqual((seen[0]?.body.messages as { content: Json }[])[1]?.content, [
    { type: "thinking", thinking: "let me see", signature: "c2ln" },
    { type: "redacted_thinking", data: "b3BhcXVl" },
    { type: "tool_use", id: "c1", name: "a", input: {} },
  ]);
});

Deno.test("a paused turn goes on from where it was, and both parts are paid", async () => {
  const { result, seen } = await ask([
    says({ text: "First, ", stop: "pause_turn" }),
    says({ text: "second." }),
  ]);
  assert.ok(result.ok);
  assert.equal(result.value.text, "First, second.");
  assert.deepEqual(result.value.usage, {
    input: 22,
    output: 14,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
  });
  assert.deepEqual((seen[1]?.body.messages as Json[]).at(-1), {
    role: "assistant",
    content: [{ type: "text", text: "First, " }],
  });
});

Deno.test("a turn that is paused without end is given up", async () => {
  for (const [continuations, asked] of [[undefined, 3], [0, 1]] as const) {
    const { result, seen } = await ask(
      [says({ text: "on and ", stop: "pause_turn" })],
      continuations === undefined ? {} : { continuations },
    );
    assert.ok(!result.ok);
    assert.equal(result.error.trouble, "truncated");
    assert.equal(seen.length, asked);
    assert.equal(result.error.usage?.output, 7 * asked);
  }
});

Deno.test("the end of the context window is told as that, and a refusal says why", async () => {
  const window = await ask([says({ text: "x", stop: "model_context_window_exceeded" })]);
  assert.ok(!window.result.ok);
  assert.equal(window.result.error.trouble, "context-window");
  const events = (dialect?.events({ text: "No.", stop: "refusal" }) ?? [])
    .map((one) =>
      one.replace(
        '"stop_reason":"refusal"',
        '"stop_reason":"refusal","stop_details":{"type":"refusal","category":"cyber","explanation":"it looks like malware"}',
      )
    );
  const refused = await ask([() => sse(events)]);
  assert.ok(!refused.result.ok);
  assert.match(refused.result.error.failure.message, /cyber: it looks like malware/);
});

Deno.test("a message that comes as one document is read", async () => {
  const { result } = await ask([() =>
    Response.json({
      id: "msg_9",
      type: "message",
      role: "assistant",
      model: "m",
      content: [{ type: "text", text: "Whole." }, { type: "tool_use", id: "c1", name: "a", input: { b: 1 } }],
      stop_reason: "tool_use",
      usage: { input_tokens: 4, output_tokens: 5 },
    })], { tools: [tool("a")] });
  assert.ok(result.ok);
  assert.equal(result.value.text, "Whole.");
  assert.deepEqual(result.value.calls, [{ id: "c1", tool: "a", args: { b: 1 } }]);
  assert.equal(result.value.usage.output, 5);
});

Deno.test("one call at a time is asked of a model that makes no more", async () => {
  const { seen } = await ask([says({ text: "x" })], {
    tools: [tool("a")],
    entry: entryOf({ wire: "anthropic-messages", provider: "anthropic" }, { tools: "single" }),
  });
  assert.deepEqual(seen[0]?.body.tool_choice, { type: "auto", disable_parallel_tool_use: true });
});
