import assert from "node:assert/strict";
import fc from "fast-check";
import { type FakeClock, fakeClock, openKvStore } from "../../kernel/mod.ts";
import { type Limiter, limiter, type SharedTurns, type Turn } from "./limiter.ts";
import { storeTurns } from "./shared_turns.ts";

const never = new AbortController().signal;
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Runs a fake clock on until nobody sleeps and all are done. */
async function drive(clock: FakeClock, all: Promise<unknown>): Promise<void> {
  let done = false;
  const watched = all.finally(() => done = true);
  while (!done) {
    for (let i = 0; i < 5; i++) await settle();
    const next = clock.next();
    if (next !== null) clock.advance(next - clock.steady());
  }
  await watched;
}

function most(times: readonly number[], windowMs: number): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length));
}

async function ask(
  one: Limiter,
  clock: FakeClock,
  times: number[],
  pace: { requestsPerSecond?: number; concurrency: number },
) {
  const turn = await one.enter(pace, 1e9, never) as Turn;
  times.push(clock.now());
  turn.leave();
}

Deno.test("never more requests in any second than the pace allows, however many ask at once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 12 }),
      async (rate, askers) => {
        const clock = fakeClock();
        const one = limiter(clock, "k");
        const times: number[] = [];
        await drive(
          clock,
          Promise.all(
            Array.from(
              { length: askers },
              () => ask(one, clock, times, { requestsPerSecond: rate, concurrency: 4 }),
            ),
          ),
        );
        assert.equal(times.length, askers);
        assert.ok(most(times, 1000) <= rate);
      },
    ),
    { numRuns: 8 },
  );
});

Deno.test("25 tasks of three processes stay within 10 requests in any second together", async () => {
  const store = await openKvStore(":memory:");
  try {
    const clock = fakeClock();
    const times: number[] = [];
    const processes = Array.from({ length: 3 }, () => limiter(clock, "host key", storeTurns(store)));
    await drive(
      clock,
      Promise.all(
        Array.from(
          { length: 25 },
          (_, i) => ask(processes[i % 3] as Limiter, clock, times, { requestsPerSecond: 10, concurrency: 8 }),
        ),
      ),
    );
    assert.equal(times.length, 25);
    assert.ok(most(times, 1000) <= 10);
    // Ten a second, less the margin: not much slower either.
    assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) <= 2800);
  } finally {
    await store.close();
  }
});

Deno.test("a hold of one process holds the others, and a hold left by a wrong clock does not hold for ever", async () => {
  const store = await openKvStore(":memory:");
  try {
    const clock = fakeClock();
    const [one, two] = [limiter(clock, "k", storeTurns(store)), limiter(clock, "k", storeTurns(store))];
    await one.hold(clock.now() + 5000);
    const turn = await two.enter({ requestsPerSecond: 10, concurrency: 1 }, 1000, never);
    assert.deepEqual(turn, { untilMs: clock.now() + 5000 });
    const far: SharedTurns = storeTurns(store);
    await far.hold("w", Date.UTC(2090, 0, 1), Date.UTC(2089, 11, 31));
    assert.equal(await far.take("w", 100, clock.now()), clock.now());
  } finally {
    await store.close();
  }
});

Deno.test("a wait that is too long is not begun, and does not use up a turn", async () => {
  const clock = fakeClock();
  const one = limiter(clock, "k");
  await one.hold(clock.now() + 10_000);
  assert.deepEqual(await one.enter({ concurrency: 1 }, 9_999, never), { untilMs: clock.now() + 10_000 });
  clock.advance(10_000);
  const turn = await one.enter({ concurrency: 1 }, 0, never) as Turn;
  assert.equal(turn.waitedMs, 0);
  turn.leave();
});

Deno.test("no more than the allowed number are inside at once, in the order in which they came", async () => {
  const clock = fakeClock();
  const one = limiter(clock, "k");
  const order: number[] = [];
  let inside = 0;
  let mostInside = 0;
  await Promise.all(Array.from({ length: 12 }, async (_, i) => {
    const turn = await one.enter({ concurrency: 3 }, 1000, never) as Turn;
    order.push(i);
    mostInside = Math.max(mostInside, ++inside);
    await settle();
    inside--;
    turn.leave();
    turn.leave();
  }));
  assert.equal(mostInside, 3);
  assert.deepEqual(order, Array.from({ length: 12 }, (_, i) => i));
});

Deno.test("whoever gives up while waiting does not hold up the others", async () => {
  const clock = fakeClock();
  const one = limiter(clock, "k");
  const first = await one.enter({ concurrency: 1 }, 1000, never) as Turn;
  const controller = new AbortController();
  const gone = one.enter({ concurrency: 1 }, 1000, controller.signal).then(
    () => "in",
    (error: Error) => error.message,
  );
  const last = one.enter({ concurrency: 1 }, 1000, never);
  controller.abort(new Error("gone"));
  assert.equal(await gone, "gone");
  first.leave();
  assert.ok("leave" in await last);
});

Deno.test("a wall clock that is set back does not stop the turns", async () => {
  const clock = fakeClock();
  const one = limiter(clock, "k");
  (await one.enter({ requestsPerSecond: 1, concurrency: 1 }, 5000, never) as Turn).leave();
  clock.jump(-3_600_000);
  const turn = one.enter({ requestsPerSecond: 1, concurrency: 1 }, 5000, never);
  await drive(clock, turn);
  assert.ok("leave" in await turn);
});
