import assert from "node:assert/strict";
import type { Json } from "../../specs/mod.ts";
import type { QualityVerdict, Row } from "../../specs/foundry/mod.ts";
import { QualityRule } from "../../specs/foundry/mod.ts";
import { memorySpool } from "../quality/groups.ts";
import { compileSetRule, type SetContext } from "../quality/set_rules.ts";
import { memoryTally } from "../quality/tally.ts";

/** What a rule over a set is told where a test says nothing else: ten rows read, two set aside, no history, no other table. */
export const sampleSet: SetContext = {
  stream: "s",
  at: "2026-01-10T00:00:00.000Z",
  counts: { read: 10, quarantined: 2, accepted: 8 },
  tableRows: null,
  history: [],
  tally: memoryTally,
  spool: memorySpool,
  async *reference() {},
};

/** The verdict of a rule over these rows, and what it leaves behind for the next run. */
export async function judgedSet(
  given: Record<string, unknown>,
  rows: readonly Row[],
  context: Partial<SetContext> = {},
): Promise<QualityVerdict & { baseline?: Json }> {
  const compiled = await compileSetRule(QualityRule.parse(given), { ...sampleSet, ...context });
  assert.ok(compiled.ok, JSON.stringify(compiled));
  await compiled.value.begin?.();
  rows.forEach((row) => compiled.value.add(row));
  return { ...compiled.value.end(), baseline: compiled.value.baseline?.() };
}
