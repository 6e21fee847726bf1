import assert from "node:assert/strict";
import { openKvStore } from "../../kernel/mod.ts";
import { circuitAfter } from "./health.ts";
import { modelRecords } from "./records.ts";

Deno.test("outcomes and circuits are kept in the store, and writers at the same time lose nothing", async () => {
  const store = await openKvStore(":memory:");
  try {
    const [one, other] = [modelRecords(store), modelRecords(store)];
    await Promise.all(
      Array.from(
        { length: 20 },
        (_, index) => (index % 2 === 0 ? one : other).addOutcome("a/b", "execution", index % 4 === 0),
      ),
    );
    await one.addOutcome("a/b", "validation", true);
    assert.deepEqual(await other.outcomes(), {
      "a/b execution": { passed: 5, failed: 15 },
      "a/b validation": { passed: 1, failed: 0 },
    });
    for (let times = 0; times < 3; times++) {
      await one.setCircuit("p", "a/b", (before) => circuitAfter(before, "failed", 1_000));
    }
    assert.deepEqual(await other.health(), { "p a/b": { failures: 3, openedMs: 1_000, opened: 1 } });
  } finally {
    await store.close();
  }
});
