import assert from "node:assert/strict";
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
