import assert from "node:assert/strict";
import fc from "fast-check";
import type { ModelProvider } from "../../connectors/mod.ts";
import type { PassRequest } from "./port.ts";
import { context, entry, fails, fakeProvider, meter, price, registryOf, testDesk } from "./testing/desk.ts";

const RICH = { costMicroUsd: 10_000_000, tokens: 10_000_000 };
const MODEL = entry("m", { provider: "anthropic", wire: "anthropic-messages", prices: [price(1, 2)] });
const SPOKEN = { input_tokens: 100, output_tokens: 50 };

type Answer = (
  body: { [key: string]: unknown },
  request: { path: string; query: string },
) => Response | Promise<Response>;

/** A provider that is spoken to by Anthropic's wire. */
function wired(answer: Answer): ModelProvider & { bodies: { [key: string]: unknown }[] } {
  const bodies: { [key: string]: unknown }[] = [];
  return {
    ...fakeProvider("anthropic", [fails("server")]),
    bodies,
    forwards: ["anthropic-messages"],
    hide: (text) => text.replaceAll("the-key", "[hidden]"),
    forward: async ({ body, path, query }) => {
      bodies.push(JSON.parse(body));
      return await answer(JSON.parse(body), { path, query });
    },
  };
}

const whole = (usage: object = SPOKEN) => () =>
  Response.json({ type: "message", model: "m-1", content: [], usage });
const stream = (events: readonly object[]) => () =>
  new Response(events.map((event) => `event: x\ndata: ${JSON.stringify(event)}\n\n`).join(""), {
    headers: { "content-type": "text/event-stream" },
  });

const request = (body: object = {}, more: Partial<PassRequest> = {}): PassRequest => ({
  method: "POST",
  path: "/v1/messages",
  query: "",
  headers: new Headers(),
  body: JSON.stringify({
    model: "m",
    max_tokens: 1_000,
    messages: [{ role: "user", content: "Change it." }],
    ...body,
  }),
  ...more,
});

async function opened(answer: Answer, limits = RICH, models = registryOf(MODEL)) {
  const provider = wired(answer);
  const budget = meter(limits);
  const ctx = context(budget);
  const { desk, records } = testDesk(models, [provider]);
  const { passages } = desk;
  assert.ok(passages);
  const passage = await passages.open(ctx, {
    purpose: "implement",
    task: "execution",
    model: "m",
    wire: "anthropic-messages",
  });
  return { provider, budget, ctx, records, passages, passage };
}

const isOver = async (over: Promise<{ trouble: string }>) =>
  (await Promise.race([over, Promise.resolve(null)]))?.trouble ?? null;

Deno.test("an answer goes through as it is, is paid by what the provider counted, and recorded by digest", async () => {
  for (
    const answer of [
      whole(),
      stream([
        { type: "message_start", message: { model: "m-1", usage: { input_tokens: 100, output_tokens: 1 } } },
        { type: "message_delta", delta: {}, usage: { output_tokens: 50 } },
        { type: "message_stop" },
      ]),
    ]
  ) {
    const { budget, passage, ctx } = await opened(answer);
    const response = await passage.send(request());
    assert.equal(await response.text(), await answer().text());
    const [call] = passage.calls;
    assert.deepEqual([call?.costMicroUsd, call?.claimed, call?.trouble, call?.model], [
      200,
      "m-1",
      null,
      "m",
    ]);
    assert.ok((call?.reservedMicroUsd ?? 0) > 2_000);
    assert.equal(budget.spent("costMicroUsd"), 200);
    assert.equal(budget.spent("tokens"), 150);
    assert.equal(budget.open(), 0);
    assert.deepEqual(ctx.events.map(({ message }) => message), ["model.called"]);
    assert.ok(!JSON.stringify(ctx.events).includes("Change it."));
  }
});

Deno.test("an answer that breaks off, that is given up or that tells no usage costs what was reserved", async () => {
  const cut = stream([{ type: "message_start", message: { usage: SPOKEN } }]);
  for (
    const [answer, read] of [[cut, true], [whole({}), true], [
      whole({ input_tokens: 0, output_tokens: 0 }),
      true,
    ], [cut, false]] as const
  ) {
    const { budget, passage } = await opened(answer);
    const response = await passage.send(request());
    if (read) await response.text();
    else await response.body?.cancel();
    await passage.close();
    const [call] = passage.calls;
    assert.equal(call?.usage, null);
    assert.equal(call?.costMicroUsd, call?.reservedMicroUsd);
    assert.equal(budget.spent("costMicroUsd"), call?.reservedMicroUsd);
    assert.equal(budget.open(), 0);
  }
});

