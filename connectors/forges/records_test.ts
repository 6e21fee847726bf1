import assert from "node:assert/strict";
import { openKvStore, type Store } from "../../kernel/mod.ts";
import type { PullRequest } from "../port.ts";
import { memoryRecords, type PullRequestRecords, storeRecords } from "./records.ts";

const record = (number: number, more: Partial<PullRequest> = {}): PullRequest => ({
  number,
  run: "run_00000001",
  title: "t",
  body: "b",
  branch: "forge/x",
  base: "main",
  baseCommit: "1".repeat(40),
  commit: "2".repeat(40),
  url: "file:///x",
  draft: false,
  createdAt: "2026-01-01T00:00:00.000Z",
  repository: "/r/.git",
  ...more,
});

async function withStore(test: (store: Store) => Promise<void>): Promise<void> {
  const store = await openKvStore(":memory:");
  try {
    await test(store);
  } finally {
    await store.close();
  }
}

async function withBoth(test: (records: PullRequestRecords) => Promise<void>): Promise<void> {
  await test(memoryRecords());
  await withStore((store) => test(storeRecords(store)));
}

Deno.test("many writers at once get numbers without a gap or a double, and one record a key", async () => {
  await withBoth(async (records) => {
    const keys = Array.from({ length: 24 }, (_, at) => `k${at % 12}`);
    const made = await Promise.all(
      keys.map((key) => records.create(key, (number) => record(number, { title: key }))),
    );
    assert.deepEqual(
      [...new Set(made.map((one) => one.number))].sort((a, b) => a - b),
      Array.from({ length: 12 }, (_, at) => at + 1),
    );
    for (const [at, one] of made.entries()) assert.equal(one.title, keys[at]);
  });
});

Deno.test("a record is found by key and by number, and not when there is none", async () => {
  await withBoth(async (records) => {
    const made = await records.create("k", record);
    assert.deepEqual(await records.get("k"), made);
    assert.deepEqual(await records.show(1), made);
    assert.deepEqual([await records.get("other"), await records.show(2), await records.show(0)], [
      null,
      null,
      null,
    ]);
  });
});

Deno.test("a list is of one repository or of all, newest first, over more than one page", async () => {
  await withBoth(async (records) => {
    for (let at = 0; at < 30; at++) {
      await records.create(
        `k${at}`,
        (number) => record(number, { repository: at % 2 ? "/a/.git" : "/b/.git" }),
      );
    }
    assert.deepEqual(
      (await records.list()).map((one) => one.number),
      Array.from({ length: 30 }, (_, at) => 30 - at),
    );
    assert.deepEqual((await records.list("/a/.git")).map((one) => one.number).slice(0, 3), [30, 28, 26]);
    assert.deepEqual(await records.list("/none"), []);
  });
});

Deno.test("the store's records read every page of a long list", async () => {
  await withStore(async (store) => {
    const all = storeRecords({ ...store, list: (range, limit) => store.list(range, limit) });
    for (let at = 0; at < 505; at++) await all.create(`k${at}`, (number) => record(number));
    assert.equal((await all.list("/r/.git")).length, 505);
  });
});

Deno.test("a body of any text up to the limit comes back; above it the error gives the sizes", async () => {
  await withStore(async (store) => {
    const records = storeRecords(store);
    for (const [at, body] of ["", "x".repeat(16_000), "😀".repeat(40_000), "ü\n".repeat(100_000)].entries()) {
      const made = await records.create(`k${at}`, (number) => record(number, { body }));
      assert.equal((await records.show(made.number))?.body, body);
    }
    await assert.rejects(
      records.create("big", (number) => record(number, { body: "x".repeat(400_000) })),
      /400000 characters, 320000 is the limit/,
    );
    assert.equal(await records.get("big"), null);
  });
});

Deno.test("a store that never commits is an error, not an endless loop", async () => {
  await withStore(async (store) => {
    const stuck = storeRecords({ ...store, commit: () => Promise.resolve({ ok: false }) });
    await assert.rejects(stuck.create("k", record), /Cannot number a pull request/);
  });
});
