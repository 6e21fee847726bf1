import assert from "node:assert/strict";
import type { ModelAsk } from "./port.ts";
import {
  AT_MS,
  context,
  entry,
  fails,
  fakeProvider,
  meter,
  registryOf,
  says,
  testDesk,
} from "./testing/desk.ts";

const ask: ModelAsk = {
  purpose: "implement",
  need: { task: "execution", maxOutputTokens: 100 },
  system: "s",
  messages: [{ role: "user", text: "u" }],
};

const two = registryOf(entry("a"), entry("b", { provider: "two", fit: { "execution": 60 } }));
const rich = () => context(meter({ costMicroUsd: 1_000_000, tokens: 1_000_000 }));

Deno.test("a model whose provider keeps failing is left alone by the next question, and tried again after a while", async () => {
  let now = AT_MS;
  let works = false;
  const one = fakeProvider("one", () => works ? says("well again") : fails("overloaded"));
  const { desk, records } = testDesk(two, [one, fakeProvider("two", [says("ok")])], { now: () => now });
  assert.ok((await desk.ask(rich(), ask)).ok);
  assert.equal(one.requests.length, 3);
  assert.ok((await desk.ask(rich(), ask)).ok);
  assert.equal(one.requests.length, 3, "the circuit is open");
  now += 120_000;
  works = true;
  const later = rich();
  const clock = { ...later.clock, now: () => now };
  const again = await desk.ask({ ...later, clock }, ask);
  assert.ok(again.ok);
  assert.equal(again.value.choice.model, "a");
  assert.deepEqual(records.circuits["one a"], { failures: 0, openedMs: null, opened: 0 });
});

Deno.test("a model that its provider does not have is not asked for again in the next minutes", async () => {
  const one = fakeProvider("one", [fails("unknown-model")]);
  const { desk } = testDesk(two, [one, fakeProvider("two", [says("ok")])]);
  for (let times = 0; times < 2; times++) assert.ok((await desk.ask(rich(), ask)).ok);
  assert.equal(one.requests.length, 1);
});

Deno.test("of questions at the same time only one tries a model that failed before", async () => {
  const one = fakeProvider("one", async () => {
    for (let ticks = 0; ticks < 50; ticks++) await Promise.resolve();
    return says("ok");
  });
  const { desk, records } = testDesk(two, [one, fakeProvider("two", [says("ok")])]);
  records.circuits["one a"] = { failures: 3, openedMs: AT_MS - 60_000, opened: 1 };
  const answers = await Promise.all(Array.from({ length: 5 }, () => desk.ask(rich(), ask)));
  assert.deepEqual(answers.map((answer) => answer.ok && answer.value.choice.model).sort(), [
    "a",
    "b",
    "b",
    "b",
    "b",
  ]);
});

Deno.test("failover stays among the models that the caller and the operator allow", async () => {
  const one = fakeProvider("one", [fails("refusal")]);
  const other = fakeProvider("two", [says("ok")]);
  const named = await testDesk(two, [one, other]).desk
    .ask(rich(), { ...ask, need: { ...ask.need, only: ["a"] } });
  assert.ok(!named.ok);
  assert.equal(named.error.trouble, "refusal");
  const allowed = await testDesk(two, [one, other], { allow: ["a"] }).desk.ask(rich(), ask);
  assert.ok(!allowed.ok);
  assert.equal(other.requests.length, 0);
});

Deno.test("the ledger is told of a choice with every alternative, and again only when another model is chosen", async () => {
  const one = fakeProvider("one", [says("1"), says("2"), fails("auth")]);
  const { desk } = testDesk(two, [one, fakeProvider("two", [says("3")])]);
  const ctx = rich();
  for (let times = 0; times < 3; times++) assert.ok((await desk.ask(ctx, ask)).ok);
  const chosen = ctx.events.filter(({ message }) => message === "model.chosen").map(({ data }) =>
    data as unknown as { model: string; alternatives: { model: string; reasons: string[] }[] }
  );
  assert.deepEqual(chosen.map(({ model }) => model), ["a", "b"]);
  assert.deepEqual(chosen[0]?.alternatives.map(({ model }) => model), ["b"]);
  assert.match(chosen[1]?.alternatives[0]?.reasons.join() ?? "", /was tried for this before/);
  assert.equal(ctx.events.filter(({ message }) => message === "model.called").length, 4);
});

Deno.test("what is told of the work of a model moves the next choice", async () => {
  const { desk } = testDesk(two, [fakeProvider("one", [says("")]), fakeProvider("two", [says("")])]);
  const need = {
    task: "execution" as const,
    promptTokens: 10,
    maxOutputTokens: 10,
    tools: false,
    structured: false,
  };
  const at = new Date(AT_MS).toISOString();
  assert.equal((await desk.choose(need, at)).model, "a");
  for (let times = 0; times < 20; times++) {
    await desk.outcome({ model: "a", task: "execution", passed: false, at });
  }
  assert.equal((await desk.choose(need, at)).model, "b");
});