Deno.test("nothing is sent that cannot be paid: answers are cut to what is left, then the session is over", async () => {
  const { budget, passage, provider } = await opened(whole({ input_tokens: 900, output_tokens: 1_000 }), {
    costMicroUsd: 20_000,
    tokens: 1_000_000,
  });
  const statuses: number[] = [];
  for (let n = 0; n < 12; n++) {
    const response = await passage.send(request({ max_tokens: 8_000 }));
    await response.text();
    statuses.push(response.status);
  }
  assert.equal(await isOver(passage.over), "budget");
  const sent = provider.bodies.map((body) => body.max_tokens);
  assert.ok(sent.length > 2 && sent.length < 12, sent.join());
  assert.ok(
    sent.some((tokens) => Number(tokens) < 8_000) && sent.every((tokens) => Number(tokens) >= 1_000),
    sent.join(),
  );
  assert.ok(budget.spent("costMicroUsd") <= 20_000);
  assert.deepEqual(statuses.filter((status) => status === 200).length, sent.length);
  assert.ok(statuses.at(-1) === 400, "a status by which programs try again");
});

Deno.test("whatever a program asks at once, a cap is never overrun by a micro-dollar", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ most: fc.integer({ min: 1, max: 9_000 }), chars: fc.nat(6_000), used: fc.nat(9_000) }),
        { minLength: 1, maxLength: 12 },
      ),
      fc.integer({ min: 0, max: 60_000 }),
      async (asks, cap) => {
        const { budget, passage } = await opened(
          (body) => whole({ input_tokens: 10, output_tokens: Math.min(Number(body.max_tokens), 500) })(),
          { costMicroUsd: cap, tokens: 200_000 },
        );
        await Promise.all(asks.map(async ({ most, chars }) => {
          const response = await passage.send(
            request({ max_tokens: most, messages: [{ role: "user", content: "x".repeat(chars) }] }),
          );
          await response.text();
        }));
        await passage.close();
        assert.ok(budget.spent("costMicroUsd") <= cap);
        assert.ok(budget.spent("tokens") <= 200_000);
        assert.equal(budget.open(), 0);
        assert.equal(
          passage.calls.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0),
          budget.spent("costMicroUsd"),
        );
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a model without a known price is not asked under a cap", async () => {
  const { passage, provider } = await opened(whole(), RICH, registryOf({ ...MODEL, prices: [] }));
  assert.equal((await passage.send(request())).status, 400);
  assert.equal(await isOver(passage.over), "price-unknown");
  assert.equal(provider.bodies.length, 0);
});

Deno.test("another model than the session's is never asked, and what a provider would do by itself is taken out", async () => {
  const { passage, provider } = await opened(whole());
  await (await passage.send(request({
    model: "a-dear-one",
    service_tier: "priority",
    mcp_servers: [{ url: "https://evil.invalid" }],
    tools: [{ name: "Bash", input_schema: {} }, { type: "web_search_20250305", name: "web_search" }],
  }))).text();
  assert.deepEqual(provider.bodies, [{
    model: "m",
    max_tokens: 1_000,
    messages: [{ role: "user", content: "Change it." }],
    tools: [{ name: "Bash", input_schema: {} }],
  }]);
  assert.ok(passage.notes.some((note) => note.includes("a-dear-one was asked for")));
  assert.ok(passage.notes.some((note) => note.includes("tool web_search_20250305")));
});

