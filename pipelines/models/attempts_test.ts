import assert from "node:assert/strict";
import { ask, RICH, two } from "./testing/ask.ts";
import {
  context,
  entry,
  fails,
  fakeProvider,
  meter,
  registryOf,
  says,
  testDesk,
  used,
} from "./testing/desk.ts";

Deno.test("an overloaded model is asked three times with growing waits, then another", async () => {
  const ctx = context(meter(RICH));
  const one = fakeProvider("one", [fails("overloaded")]);
  const other = fakeProvider("two", [says("done")]);
  const answer = await testDesk(two, [one, other]).desk.ask(ctx, ask());
  assert.ok(answer.ok);
  assert.equal(answer.value.choice.model, "b");
  assert.equal(one.requests.length, 3);
  assert.deepEqual(ctx.slept, [1_000, 2_000]);
});

Deno.test("a rate limit is waited for as long as its provider says, and parks when that is too long", async () => {
  const ctx = context(meter(RICH));
  const one = fakeProvider("one", [fails("rate", { retryAfterMs: 7_000 }), says("done")]);
  assert.ok((await testDesk(registryOf(entry("a")), [one]).desk.ask(ctx, ask())).ok);
  assert.deepEqual(ctx.slept, [7_000]);
  const late = fakeProvider("one", [fails("rate", { retryAfterMs: 3_600_000 })]);
  const parked = await testDesk(registryOf(entry("a")), [late]).desk.ask(context(meter(RICH)), ask());
  assert.ok(!parked.ok);
  assert.equal(parked.error.trouble, "rate");
  assert.deepEqual([parked.error.failure.class, parked.error.failure.retryable], ["resource", true]);
  assert.equal(late.requests.length, 1);
  assert.equal(parked.error.retryAfterMs, 3_600_000);
  // Whoever parks reads the failure, not the desk's answer.
  assert.equal(parked.error.failure.retryAfterMs, 3_600_000);
});

Deno.test("a refused key or an empty account leads to another provider, and is not tried again soon", async () => {
  for (const trouble of ["auth", "quota"] as const) {
    const one = fakeProvider("one", [fails(trouble)]);
    const other = fakeProvider("two", [says("done")]);
    const { desk } = testDesk(two, [one, other]);
    for (let times = 0; times < 2; times++) {
      const answer = await desk.ask(context(meter(RICH)), ask());
      assert.ok(answer.ok);
      assert.equal(answer.value.choice.model, "b");
    }
    assert.equal(one.requests.length, 1, "the second question does not try it");
    const only = testDesk(registryOf(entry("a")), [fakeProvider("one", [fails(trouble)])]).desk;
    const alone = await only.ask(context(meter(RICH)), ask());
    assert.ok(!alone.ok);
    assert.equal(alone.error.trouble, trouble);
    const soon = await only.ask(context(meter(RICH)), ask());
    assert.match(
      soon.ok ? "" : soon.error.failure.message,
      /1 of 1: not available: its (key|account) .*; it is left alone until 20\d\d-/,
    );
    assert.deepEqual([alone.error.failure.class, alone.error.failure.retryable], ["policy", false]);
  }
});

Deno.test("a refusal leads to another model, and asks a human when there is none", async () => {
  const one = fakeProvider("one", [fails("refusal", { usage: used(10, 0) })]);
  const answer = await testDesk(two, [one, fakeProvider("two", [says("done")])]).desk
    .ask(context(meter(RICH)), ask());
  assert.ok(answer.ok);
  assert.deepEqual(answer.value.calls.map((call) => [call.model, call.trouble]), [["a", "refusal"], [
    "b",
    null,
  ]]);
  const alone = await testDesk(registryOf(entry("a")), [fakeProvider("one", [fails("refusal")])]).desk
    .ask(context(meter(RICH)), ask());
  assert.ok(!alone.ok);
  assert.equal(alone.error.failure.class, "policy");
});

Deno.test("a cut answer is asked for once more with twice the room", async () => {
  const one = fakeProvider("one", [fails("truncated", { usage: used(10, 1_000), text: "half" })]);
  const answer = await testDesk(registryOf(entry("a")), [one]).desk.ask(context(meter(RICH)), ask());
  assert.ok(!answer.ok);
  assert.deepEqual(one.requests.map(({ maxOutputTokens }) => maxOutputTokens), [1_000, 2_000]);
  assert.equal(answer.error.trouble, "truncated");
  assert.equal(answer.error.failure.class, "agent-error");
  assert.equal(answer.error.text, "half");
  // Where the longer answer cannot be paid, it stays at the first.
  const poor = fakeProvider("one", [fails("truncated", { usage: used(10, 1_000) })]);
  const small = await testDesk(registryOf(entry("a")), [poor]).desk
    .ask(context(meter({ costMicroUsd: 3_500, tokens: 100_000 })), ask());
  assert.ok(!small.ok);
  assert.equal(small.error.trouble, "truncated");
  assert.equal(poor.requests.length, 1);
});

