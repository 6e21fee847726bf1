import assert from "node:assert/strict";
import type { PhaseContext } from "../../../kernel/mod.ts";
import type { FactoryPorts } from "../ports.ts";
import { wait } from "./wait.ts";

const NOW = 1_000_000;

function waiting(
  given: {
    nextAt?: number;
    lookedAt?: number;
    pending?: number;
    signals?: number;
    parks?: number;
    over?: boolean;
  },
) {
  const ctx = {
    run: "run_w",
    clock: { now: () => NOW },
    outputs: {
      look: {
        nextAt: given.nextAt ?? NOW + 60_000,
        lookedAt: given.lookedAt ?? NOW - 60_000,
        why: "open",
        pending: given.pending ?? null,
      },
    },
    signals: Array.from(
      { length: given.signals ?? 0 },
      (_, n) => ({ id: `s${n}`, name: "forge", payload: null }),
    ),
    parks: given.parks ?? 0,
  } as unknown as PhaseContext;
  const ports = {
    runs: {
      view: (run: string) =>
        Promise.resolve(
          run === "run_w"
            ? { effects: { "run_w/fix/1": { run: "run_f" } } }
            : { status: given.over ? "completed" : "running", evidence: given.over ? {} : null },
        ),
    },
  } as unknown as FactoryPorts;
  return wait(ports)(ctx);
}

Deno.test("it parks until it is time or a webhook comes, and takes the webhooks that woke it along", async () => {
  assert.deepEqual(await waiting({}), {
    kind: "park",
    reason: "open",
    untilMs: NOW + 60_000,
    signal: "forge",
  });
  const woken = await waiting({ signals: 2 });
  assert.deepEqual(woken, { kind: "done", outcome: "woken", output: { signals: 2 }, consumed: ["s0", "s1"] });
  assert.equal((await waiting({ nextAt: NOW })).kind, "done");
});

Deno.test("a burst of webhooks right after a look waits for a short while, without being woken by the same again", async () => {
  const result = await waiting({ signals: 1, lookedAt: NOW - 500 });
  assert.deepEqual(result, { kind: "park", reason: "open", untilMs: NOW + 1500 });
});

Deno.test("a linked run that has ended ends the wait; one under way is asked about the less often the longer it takes", async () => {
  assert.equal((await waiting({ pending: 1, over: true })).kind, "done");
  const until = async (parks: number) => {
    const result = await waiting({ pending: 1, parks });
    return result.kind === "park" ? (result.untilMs ?? 0) - NOW : 0;
  };
  assert.deepEqual([await until(0), await until(2), await until(20)], [1000, 4000, 30_000]);
});
