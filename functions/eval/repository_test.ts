import assert from "node:assert/strict";
import { git } from "./process.ts";
import {
  applyPatch,
  commitTree,
  diffTo,
  readTree,
  samePath,
  type Tree,
  type TreeEntry,
} from "./repository.ts";

const file = (text: string, mode: TreeEntry["mode"] = "100644"): TreeEntry => ({
  content: new TextEncoder().encode(text),
  mode,
});
const BASE: Tree = new Map([
  ["a.txt", file("one\ntwo\n")],
  ["bin/run.sh", file("echo hi\n", "100755")],
  ["gone.txt", file("old\n")],
]);

async function inScratch(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "forge-repository-" });
  try {
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("the same tree gives the same commit, whoever and whenever", () =>
  inScratch(async (dir) => {
    const first = await commitTree(BASE, `${dir}/first`);
    const second = await commitTree(new Map([...BASE].reverse()), `${dir}/second`);
    assert.equal(first, second);
  }));

Deno.test("a diff leads to the tree that it was made for: added, changed, deleted, made executable, linked, binary", () =>
  inScratch(async (dir) => {
    const next: Tree = new Map([
      ["a.txt", file("one\n2\n", "100755")],
      ["bin/run.sh", file("echo hi\n", "100755")],
      ["link", file("a.txt", "120000")],
      ["raw.bin", { content: Uint8Array.from({ length: 600 }, (_, i) => i % 256), mode: "100644" }],
    ]);
    await commitTree(BASE, `${dir}/desk`);
    const diff = await diffTo(`${dir}/desk`, next);
    assert.equal(await git(`${dir}/desk`, ["status", "--porcelain"]), "", "the work tree ends clean");
    await commitTree(BASE, `${dir}/other`);
    assert.equal(await applyPatch(`${dir}/other`, diff), null);
    const reached = await readTree(`${dir}/other`);
    assert.deepEqual([...reached.keys()].sort(), [...next.keys()].sort());
    for (const path of next.keys()) assert.ok(samePath(reached, next, path), path);
  }));

Deno.test("a diff that does not apply says why and changes nothing", () =>
  inScratch(async (dir) => {
    await commitTree(BASE, dir);
    const problem = await applyPatch(
      dir,
      new TextEncoder().encode("--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-three\n+four\n"),
    );
    assert.match(problem ?? "", /a\.txt/);
    assert.equal(await git(dir, ["status", "--porcelain"]), "");
  }));
