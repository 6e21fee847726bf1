import assert from "node:assert/strict";
import { pause, room, STEPS, workflow } from "./child.ts";
import { USER } from "./stage.ts";

const RUNS = 500;
const KILLS = 8;
const RECOVERY_MS = 5_000;

// req: N2-07 N2-08 N2-09
Deno.test("500 runs survive 8 kills of their process: none lost, no committed step repeated, done within 5 s of the last restart", async () => {
  const r = await room();
  try {
    const runs = (await Promise.all(
      Array.from(
        { length: RUNS },
        (_, i) => r.engine.submit({ workflow, input: i, actor: USER, idempotencyKey: `kill-${i}` }),
      ),
    )).map(({ run }) => run);

    // Each life is ended after its share of the steps, so that every one of them does some work.
    const share = Math.floor(RUNS * STEPS / (KILLS + 1));
    let child = r.child("life-0");
    await child.ready();
    for (let life = 1; life <= KILLS; life++) {
      const mark = r.starts().length;
      while (r.starts().length < mark + share) await pause(2);
      await child.kill();
      child = r.child(`life-${life}`);
      await child.ready();
    }
    const restarted = performance.now();
    for (const run of runs) await r.engine.settled(run, AbortSignal.timeout(60_000));
    const tookMs = performance.now() - restarted;
    const metrics = await child.end();

    const finishedBy = new Map<string, string>();
    for (const run of runs) {
      const events = await r.engine.events(run, { limit: 1_000 });
      assert.equal(events.filter((e) => e.type === "run.ended").length, 1);
      for (const event of events) {
        if (event.type !== "phase.finished") continue;
        const key = `${run}/${event.payload.phase}/${event.payload.visit}`;
        assert.ok(!finishedBy.has(key), `${key} was committed twice`);
        finishedBy.set(key, String(event.payload.output));
      }
    }
    assert.equal(finishedBy.size, RUNS * STEPS, "a step is missing");

    const lifeOf = (worker: string) => Number(worker.split("-")[1]);
    const starts = r.starts();
    const repeats = starts.length - new Set(starts.map(({ key }) => key)).size;
    for (const { worker, key } of starts) {
      assert.ok(
        lifeOf(worker) <= lifeOf(finishedBy.get(key) ?? "life-0"),
        `${key} ran again after its commit`,
      );
    }
    const once = new Set(starts.map(({ worker, key }) => `${worker} ${key}`));
    assert.equal(once.size, starts.length, "a step started twice in one life");
    assert.ok(repeats <= 50 * KILLS, `${repeats} repeats are more than were in flight`);
    assert.ok(tookMs < RECOVERY_MS, `it took ${Math.round(tookMs)} ms from the last restart`);
    assert.ok((metrics.crashedClaims ?? 0) > 0, "the last life took nothing over: the kills hit nothing");
  } finally {
    await r.dispose();
  }
});
