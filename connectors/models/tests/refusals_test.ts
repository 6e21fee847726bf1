/** Troubles that a provider tells, shown on every wire against a server that speaks it. */
import assert from "node:assert/strict";
import type { Json, ModelTrouble } from "../../../specs/mod.ts";
import { ask, json, KEY, LOOK, reply, trouble } from "../testing/asked.ts";
import { DIALECTS, sse, wireServer } from "../testing/wire_server.ts";

for (const dialect of DIALECTS) {
  const test = (name: string, run: () => Promise<void>) => Deno.test(`${dialect.wire}: ${name}`, run);

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
    assert.deepEqual([told.usage, told.worked], [undefined, true], "what it cost is not known");
    const first = await trouble(
      dialect,
      () =>
        sse([
          'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
        ]),
    );
    assert.deepEqual([first.trouble, first.worked], ["overloaded", undefined], "nobody has worked for it");
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
}
