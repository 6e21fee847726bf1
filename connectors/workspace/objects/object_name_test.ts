import assert from "node:assert/strict";
import fc from "fast-check";
import { gitIn } from "../tests/fixture.ts";
import { type GitTreeEntry, nameOfTree } from "./object_name.ts";

const names = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom("a", "a.b", "a-b", "a0", "a b", "ü", "😀", "A", "zz", "a=b"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((name) =>
      !/[\0/\n\t"\\]/.test(name) && ![".", "..", ".git"].includes(name.toLowerCase()) &&
      name === name.normalize()
    ),
  ),
  { maxLength: 8 },
);

Deno.test("the name of a tree follows from its entries in any order, as git makes it", async () => {
  const dir = await Deno.makeTempDir({ prefix: "edgeforge-test-" });
  try {
    await gitIn(dir, ["init", "-q", "--bare"]);
    const blob = new TextDecoder().decode(
      await gitIn(dir, ["hash-object", "-w", "--stdin"], new Uint8Array()),
    ).trim();
    const tree = new TextDecoder().decode(await gitIn(dir, ["mktree"], new Uint8Array())).trim();
    const kinds = [["100644", "blob", blob], ["100755", "blob", blob], ["120000", "blob", blob], [
      "040000",
      "tree",
      tree,
    ]];
    const entry = (name: string, kind: number): GitTreeEntry => {
      const [mode = "", type = "", sha = ""] = kinds[kind] ?? [];
      return { mode, type: type as GitTreeEntry["type"], sha, name };
    };
    await fc.assert(
      fc.asyncProperty(names, fc.array(fc.nat(3), { minLength: 8, maxLength: 8 }), async (all, chosen) => {
        const entries = all.map((name, at) => entry(name, chosen[at] ?? 0));
        const input = entries.map(({ mode, type, sha, name }) => `${mode} ${type} ${sha}\t${name}\0`).join(
          "",
        );
        const git = await gitIn(dir, ["mktree", "-z", "--missing"], new TextEncoder().encode(input));
        assert.equal(await nameOfTree(entries.toReversed(), false), new TextDecoder().decode(git).trim());
      }),
      { numRuns: 25 },
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a submodule is part of the name, and names of SHA-256 are longer", async () => {
  const sha = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
  const entries: GitTreeEntry[] = [{ mode: "160000", type: "commit", sha, name: "lib" }];
  assert.notEqual(await nameOfTree(entries, false), await nameOfTree([], false));
  assert.equal(await nameOfTree([], false), sha);
  assert.match(await nameOfTree(entries, true), /^[0-9a-f]{64}$/);
});
