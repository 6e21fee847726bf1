import assert from "node:assert/strict";
import { type LoadMode, Pipeline } from "../../specs/foundry/mod.ts";
import { leftBehind } from "./fan_out.ts";
import { onStage } from "./testing.ts";

const parents = [{ id: "a" }, { id: "b" }];
const pipeline = (write: Record<string, unknown> = { disposition: "append" }) => ({
  id: "tree",
  streams: [
    {
      id: "parents",
      source: { connector: "http", resource: "parents", params: { path: "parents" } },
      primaryKey: ["id"],
      write: { disposition: "merge" },
    },
    {
      id: "children",
      source: {
        connector: "http",
        resource: "children",
        params: { path: "children" },
        parent: { stream: "parents", bind: { key: "id" } },
      },
      write,
    },
  ],
});
const pages = {
  parents: [parents],
  "children/a": [[{ of: "a", n: 1 }]],
  "children/b": [[{ of: "b", n: 1 }], [{ of: "b", n: 2 }]],
};

Deno.test("a run that is cut off behind the last page of one parent brings none of its rows twice", async () => {
  // Asked for before each page and once more at each end: 2 of the parents, 2 and 3 of the children.
  for (let nth = 1; nth <= 7; nth++) {
    await onStage(pages, async (stage) => {
      let count = 0;
      stage.onFault = (at) => {
        if (at === "before-page" && ++count === nth) throw new Error(`cut off at ${nth}`);
      };
      const document = await stage.run(pipeline());
      assert.equal(document.status, "completed", JSON.stringify(document.failure));
      assert.ok(count >= nth, `the ${nth}th place was reached`);
      assert.deepEqual(
        (await stage.rows("children")).map(({ of, n }) => `${of}${n}`).sort(),
        ["a1", "b1", "b2"],
        `cut off at ${nth}`,
      );
    });
  }
});

Deno.test("a parent that runs without all its children keeps its cursor, so that they get its rows later", () =>
  onStage(
    { ...pages, parents: [[{ id: "a", at: "2026-01-01" }, { id: "b", at: "2026-01-02" }]] },
    async (stage) => {
      const [parent, child] = pipeline().streams;
      const grandchild = {
        id: "others",
        source: { ...child?.source, resource: "others" },
        write: { disposition: "append" },
      };
      const tree = {
        id: "tree",
        streams: [{ ...parent, cursor: { path: "at", type: "date" } }, child, grandchild],
      };
      stage.source.pages["others/a"] = [[{ of: "a" }]];
      stage.source.pages["others/b"] = [[{ of: "b" }]];
      for (const only of [["parents"], ["children"]]) {
        const alone = await stage.run(tree, { only });
        assert.equal(alone.status, "completed", JSON.stringify(alone.failure));
        const parents = alone.streams.find(({ stream }) => stream === "parents");
        assert.deepEqual([parents?.accepted, parents?.cursor.after], [2, null]);
        assert.equal((await stage.rows("parents")).length, 2);
      }
      const whole = await stage.run(tree);
      assert.equal(whole.streams.find(({ stream }) => stream === "parents")?.cursor.after, "2026-01-02");
      assert.deepEqual((await stage.rows("others")).map(({ of }) => of).sort(), ["a", "b"]);
    },
  ));

Deno.test("an append and a backfill are refused without what is read by their rows; a merge and a replay are not", () => {
  const tree = Pipeline.parse({
    ...pipeline(),
    streams: pipeline().streams.map((stream) => ({ ...stream, write: { disposition: "append" } })),
  });
  const merged = Pipeline.parse(pipeline());
  const asked = (given: Pipeline, mode: LoadMode, ...wanted: string[]) =>
    leftBehind(given, new Set(wanted), mode);
  const refused = asked(tree, "incremental", "parents");
  assert.match(refused?.message ?? "", /Cannot run parents without children, which is read by its rows/);
  assert.equal(refused?.remedy, "Name them too: --stream parents,children");
  assert.match(asked(merged, "backfill", "parents")?.message ?? "", /range would be done/);
  assert.equal(asked(merged, "incremental", "parents"), null);
  assert.equal(asked(merged, "full", "parents"), null);
  assert.equal(asked(tree, "reprocess", "parents"), null);
  assert.equal(asked(tree, "incremental", "parents", "children"), null);
});
