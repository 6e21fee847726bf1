import assert from "node:assert/strict";
import { type FailureRecord, ok } from "../../../specs/mod.ts";
import type { ModelAsk } from "../../models/mod.ts";
import { ACTOR, facts, type Loop, loop, type Played } from "./testing_loop.ts";

const strategies = (it: Loop) => it.orders.map((order) => order?.strategy ?? null);
const wrong = (n: number): Played => ({ diff: n, denied: ["core/F2P"] });

// req: N7-10
Deno.test("always wrong: fix, the planner's advice, another model, then a human, each once", async () => {
  await using it = await loop([1, 2, 3, 4, 5, 6].map(wrong), {
    choose: ((need: { except?: string[] }) =>
      Promise.resolve({ model: need.except?.includes("m-1") ? "m-2" : "m-1" })) as never,
    ask: ((_ctx: unknown, ask: ModelAsk) => {
      assert.equal(ask.purpose, "repair-advice");
      return Promise.resolve(ok({ reply: { text: "look at the loop" }, choice: {}, calls: [] }));
    }) as never,
  });
  const view = await it.settled(await it.play());
  assert.equal(view.status, "escalated");
  assert.deepEqual(strategies(it), [null, "fix", "ask-planner", "switch-model"]);
  assert.equal(it.orders[2]?.advice, "look at the loop");
  assert.deepEqual(it.orders[3]?.except, ["m-1"]);
  assert.equal(view.budget.repairs?.spent, 4);
  // What came of each round is told once, for choices to come.
  assert.deepEqual(it.outcomes, Array(4).fill("m-1 denied"));
  assert.match(view.escalation?.question ?? "", /What should be done differently/);
});

// req: N7-10
Deno.test("the same diff again and again ends at a human although failures differ", async () => {
  await using it = await loop(
    ["core/F2P", "core/T1", "core/C2", "core/C4"].map((rule) => ({ diff: 7, denied: [rule] })),
  );
  const view = await it.settled(await it.play());
  assert.match(view.failure?.message ?? view.escalation?.reason ?? "", /the same diff came 3 times/);
  assert.equal(it.orders.length, 3);
  const told = await it.engine.events(view.run, { limit: 1000 });
  assert.ok(
    told.some((event) =>
      event.type === "phase.progress" && /stagnation: the same diff came 2 times/.test(event.payload.message)
    ),
  );
});

// req: N2-16
Deno.test("the budget of repairs is never overrun, whatever strategies are left", async () => {
  await using it = await loop(["a", "b", "c", "d"].map((diff, at) => ({ diff, denied: [`core/C${at}`] })));
  const view = await it.settled(await it.play(2));
  assert.equal(view.status, "escalated");
  assert.deepEqual(view.budget.repairs, { limit: 2, spent: 2, reserved: 0 });
  assert.equal(it.orders.length, 3);
  assert.match(view.escalation?.question ?? "", /2 of 2 repairs are used/);
});

Deno.test("a process that ends between rounds loses none of them, and counts none twice", async () => {
  await using it = await loop([wrong(1), wrong(2), { diff: 3 }], {}, { holdAt: 1 });
  const run = await it.play();
  for (let left = 200; left > 0 && (await it.engine.view(run))?.visits.implement !== 2; left--) {
    await new Promise((done) => setTimeout(done, 20));
  }
  await it.restart();
  const view = await it.settled(run);
  // The second round is wrong alike, and its only strategy is used up.
  assert.equal(view.status, "escalated");
  assert.deepEqual(strategies(it), [null, "fix"]);
  assert.deepEqual(view.budget.repairs, { limit: 8, spent: 2, reserved: 0 });
});

Deno.test("a spec that contradicts a test that must stay ends at a human, who is asked which of the two is right", async () => {
  const met = facts({ passing: [], failing: ["stays"] }, { AC1: true });
  const kept = facts({ passing: ["stays"], failing: [] }, { AC1: false });
  await using it = await loop([
    { diff: 1, denied: ["core/T1"], facts: met },
    { diff: 2, denied: ["core/AC"], facts: kept },
    { diff: 3, denied: ["core/T1"], facts: met },
  ]);
  const view = await it.settled(await it.play());
  assert.equal(view.status, "escalated");
  assert.equal(
    view.escalation?.question,
    'Which is right: criterion AC1 of the spec, or the test "stays"?',
  );
  // Of a held-out check the implementer learns that it does not hold, and nothing else.
  assert.match(it.orders[1]?.output ?? "", /FAIL stays/);
  const last = it.orders.at(-1)?.output ?? "";
  assert.ok(!last.includes("secret expectation"), last);
});

