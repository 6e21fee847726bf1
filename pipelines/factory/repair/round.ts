/** Rounds of a change: what was tried, what the gates and the tests said of it, what it cost. A projection of the ledger. */
import { z } from "zod";
import { FailureRecord, Instant } from "../../../specs/mod.ts";

/** How a round was gone about. `first` is no repair; `human` follows what somebody answered. */
export const RoundStrategy = z.enum(["first", "fix", "ask-planner", "past-repairs", "switch-model", "human"]);
export type RoundStrategy = z.infer<typeof RoundStrategy>;

/** One finding that sent a change back. */
export const RoundFinding = z.strictObject({
  rule: z.string().max(300),
  gate: z.string().max(300),
  verdict: z.enum(["fail", "error"]),
  message: z.string().max(4000),
  path: z.string().max(4096).optional(),
  line: z.number().int().optional(),
  remediation: z.string().max(4000),
});
export type RoundFinding = z.infer<typeof RoundFinding>;

/** What verification saw, as far as a repair needs it. */
export const RoundTests = z.strictObject({
  passed: z.number().int().min(0),
  failed: z.array(z.string()).describe("tests that failed at head"),
  broken: z.array(z.string()).describe("tests of the base that passed there and fail with the change"),
  held: z.array(z.string()).describe("tests of the base that pass with the change, too, up to some number"),
  checksPassed: z.array(z.string()).describe("ids of acceptance criteria whose held-out check passed"),
  checksFailed: z.array(z.string()),
  problem: z.string().optional(),
});
export type RoundTests = z.infer<typeof RoundTests>;

export const Round = z.strictObject({
  n: z.number().int().min(1),
  visit: z.number().int().min(1),
  strategy: RoundStrategy,
  against: z.string().nullable().describe("fingerprint of the failure that the strategy was chosen for"),
  model: z.string().nullable(),
  models: z.array(z.string()).describe("every model that was asked in it, failed calls included"),
  patch: z.string().nullable().describe("digest of the diff; null when there is none"),
  proposal: z.string().nullable().describe("blob of the proposal"),
  size: z.strictObject({ files: z.number(), added: z.number(), removed: z.number() }).nullable(),
  verdict: z.enum(["allow", "deny", "escalate", "failed", "open"]),
  transition: z.strictObject({ from: z.string(), to: z.string() }).nullable(),
  findings: z.array(RoundFinding),
  tests: RoundTests.nullable(),
  failures: z.array(FailureRecord).describe("tries of this round that ended in no proposal"),
  fingerprint: z.string().nullable().describe("of what sent it back; null when nothing did"),
  tokens: z.number().int().min(0),
  costMicroUsd: z.number().int().min(0),
  ms: z.number().int().min(0),
  at: Instant,
});
export type Round = z.infer<typeof Round>;

/** What a named person answered, trusted as advice. */
export interface HumanAdvice {
  readonly by: string;
  readonly text: string;
  readonly at: string;
  /** How many rounds there were before it. */
  readonly after: number;
}

export interface RoundHistory {
  readonly rounds: readonly Round[];
  readonly advice: readonly HumanAdvice[];
}

/** Rounds since a human last answered: what counts for stagnation, as an answer changes what is asked of the implementer. */
export function roundsSinceAnswer({ rounds, advice }: RoundHistory): readonly Round[] {
  return rounds.slice(advice.at(-1)?.after ?? 0);
}
