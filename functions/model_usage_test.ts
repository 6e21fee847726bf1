import assert from "node:assert/strict";
import type { RunView } from "../kernel/mod.ts";
import type { Event, ModelCall } from "../specs/mod.ts";
import { modelUsage } from "./model_usage.ts";

const call = (usage: ModelCall["usage"]): ModelCall => ({
  id: "call-1",
  purpose: "implement",
  task: "execution",
  model: "m",
  claimed: null,
  provider: "p",
  requestId: null,
  recording: false,
  prompt: `sha256:${"0".repeat(64)}`,
  reply: null,
  usage,
  costMicroUsd: 1,
  reservedMicroUsd: 1,
  reservedTokens: 1_200,
  ms: 1,
  trouble: null,
  at: "2026-11-20T12:00:00.000Z",
});
const told = { input: 100, output: 7, cacheRead: 30, cacheWrite5m: 20, cacheWrite1h: 1 };

/** A ledger whose events carry these messages and data, one after the other. */
function ledgerOf(progress: readonly (readonly [string, unknown])[]) {
  const events = progress.map(([message, data], at) => ({
    seq: at + 1,
    type: "phase.progress",
    payload: { phase: "implement", message, data },
  })) as unknown as Event[];
  const pages: number[] = [];
  return {
    pages,
    events: (_run: string, { after = 0, limit = 100 } = {}) => {
      pages.push(after);
      return Promise.resolve(events.filter(({ seq }) => seq > after).slice(0, limit));
    },
  };
}
const view = (seq: number, spent: number, more: Partial<RunView> = {}) => ({
  run: "run_x",
  status: "completed" as const,
  head: { seq, hash: "" },
  budget: { tokens: { limit: 1000, spent, reserved: 0 } },
  outputs: {},
  ...more,
});

Deno.test("tokens are those of every recorded call, with what a cache gave and took; what nobody told is counted apart, at its most", async () => {
  const ledger = ledgerOf([
    ["model.called", call(told)],
    ["model.called", call(null)],
    ["turn 1: 2 edits made", call(told)],
    ["model.called", { forged: true }],
    ["model.called", call({ ...told, output: 3 })],
  ]);
  assert.deepEqual(await modelUsage(ledger, view(5, 10)), {
    tokensIn: 302,
    tokensOut: 10,
    untold: { calls: 1, tokens: 1_200 },
  });
  assert.deepEqual(
    await modelUsage(ledger, view(4, 10)),
    { tokensIn: 151, tokensOut: 7, untold: { calls: 1, tokens: 1_200 } },
    "nothing after the head",
  );
});

Deno.test("a ledger of any length is read page by page, and not at all where no tokens were spent", async () => {
  const ledger = ledgerOf(Array.from({ length: 1_200 }, () => ["model.called", call(told)] as const));
  assert.deepEqual(await modelUsage(ledger, view(1_200, 10)), {
    tokensIn: 1_200 * 151,
    tokensOut: 1_200 * 7,
  });
  assert.deepEqual(ledger.pages, [0, 500, 1_000]);
  assert.equal(await modelUsage(ledger, view(1_200, 0)), null);
  assert.equal(ledger.pages.length, 3);
});

Deno.test("a call whose process was killed before it was recorded is charged and untold, unless it is only just being paid", async () => {
  const ledger = ledgerOf([["model.called", call(told)]]);
  const charged = { tokensIn: 151, tokensOut: 7, untold: { calls: 1, tokens: 42 } };
  assert.deepEqual(await modelUsage(ledger, view(1, 200)), charged);
  assert.deepEqual(await modelUsage(ledger, view(1, 200, { status: "running" })), {
    tokensIn: 151,
    tokensOut: 7,
  });
  const { reservedTokens: _, ...bare } = call(null);
  const old = ledgerOf([["model.called", bare]]);
  assert.deepEqual(
    await modelUsage(old, view(1, 300)),
    { tokensIn: 0, tokensOut: 0, untold: { calls: 1, tokens: 300 } },
    "of a record before there was this field",
  );
});

Deno.test("the runs of a plan's tasks are counted with it, as they draw on its budget; what is not booked on it is not", async () => {
  const own = ledgerOf([["model.called", call(told)]]);
  const task = ledgerOf([["model.called", call(told)], ["model.called", call(null)]]);
  const engine = {
    events: (run: string, page?: { after?: number; limit?: number }) =>
      (run === "run_x" ? own : task).events(run, page),
    view: (run: string) => Promise.resolve(view(2, run === "run_far" ? 5_000 : 1_358, { run }) as RunView),
  };
  const stack = {
    stack: 1,
    of: "p",
    plan: `sha256:${"0".repeat(64)}`,
    split: [],
    pulls: [],
    stopped: [],
    question: null,
    over: true,
    lookedAt: 0,
    quiet: 0,
    waitsFor: "",
    runs: Object.fromEntries(
      ["run_a", "run_far"].map((run) => [run, {
        n: 1,
        key: run,
        limits: {},
        booked: {},
        run,
        status: "completed",
      }]),
    ),
  };
  const used = await modelUsage(
    engine,
    view(1, 158 + 1_358, { outputs: { implement: stack } as RunView["outputs"] }),
  );
  assert.deepEqual(used, { tokensIn: 302, tokensOut: 14, untold: { calls: 1, tokens: 1_200 } });
});
