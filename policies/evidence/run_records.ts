/** Of a run's records what the text of its pull request tells: small enough to stand in the input of a decision. */
import { z } from "zod";
import type { Decision, ModelCall } from "../../specs/mod.ts";

const Count = z.number().int().min(0);

/** One decision, as it can be told in a line. */
export const GateRecord = z.strictObject({
  from: z.string(),
  to: z.string(),
  verdict: z.string(),
  passed: Count,
  notApplicable: Count,
  waived: z.array(z.strictObject({ rule: z.string(), by: z.array(z.string()), reason: z.string() })).max(
    1000,
  ),
  approvals: z.array(z.strictObject({ by: z.string(), selfApproved: z.boolean() })).max(1000),
});
export type GateRecord = z.infer<typeof GateRecord>;

/** What models took together. */
export const ModelRecord = z.strictObject({
  calls: Count,
  models: z.array(z.string()).describe("provider/model, each once, sorted"),
  tokensIn: Count.nullable().describe("null when a call did not tell"),
  tokensOut: Count.nullable(),
  costMicroUsd: Count,
  recordings: Count.describe("calls that a recording answered"),
});
export type ModelRecord = z.infer<typeof ModelRecord>;

/** Decisions and calls of a run up to when its text was made. */
export const RunRecords = z.strictObject({
  decisions: z.array(GateRecord).max(2000),
  models: ModelRecord,
});
export type RunRecords = z.infer<typeof RunRecords>;

const REASON = 300;

/** What a decision says, for a line of text. */
export function gateRecord({ transition, verdict, rules, approvals }: Decision): GateRecord {
  const count = (one: string) => rules.filter((rule) => rule.verdict === one).length;
  return {
    from: transition.from,
    to: transition.to,
    verdict,
    passed: count("pass"),
    notApplicable: count("not_applicable"),
    waived: rules.flatMap(({ rule, findings, waived }) => {
      if (waived === undefined || waived.length === 0) return [];
      const by = [...new Set(findings.flatMap((finding) => finding.waived?.by ?? []))];
      const [reason = ""] = findings.flatMap((finding) => finding.waived?.reason ?? []);
      return [{ rule, by, reason: reason.slice(0, REASON) }];
    }),
    approvals: approvals.map(({ by, selfApproved }) => ({ by, selfApproved })),
  };
}

/** What calls of models come to. A call that does not tell its tokens makes their sum unknown. */
export function modelRecord(calls: readonly ModelCall[]): ModelRecord {
  const known = calls.every(({ usage }) => usage !== null);
  const sum = (pick: (usage: NonNullable<ModelCall["usage"]>) => number) =>
    known ? calls.reduce((total, { usage }) => total + (usage === null ? 0 : pick(usage)), 0) : null;
  return {
    calls: calls.length,
    models: [...new Set(calls.map(({ provider, model }) => `${provider}/${model}`))].sort(),
    tokensIn: sum(({ input, cacheRead, cacheWrite5m, cacheWrite1h }) =>
      input + cacheRead + cacheWrite5m + cacheWrite1h
    ),
    tokensOut: sum(({ output }) => output),
    costMicroUsd: calls.reduce((total, { costMicroUsd }) => total + costMicroUsd, 0),
    recordings: calls.filter(({ recording }) => recording).length,
  };
}
