/** Answers, shown on every wire against a server that speaks it. */
import assert from "node:assert/strict";
import type { Json } from "../../../specs/mod.ts";
import { KEY, LOOK, reply, trouble } from "../testing/asked.ts";
import { DIALECTS, entryOf, sse } from "../testing/wire_server.ts";

for (const dialect of DIALECTS) {
  const test = (name: string, run: () => Promise<void>) => Deno.test(`${dialect.wire}: ${name}`, run);

  test("text comes whole and as it comes in, with usage, model and request id", async () => {
    const pieces: string[] = [];
    const { reply: told, seen } = await reply(
      dialect,
      () =>
        sse(dialect.events({ text: "Good morning." }), {
          headers: { "request-id": "req_7", "x-request-id": "req_7" },
        }),
      { onText: (text) => pieces.push(text) },
    );
    assert.equal(told.text, "Good morning.");
    assert.equal(pieces.join(""), "Good morning.");
    assert.ok(pieces.length > 1);
    assert.equal(told.stop, "end");
    assert.deepEqual(told.calls, []);
    assert.equal(told.output, undefined);
    assert.deepEqual(told.usage, { input: 11, output: 7, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 });
    assert.equal(told.usageTold, undefined);
    assert.equal(told.claimed, "told-model");
    assert.equal(told.requestId, "req_7");
    assert.equal(told.recording, false);
    assert.equal(seen.length, 1);
    assert.equal(seen[0]?.path, dialect.path);
    assert.equal(seen[0]?.body.stream, true);
    assert.equal(seen[0]?.body.model, "asked-model");
  });

  test("the key goes into a header alone, and nothing tells of this machine", async () => {
    const { seen } = await reply(dialect, () => sse(dialect.events({ text: "x" })));
    assert.equal(seen[0]?.headers.get("authorization"), `Bearer ${KEY}`);
    assert.ok(!JSON.stringify(seen[0]?.body).includes(KEY));
    assert.deepEqual([...seen[0]?.headers.keys() ?? []].filter((name) => name.startsWith("x-stainless")), []);
  });

  test("calls of tools come in order with their arguments", async () => {
    const { reply: told } = await reply(
      dialect,
      () =>
        sse(
          dialect.events({
            text: "Let me look.",
            calls: [{ id: "c1", tool: "look", args: '{"path":"a.ts"}' }, {
              id: "c2",
              tool: "look",
              args: '{"path":"b.ts"}',
            }],
          }),
        ),
      { tools: [LOOK] },
    );
    assert.equal(told.stop, "tools");
    assert.equal(told.text, "Let me look.");
    assert.deepEqual(told.calls, [{ id: "c1", tool: "look", args: { path: "a.ts" } }, {
      id: "c2",
      tool: "look",
      args: { path: "b.ts" },
    }]);
  });

  test("arguments that are no JSON are kept as text", async () => {
    const { reply: told } = await reply(
      dialect,
      () => sse(dialect.events({ calls: [{ id: "c1", tool: "look", args: '{"path":' }] })),
      { tools: [LOOK] },
    );
    assert.deepEqual(told.calls, [{ id: "c1", tool: "look", args: null, raw: '{"path":' }]);
  });

  test("a conversation goes on after tools, and with what another provider said", async () => {
    const first = await reply(
      dialect,
      () => sse(dialect.events({ calls: [{ id: "c1", tool: "look", args: '{"path":"a.ts"}' }] })),
      { tools: [LOOK] },
    );
    for (
      const opaque of [first.reply.opaque, {
        provider: "other",
        wire: dialect.wire,
        content: [{ type: "thinking" }],
      }, undefined]
    ) {
      const { seen } = await reply(dialect, () => sse(dialect.events({ text: "Done." })), {
        tools: [LOOK],
        messages: [
          { role: "user", text: "Look." },
          {
            role: "assistant",
            text: first.reply.text,
            calls: first.reply.calls,
            ...(opaque === undefined ? {} : { opaque }),
          },
          { role: "tool", call: "c1", text: "no such file", failed: true },
        ],
      });
      const sent = JSON.stringify(seen[0]?.body);
      assert.ok(sent.includes("no such file"));
      assert.ok(!sent.includes("thinking"), "what another provider wants to see is sent to it alone");
      // Named by the call, and by its result.
      assert.equal(sent.match(/"c1"/g)?.length, 2, sent);
    }
  });

  test("a structured answer is asked for by its schema and comes as a value", async () => {
    const schema: Json = {
      type: "object",
      properties: { ok: { type: "boolean" }, why: { type: "string" } },
      required: ["ok"],
      additionalProperties: false,
    };
    const { reply: told, seen } = await reply(dialect, () => sse(dialect.events({ text: '{"ok":true}' })), {
      output: { name: "verdict", schema },
    });
    assert.deepEqual(told.output, { ok: true });
    assert.equal(told.stop, "end");
    assert.ok(JSON.stringify(seen[0]?.body).includes('"json_schema"'));
  });

  test("a model without schemas gives a structured answer by a tool that it must call", async () => {
    const entry = entryOf(dialect, { structuredOutput: "tool" });
    const { reply: told, seen } = await reply(
      dialect,
      () => sse(dialect.events({ calls: [{ id: "c1", tool: "verdict", args: '{"ok":false}' }] })),
      {
        entry,
        output: { name: "verdict", schema: { type: "object", properties: { ok: { type: "boolean" } } } },
      },
    );
    assert.deepEqual(told.output, { ok: false });
    assert.deepEqual(told.calls, []);
    assert.equal(told.stop, "end");
    assert.equal(told.text, '{"ok":false}', "the turn can go back as text");
    assert.equal(told.opaque, undefined, "a call without a result would end the conversation");
    assert.ok(JSON.stringify(seen[0]?.body.tool_choice).includes("verdict"));
  });

  test("a model with neither is asked for JSON in words, and a fence around it does no harm", async () => {
    const entry = entryOf(dialect, { structuredOutput: "none", tools: "none" });
    const { reply: told, seen } = await reply(
      dialect,
      () => sse(dialect.events({ text: 'Here it is:\n```json\n{"ok":true}\n```\n' })),
      {
        entry,
        output: { name: "verdict", schema: { type: "object", properties: { ok: { type: "boolean" } } } },
      },
    );
    assert.deepEqual(told.output, { ok: true });
    assert.ok(JSON.stringify(seen[0]?.body).includes("JSON Schema"));
  });

  test("a structured answer that is no JSON is bad output, and what was said is kept", async () => {
    for (const text of ["I would say yes.", "", '{"ok":tr']) {
      const told = await trouble(dialect, () => sse(dialect.events({ text })), {
        output: {
          name: "verdict",
          schema: { type: "object", properties: { ok: { type: "boolean" } }, additionalProperties: false },
        },
      });
      assert.equal(told.trouble, "bad-output");
      assert.equal(told.failure.class, "agent-error");
      assert.equal(told.text, text === "" ? undefined : text);
      assert.equal(told.usage?.output, 7, "it is paid all the same");
    }
  });

  test("usage that is not told, or told as nothing, is supposed too high and said to be so", async () => {
    const untold: Json[] = [
      null,
      {},
      { input_tokens: 0, output_tokens: 0, prompt_tokens: 0, completion_tokens: 0 },
      { input_tokens: -4, output_tokens: "7" },
    ];
    for (const usage of untold) {
      const { reply: told } = await reply(
        dialect,
        () => sse(dialect.events({ text: "Good morning.", usage })),
      );
      assert.equal(told.usageTold, false);
      assert.ok(told.usage.input > 20 && told.usage.output > 20, JSON.stringify(told.usage));
    }
  });

  test("tools are not offered to a model that has none, and effort is what the model knows", async () => {
    const none = await trouble(dialect, () => sse([]), {
      entry: entryOf(dialect, { tools: "none" }),
      tools: [LOOK],
    });
    assert.equal(none.trouble, "invalid-request");
    for (
      const [efforts, asked, expected] of [
        [["low", "high"], "medium", "low"],
        [["medium"], "low", "medium"],
        [[], "high", undefined],
      ] as const
    ) {
      const { seen } = await reply(dialect, () => sse(dialect.events({ text: "x" })), {
        entry: entryOf(dialect, { efforts: [...efforts] }),
        effort: asked,
      });
      const sent = JSON.stringify(seen[0]?.body);
      assert.equal(/effort":"(\w+)"/.exec(sent)?.[1], expected, sent);
    }
  });
}
