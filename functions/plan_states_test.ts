import assert from "node:assert/strict";
import type { Event } from "../specs/mod.ts";
import { planOfRun } from "./plan_states.ts";
import { runText } from "./cli/run_text.ts";

const RUN = "run_0000000001";
const output = {
  planner: "a-model",
  tasks: [
    { id: "a", title: "first", dependsOn: [] },
    { id: "b", title: "second", dependsOn: ["a"] },
    { id: "c", title: "third", dependsOn: ["b"] },
  ],
};

/** A ledger of these bodies, as an engine reads it; counts the pages. */
function ledgerOf(bodies: { type: string; payload: unknown }[]) {
  const all = bodies.map((body, at) => ({ ...body, seq: at + 1, run: RUN })) as unknown as Event[];
  let pages = 0;
  return {
    pages: () => pages,
    head: { seq: all.length, hash: "" },
    events: (_run: string, { after = 0, limit = 100 }: { after?: number; limit?: number } = {}) => {
      pages++;
      return Promise.resolve(all.filter(({ seq }) => seq > after).slice(0, limit));
    },
  };
}

const told = (id: string, state: string, why?: string) => ({
  type: "phase.progress",
  payload: { phase: "implement", message: "m", data: { task: { id, state, ...(why ? { why } : {}) } } },
});
const planned = { type: "phase.finished", payload: { phase: "plan" } };
const noise = { type: "phase.progress", payload: { phase: "implement", message: "x" } };

Deno.test("where tasks stand is the last that was told of each, since their plan was made", async () => {
  const ledger = ledgerOf([
    told("c", "merged"),
    planned,
    told("a", "running"),
    told("b", "running"),
    told("a", "done"),
    told("b", "failed", "no idea"),
  ]);
  const plan = await planOfRun(ledger, { run: RUN, head: ledger.head, outputs: { plan: output } });
  assert.deepEqual(plan?.tasks.map(({ state }) => state), ["done", "failed", "waiting"]);
  assert.equal(plan?.tasks[1]?.why, "no idea");
});

Deno.test("a long ledger is not read whole", async () => {
  const ledger = ledgerOf([
    planned,
    ...Array.from({ length: 20_000 }, () => noise),
    told("a", "done"),
    told("b", "done"),
    told("c", "running"),
  ]);
  const plan = await planOfRun(ledger, { run: RUN, head: ledger.head, outputs: { plan: output } });
  assert.deepEqual(plan?.tasks.map(({ state }) => state), ["done", "done", "running"]);
  assert.equal(ledger.pages(), 1);
  const silent = ledgerOf(Array.from({ length: 20_000 }, () => noise));
  await planOfRun(silent, { run: RUN, head: silent.head, outputs: { plan: output } });
  assert.equal(silent.pages(), 25);
});

Deno.test("one task that follows from the spec, and a run without a plan, show none", async () => {
  const ledger = ledgerOf([planned]);
  const of = (plan?: object) =>
    planOfRun(ledger, {
      run: RUN,
      head: ledger.head,
      outputs: plan === undefined ? {} : { plan: plan as never },
    });
  assert.equal(await of(), null);
  assert.equal(await of({ planner: "rules", tasks: [output.tasks[0]] }), null);
  assert.notEqual(await of({ planner: "a-model", tasks: [output.tasks[0]] }), null);
});

Deno.test("on the command line a plan is a task a line, with what it waits for", async () => {
  const ledger = ledgerOf([planned, told("a", "merged"), told("b", "failed", "no\nidea")]);
  const plan = await planOfRun(ledger, { run: RUN, head: ledger.head, outputs: { plan: output } });
  const text = runText({
    run: RUN,
    status: "failed",
    phase: "implement",
    pullRequest: null,
    denials: [],
    failure: null,
    evidence: null,
    usage: { tokensIn: 0, tokensOut: 0, costUsd: 0, seconds: 0, repairs: 0 },
    waiting: null,
    notes: [],
    plan,
  });
  assert.match(
    text,
    /plan by a-model: 1 of 3 tasks done\n {4}a {2}merged {3}first\n {4}b {2}failed {3}second {2}after a\n {7}no idea\n {4}c {2}waiting {2}third {2}after b/,
  );
});
