import assert from "node:assert/strict";
import { room, STEPS, workflow } from "./child.ts";
import { USER } from "./stage.ts";

const RUNS = 120;

// req: N2-11
Deno.test("two processes on one file share the runs, and no step runs twice", async () => {
  const r = await room();
  try {
    const children = [r.child("one", [0, 15]), r.child("two", [0, 15])];
    const submit = (i: number) =>
      r.engine.submit({ workflow, input: i, actor: USER, idempotencyKey: `two-${i}` });
    const early = await Promise.all(Array.from({ length: RUNS / 2 }, (_, i) => submit(i)));
    await Promise.all(children.map((child) => child.ready()));
    const late = await Promise.all(Array.from({ length: RUNS / 2 }, (_, i) => submit(RUNS / 2 + i)));
    for (const { run } of [...early, ...late]) {
      const view = await r.engine.settled(run, AbortSignal.timeout(60_000));
      assert.equal(view.status, "completed");
      assert.equal(Object.keys(view.outputs).length, STEPS);
    }
    const starts = r.starts();
    assert.equal(new Set(starts.map(({ key }) => key)).size, RUNS * STEPS);
    assert.equal(starts.length, RUNS * STEPS, "a step ran twice though nobody died");
    const metrics = await Promise.all(children.map((child) => child.end()));
    assert.equal(metrics.reduce((sum, m) => sum + (m.steps ?? 0), 0), RUNS * STEPS);
    assert.equal(metrics.reduce((sum, m) => sum + (m.crashedClaims ?? 0), 0), 0);
  } finally {
    await r.dispose();
  }
});
