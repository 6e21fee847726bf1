import assert from "node:assert/strict";
import { openKvStore } from "../kernel/mod.ts";
import { waiverDirectory } from "./waiver_directory.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

async function withDirectory(
  use: (
    at: ReturnType<typeof waiverDirectory>,
    dir: string,
    again: () => ReturnType<typeof waiverDirectory>,
  ) => Promise<void>,
) {
  const dir = await Deno.makeTempDir({ prefix: "forge-waivers-" });
  const store = await openKvStore(":memory:");
  try {
    await use(waiverDirectory(dir, store), dir, () => waiverDirectory(dir, store));
  } finally {
    await store.close();
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a run takes one use however often it asks, also over a restart; when all are taken nobody gets one", () =>
  withDirectory(async (at, _, again) => {
    assert.equal(await at.use(DIGEST, "run_1", 2), 1);
    assert.equal(await at.use(DIGEST, "run_1", 2), 1);
    assert.equal(await again().use(DIGEST, "run_1", 2), 1);
    assert.equal(await again().use(DIGEST, "run_2", 2), 2);
    assert.equal(await at.use(DIGEST, "run_3", 2), null);
    assert.equal(await at.use(DIGEST, "run_2", 2), 2);
    assert.deepEqual(await at.uses(DIGEST), ["run_1", "run_2"]);
    // Of a waiver that allows less than was taken, only the first count.
    assert.equal(await at.use(DIGEST, "run_2", 1), null);
    assert.deepEqual(await at.uses(`sha256:${"b".repeat(64)}`), []);
  }));

Deno.test("runs that come at once never take more than there are, and each gets a number of its own", () =>
  withDirectory(async (at, _, again) => {
    const took = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? at : again()).use(DIGEST, `run_${n}`, 7)),
    );
    const numbers = took.filter((one) => one !== null).toSorted((a, z) => a - z);
    assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7]);
    assert.equal((await at.uses(DIGEST)).length, 7);
  }));

Deno.test("files are read by their names, written for their owner only, and taken away", () =>
  withDirectory(async (at, dir) => {
    assert.deepEqual(await at.installed(), []);
    const path = await at.put(DIGEST, "{}\n");
    if (Deno.build.os !== "windows") {
      assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o077, 0);
      assert.equal(((await Deno.stat(`${dir}/waivers`)).mode ?? 0) & 0o077, 0);
    }
    await Deno.writeTextFile(`${dir}/waivers/notes.txt`, "no waiver");
    assert.deepEqual((await at.installed()).map(({ text }) => text), ["{}\n"]);
    assert.equal(await at.remove(DIGEST), true);
    assert.equal(await at.remove(DIGEST), false);
    assert.deepEqual(await at.installed(), []);
  }));
