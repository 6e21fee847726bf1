import assert from "node:assert/strict";
import type { ModelProvider } from "../../connectors/mod.ts";
import { context, entry, fails, fakeProvider, meter, registryOf, says, testDesk } from "./testing/desk.ts";
import { AT, AT_MS } from "./testing/desk.ts";

const RICH = { costMicroUsd: 10_000_000, tokens: 10_000_000 };
const ask = {
  purpose: "implement",
  need: { task: "execution" as const, maxOutputTokens: 1_000 },
  system: "You change code.",
  messages: [{ role: "user" as const, text: "Change it." }],
};
const models = registryOf(entry("a"));

Deno.test("a refused key is not asked again by itself, and is asked anew once a human wants it", async () => {
  for (const trouble of ["auth", "quota"] as const) {
    const one = fakeProvider("one", [fails(trouble), says("done")]);
    let now = AT_MS;
    const { desk } = testDesk(models, [one], { now: () => now });
    assert.ok(!(await desk.ask(context(meter(RICH)), ask)).ok);
    now += 60_000;
    const blocked = await desk.ask(context(meter(RICH)), ask);
    assert.ok(!blocked.ok);
    assert.equal(blocked.error.trouble, "unavailable");
    assert.match(blocked.error.failure.message, /left alone until .*, or a run is retried/);
    assert.equal(one.requests.length, 1);
    await desk.askAnew?.(now);
    now += 1;
    assert.ok((await desk.ask(context(meter(RICH)), ask)).ok);
    assert.equal(one.requests.length, 2);
  }
});

Deno.test("what was refused after the human's word is left alone again", async () => {
  const one = fakeProvider("one", [fails("auth")]);
  let now = AT_MS;
  const { desk } = testDesk(models, [one], { now: () => now });
  await desk.askAnew?.(now);
  for (let times = 0; times < 3; times++) {
    now += 1_000;
    await desk.ask(context(meter(RICH)), ask);
  }
  assert.equal(one.requests.length, 1);
});

Deno.test("another key or another address is asked at once, the old one is not", async () => {
  const refused = fakeProvider("one", [fails("auth")]);
  const good = fakeProvider("one", [says("done")]);
  let provider: ModelProvider = { ...refused, credential: 1 };
  const { desk } = testDesk(models, [], {
    source: () => Promise.resolve({ registry: models, providers: [provider], local: [] }),
  });
  assert.ok(!(await desk.ask(context(meter(RICH)), ask)).ok);
  assert.ok(!(await desk.ask(context(meter(RICH)), ask)).ok);
  assert.equal(refused.requests.length, 1);
  provider = { ...good, credential: 2 };
  assert.ok((await desk.ask(context(meter(RICH)), ask)).ok);
});

Deno.test("a model that keeps failing is tried once more when a human wants it, before its time is over", async () => {
  const one = fakeProvider("one", [fails("server"), fails("server"), fails("server"), says("done")]);
  const { desk } = testDesk(models, [one]);
  assert.ok(!(await desk.ask(context(meter(RICH)), ask)).ok);
  const open = await desk.ask(context(meter(RICH)), ask);
  assert.ok(!open.ok);
  assert.equal(open.error.trouble, "overloaded");
  assert.equal(one.requests.length, 3);
  await desk.askAnew?.(AT_MS);
  assert.ok((await desk.ask(context(meter(RICH)), ask)).ok);
});

Deno.test("how long a provider wants to be left alone holds for every question, and parks what has nobody else to ask", async () => {
  const one = fakeProvider("one", [fails("rate", { retryAfterMs: 600_000 }), says("done")]);
  let now = AT_MS;
  const { desk } = testDesk(models, [one], { now: () => now });
  assert.ok(!(await desk.ask(context(meter(RICH)), ask)).ok);
  const second = await desk.ask(context(meter(RICH)), ask);
  assert.ok(!second.ok);
  assert.equal(one.requests.length, 1, "it was asked while it wanted to be left alone");
  const { trouble, failure } = second.error;
  assert.deepEqual([trouble, failure.class, failure.retryable], ["rate", "resource", true]);
  assert.equal(failure.retryAfterMs, 600_000);
  assert.match(failure.message, /asked to be left alone until 2026-11-23T12:10:00/);
  const need = { ...ask.need, promptTokens: 100, tools: false, structured: false };
  const told = await desk.refusal?.(need, "implement", AT);
  assert.deepEqual([told?.class, told?.retryAfterMs], ["resource", 600_000]);
  now += 600_000;
  const ctx = context(meter(RICH));
  await ctx.clock.sleep(600_000);
  assert.ok((await desk.ask(ctx, ask)).ok);
});

Deno.test("a short rest is waited out by other questions, and another provider is asked instead where there is one", async () => {
  const one = fakeProvider("one", [fails("rate", { retryAfterMs: 61_000 }), says("done")]);
  const other = fakeProvider("two", [says("other")]);
  const both = registryOf(entry("a"), entry("b", { provider: "two", fit: { "execution": 10 } }));
  const { desk } = testDesk(both, [one, other]);
  const first = await desk.ask(context(meter(RICH)), ask);
  const second = await desk.ask(context(meter(RICH)), ask);
  assert.deepEqual([first, second].map((answer) => answer.ok && answer.value.choice.model), ["b", "b"]);
  assert.equal(one.requests.length, 1);

  const late = fakeProvider("one", [fails("rate", { retryAfterMs: 61_000 }), says("done")]);
  const alone = testDesk(models, [late]).desk;
  assert.ok(!(await alone.ask(context(meter(RICH)), ask)).ok);
  const ctx = context(meter(RICH));
  await ctx.clock.sleep(31_000);
  assert.ok((await alone.ask(ctx, ask)).ok);
  assert.deepEqual(ctx.slept, [31_000, 30_000]);
});

Deno.test("nobody keeps every run away from a provider for longer than an hour by one word", async () => {
  const one = fakeProvider("one", [fails("rate", { retryAfterMs: 7 * 86_400_000 }), says("done")]);
  let now = AT_MS;
  const { desk } = testDesk(models, [one], { now: () => now });
  assert.ok(!(await desk.ask(context(meter(RICH)), ask)).ok);
  now += 3_600_000;
  assert.ok((await desk.ask(context(meter(RICH)), ask)).ok);
});
