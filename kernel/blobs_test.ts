import assert from "node:assert/strict";
import fc from "fast-check";
import { memoryBlobs, storeBlobs } from "./blobs.ts";
import { keys } from "./keys.ts";
import type { Blobs } from "./port.ts";
import { directoryBlobs } from "./store/blob_directory.ts";
import { openKvStore } from "./store/deno_kv.ts";
import { simulatedBackend } from "./store/simulated.ts";

const EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function suite(name: string, open: () => Promise<{ blobs: Blobs; dispose(): Promise<void> }>): void {
  const test = (behaviour: string, body: (blobs: Blobs) => Promise<void>) =>
    Deno.test(`${name}: ${behaviour}`, async () => {
      const { blobs, dispose } = await open();
      try {
        await body(blobs);
      } finally {
        await dispose();
      }
    });

  test("bytes come back under the name of their hash", async (blobs) => {
    assert.equal(await blobs.put(new Uint8Array()), EMPTY);
    assert.deepEqual(await blobs.get(EMPTY), new Uint8Array());
    const digest = await blobs.put("héllo");
    assert.equal(digest, await blobs.put(new TextEncoder().encode("héllo")));
    assert.equal(new TextDecoder().decode((await blobs.get(digest)) ?? undefined), "héllo");
    assert.equal(await blobs.has(digest), true);
  });

  test("bytes of any length come back, around the size of a chunk and far beyond", async (blobs) => {
    for (const length of [1, 57_999, 58_000, 58_001, 116_000, 700_001]) {
      const bytes = new Uint8Array(length).map((_, i) => (i * 7 + length) % 256);
      assert.deepEqual(await blobs.get(await blobs.put(bytes)), bytes);
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
        assert.deepEqual(await blobs.get(await blobs.put(bytes)), bytes);
      }),
      { numRuns: 20 },
    );
  });

  test("what is not there is null, and what is no digest throws", async (blobs) => {
    const absent = `sha256:${"0".repeat(64)}`;
    assert.equal(await blobs.get(absent), null);
    assert.equal(await blobs.has(absent), false);
    for (const wrong of ["", "abc", "sha256:../../etc/passwd", `sha256:${"A".repeat(64)}`, "0".repeat(64)]) {
      await assert.rejects(async () => await blobs.get(wrong), TypeError);
      await assert.rejects(async () => await blobs.has(wrong), TypeError);
    }
  });

  test("what a caller does to bytes afterwards does not reach the blob", async (blobs) => {
    const bytes = new Uint8Array([1, 2, 3]);
    const digest = await blobs.put(bytes);
    bytes[0] = 9;
    const read = await blobs.get(digest);
    assert.deepEqual(read, new Uint8Array([1, 2, 3]));
    read?.fill(0);
    assert.deepEqual(await blobs.get(digest), new Uint8Array([1, 2, 3]));
  });

  test("the same bytes may be put by many at once", async (blobs) => {
    const bytes = new Uint8Array(200_000).fill(5);
    const digests = await Promise.all(Array.from({ length: 8 }, () => blobs.put(bytes)));
    assert.equal(new Set(digests).size, 1);
    assert.deepEqual(await blobs.get(digests[0] ?? ""), bytes);
  });
}

suite("memory blobs", () => Promise.resolve({ blobs: memoryBlobs(), dispose: () => Promise.resolve() }));

suite("store blobs", async () => {
  const store = await openKvStore(":memory:");
  return { blobs: storeBlobs(store), dispose: () => store.close() };
});

suite("directory blobs", async () => {
  const folder = await Deno.makeTempDir({ prefix: "kernel-blobs-" });
  return { blobs: directoryBlobs(folder), dispose: () => Deno.remove(folder, { recursive: true }) };
});

// req: N1-11
Deno.test("store blobs: bytes that were changed are not given out", async () => {
  const store = simulatedBackend().open();
  const blobs = storeBlobs(store);
  const digest = await blobs.put("the truth");
  const hex = digest.slice("sha256:".length);
  await store.commit({
    sets: [{ key: keys.blobPart(hex, 0), value: new TextEncoder().encode("the trush") }],
  });
  await assert.rejects(blobs.get(digest), /changed or damaged/);
  await store.commit({ deletes: [keys.blobPart(hex, 0)] });
  await assert.rejects(blobs.get(digest), /a part is missing/);
});

Deno.test("store blobs: a blob that was not written to its end is not there", async () => {
  let commits = 0;
  const store = simulatedBackend().open({
    before: (operation) => {
      if (operation.kind === "commit" && ++commits === 2) {
        return Promise.reject(new Error("the lights went out"));
      }
      return Promise.resolve();
    },
  });
  const blobs = storeBlobs(store);
  const bytes = new Uint8Array(1_000_000).fill(3);
  await assert.rejects(blobs.put(bytes), /lights/);
  const digest = await memoryBlobs().put(bytes);
  assert.equal(await blobs.has(digest), false);
  assert.equal(await blobs.put(bytes), digest);
  assert.deepEqual(await blobs.get(digest), bytes);
});

Deno.test("store blobs: what belongs into a directory is refused", async () => {
  const blobs = storeBlobs(simulatedBackend().open());
  await assert.rejects(blobs.put(new Uint8Array(64 * 1024 * 1024 + 1)), /keep it in a directory/);
});

Deno.test("directory blobs: a changed file is not given out, and no half-written one is left", async () => {
  const folder = await Deno.makeTempDir({ prefix: "kernel-blobs-" });
  try {
    const blobs = directoryBlobs(folder);
    const digest = await blobs.put("the truth");
    const hex = digest.slice("sha256:".length);
    const path = `${folder}/sha256/${hex.slice(0, 2)}/${hex.slice(2)}`;
    await Deno.writeTextFile(path, "the trush");
    await assert.rejects(blobs.get(digest), /changed or damaged/);
    const names = [...Deno.readDirSync(`${folder}/sha256/${hex.slice(0, 2)}`)].map((entry) => entry.name);
    assert.deepEqual(names, [hex.slice(2)]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
