import assert from "node:assert/strict";
import { DataFailure } from "../../connectors/data/mod.ts";
import { onStage, type Stage } from "./testing.ts";

const standing = async (stage: Stage, table: string) =>
  (await stage.rows(table)).filter((row) => row._forge_deleted_at == null).map(({ id }) => id).sort();

const goods = (transforms: unknown[] = []) => ({
  id: "shop",
  streams: [{
    id: "goods",
    source: { connector: "http", resource: "goods" },
    primaryKey: ["id"],
    transforms,
    write: { disposition: "merge", deletes: "census" },
  }],
});

Deno.test("after a census the unmarked rows are those of a full refresh, also under a filter that a row left and came back to", () =>
  onStage({ goods: [[{ id: 1, on: true }, { id: 2, on: true }, { id: 3, on: false }]] }, async (stage) => {
    const filtered = goods([{ op: "filter", expression: "on" }]);
    await stage.run(filtered);
    assert.deepEqual(await standing(stage, "goods"), [1, 2]);
    stage.source.pages.goods = [[{ id: 1, on: true }, { id: 2, on: false }]];
    const left = await stage.run(filtered);
    assert.deepEqual([left.streams[0]?.deleted, await standing(stage, "goods")], [1, [1]]);
    stage.source.pages.goods = [[{ id: 1, on: true }, { id: 2, on: true }]];
    await stage.run(filtered);
    assert.deepEqual(await standing(stage, "goods"), [1, 2]);
    // What the filter never let in is no deletion.
    stage.source.pages.goods = [[{ id: 1, on: true }, { id: 2, on: true }, { id: 3, on: false }]];
    assert.equal((await stage.run(filtered)).streams[0]?.deleted, 0);
  }));

Deno.test("parts of a source that could not be read are not known to be gone: no census", () =>
  onStage({ goods: [[{ id: 1 }, { id: 2 }]] }, async (stage) => {
    await stage.run(goods());
    stage.source.pages.goods = [[{ id: 1 }]];
    stage.source.end = { status: "complete", reason: "a list is switched off", unread: 1 };
    const part = await stage.run(goods());
    assert.deepEqual([part.status, part.streams[0]?.deleted], ["completed", 0]);
    assert.match(part.notes.join("\n"), /no census, as 1 parts? of the source/);
    stage.source.end = { status: "complete" };
    assert.equal((await stage.run(goods())).streams[0]?.deleted, 1);
  }));

const issue = (id: number, day: number) => ({ id, updated_at: `2026-01-0${day}T00:00:00Z` });
const tracker = (write: Record<string, unknown>) => ({
  id: "tracker",
  onFailure: { retries: 0 },
  streams: [
    {
      id: "issues",
      source: { connector: "http", resource: "issues" },
      primaryKey: ["id"],
      cursor: { path: "updated_at" },
      write: { disposition: "merge" },
    },
    {
      id: "comments",
      source: { connector: "http", resource: "comments", parent: { stream: "issues", bind: { key: "id" } } },
      primaryKey: ["id"],
      write,
    },
  ],
});

for (const write of [{ disposition: "merge", deletes: "census" }, { disposition: "replace" }]) {
  Deno.test(`a stream that is to be whole (${JSON.stringify(write)}) is read by all parents, not only by those that changed`, () =>
    onStage({
      issues: [[issue(1, 1), issue(2, 2)]],
      "comments/1": [[{ id: 11 }, { id: 12 }]],
      "comments/2": [[{ id: 21 }]],
    }, async (stage) => {
      await stage.run(tracker(write));
      stage.source.pages.issues = [[issue(2, 3)]];
      stage.source.pages["comments/1"] = [[{ id: 11 }]];
      const second = await stage.run(tracker(write));
      assert.equal(second.status, "completed", JSON.stringify(second));
      assert.deepEqual(await standing(stage, "comments"), [11, 21]);
      const keys = stage.source.asked.filter(({ resource }) => resource === "comments").map(({ params }) =>
        params.key
      );
      assert.deepEqual(keys, [1, 2, 1, 2], "each parent once");
    }));
}

Deno.test("a parent's cursor waits for the streams that are read by its rows", () =>
  onStage({
    issues: [[issue(1, 1), issue(2, 2)]],
    "comments/1": [[{ id: 11 }]],
    "comments/2": [[{ id: 21 }]],
  }, async (stage) => {
    const merged = tracker({ disposition: "merge" });
    let fails = true;
    stage.source.before = (_page, resource) => {
      const key = stage.source.asked.at(-1)?.params.key;
      if (fails && resource === "comments" && key === 2) throw new DataFailure("permanent", "no", "wait");
    };
    const failed = await stage.run(merged);
    assert.deepEqual(failed.streams.map(({ status, cursor }) => [status, cursor.after]), [
      ["complete", null],
      [
        "failed",
        null,
      ],
    ]);
    fails = false;
    // The next run sees the boundary only; what the failed child lacks is read all the same.
    const again = await stage.run(merged);
    assert.equal(again.status, "completed");
    assert.equal(again.streams[0]?.cursor.after, "2026-01-02T00:00:00Z");
    assert.deepEqual(await standing(stage, "comments"), [11, 21]);
  }));
