import assert from "node:assert/strict";
import { pause, room, workflow } from "./child.ts";
import { USER } from "./stage.ts";

// req: N2-07 N2-10
Deno.test("a worker that was stopped for longer than its lease can commit nothing when it comes back", async () => {
  const r = await room();
  try {
    const zombie = r.child("zombie", [2_000, 2_500]);
    await zombie.ready();
    const { run } = await r.engine.submit({ workflow, input: null, actor: USER });
    while (r.starts().length < 1) await pause(10);
    zombie.process.kill("SIGSTOP");

    // It is only stopped: its lock is held, so nobody takes its run before the lease has run out.
    const stopped = performance.now();
    const heir = r.child("heir", [5, 10]);
    await heir.ready();
    const view = await r.engine.settled(run, AbortSignal.timeout(30_000));
    assert.equal(view.status, "completed");
    assert.ok(performance.now() - stopped > 2_500, "the heir did not wait for the lease");
    const before = await r.engine.events(run);

    zombie.process.kill("SIGCONT");
    await pause(3_500);
    assert.deepEqual(await r.engine.events(run), before);
    const metrics = await zombie.end();
    assert.equal(metrics.steps, 0);
    assert.equal(metrics.leasesLost, 1);
    for (const event of before) {
      if (event.type === "phase.finished") assert.equal(event.payload.output, "heir");
    }
    assert.deepEqual(r.starts().map(({ worker }) => worker), [
      "zombie",
      "heir",
      "heir",
      "heir",
      "heir",
      "heir",
    ]);
    await heir.end();
  } finally {
    await r.dispose();
  }
});
