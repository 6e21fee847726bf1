import assert from "node:assert/strict";
import { onStage } from "./testing.ts";

const day = (n: number) => `2026-01-${String(n).padStart(2, "0")}T00:00:00Z`;
const issue = (id: number, n: number) => ({ id, updated_at: day(n) });
const issues = (stream: Record<string, unknown> = {}) => ({
  id: "issues",
  streams: [{
    id: "issues",
    source: { connector: "http", resource: "issues" },
    primaryKey: ["id"],
    cursor: { path: "updated_at", lag: "P3D" },
    write: { disposition: "merge", deletes: "census" },
    ...stream,
  }],
});

Deno.test("rows that came later than the lag are counted by the census that finds them; those within it are caught, and are not", () =>
  onStage({ issues: [[issue(1, 10), issue(2, 20)]] }, async (stage) => {
    assert.equal((await stage.run(issues())).streams[0]?.late, 0, "a first load finds nothing late");
    // 3 lies within the lag, 4 and 5 before it; 1 is older than both and was there.
    stage.source.pages.issues = [[issue(1, 10), issue(2, 20), issue(3, 18), issue(4, 16), issue(5, 2)]];
    const caught = await stage.run(issues());
    assert.deepEqual([caught.streams[0]?.written, caught.streams[0]?.late], [1, 0], JSON.stringify(caught));
    assert.deepEqual((await stage.rows("issues")).map(({ id }) => id), [1, 2, 3]);
    const census = await stage.run(issues(), { mode: "full" });
    assert.deepEqual([census.status, census.streams[0]?.late], ["completed", 2], JSON.stringify(census));
    const facts = JSON.parse(await Deno.readTextFile(`${census.evidence?.path}/artifacts/data-facts.json`));
    assert.equal(facts.streams[0].counts.late, 2);
    assert.equal((await stage.run(issues(), { mode: "full" })).streams[0]?.late, 0, "now the table has them");
  }));

Deno.test("what was never wanted, what is deleted and what has no key is not late", () =>
  onStage({ issues: [[issue(1, 10), issue(2, 20)]] }, async (stage) => {
    const since = issues({ cursor: { path: "updated_at", initial: day(5) } });
    await stage.run(since);
    stage.source.pages.issues = [[issue(2, 20), issue(3, 1), issue(4, 6)]];
    assert.equal(
      (await stage.run(since, { mode: "full" })).streams[0]?.late,
      1,
      "4 is; 3 lies before the beginning",
    );
    stage.source.pages.issues = [[issue(1, 10), issue(2, 20), issue(4, 6)]];
    assert.equal(
      (await stage.run(since, { mode: "full" })).streams[0]?.late,
      0,
      "1 was marked as deleted and came back",
    );
    const appending = {
      ...issues({ primaryKey: undefined, write: { disposition: "append", table: "log" } }),
      id: "log",
    };
    await stage.run(appending);
    stage.source.pages.issues = [[issue(9, 1)]];
    assert.equal((await stage.run(appending, { mode: "full" })).streams[0]?.late, 0);
  }));
