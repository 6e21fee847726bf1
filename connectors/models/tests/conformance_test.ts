/** One set of behaviours, shown on every wire against a server that speaks it. */
import assert from "node:assert/strict";
import type { Json, ModelTrouble } from "../../../specs/mod.ts";
import type { ModelFailure, ModelReply, ModelRequest } from "../port.ts";
import { modelProviders, type ModelProvidersOptions } from "../providers.ts";
import { type Dialect, DIALECTS, entryOf, type Seen, sse, wireServer } from "../testing/wire_server.ts";

const KEY = "sk-canary-0123456789abcdefXYZ";

function ask(
  dialect: Dialect,
  url: string,
  more: Partial<ModelRequest> = {},
  options: ModelProvidersOptions = {},
) {
  const provider = modelProviders(dialect.env(url, KEY), options).find((one) => one.id === dialect.provider);
  assert.ok(provider, "the provider is known");
  return provider.call({
    entry: entryOf(dialect),
    system: "Be brief.",
    messages: [{ role: "user", text: "Say something." }],
    maxOutputTokens: 500,
    timeoutMs: 30_000,
    ...more,
  });
}

async function reply(
  dialect: Dialect,
  answer: (seen: Seen) => Response,
  more: Partial<ModelRequest> = {},
): Promise<{ reply: ModelReply; seen: readonly Seen[] }> {
  await using server = wireServer(answer);
  const result = await ask(dialect, server.url, more);
  assert.ok(result.ok, JSON.stringify(result));
  return { reply: result.value, seen: server.seen };
}

async function trouble(
  dialect: Dialect,
  answer: (seen: Seen) => Response | Promise<Response>,
  more: Partial<ModelRequest> = {},
  options: ModelProvidersOptions = {},
): Promise<ModelFailure> {
  await using server = wireServer(answer);
  const result = await ask(dialect, server.url, more, options);
  assert.ok(!result.ok, `there is a reply: ${JSON.stringify(result)}`);
  assert.ok(!JSON.stringify(result).includes(KEY), "the key is in the failure");
  return result.error;
}

