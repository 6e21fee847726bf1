import assert from "node:assert/strict";
import { acceptPipeline, type PipelineSubmission } from "./accept.ts";
import { onStage, type Stage } from "./testing.ts";

const pipeline = (cursor: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => ({
  id: "p",
  streams: [{
    id: "items",
    source: { connector: "http", resource: "items" },
    cursor: { path: "n", ...cursor },
    write: { disposition: "append" },
  }],
  ...more,
});

async function problem(stage: Stage, given: Partial<PipelineSubmission>): Promise<string> {
  const accepted = await acceptPipeline(stage.ports, {
    pipeline: pipeline(),
    folder: stage.dir,
    requester: "tester",
    ...given,
  });
  return accepted.ok
    ? ""
    : [accepted.error, ...accepted.error.causes ?? []].map(({ message }) => message).join(" ");
}

Deno.test("the range of a backfill is held against the type of each cursor", () =>
  onStage({}, async (stage) => {
    const backfill = (type: string, from: string, to: string) =>
      problem(stage, { pipeline: pipeline({ type }), mode: "backfill", from, to });
    assert.match(await backfill("integer", "2026-01-01", "2026-02-01"), /--from is no integer/);
    assert.match(await backfill("date", "2026-01-01", "soon"), /--to is no date/);
    assert.match(await backfill("integer", "10", "9"), /range is empty/);
    assert.equal(await backfill("integer", "9", "10"), "");
    assert.equal(await backfill("datetime", "2026-01-01", "2026-02-01"), "");
  }));

Deno.test("a run that takes longer than was promised says so", () =>
  onStage({ items: [[{ n: "2026-01-01T00:00:00Z" }]] }, async (stage) => {
    const late = await stage.run(pipeline({}, { sla: { maxDurationMinutes: 0.00001 } }));
    assert.ok(late.notes.some((note) => note.includes("sla.maxDurationMinutes")), JSON.stringify(late.notes));
    const inTime = await stage.run(pipeline({}, { sla: { maxDurationMinutes: 60 } }));
    assert.deepEqual(inTime.notes, []);
  }));
