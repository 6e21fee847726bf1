import assert from "node:assert/strict";
import { fold } from "./fold.ts";
import type { PhaseHandler } from "./port.ts";
import { viewOf } from "./projection.ts";
import type { RunFold } from "./state.ts";
import { decision } from "./tests/program.ts";
import { done, flow, stage, USER } from "./tests/stage.ts";

const spends: PhaseHandler = async (ctx) => {
  const reserved = await ctx.budget.reserve("tokens", 40);
  if (reserved.ok) await ctx.budget.commit(reserved.id, 30);
  return { kind: "done", outcome: "ok", output: { visit: ctx.visit } };
};
const fails: PhaseHandler = () =>
  Promise.resolve({
    kind: "failed",
    failure: { class: "unknown", source: "factory", retryable: false, message: "it broke" },
  });
const waits: PhaseHandler = () => Promise.resolve({ kind: "park", reason: "waits", signal: "go" });

// req: N3-07
Deno.test("what is shown of a run is what its events alone say: status, outputs, budget, evidence, in views and in lists", async () => {
  const s = await stage({
    handlers: { spends, end: done({ last: true }), fails, waits },
    judge: (input) =>
      Promise.resolve(
        decision(input, input.to === "end" && input.workflow.id === "refused" ? "deny" : "allow"),
      ),
  });
  const gated = { ok: { to: "end", gated: true } };
  const last = { ok: "@completed" };
  const more = { seals: true };
  const runs = [
    await s.play(flow({ spends: gated, end: last }, more), { limits: { tokens: 100 }, title: "whole" }),
    await s.play(flow({ spends: gated, end: last }, { ...more, id: "refused" }), { limits: { tokens: 100 } }),
    await s.play(flow({ fails: last }, more)),
    await s.play(flow({ waits: last }, more)),
    await s.play(flow({ spends: last }, more), { limits: { tokens: 10 } }),
  ];
  await s.wait(s.engine.control(runs[3]?.run ?? "", { action: "pause", why: "later" }, USER));
  const { runs: listed } = await s.wait(s.engine.list({ limit: 50 }));
  assert.equal(listed.length, runs.length);
  const seen = new Set<string>();
  for (const { run } of runs) {
    let state: RunFold | null = null;
    for (const event of await s.events(run)) state = fold(state, event, 0);
    assert.ok(state !== null);
    const told = viewOf(state);
    assert.deepEqual(await s.wait(s.engine.view(run)), told);
    assert.deepEqual(listed.find((one) => one.run === run), told);
    // And an index of them says nothing else.
    const { runs: alike } = await s.wait(s.engine.list({ status: told.status, limit: 50 }));
    assert.ok(alike.some((one) => one.run === run), told.status);
    seen.add(told.status);
    if (told.evidence !== null) assert.equal(told.evidence.status, told.status);
  }
  assert.deepEqual([...seen].sort(), ["completed", "denied", "failed", "paused"]);
  const tokens = runs[0]?.budget.tokens;
  assert.deepEqual([tokens?.limit, tokens?.spent, tokens?.reserved], [100, 30, 0]);
  await s.close();
});
