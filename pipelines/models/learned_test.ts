import assert from "node:assert/strict";
import { openKvStore } from "../../kernel/mod.ts";
import type { Event, ModelCall } from "../../specs/mod.ts";
import { workOutcomes } from "./learned.ts";
import { modelRecords } from "./records.ts";
import { AT } from "./testing/desk.ts";

/** A ledger of the parts that count. */
function ledger(...bodies: { type: string; payload: unknown }[]): Event[] {
  return bodies.map((body, index) => ({ ...body, v: 1, seq: index + 1, at: AT }) as unknown as Event);
}

const called = (model: string, more: Partial<ModelCall> = {}) => ({
  type: "phase.progress",
  payload: {
    phase: "implement",
    message: "model.called",
    data: {
      id: "call_1",
      purpose: "implement",
      task: "execution",
      model,
      claimed: null,
      provider: "one",
      requestId: null,
      recording: false,
      prompt: `sha256:${"0".repeat(64)}`,
      reply: null,
      usage: null,
      costMicroUsd: 0,
      reservedMicroUsd: 0,
      ms: 1,
      trouble: null,
      at: AT,
      ...more,
    },
  },
});

const decided = (from: string, verdict: "allow" | "deny" | "escalate") => ({
  type: "transition.decided",
  payload: { decision: { transition: { from, to: "next" }, verdict } },
});

const short = (events: Event[]) => workOutcomes(events).map(({ model, passed }) => [model, passed]);

Deno.test("a denied change is a failure of who made it, the repaired and verified one a success of who repaired it", () => {
  const events = ledger(
    called("a"),
    called("a"),
    decided("implement", "allow"),
    decided("verify", "deny"),
    called("b", { purpose: "repair" }),
    decided("implement", "allow"),
    decided("verify", "allow"),
    decided("review", "allow"),
  );
  assert.deepEqual(short(events), [["a", false], ["b", true]]);
});

Deno.test("who planned, advised, failed to answer or was a recording has no part in it; a question to a human is neither", () => {
  const events = ledger(
    called("planner", { purpose: "plan" }),
    called("adviser", { purpose: "repair-advice" }),
    called("absent", { trouble: "overloaded" }),
    called("tape", { recording: true }),
    decided("verify", "deny"),
    called("a"),
    decided("verify", "escalate"),
    decided("verify", "allow"),
  );
  assert.deepEqual(short(events), []);
});

Deno.test("a model that gives up has failed, a provider that fails has not", () => {
  const failed = (failure: string) => ({
    type: "phase.failed",
    payload: { phase: "implement", failure: { class: failure } },
  });
  assert.deepEqual(short(ledger(called("a"), failed("agent-error"))), [["a", false]]);
  assert.deepEqual(short(ledger(called("a"), failed("external"))), []);
});

Deno.test("outcomes of a run count once, however often its ledger is read", async () => {
  const store = await openKvStore(":memory:");
  try {
    const records = modelRecords(store);
    const first = ledger(called("a"), decided("verify", "deny"));
    const later = ledger(called("a"), decided("verify", "deny"), called("a"), decided("verify", "allow"));
    await records.learn("run_1", workOutcomes(first));
    await records.learn("run_1", workOutcomes(first));
    await Promise.all([
      records.learn("run_1", workOutcomes(later)),
      records.learn("run_2", workOutcomes(first)),
    ]);
    assert.deepEqual(await records.outcomes(), { "a execution": { passed: 1, failed: 2 } });
  } finally {
    await store.close();
  }
});
