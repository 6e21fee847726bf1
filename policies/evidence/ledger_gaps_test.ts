import assert from "node:assert/strict";
import type { Event } from "../../specs/mod.ts";
import { ledgerAccount } from "./ledger_gaps.ts";

type Body = { type: string; payload: unknown };
const workflow = {
  phases: {
    review: { on: { done: { to: "release", gated: true }, again: { to: "implement", gated: false } } },
  },
};
const accepted = { type: "run.accepted", payload: { workflow } };
const entered = (phase: string) => ({ type: "phase.entered", payload: { phase, visit: 1 } });
const finished = (outcome: string) => ({ type: "phase.finished", payload: { phase: "review", outcome } });
const decided = (from: string) => ({
  type: "transition.decided",
  payload: { decision: { transition: { from } } },
});
const intended = (key: string) => ({ type: "effect.intended", payload: { key, kind: "pull-request" } });
const done = (key: string) => ({ type: "effect.done", payload: { key } });
const ended = (status: string) => ({ type: "run.ended", payload: { status } });

function account(...bodies: Body[]) {
  const told = ledgerAccount();
  bodies.forEach(({ type, payload }, at) =>
    told.take({
      type,
      payload,
      seq: at + 1,
      id: `e${at + 1}`,
      parent: at === 0 ? null : `e${at}`,
      hash: `h${at + 1}`,
      prevHash: `h${at}`,
      at: new Date(at * 1000).toISOString(),
    } as unknown as Event)
  );
  return told.account();
}

Deno.test("a run whose gated transitions were decided and whose effects were intended has no gap", () => {
  const whole = account(
    accepted,
    entered("review"),
    finished("again"),
    entered("implement"),
    finished("done"),
    decided("review"),
    intended("k"),
    done("k"),
    entered("release"),
    ended("completed"),
  );
  assert.deepEqual(whole, { events: 10, head: "h10", gaps: [], clockBackMs: 0 });
});

Deno.test("a transition without a decision, an effect before it or without an intent, are gaps", () => {
  const gap = (...bodies: Body[]) => account(accepted, entered("review"), ...bodies).gaps;
  assert.match(gap(finished("done"), entered("release"))[0] ?? "", /nobody decided about leaving review/);
  assert.match(gap(finished("done"), intended("k"))[0] ?? "", /before the decision/);
  assert.match(gap(finished("done"), ended("completed"))[0] ?? "", /completes the run/);
  assert.match(gap(finished("done"), decided("plan"))[0] ?? "", /decides about leaving plan/);
  assert.match(gap(done("k"))[0] ?? "", /never intended/);
  assert.deepEqual(gap(finished("done"), ended("cancelled")), []);
  assert.deepEqual(
    gap(finished("done"), { type: "run.retried", payload: { phase: "review" } }, entered("review")),
    [],
  );
});
