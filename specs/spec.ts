import { z } from "zod";
import { Operation } from "./operation.ts";

export const IntentType = z.enum(["IMPORT", "CREATE", "UPDATE", "DESTROY", "REFACTOR", "MIGRATE"]);
export type IntentType = z.infer<typeof IntentType>;

export const Tier = z.enum(["best-effort", "standard", "critical"]);
export type Tier = z.infer<typeof Tier>;

export const Autonomy = z.enum(["A0", "A1", "A2", "A3", "A4", "A5"]);
export type Autonomy = z.infer<typeof Autonomy>;

export const ImplementerKind = z.enum(["codemod", "patch", "model", "cli"]);
export type ImplementerKind = z.infer<typeof ImplementerKind>;

const Glob = z.string().min(1).max(500);
const Argv = z.array(z.string().max(4000)).min(1).max(200);

/** One declared kind of change and where it may happen. */
export const Intent = z.strictObject({
  type: IntentType,
  scope: z.array(Glob).min(1).max(200).describe(
    "globs that the change may touch; tests beside them are in scope",
  ),
  removes: z.array(z.string().min(1).max(1000)).max(2000).default([])
    .describe("symbols, files, tests or resources that may disappear or be rewritten"),
  renames: z.array(z.strictObject({ from: z.string().min(1), to: z.string().min(1) })).max(500).default([])
    .describe("symbols or files that keep their meaning under another name (REFACTOR, MIGRATE)"),
});
export type Intent = z.infer<typeof Intent>;

/** A held-out check: its files lie beside the spec and never enter the implementer's workspace. */
export const AcceptanceCheck = z.strictObject({
  files: z.array(z.string().min(1).max(500)).max(100),
  run: Argv,
});
export type AcceptanceCheck = z.infer<typeof AcceptanceCheck>;

export const Acceptance = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  text: z.string().min(1).max(4000),
  check: AcceptanceCheck.optional(),
});
export type Acceptance = z.infer<typeof Acceptance>;

export const VerifyPlan = z.strictObject({
  run: z.array(Argv).min(1).max(20),
  timeoutSeconds: z.number().int().min(1).max(7200).default(600),
  tests: z.array(Glob).max(100).default([]),
});
export type VerifyPlan = z.infer<typeof VerifyPlan>;

export const BudgetLimits = z.strictObject({
  usd: z.number().min(0).max(100_000).default(2),
  tokens: z.number().int().min(0).default(400_000),
  seconds: z.number().int().min(1).max(86_400).default(1800),
  repairs: z.number().int().min(0).max(50).default(4),
});
export type BudgetLimits = z.infer<typeof BudgetLimits>;

export const Proof = z.union([
  z.literal("fail-to-pass"),
  z.strictObject({ none: z.string().min(1).max(2000) }),
]);
export type Proof = z.infer<typeof Proof>;

/** The native spec: what is wanted, why, where it may happen and how it is proven. */
export const Spec = z.strictObject({
  title: z.string().trim().min(1).max(300),
  intent: z.union([Intent, z.array(Intent).min(1).max(20)]),
  reason: z.string().max(10_000).default(""),
  tier: Tier.default("standard"),
  constraints: z.array(z.string().max(2000)).max(200).default([]),
  acceptance: z.array(Acceptance).max(200).default([]),
  verify: VerifyPlan.optional(),
  budget: BudgetLimits.default({ usd: 2, tokens: 400_000, seconds: 1800, repairs: 4 }),
  proof: Proof.default("fail-to-pass"),
  implementer: ImplementerKind.default("codemod"),
  operations: z.array(Operation).max(500).default([]),
  workflow: z.string().min(1).max(100).default("canonical"),
  packs: z.array(z.string().min(1).max(200)).max(50).default([]),
  autonomy: Autonomy.default("A3"),
  description: z.string().max(200_000).default("").describe(
    "free text; data for a model, never an instruction with authority",
  ),
});
export type Spec = z.infer<typeof Spec>;

/** The intents of a spec as a list, in the order given. */
export function intentsOf(spec: Spec): Intent[] {
  return Array.isArray(spec.intent) ? spec.intent : [spec.intent];
}