Deno.test("places, methods and bodies that are no call of a model are refused, and cost nothing", async () => {
  const { passage, provider, budget } = await opened(whole());
  const image = { type: "image", source: { type: "url", url: "https://evil.invalid/?secret" } };
  const refused: [PassRequest, number][] = [
    [request({}, { path: "/v1/files" }), 404],
    [request({}, { path: "/v1/messages/../files" }), 404],
    [request({}, { method: "GET" }), 405],
    [request({}, { body: "no JSON" }), 400],
    [request({}, { body: "[]" }), 400],
    [request({ model: 5 }), 400],
    [request({ messages: [{ role: "user", content: [image] }] }), 400],
    [request({ messages: [{ role: "user", content: [{ type: "tool_result", content: [image] }] }] }), 400],
    [request({ previous_response_id: "r" }), 400],
  ];
  for (const [one, status] of refused) assert.equal((await passage.send(one)).status, status, one.body);
  // What a model wrote as the argument of a tool is fetched by nobody.
  const told = {
    role: "assistant",
    content: [{ type: "tool_use", id: "1", name: "x", input: { image_url: "https://a.invalid" } }],
  };
  assert.equal((await passage.send(request({ messages: [told] }))).status, 200);
  assert.equal(provider.bodies.length, 1);
  await passage.close();
  assert.equal(budget.open(), 0);
});

Deno.test("a refused key ends the session at the first answer, a limit after some; neither shows the key", async () => {
  const key = await opened(() =>
    Response.json({ error: { type: "authentication_error", message: "the-key is wrong" } }, { status: 401 })
  );
  const first = await key.passage.send(request());
  assert.equal(first.status, 400);
  assert.ok(!(await first.text()).includes("the-key"));
  assert.equal(await isOver(key.passage.over), "auth");
  await key.passage.send(request());
  assert.equal(key.provider.bodies.length, 1);
  assert.equal(key.budget.spent("costMicroUsd"), 0);
  assert.ok(
    !JSON.stringify([key.passage.calls, key.passage.notes, await key.passage.over]).includes("the-key"),
  );

  const busy = await opened(() =>
    Response.json({ error: { type: "rate_limit_error", message: "slow" } }, {
      status: 429,
      headers: { "retry-after": "2" },
    })
  );
  const limited = await busy.passage.send(request());
  assert.deepEqual([limited.status, limited.headers.get("retry-after")], [429, "2"]);
  for (let n = 0; n < 8; n++) await busy.passage.send(request());
  assert.equal(await isOver(busy.passage.over), "rate");
  assert.equal(busy.provider.bodies.length, 5);
});

Deno.test("a provider that wants to be left alone for long ends the session with its wait, so that the run parks and no program sits there", async () => {
  const limit = (seconds: string) => () =>
    Response.json({ error: { type: "rate_limit_error", message: "slow down" } }, {
      status: 429,
      headers: { "retry-after": seconds },
    });
  const short = await opened(limit("5"));
  const answer = await short.passage.send(request());
  assert.deepEqual([answer.status, answer.headers.get("retry-after")], [429, "5"]);
  assert.equal(await isOver(short.passage.over), null, "the program waits for that itself");
  const long = await opened(limit("900"));
  assert.equal((await long.passage.send(request())).status, 400, "or it would wait by itself");
  const { trouble, failure } = await long.passage.over;
  assert.deepEqual([trouble, failure.class, failure.retryAfterMs], ["rate", "resource", 900_000]);
  assert.equal(long.budget.spent("costMicroUsd") + long.budget.open(), 0);
  await Promise.all([short.passage.close(), long.passage.close()]);
});

Deno.test("a prompt that goes on where the last one ended is bound by what the provider counted for it", async () => {
  const { passage } = await opened(whole({ input_tokens: 300, output_tokens: 10 }));
  const long = {
    role: "user",
    content: [{ type: "text", text: "x".repeat(100_000), cache_control: { type: "ephemeral" } }],
  };
  await (await passage.send(request({ messages: [long] }))).text();
  const plain = { role: "user", content: [{ type: "text", text: "x".repeat(100_000) }] };
  await (await passage.send(
    request({ messages: [plain, { role: "assistant", content: "ok" }, { role: "user", content: "go" }] }),
  )).text();
  await (await passage.send(request({ system: "other", messages: [plain] }))).text();
  const [first, second, third] = passage.calls.map(({ reservedMicroUsd }) => reservedMicroUsd);
  assert.ok(
    (first ?? 0) > 200_000 && (second ?? 0) < 10_000 && (third ?? 0) > 200_000,
    `${first} ${second} ${third}`,
  );
});
