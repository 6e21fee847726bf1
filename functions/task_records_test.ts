import assert from "node:assert/strict";
import { openKvStore } from "../kernel/mod.ts";
import type { TaskRecord } from "../pipelines/factory/mod.ts";
import { taskRecords } from "./task_records.ts";

const record = (task: string, tree: string): TaskRecord => ({
  v: 1,
  task,
  visit: 1,
  base: "b",
  tree,
  ground: null,
  patch: `sha256:${"0".repeat(64)}`,
  handover: `sha256:${"1".repeat(64)}`,
  on: [],
});

Deno.test("finished tasks are found by run and plan, the latest of each, and what is no record is as good as none", async () => {
  const store = await openKvStore(":memory:");
  try {
    const records = taskRecords(store);
    assert.deepEqual(await records.list("run_1", "p"), []);
    await records.put("run_1", "p", record("A", "1"));
    await records.put("run_1", "p", record("*", "2"));
    await records.put("run_1", "p", record("A", "3"));
    await records.put("run_1", "other", record("A", "4"));
    await records.put("run_2", "p", record("A", "5"));
    const failure = { class: "agent-error", source: "provider", retryable: true, message: "no" } as const;
    await records.putFailure("run_1", "p", { v: 1, task: "A", visit: 2, failure, models: ["m"] });
    assert.deepEqual(
      [await records.failures("run_1", "p"), await records.failures("run_1", "other")],
      [[{ v: 1, task: "A", visit: 2, failure, models: ["m"] }], []],
    );
    await store.commit({ sets: [{ key: ["tasks", "run_1", "p", "B"], value: { task: "B" } }] });
    assert.deepEqual((await records.list("run_1", "p")).map(({ task, tree }) => [task, tree]), [["*", "2"], [
      "A",
      "3",
    ]]);
  } finally {
    await store.close();
  }
});
