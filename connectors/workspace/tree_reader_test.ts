import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import fc from "fast-check";
import { type Clone, makeClone } from "./clone.ts";
import { opened, withRepository } from "./tests/fixture.ts";
import { treeReader } from "./tree_reader.ts";

const MIB = 1024 * 1024;

/** A file of a size, whose bytes tell which one it is. */
function filled(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 4093) bytes[at] = (seed * 31 + at) % 251;
  return bytes;
}

async function withClone(
  files: Record<string, string | Uint8Array>,
  test: (clone: Clone) => Promise<void>,
): Promise<void> {
  await withRepository(files, async (repo) => {
    const made = await makeClone(await opened(repo.dir), join(repo.root, "clone"), false);
    assert.ok(made.ok);
    await test(made.value);
  });
}

Deno.test("files of every size are read right, in any order, at once and again, and what is read is the reader's own", async () => {
  const sizes = [0, 1, 100, 64 * 1024, 64 * 1024 + 1, 300_000, 2 * MIB, 3 * MIB];
  const files: Record<string, Uint8Array> = {};
  for (let at = 0; at < 90; at++) {
    files[`${"d/".repeat(at % 3)}f${at}`] = filled(at < 78 ? 60_000 : sizes[at % sizes.length] ?? 0, at);
  }
  const paths = Object.keys(files);
  await withClone(files, async (clone) => {
    assert.deepEqual(await treeReader(clone).list(clone.baseTree), [...paths].sort());
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.constantFrom(...paths), { maxLength: 4 }), { maxLength: 12 }),
        async (rounds) => {
          const reader = treeReader(clone);
          for (const round of [...rounds, paths]) {
            const found = await Promise.all(round.map((path) => reader.read(clone.baseTree, path)));
            for (const [at, path] of round.entries()) {
              const bytes = found[at];
              assert.ok(bytes && Buffer.compare(bytes, files[path] ?? new Uint8Array(1)) === 0, path);
              bytes.fill(7);
            }
          }
        },
      ),
      { numRuns: 3 },
    );
  });
});

Deno.test("directories, submodules and paths that are not there read as absent", async () => {
  await withRepository({ "a/b.txt": "x" }, async (repo) => {
    await repo.git(
      "update-index",
      "--add",
      "--cacheinfo",
      `160000,${await repo.git("rev-parse", "HEAD")},sub`,
    );
    await repo.git("commit", "-q", "-m", "sub");
    const made = await makeClone(await opened(repo.dir), join(repo.root, "clone"), false);
    assert.ok(made.ok);
    const reader = treeReader(made.value);
    for (const path of ["a", "a/", "sub", "b.txt", "", "a/b.txt/c", "A/b.txt"]) {
      assert.equal(await reader.read(made.value.baseTree, path), null, path);
    }
    await assert.rejects(reader.read("0".repeat(40), "a/b.txt"), /ls-tree/);
  });
});
