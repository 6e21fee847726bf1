import assert from "node:assert/strict";
import type { QuarantinedRow } from "../specs/foundry/mod.ts";
import { foundryRecords } from "./foundry_records.ts";

async function withRecords(
  use: (records: ReturnType<typeof foundryRecords>) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "records-" });
  const records = foundryRecords(dir);
  try {
    await use(records);
  } finally {
    records.close();
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("the runs of one pipeline are found among many of others, newest first, up to any of them", () =>
  withRecords(async ({ runs }) => {
    const at = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString();
    for (let n = 0; n < 1200; n++) await runs.put(n % 400 === 0 ? "rare" : "often", `run_${n}`, at(n));
    await runs.put("rare", "run_0", at(5000));
    assert.deepEqual((await runs.list("rare", 10)).map(({ run }) => run), ["run_800", "run_400", "run_0"]);
    assert.deepEqual((await runs.list("rare", 1)).map(({ run }) => run), ["run_800"]);
    assert.deepEqual((await runs.list("rare", 10, "run_400")).map(({ run }) => run), ["run_400", "run_0"]);
    assert.deepEqual(await runs.list("rare", 10, "run_1"), [], "a run of another pipeline");
    assert.deepEqual(await runs.list("none", 10), []);
  }));

Deno.test("rows that were set aside are counted by stream and rule, open ones apart, of a pipeline or of one run", () =>
  withRecords(async ({ quarantine }) => {
    const row = (key: string, rule: string, run: string): QuarantinedRow => ({
      stream: "s",
      reason: `${rule} says no`,
      rule,
      locator: `f#${key}`,
      row: {},
      run: run as QuarantinedRow["run"],
      at: "2026-01-01T00:00:00.000Z",
      key,
    });
    await quarantine.put("p", [row("a", "x@1", "run_1"), row("b", "x@1", "run_2"), row("c", "y@1", "run_2")]);
    await quarantine.put("other", [row("d", "x@1", "run_1")]);
    await quarantine.replayed(["a"], "run_3");
    const plain = async (run?: string) =>
      (await quarantine.reasons("p", run)).map((
        { rule, rows, open, locator },
      ) => [rule, rows, open, locator]);
    assert.deepEqual(await plain(), [["x@1", 2, 1, "f#a"], ["y@1", 1, 1, "f#c"]]);
    assert.deepEqual(await plain("run_2"), [["x@1", 1, 1, "f#b"], ["y@1", 1, 1, "f#c"]]);
    assert.deepEqual(await plain("run_9"), []);
  }));

Deno.test("any number of rows that were set aside is kept whole and once, whatever is there already", () =>
  withRecords(async ({ quarantine }) => {
    const rowOf = (n: number): QuarantinedRow => ({
      stream: `s${n % 3}`,
      reason: `reason ${n}`,
      rule: `rule${n % 7}@1`,
      locator: `f#${n}`,
      row: { n, text: 'it\'s "so" \u0000 ü', nested: [n, null] },
      run: `run_${n % 2}` as QuarantinedRow["run"],
      at: "2026-01-01T00:00:00.000Z",
      // Keys lie anywhere: not in the order of the rows.
      key: `${n % 4 === 0 ? "k:-" : n % 4 === 1 ? "sha256:ffffffff" : ""}${(n * 7919) % 10_007}-${n}`,
    });
    let there = 0;
    for (const count of [0, 1, 19, 20, 21, 40, 59]) {
      const rows = Array.from({ length: count }, (_, at) => rowOf(there + at));
      await quarantine.put("p", rows);
      // A phase that is done again brings the same rows: the first of them counts.
      await quarantine.put("p", rows.map((row) => ({ ...row, reason: "again" })));
      there += count;
      const kept = await quarantine.list({ pipeline: "p", limit: 1000 });
      const byKey = (a: { key: string }, b: { key: string }) => a.key < b.key ? -1 : 1;
      assert.deepEqual(
        kept,
        Array.from({ length: there }, (_, n) => ({ ...rowOf(n), pipeline: "p", replayedBy: null })).toSorted(
          byKey,
        ),
      );
    }
  }));