Deno.test("a prompt that does not fit goes to a model with a larger window", async () => {
  const registry = registryOf(entry("a"), entry("b", { fit: { "execution": 10 }, contextTokens: 1_000_000 }));
  const one = fakeProvider("one", [fails("context-window"), says("done")]);
  const answer = await testDesk(registry, [one]).desk.ask(context(meter(RICH)), ask());
  assert.ok(answer.ok);
  assert.equal(answer.value.choice.model, "b");
});

Deno.test("a structured answer is held to its schema: told once what is wrong, then the model has failed", async () => {
  const schema = {
    type: "object",
    properties: { n: { type: "integer" } },
    required: ["n"],
    additionalProperties: false,
  };
  const wrong = says('{"n":"x"}', { output: { n: "x" } });
  const one = fakeProvider("one", [wrong, says('{"n":1}', { output: { n: 1 } })]);
  const question = ask({ output: { name: "count", schema } });
  const answer = await testDesk(registryOf(entry("a")), [one]).desk.ask(context(meter(RICH)), question);
  assert.ok(answer.ok);
  assert.deepEqual(answer.value.reply.output, { n: 1 });
  assert.deepEqual(answer.value.calls.map(({ trouble }) => trouble), ["bad-output", null]);
  const told = one.requests[1]?.messages.at(-1);
  assert.ok(told?.role === "user" && /\/n must be integer/.test(told.text), JSON.stringify(told));
  const never = await testDesk(registryOf(entry("a")), [fakeProvider("one", [wrong])]).desk
    .ask(context(meter(RICH)), question);
  assert.ok(!never.ok);
  assert.equal(never.error.trouble, "bad-output");
  assert.deepEqual([never.error.failure.class, never.error.failure.retryable], ["agent-error", true]);
  assert.equal(never.error.calls.length, 2);
});

Deno.test("where a provider's failure says what to do about it, that is the remedy, not a general one", async () => {
  const at = (more: object) =>
    testDesk(registryOf(entry("a")), [fakeProvider("one", [fails("unavailable", more)])]).desk.ask(
      context(meter(RICH)),
      ask(),
    );
  const told = await at({ remedy: "Set the base URL" });
  const general = await at({});
  assert.ok(!told.ok && !general.ok);
  assert.equal(told.error.failure.remedy, "Set the base URL");
  assert.match(general.error.failure.remedy ?? "", /forge doctor/);
});

Deno.test("an invalid request is no model's fault and is not repeated", async () => {
  const one = fakeProvider("one", [fails("invalid-request")]);
  const answer = await testDesk(two, [one, fakeProvider("two", [says("done")])]).desk
    .ask(context(meter(RICH)), ask());
  assert.ok(!answer.ok);
  assert.deepEqual([answer.error.failure.class, answer.error.failure.source, one.requests.length], [
    "agent-error",
    "factory",
    1,
  ]);
});

// req: N7-03
Deno.test("without any provider the failure names the variables that would give one", async () => {
  const { desk } = testDesk(two, [fakeProvider("one", [], { ok: false, why: "ONE_KEY is not set" })]);
  const answer = await desk.ask(context(meter(RICH)), ask());
  assert.ok(!answer.ok);
  assert.equal(answer.error.trouble, "unavailable");
  assert.match(answer.error.failure.remedy ?? "", /ANTHROPIC_API_KEY/);
  assert.match(answer.error.failure.message, /ONE_KEY is not set/);
  const known = await desk.available();
  assert.ok(!known.ok);
  assert.match(known.why, /ONE_KEY is not set/);
});

Deno.test("a question that was told to end asks nobody, also in the middle of a wait", async () => {
  const stop = new AbortController();
  const one = fakeProvider("one", () => {
    stop.abort(new Error("cancelled"));
    return fails("overloaded");
  });
  const budget = meter(RICH);
  const ctx = context(budget, { abort: stop.signal });
  const asleep = { ...ctx, clock: { ...ctx.clock, sleep: () => Promise.reject(new Error("cancelled")) } };
  const answer = await testDesk(registryOf(entry("a")), [one]).desk.ask(asleep, ask());
  assert.ok(!answer.ok);
  assert.equal(budget.open(), 0);
  assert.ok(!(await testDesk(two, [one]).desk.ask(ctx, ask())).ok);
  assert.equal(one.requests.length, 1);
});

Deno.test("where nothing may leave the machine the remedy is a server on it, not the key of a provider", async () => {
  const asked = await testDesk(registryOf(entry("a")), [fakeProvider("one", [says("done")])]).desk
    .ask(context(meter(RICH)), ask({ need: { task: "privacy-sensitive", maxOutputTokens: 1_000 } }));
  assert.ok(!asked.ok);
  assert.equal(asked.error.trouble, "unavailable");
  assert.match(asked.error.failure.remedy ?? "", /OLLAMA_HOST to a server on this machine/);
  assert.doesNotMatch(asked.error.failure.remedy ?? "", /API_KEY/);
});
