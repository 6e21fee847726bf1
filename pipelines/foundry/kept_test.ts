import assert from "node:assert/strict";
import { join } from "node:path";
import { KEPT_MS, keptStaging, sweepStaging } from "./kept.ts";
import { onStage, type Stage } from "./testing.ts";

const pipeline = (more: Record<string, unknown> = {}) => ({
  id: "kept",
  streams: [{
    id: "rows",
    source: { connector: "http", resource: "rows" },
    primaryKey: ["id"],
    write: { disposition: "merge" },
    ...more,
  }],
});
const later = (stage: Stage, ms: number) => ({
  ...stage.ports,
  clock: { ...stage.ports.clock, now: () => Date.now() + ms },
});
const view = (stage: Stage) => (run: string) => stage.engine.view(run);
const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("a denied batch is kept for some days, told with its size, and then taken away", () =>
  onStage({ rows: [[{ id: 1 }]] }, async (stage) => {
    const denied = await stage.run(pipeline({ quality: [{ rule: "row-count", min: 5 }] }));
    assert.equal(denied.status, "denied");
    const [kept] = await keptStaging(stage.ports, view(stage));
    assert.deepEqual([kept?.name, kept?.status, kept?.pipeline], [denied.run, "denied", "kept"]);
    assert.ok(Number(kept?.bytes) > 0);
    assert.deepEqual(await sweepStaging(later(stage, KEPT_MS - 60_000), view(stage)), []);
    const removed = await sweepStaging(later(stage, KEPT_MS + 60_000), view(stage));
    assert.deepEqual(removed.map(({ name }) => name), [denied.run]);
    assert.equal(await exists(stage.ports.room(denied.run)), false);
    assert.deepEqual(await keptStaging(stage.ports, view(stage)), []);
  }));

Deno.test("a batch with an open approval is kept however long nobody answers, and can be published then", () =>
  onStage({ rows: [[{ id: 1 }]] }, async (stage) => {
    const frozen = { contract: { columns: "freeze", types: "quarantine" } };
    await stage.run(pipeline(frozen));
    stage.source.pages.rows = [[{ id: 1, more: "x" }]];
    const held = await stage.run(pipeline(frozen));
    assert.equal(held.status, "escalated", JSON.stringify(held));
    assert.deepEqual(await sweepStaging(later(stage, 400 * KEPT_MS), view(stage)), []);
    assert.equal((await keptStaging(stage.ports, view(stage)))[0]?.until, null);
    await stage.approve(held.run);
    assert.equal((await stage.engine.settled(held.run)).status, "completed");
    assert.equal((await stage.rows("rows"))[0]?.more, "x");
  }));

Deno.test("what an end left behind is taken away as soon as the end is durable; unfinished reads wait for the next run", () =>
  onStage({ rows: [[{ id: 1 }], [{ id: 2 }]] }, async (stage) => {
    stage.source.before = (page) => {
      if (page === 1) throw new Error("bug");
    };
    const done = await stage.run({
      ...pipeline(),
      id: "done",
      streams: [{ ...pipeline().streams[0], limits: { pages: 1 } }],
    });
    assert.equal(done.status, "failed");
    // As if the process had died between the seal and the removal.
    await Deno.mkdir(stage.ports.room(done.run), { recursive: true });
    await Deno.writeTextFile(join(stage.ports.room(done.run), "rest"), "x");
    await Deno.mkdir(join(stage.dir, "runs", ".leaving-run_x"), { recursive: true });
    const removed = await sweepStaging(stage.ports, view(stage));
    assert.deepEqual(removed.map(({ name }) => name), [done.run]);
    assert.equal(await exists(join(stage.dir, "runs", ".leaving-run_x")), false);
    const [unfinished, ...others] = await keptStaging(stage.ports, view(stage));
    assert.deepEqual([unfinished?.kind, others.length], ["unfinished", 0]);
    await sweepStaging(later(stage, KEPT_MS + 60_000), view(stage));
    assert.deepEqual(await keptStaging(stage.ports, view(stage)), []);
  }));

Deno.test("a running run and a room in which a process works are never touched", () =>
  onStage({ rows: [[{ id: 1 }], [{ id: 2 }]] }, async (stage) => {
    let swept: unknown = null;
    stage.source.before = async (page) => {
      if (page === 1) swept ??= await sweepStaging(later(stage, 400 * KEPT_MS), view(stage));
    };
    const document = await stage.run(pipeline());
    assert.deepEqual([swept, document.status, document.streams[0]?.written], [[], "completed", 2]);
    const orphan = stage.ports.room("run_unknown");
    await Deno.mkdir(orphan, { recursive: true });
    using lock = await Deno.open(join(orphan, "room.lock"), { create: true, write: true });
    await lock.lock(true);
    assert.deepEqual(await sweepStaging(later(stage, 2 * KEPT_MS), view(stage)), []);
    await lock.unlock();
    assert.deepEqual(
      await sweepStaging(stage.ports, view(stage)),
      [],
      "what nobody knows has its time as well",
    );
    assert.equal((await sweepStaging(later(stage, 2 * KEPT_MS), view(stage))).length, 1);
  }));

Deno.test("a denied run that is retried after its staging was swept says what happened and what to do, and does it", () =>
  onStage({ rows: [[{ id: 1 }]] }, async (stage) => {
    for (const rule of [{ rule: "row-count", min: 5 }, { rule: "required", columns: ["id"] }]) {
      stage.source.pages.rows = [[rule.rule === "required" ? { id: null, n: 1 } : { id: 1 }]];
      const denied = await stage.run(
        pipeline({
          primaryKey: undefined,
          write: { disposition: "append" },
          quality: [{ ...rule, severity: "block" }],
        }),
      );
      assert.equal(denied.status, "denied", JSON.stringify(denied));
      await sweepStaging(later(stage, KEPT_MS + 60_000), view(stage));
      const user = { kind: "user", id: "tester" } as const;
      await stage.engine.control(denied.run, { action: "retry" }, user);
      await stage.engine.settled(denied.run);
      const failed = await stage.document(denied.run);
      assert.equal(failed.status, "failed");
      assert.equal(failed.failure?.class, "resource");
      assert.match(
        String(failed.failure?.message),
        /staged is not there any more .*seven days after a run was denied/,
      );
      assert.match(
        String(failed.failure?.remedy),
        /Run the pipeline again, or read anew in this run: forge workflow retry/,
      );
      assert.ok(!JSON.stringify(failed.failure).includes(stage.dir), "no path of this machine");
      await stage.engine.control(denied.run, { action: "retry", phase: "acquire" }, user);
      assert.equal((await stage.engine.settled(denied.run)).status, "denied");
    }
  }));
