import { z } from "zod";
import { Digest, Instant } from "./base.ts";
import { SENSITIVE } from "./sensitive.ts";
import { WaiverUse } from "./waiver.ts";

/** Only `pass`, or `not_applicable` with its recorded selector, lets a transition through. */
export const Verdict = z.enum(["pass", "fail", "error", "not_applicable", "not_run"]);
export type Verdict = z.infer<typeof Verdict>;

export const Layer = z.enum(["L0", "L1", "L2", "L3", "L4"]);
export type Layer = z.infer<typeof Layer>;

export const GateMode = z.enum(["off", "shadow", "warn", "enforce"]);
export type GateMode = z.infer<typeof GateMode>;

/** One place where a rule did not hold, for people and for the implementer. */
export const Finding = z.strictObject({
  message: z.string().max(4000).meta(SENSITIVE),
  path: z.string().max(4096).optional(),
  line: z.number().int().min(1).optional(),
  remediation: z.string().max(4000).meta(SENSITIVE),
  symbol: z.string().max(1000).optional().describe("what it is about, where a rule knows a name for it"),
  fingerprint: Digest.optional().describe(
    "over rule, path, symbol or message, and the line's text: stable while lines move; what a waiver names",
  ),
  waived: z.strictObject({
    waiver: Digest,
    by: z.array(z.string().max(200)),
    reason: z.string().max(2000),
    expiresAt: Instant,
  }).optional(),
});
export type Finding = z.infer<typeof Finding>;

/** What one rule said, with what it read. */
export const RuleVerdict = z.strictObject({
  gate: z.string().min(1).max(100).describe("kebab-case name of the gate, such as test-inventory"),
  rule: z.string().min(1).max(200).describe("<pack>/<id>, such as core/T1"),
  layer: Layer,
  mode: GateMode,
  verdict: Verdict,
  selector: z.string().max(1000).optional().meta({
    description: "why it was (not) applicable: required with not_applicable",
    ...SENSITIVE,
  }),
  facts: z.array(z.string().max(200)).default([]).describe("the facts that it read, name@version"),
  findings: z.array(Finding).max(200).default([]),
  counterfactual: z.string().max(4000).optional().meta({
    description: "what would have made it pass",
    ...SENSITIVE,
  }),
  escalates: z.boolean().default(false).describe("a failure here asks a human instead of denying"),
  approvedBy: z.string().max(200).optional().describe(
    "the principal whose approval, bound to this patch, turned an escalating failure into a pass",
  ),
  waived: z.array(Digest).max(200).optional().describe(
    "waivers that together cover every finding: the verdict stays fail and lets the transition through",
  ),
});
export type RuleVerdict = z.infer<typeof RuleVerdict>;

export const LayerReport = z.strictObject({
  layer: Layer,
  verdict: Verdict,
  reason: z.string().max(2000).meta(SENSITIVE).optional(),
  waived: z.number().int().min(1).optional().describe(
    "with fail: all that fails is waived, and how many rules",
  ),
});
export type LayerReport = z.infer<typeof LayerReport>;

/** The record of one transition: written before the effect that it allows. */
export const Decision = z.strictObject({
  v: z.literal(1),
  transition: z.strictObject({ from: z.string().min(1), to: z.string().min(1) }),
  verdict: z.enum(["allow", "deny", "escalate"]),
  layers: z.array(LayerReport).length(5),
  rules: z.array(RuleVerdict),
  engine: z.string(),
  packs: z.array(z.strictObject({
    name: z.string(),
    version: z.string(),
    digest: Digest,
    revision: z.number().int().min(1).optional().describe("of a signed pack"),
  })),
  inputDigest: Digest.describe("digest of everything that the rules could read"),
  subject: z.strictObject({
    patch: Digest.optional(),
    base: z.string().optional(),
    tree: z.string().optional(),
    plan: Digest.optional().describe("the plan, where the transition is about one"),
  }).default({}),
  approvals: z.array(
    z.strictObject({
      by: z.string(),
      patch: Digest.optional(),
      at: Instant,
      selfApproved: z.boolean(),
      envelope: Digest.optional().describe("the signed statement, a blob"),
      keyId: z.string().optional(),
    }),
  ).default([]),
  waivers: z.array(WaiverUse).max(200).optional().describe("waivers that concern rules of this transition"),
  at: Instant,
});
export type Decision = z.infer<typeof Decision>;
