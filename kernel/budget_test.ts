import assert from "node:assert/strict";
import type { BudgetMeter, PhaseHandler } from "./port.ts";
import { flow, stage } from "./tests/stage.ts";

const one = flow({ a: { ok: "@completed" } });

async function metered(use: (budget: BudgetMeter) => Promise<void>, limits: Record<string, number>) {
  const handler: PhaseHandler = async (ctx) => {
    await use(ctx.budget);
    return { kind: "done", outcome: "ok", output: null };
  };
  const s = await stage({ handlers: { a: handler } });
  const view = await s.play(one, { limits });
  const events = await s.events(view.run);
  await s.close();
  return { view, events };
}

// req: N7-01
Deno.test("what is reserved is durable before the call, and the actual counts after it", async () => {
  const { view, events } = await metered(async (budget) => {
    const held = await budget.reserve("tokens", 60);
    assert.ok(held.ok);
    assert.equal(budget.left("tokens"), 40);
    await budget.commit(held.id, 25);
    assert.equal(budget.left("tokens"), 75);
  }, { tokens: 100 });
  assert.equal(view.status, "completed");
  assert.deepEqual(view.budget.tokens, { limit: 100, spent: 25, reserved: 0 });
  assert.deepEqual(events.map((e) => e.type).filter((type) => type.startsWith("budget")), [
    "budget.reserved",
    "budget.committed",
  ]);
});

Deno.test("a reservation that would pass the limit is refused, and tells what is left", async () => {
  await metered(async (budget) => {
    assert.ok((await budget.reserve("tokens", 70)).ok);
    assert.deepEqual(await budget.reserve("tokens", 31), { ok: false, left: 30 });
    assert.ok((await budget.reserve("tokens", 30)).ok);
  }, { tokens: 100 });
});

// req: N7-01
Deno.test("of reservations made at once only those that fit are granted", async () => {
  const { view } = await metered(async (budget) => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => budget.reserve("tokens", 30)));
    assert.equal(answers.filter((answer) => answer.ok).length, 3);
    for (const answer of answers) if (answer.ok) await budget.commit(answer.id, 1);
  }, { tokens: 100 });
  assert.deepEqual(view.budget.tokens, { limit: 100, spent: 3, reserved: 0 });
});

Deno.test("a unit without a limit is refused", async () => {
  for (const unit of ["costMicroUsd", "toString", "__proto__"]) {
    await metered(async (budget) => {
      assert.equal(budget.left(unit), 0);
      assert.deepEqual(await budget.reserve(unit, 0), { ok: false, left: 0 });
    }, { tokens: 100 });
  }
});

Deno.test("what a step leaves reserved counts as spent: nobody knows what it took", async () => {
  const { view } = await metered(async (budget) => {
    await budget.reserve("tokens", 40);
  }, { tokens: 100 });
  assert.deepEqual(view.budget.tokens, { limit: 100, spent: 40, reserved: 0 });
});

Deno.test("the reservation of a try that crashed counts as spent when the step is done again", async () => {
  const s = await stage({
    handlers: {
      a: async (ctx) => {
        await ctx.budget.reserve("tokens", 40);
        return await new Promise(() => {});
      },
    },
  });
  const run = await s.submit(one, { limits: { tokens: 100 } });
  await s.becomes(run, (view) => view.budget.tokens?.reserved === 40);
  s.process.kill();
  const other = s.open({
    handlers: {
      a: async (ctx) => {
        const held = await ctx.budget.reserve("tokens", 60);
        if (held.ok) await ctx.budget.commit(held.id, 10);
        return { kind: "done", outcome: "ok", output: held.ok };
      },
    },
  });
  await s.wait(other.engine.start());
  const view = await s.wait(other.engine.settled(run));
  assert.equal(view.outputs.a, true);
  assert.deepEqual(view.budget.tokens, { limit: 100, spent: 50, reserved: 0 });
  await s.wait(other.engine.stop());
});

Deno.test("an amount that is no whole number, and a reservation that is not open, are bugs that throw", async () => {
  await metered(async (budget) => {
    for (const amount of [-1, 1.5, NaN, Infinity]) {
      await assert.rejects(budget.reserve("tokens", amount), RangeError);
    }
    await assert.rejects(budget.commit("rsv_none", 1), /not open/);
    const held = await budget.reserve("tokens", 1);
    assert.ok(held.ok);
    await budget.commit(held.id, 1);
    await assert.rejects(budget.commit(held.id, 1), /not open/);
  }, { tokens: 100 });
});