const LOOK = {
  name: "look",
  description: "Looks at a file.",
  schema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
};
const json = (body: Json, status: number, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });

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

  test("an answer that reached its most tokens is truncated, not an answer", async () => {
    const told = await trouble(dialect, () => sse(dialect.events(dialect.truncated)));
    assert.equal(told.trouble, "truncated");
    assert.equal(told.failure.class, "agent-error");
    assert.equal(told.text, "half an ans");
    assert.deepEqual(told.usage, { input: 11, output: 7, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 });
  });

  test("a refusal is no answer", async () => {
    const told = await trouble(dialect, () => sse(dialect.events(dialect.refused)));
    assert.equal(told.trouble, "refusal");
    assert.equal(told.failure.source, "provider");
  });

  test("a reason to stop that is not known is no answer", async () => {
    const told = await trouble(dialect, () => sse(dialect.events({ text: "x", stop: "became_bored" })));
    assert.ok(told.trouble === "bad-output" || told.trouble === "truncated", told.trouble);
    assert.match(told.failure.message, /became_bored/);
  });

  const STATUS: readonly [number, Json, ModelTrouble][] = [
    [
      400,
      { error: { message: "messages: field required", type: "invalid_request_error" } },
      "invalid-request",
    ],
    [400, {
      error: { message: "prompt is too long: 210000 tokens > 200000 maximum", type: "invalid_request_error" },
    }, "context-window"],
    [400, {
      error: { message: "Your credit balance is too low to access the API.", type: "invalid_request_error" },
    }, "quota"],
    [
      401,
      { error: { message: `Incorrect API key provided: ${KEY}.`, type: "authentication_error" } },
      "auth",
    ],
    [402, { error: { message: "pay", type: "billing_error" } }, "quota"],
    [403, { error: { message: "not allowed", type: "permission_error" } }, "auth"],
    [404, { error: { message: "model: asked-model", type: "not_found_error" } }, "unknown-model"],
    [409, { error: { message: "busy", type: "conflict_error" } }, "server"],
    [413, { error: { message: "too large", type: "request_too_large" } }, "context-window"],
    [422, { detail: [{ loc: ["body"], msg: "field required" }] }, "invalid-request"],
    [429, { error: { message: "slow down", type: "rate_limit_error", code: "rate_limit_exceeded" } }, "rate"],
    [429, {
      error: {
        message: "You exceeded your current quota",
        type: "insufficient_quota",
        code: "insufficient_quota",
      },
    }, "quota"],
    [500, { error: { message: "oops", type: "api_error" } }, "server"],
    [503, { error: { message: "later", type: "service_unavailable" } }, "overloaded"],
    [529, { error: { message: "Overloaded", type: "overloaded_error" } }, "overloaded"],
  ];
  for (const [status, body, expected] of STATUS) {
    test(`an answer with ${status} (${JSON.stringify(body).slice(0, 60)}) is ${expected}, asked for once`, async () => {
      await using server = wireServer(() =>
        json(body, status, { "request-id": "req_9", "x-request-id": "req_9" })
      );
      const result = await ask(dialect, server.url);
      assert.ok(!result.ok);
      assert.equal(result.error.trouble, expected);
      assert.equal(server.seen.length, 1, "no SDK tries again");
      assert.ok(!JSON.stringify(result).includes(KEY));
      assert.equal(result.error.requestId, "req_9");
      assert.match(result.error.failure.message, new RegExp(`asked-model.*${dialect.provider}.*${status}`));
      assert.ok((result.error.failure.remedy ?? "").length > 10);
    });
  }

  test("the wait that a provider asks for is told in milliseconds", async () => {
    for (
      const [headers, expected] of [[{ "retry-after": "7" }, 7000], [
        { "retry-after-ms": "250" },
        250,
      ]] as const
    ) {
      const told = await trouble(dialect, () => json({ error: { message: "slow down" } }, 429, headers));
      assert.equal(told.trouble, "rate");
      assert.equal(told.retryAfterMs, expected);
    }
  });

  test("an error in the middle of the stream is that error", async () => {
    const [begin = "", ...rest] = dialect.events({ text: "Good morning." });
    const told = await trouble(
      dialect,
      () =>
        sse([
          begin,
          ...rest.slice(0, 1),
          'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
        ]),
    );
    assert.equal(told.trouble, "overloaded");
    assert.equal(told.usage, undefined, "what it cost is not known");
  });

  test("a stream without its end is cut off, never an answer", async () => {
    const events = dialect.events({ text: "Good morning." });
    const ends = events.findIndex((one) => /message_delta|response\.completed|"stop"/.test(one));
    for (let kept = 1; kept <= ends; kept++) {
      const told = await trouble(dialect, () => sse(events.slice(0, kept)));
      assert.equal(told.trouble, "cut-stream", `after ${kept} events`);
      assert.equal(told.failure.class, "external");
      assert.equal(told.failure.retryable, true);
      assert.equal(told.usage, undefined);
    }
    assert.equal(
      (await trouble(dialect, () => sse([events.join("").slice(0, -400)]))).trouble,
      "cut-stream",
      "in the middle of an event",
    );
  });

  test("a connection that breaks in the stream is cut off", async () => {
    const told = await trouble(dialect, () => {
      let at = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (at++ === 0) {
            controller.enqueue(
              new TextEncoder().encode(dialect.events({ text: "Good" }).slice(0, 2).join("")),
            );
          } else controller.error(new Error("broken"));
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    });
    assert.equal(told.trouble, "cut-stream");
  });

  test("an answer that takes too long ends by our own clock, before and in the stream", async () => {
    for (const first of ["", dialect.events({ text: "Good" })[0] ?? ""]) {
      const gate = Promise.withResolvers<void>();
      const slow = () => {
        const body = new ReadableStream<Uint8Array>({
          async start(controller) {
            if (first !== "") controller.enqueue(new TextEncoder().encode(first));
            await gate.promise;
            controller.close();
          },
        });
        return first === ""
          ? gate.promise.then(() => new Response(""))
          : new Response(body, { headers: { "content-type": "text/event-stream" } });
      };
      await using server = wireServer(slow);
      const result = await ask(dialect, server.url, { timeoutMs: 300 });
      gate.resolve();
      assert.ok(!result.ok);
      assert.equal(result.error.trouble, "timeout");
      assert.equal(result.error.failure.class, "timeout");
    }
  });

  test("its caller can end it at any time", async () => {
    const stop = new AbortController();
    const gate = Promise.withResolvers<void>();
    await using server = wireServer(async () => {
      stop.abort();
      await gate.promise;
      return new Response("");
    });
    const result = await ask(dialect, server.url, { signal: stop.signal });
    const before = await ask(dialect, server.url, { signal: AbortSignal.abort() });
    gate.resolve();
    assert.ok(!result.ok && !before.ok);
    assert.deepEqual([result.error.trouble, before.error.trouble], ["aborted", "aborted"]);
    assert.equal(server.seen.length, 1, "what was ended before is not asked");
  });

  test("a page of a proxy is no answer, whatever its status says", async () => {
    const page = (status: number) => () =>
      new Response(`<html>Sign in as ${KEY}</html>`, { status, headers: { "content-type": "text/html" } });
    const ok = await trouble(dialect, page(200));
    assert.equal(ok.trouble, "unavailable");
    assert.match(ok.failure.message, /text\/html/);
    assert.equal((await trouble(dialect, page(502))).trouble, "server");
    assert.equal((await trouble(dialect, page(404))).trouble, "unavailable");
  });

  test("a redirect is not followed: the key goes nowhere else", async () => {
    await using elsewhere = wireServer(() => sse(dialect.events({ text: "caught" })));
    const told = await trouble(
      dialect,
      () => new Response(null, { status: 307, headers: { location: `${elsewhere.url}/v1/x` } }),
    );
    assert.equal(told.trouble, "unavailable");
    assert.equal(elsewhere.seen.length, 0);
  });

  test("an answer that does not end in size is refused", async () => {
    const limits = { answerBytes: 20_000, eventBytes: 5_000 };
    const { provider: own } = await import("../provider.ts");
    const bomb = (line: string) => () =>
      new Response(
        new ReadableStream<Uint8Array>({
          pull: (controller) => controller.enqueue(new TextEncoder().encode(line)),
        }),
        { headers: { "content-type": "text/event-stream" } },
      );
    for (const line of [`: keep alive ${"x".repeat(100)}\n\n`, `data: ${"x".repeat(1000)}`]) {
      await using server = wireServer(bomb(line));
      const made = own(
        {
          id: "p",
          wires: { [dialect.wire]: `${server.url}/v1` },
          available: { ok: true, by: "test" },
          maxTokensField: "max_tokens",
        },
        { fetch, recording: false, now: Date.now, limits },
      );
      const result = await made.call({
        entry: entryOf(dialect),
        system: "",
        messages: [{ role: "user", text: "x" }],
        maxOutputTokens: 10,
        timeoutMs: 20_000,
      });
      assert.ok(!result.ok);
      assert.equal(result.error.trouble, "bad-output");
      assert.match(result.error.failure.message, /larger/);
    }
  });

  test("a compressed stream is read", async () => {
    const { reply: told } = await reply(dialect, () => {
      const body = new Response(dialect.events({ text: "Good morning." }).join("")).body?.pipeThrough(
        new CompressionStream("gzip"),
      );
      return new Response(body, {
        headers: { "content-type": "text/event-stream", "content-encoding": "gzip" },
      });
    });
    assert.equal(told.text, "Good morning.");
  });

  test("nobody there, and no body, are told as what they are", async () => {
    await using server = wireServer(() => new Response(null, { status: 200 }));
    const empty = await ask(dialect, server.url);
    assert.ok(!empty.ok);
    assert.equal(empty.error.trouble, "cut-stream");
    const closed = wireServer();
    await closed[Symbol.asyncDispose]();
    const gone = await ask(dialect, closed.url);
    assert.ok(!gone.ok);
    assert.equal(gone.error.trouble, "network");
    assert.deepEqual(gone.error.usage, {
      input: 0,
      output: 0,
      cacheRead: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
    });
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

  test("a key that comes back is hidden, in answers, ids and errors, in whole and in pieces", async () => {
    const { reply: told } = await reply(
      dialect,
      () =>
        sse(
          dialect.events({
            text: `Your key is ${KEY}.`,
            claimed: KEY,
            calls: [{ id: "c1", tool: "look", args: JSON.stringify({ path: KEY }) }],
          }),
          {
            headers: { "request-id": `r-${KEY}`, "x-request-id": `r-${KEY}` },
          },
        ),
      { tools: [LOOK] },
    );
    assert.ok(!JSON.stringify(told).includes(KEY));
    for (
      const shown of [
        KEY,
        KEY.slice(0, 12),
        KEY.slice(-9),
        KEY.toUpperCase(),
        btoa(KEY),
        encodeURIComponent(KEY),
        `${KEY.slice(0, 6)}*******wxyz`,
      ]
    ) {
      const said = await trouble(
        dialect,
        () =>
          json({ error: { message: `wrong key: ${shown}`, type: shown, code: shown } }, 401, {
            "x-request-id": shown,
          }),
      );
      assert.ok(
        !JSON.stringify(said).toLowerCase().includes(shown.toLowerCase()),
        `${shown} in ${JSON.stringify(said)}`,
      );
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
