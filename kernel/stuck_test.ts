import assert from "node:assert/strict";
import type { Json } from "../specs/mod.ts";
import { fakeClock } from "./clock.ts";
import { deadLetter } from "./dead_letter.ts";
import { keys } from "./keys.ts";
import { ledger } from "./ledger.ts";
import { randomIds } from "./ids.ts";
import { next } from "./machine.ts";
import type { PhaseResult } from "./port.ts";
import { simulatedBackend } from "./store/simulated.ts";
import { done, flow, stage, USER } from "./tests/stage.ts";

// What could let a run stand still for ever.

const ONE = flow({ a: { ok: "@completed" } });

// req: N2-08
Deno.test("entries of the queue that cannot be read do not keep a worker from the runs behind them", async () => {
  const s = await stage({ handlers: { a: done("here") }, concurrency: 2, start: false });
  // More of them than there are places, and all due before the run.
  const broken = Array.from({ length: 5 }, (_, i) => `run_broken000${i}`);
  await s.wait(s.world.observer.commit({
    sets: broken.flatMap((run, i) => [
      { key: keys.run(run), value: "of another format" },
      { key: keys.queue(i, run), value: "" },
    ]),
  }));
  const run = await s.submit(ONE);
  await s.wait(s.engine.start());
  assert.equal((await s.settled(run)).status, "completed");
  const told = s.process.engine.metrics().errors ?? 0;
  assert.ok(told >= broken.length, `${told} errors were told`);
  // They stay where they are: who can read them, drives them.
  for (const [i, name] of broken.entries()) {
    assert.notEqual(await s.wait(s.world.observer.get(keys.queue(i, name))), null);
  }
  s.world.errors.length = 0;
  await s.close();
});

function cycle(): Json {
  const round: Record<string, Json> = { a: 1 };
  round.again = round;
  return round;
}

function deep(levels: number): Json {
  let value: Json = null;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

// req: N3-02
for (
  const [what, output] of [["goes in a circle", cycle()], ["is nested without end", deep(100_000)]] as const
) {
  Deno.test(`an output that ${what} fails its phase, at once`, async () => {
    let starts = 0;
    const s = await stage({
      handlers: {
        a: () => {
          starts++;
          return Promise.resolve({ kind: "done", outcome: "ok", output });
        },
      },
    });
    const view = await s.play(ONE);
    assert.equal(view.status, "failed");
    assert.equal(view.failure?.class, "data-integrity");
    assert.match(view.failure?.message ?? "", /phase\.finished/);
    assert.equal(starts, 1);
    await s.close();
  });
}

Deno.test("a result that breaks its contract fails the phase, and no error of ours is made of it", async () => {
  const results = [
    { kind: "done", outcome: "ok", output: null, effects: 7 },
    { kind: "done", outcome: "ok", output: null, consumed: 7 },
    { kind: "park", reason: 7, untilMs: NaN },
    { kind: "park", reason: "later", untilMs: 1e300 },
    { kind: "failed", failure: 7 },
    "done",
    null,
  ];
  for (const result of results) {
    const s = await stage({ handlers: { a: () => Promise.resolve(result as unknown as PhaseResult) } });
    const view = await s.play(ONE);
    assert.equal(view.status, "failed", JSON.stringify(result));
    assert.equal(view.failure?.class, "data-integrity", JSON.stringify(result));
    assert.deepEqual(s.world.errors, [], JSON.stringify(result));
    await s.close();
  }
});

Deno.test("a dead letter ends a run wherever it stands", async () => {
  const clock = fakeClock();
  const ids = randomIds(clock);
  const book = ledger({ store: simulatedBackend().open(), clock, ids });
  const workflow = flow({ a: { ok: { to: "@completed", gated: true } } });
  const draft = book.begin("run_0000000000", {
    type: "run.accepted",
    v: 1,
    payload: { workflow, input: null, title: "", limits: {} },
  }, USER);
  const steps = [
    { type: "phase.entered", v: 1, payload: { phase: "a", visit: 1 } },
    { type: "phase.finished", v: 1, payload: { phase: "a", visit: 1, outcome: "ok", output: null, ms: 1 } },
  ] as const;
  const stages: string[] = [];
  for (let i = 0;; i++) {
    stages.push(draft.state.stage.at);
    const after = { ...draft, state: { ...draft.state }, events: [...draft.events], lines: [...draft.lines] };
    for (const body of deadLetter(after.state, 21)) book.extend(after, [body], USER);
    for (;;) {
      const command = next(after.state, clock.now());
      if (command.do !== "append") break;
      book.extend(after, command.bodies, USER);
    }
    assert.equal(after.state.stage.at, "ended", draft.state.stage.at);
    assert.match(after.state.failure?.message ?? "", /went away 21 times/);
    const step = steps[i];
    if (step === undefined) break;
    book.extend(draft, [step], USER);
  }
  assert.deepEqual(stages, ["accepted", "running", "finished"]);
});
