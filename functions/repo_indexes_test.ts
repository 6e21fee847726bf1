import assert from "node:assert/strict";
import { openKvStore } from "../kernel/mod.ts";
import { repoIndexes } from "./repo_indexes.ts";

Deno.test("the digest of a tree's index is kept by the tree", async () => {
  const store = await openKvStore(":memory:");
  try {
    const indexes = repoIndexes(store);
    assert.equal(await indexes.get("a"), null);
    await indexes.put("a", "sha256:1");
    await indexes.put("b", "sha256:2");
    await indexes.put("a", "sha256:3");
    assert.deepEqual([await indexes.get("a"), await indexes.get("b")], ["sha256:3", "sha256:2"]);
  } finally {
    await store.close();
  }
});
