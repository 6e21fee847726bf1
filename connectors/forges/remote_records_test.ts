import assert from "node:assert/strict";
import { openKvStore } from "../../kernel/mod.ts";
import type { PullRequest } from "./port.ts";
import { remoteRecords } from "./remote_records.ts";

const record = (number: number, more: Partial<PullRequest> = {}): PullRequest => ({
  number,
  run: "run_00000001",
  title: "t",
  body: "b",
  branch: "forge/x",
  base: "main",
  baseCommit: "1".repeat(40),
  commit: "2".repeat(40),
  url: `https://github.com/acme/tools/pull/${number}`,
  draft: false,
  createdAt: `2026-01-01T00:00:${String(number).padStart(2, "0")}.000Z`,
  repository: "https://github.com/acme/tools",
  ...more,
});

Deno.test("a record is found by key and by place, once, with its words; lists have the newest first", async () => {
  const store = await openKvStore(":memory:");
  try {
    const records = remoteRecords(store);
    const other = "https://github.com/acme/other";
    const body = "ü😀".repeat(20_000);
    await records.put("k1", record(7, { body }));
    await records.put("k1", record(9));
    await records.put("k2", record(8));
    await records.put("k3", record(7, { repository: other, createdAt: "2026-01-02T00:00:00.000Z" }));
    assert.deepEqual(await records.get("k1"), record(7, { body }));
    assert.equal(await records.get("k9"), null);
    assert.equal((await records.show({ repository: other, number: 7 }))?.repository, other);
    assert.equal(await records.show({ repository: other, number: 8 }), null);
    assert.deepEqual((await records.list()).map((one) => [one.number, one.repository]), [
      [7, other],
      [8, "https://github.com/acme/tools"],
      [7, "https://github.com/acme/tools"],
    ]);
    assert.deepEqual((await records.list(other)).map((one) => one.number), [7]);
  } finally {
    await store.close();
  }
});

Deno.test("a list goes on over its pages", async () => {
  const store = await openKvStore(":memory:");
  try {
    const records = remoteRecords(store);
    for (let number = 1; number <= 503; number++) {
      const createdAt = new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString();
      await records.put(`k${number}`, record(number, { createdAt }));
    }
    const all = await records.list();
    assert.deepEqual([all.length, all[0]?.number, all.at(-1)?.number], [503, 503, 1]);
  } finally {
    await store.close();
  }
});