const failure = (more: Partial<FailureRecord>): Played => ({
  diff: 0,
  fails: {
    class: "agent-error",
    source: "provider",
    retryable: true,
    message: "an edit does not match",
    ...more,
  },
});

Deno.test("an agent that gives no usable change is told why, then another one is asked, then a human", async () => {
  await using it = await loop([failure({})]);
  const view = await it.settled(await it.play());
  assert.equal(view.status, "escalated");
  assert.deepEqual(strategies(it), [null, "fix", "switch-model", "switch-model"]);
  assert.match(it.orders[1]?.findings[0]?.message ?? "", /an edit does not match/);
  assert.equal(view.budget.repairs?.spent, 0);
});

// req: N2-12
Deno.test("a provider that is busy parks the run, which holds no lease and no worker until then", async () => {
  await using it = await loop([failure({ class: "resource", message: "429", retryAfterMs: 3_600_000 }), {
    diff: 1,
  }]);
  const view = await it.settled(await it.play());
  assert.equal(view.status, "parked");
  assert.equal(it.engine.metrics().active, 0);
  const told = await it.engine.events(view.run, { limit: 1000 });
  const parked = told.find((event) => event.type === "run.parked");
  assert.ok(
    parked?.type === "run.parked" &&
      Date.parse(parked.payload.until ?? "") - Date.parse(parked.at) > 3_000_000,
  );
  // Nothing of the tries of the phase is used up by waiting.
  assert.ok(!told.some((event) => event.type === "phase.failed"));
  assert.ok((await it.engine.control(view.run, { action: "retry" }, ACTOR)).ok);
  assert.equal((await it.settled(view.run)).status, "completed");
});

Deno.test("a key that is refused asks a human at once, with the remedy", async () => {
  await using it = await loop([
    failure({
      class: "policy",
      source: "user-environment",
      retryable: false,
      message: "401",
      remedy: "set a key",
    }),
  ]);
  const view = await it.settled(await it.play());
  assert.equal(view.status, "escalated");
  assert.match(view.escalation?.reason ?? "", /401\nTo do: set a key/);
  assert.equal(it.orders.length, 1);
});

Deno.test("what mended the same failure in a run before is told to the next one, before another model is asked", async () => {
  await using it = await loop([wrong(1), { diff: 2 }, wrong(3), wrong(4), { diff: 5 }]);
  const before = await it.play();
  assert.equal((await it.settled(before)).status, "completed");
  assert.equal((await it.settled(await it.play())).status, "completed");
  assert.deepEqual(strategies(it), [null, "fix", null, "fix", "past-repairs"]);
  const advice = it.orders.at(-1)?.advice ?? "";
  assert.match(advice, new RegExp(`In ${before} .*the same failure core/F2P was mended by fix`));
  assert.match(advice, /\+diff 2/);
  assert.ok(!advice.includes("diff 1"));
});

Deno.test("the change of a run that may not leave this machine is not shown to the models of another", async () => {
  await using it = await loop([wrong(1), { diff: 2 }, wrong(3), wrong(4), { diff: 5 }], {}, {
    constraints: ["Local models only"],
  });
  const before = await it.play();
  assert.equal((await it.settled(before)).status, "completed");
  assert.equal((await it.settled(await it.play())).status, "completed");
  const advice = it.orders.at(-1)?.advice ?? "";
  assert.match(advice, new RegExp(`In ${before} .*the same failure core/F2P was mended by fix`));
  assert.ok(!advice.includes("diff 2"), advice);
});

Deno.test("a secret, a destructive change or missing evidence is never repaired: the run ends as denied after one round", async () => {
  for (const rule of ["core/X1", "core/X5", "core/O1", "core/E1"]) {
    await using it = await loop([{ diff: 1, denied: ["core/F2P", rule] }]);
    const view = await it.settled(await it.play());
    assert.deepEqual([view.status, it.orders.length, view.budget.repairs?.spent], ["denied", 1, 0], rule);
  }
});
