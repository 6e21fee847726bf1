import assert from "node:assert/strict";
import type { ModelRequest } from "../../connectors/mod.ts";
import type { ModelTrouble } from "../../specs/mod.ts";
import { actualCost } from "./price.ts";
import { promptSize } from "./tokens.ts";
import {
  AT_MS,
  context,
  entry,
  fails,
  fakeProvider,
  meter,
  price,
  registryOf,
  says,
  testDesk,
  used,
} from "./testing/desk.ts";

const SCHEDULES = 10_000;

/** mulberry32: the same seed gives the same schedule. */
function chance(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, upTo: (most: number) => Math.floor(next() * (most + 1)) };
}

const TROUBLES: readonly ModelTrouble[] = [
  "overloaded",
  "rate",
  "server",
  "cut-stream",
  "timeout",
  "refusal",
  "truncated",
  "auth",
  "context-window",
];

const registry = registryOf(
  entry("a", {
    wire: "anthropic-messages",
    prices: [price(3, 15, {
      tiers: [
        {
          abovePromptTokens: 0,
          input: 3,
          output: 15,
          cacheRead: 0.3,
          cacheWrite5m: 3.75,
          cacheWrite1h: null,
        },
        {
          abovePromptTokens: 90,
          input: 6,
          output: 22.5,
          cacheRead: null,
          cacheWrite5m: 7.5,
          cacheWrite1h: 12,
        },
      ],
      hours: [{ from: 12, to: 13, factor: 1.5 }],
    })],
  }),
  entry("b", { provider: "two", fit: { "execution": 60 }, prices: [price(0.1, 0.7)] }),
);

/**
 * One schedule: children that share a meter ask at the same time, providers answer late, wrongly or not at all, and the process dies
 * and starts anew in the middle. Gives what the providers billed and what the meter counted.
 */
async function schedule(
  seed: number,
): Promise<{ billed: number; spent: number; limit: number; open: number }> {
  const { next, upTo } = chance(seed);
  const limit = upTo(30_000);
  const shared = meter({ costMicroUsd: limit, tokens: 2_000 + upTo(20_000) });
  const density = next() < 0.5 ? 1 : next();
  let billed = 0;
  let generation = 0;

  const life = async (): Promise<void> => {
    const mine = ++generation;
    const alive = () => {
      if (mine !== generation) throw new Error("the process has died");
    };
    const budget = shared.of(alive);
    const answer = async (request: ModelRequest) => {
      alive();
      const { entry, maxOutputTokens, system, messages } = request;
      // The same prompt has the same count each time, up to the most that is possible.
      const sent = Math.floor(promptSize({ system, messages }).bound * density);
      const cached = next() < 0.3 ? sent : upTo(sent);
      const most = next() < 0.5 ? maxOutputTokens : upTo(maxOutputTokens);
      const usage = used(
        sent - cached,
        most,
        next() < 0.5
          ? { cacheRead: cached }
          : next() < 0.5
          ? { cacheWrite1h: cached }
          : { cacheWrite5m: cached },
      );
      const roll = next();
      const trouble = TROUBLES[upTo(TROUBLES.length - 1)] ?? "server";
      const isDoor = ["overloaded", "rate", "auth", "context-window"].includes(trouble);
      if (roll < 0.6 || !isDoor) billed += actualCost(entry, usage, AT_MS, AT_MS) ?? 0;
      for (let ticks = upTo(3); ticks > 0; ticks--) await Promise.resolve();
      if (roll < 0.5) return says("ok", { usage });
      if (roll < 0.6) return says("ok", { usage, usageTold: false });
      return fails(trouble, isDoor || next() < 0.5 ? {} : { usage });
    };
    const { desk } = testDesk(registry, [fakeProvider("one", answer), fakeProvider("two", answer)]);
    const child = async (index: number): Promise<void> => {
      for (let asks = 1 + upTo(1); asks > 0; asks--) {
        const made = await desk.ask(
          context(budget, { run: `run_${index}`, blobs: nowhere }),
          {
            purpose: "implement",
            need: { task: "execution", maxOutputTokens: 50 + upTo(200) },
            system: "s",
            messages: [{ role: "user", text: "x".repeat(upTo(120)) }],
          },
        );
        if (!made.ok && made.error.trouble === "budget") return;
      }
    };
    const children = Array.from({ length: 1 + upTo(3) }, (_, index) =>
      child(index).catch((error: Error) => {
        if (error.message !== "the process has died") throw error;
      }));
    if (next() < 0.3) {
      for (let ticks = upTo(60); ticks > 0; ticks--) await Promise.resolve();
      generation++;
      // Whatever was under way is reserved, called or not: it counts as spent.
      shared.crash();
    }
    await Promise.all(children);
  };
  for (let lives = 1 + upTo(1); lives > 0; lives--) await life();
  return { billed, spent: shared.spent("costMicroUsd"), limit, open: shared.open() };
}

const nowhere = {
  put: () => Promise.resolve(`sha256:${"0".repeat(64)}`),
  get: () => Promise.resolve(null),
  has: () => Promise.resolve(false),
};

// req: N7-02
Deno.test(`a cost cap is overrun by 0 micro-USD in ${SCHEDULES} random schedules with children, troubles and crashes`, async () => {
  let busy = 0;
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const { billed, spent, limit, open } = await schedule(seed);
    assert.ok(spent <= limit, `seed ${seed}: ${spent} spent of ${limit}`);
    assert.ok(billed <= spent, `seed ${seed}: ${billed} billed, ${spent} counted`);
    assert.equal(open, 0, `seed ${seed}: ${open} reservations are open`);
    if (billed > limit / 2) busy++;
  }
  // Schedules that never come near their cap would show nothing.
  assert.ok(busy > SCHEDULES / 20, `only ${busy} schedules spent half of their cap`);
});
