import { z } from "zod";
import { Operation } from "./operation.ts";
import { PersonalHandling } from "./privacy.ts";
import { ParamName, SpecParam } from "./param.ts";
import { Autonomy, ImplementerKind, IntentType, Tier } from "./terms.ts";

const Glob = z.string().min(1).max(500);
const Argv = z.array(z.string().max(4000)).min(1).max(200);

/** One declared kind of change and where it may happen. */
export const Intent = z.strictObject({
  type: IntentType.meta({ description: "what kind of change this is", examples: ["UPDATE"] }),
  scope: z.array(Glob).min(1).max(200).meta({
    description: "globs that the change may touch; tests beside them are in scope",
    examples: [["src/auth/**"]],
  }),
  removes: z.array(z.string().min(1).max(1000)).max(2000).default([]).meta({
    description: "symbols, files, tests or resources that may disappear or be rewritten",
    examples: [["rejects an empty name", "src/legacy.ts"]],
  }),
  renames: z.array(
    z.strictObject({
      from: z.string().min(1).meta({ description: "the name now" }),
      to: z.string().min(1).meta({ description: "the new name" }),
    }),
  ).max(500).default([]).meta({
    description: "symbols or files that keep their meaning under another name (REFACTOR, MIGRATE)",
    examples: [[{ from: "parseMail", to: "parseAddress" }]],
  }),
});
export type Intent = z.infer<typeof Intent>;

/** A held-out check: its files lie beside the spec and never enter the implementer's workspace. */
export const AcceptanceCheck = z.strictObject({
  files: z.array(z.string().min(1).max(500)).max(100).meta({
    description: "files beside the spec that are laid into the clean checkout; may be empty",
    examples: [["checks/ac1_test.ts"]],
  }),
  run: Argv.meta({
    description: "the command, as a program and its arguments",
    examples: [["deno", "test", "-A", "checks/ac1_test.ts"]],
  }),
});
export type AcceptanceCheck = z.infer<typeof AcceptanceCheck>;

export const Acceptance = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "letters, digits, dots, dashes and underscores")
    .meta({
      description: "the criterion's name, once in the spec",
      examples: ["AC1"],
    }),
  text: z.string().min(1).max(4000).meta({
    description: "what must hold, in a sentence",
    examples: ["Malformed addresses are rejected"],
  }),
  check: AcceptanceCheck.optional().meta({
    description: "how it is proven: held-out files and a command that must pass",
    examples: [{ files: ["checks/ac1_test.ts"], run: ["deno", "test", "-A", "checks/ac1_test.ts"] }],
  }),
});
export type Acceptance = z.infer<typeof Acceptance>;

export const VerifyPlan = z.strictObject({
  run: z.array(Argv.meta({ examples: [["deno", "test", "-A"]] })).min(1).max(20).meta({
    description: "commands that test the repository, each a program and its arguments",
    examples: [[["deno", "test", "-A"]]],
  }),
  timeoutSeconds: z.number().int().min(1).max(7200).default(600).meta({
    description: "seconds after which a command is ended and counts as failed",
  }),
  tests: z.array(Glob).max(100).default([]).meta({
    description: "globs of the files that hold tests; by the runner's custom when empty",
    examples: [["src/**/*_test.ts"]],
  }),
});
export type VerifyPlan = z.infer<typeof VerifyPlan>;

export const BudgetLimits = z.strictObject({
  usd: z.number().min(0).max(100_000).default(2).meta({ description: "US dollars for models" }),
  tokens: z.number().int().min(0).default(400_000).meta({ description: "tokens of models, in and out" }),
  seconds: z.number().int().min(1).max(86_400).default(1800).meta({ description: "wall time of the run" }),
  repairs: z.number().int().min(0).max(50).default(4).meta({
    description: "how often a denied or failed change may be tried again",
  }),
});
export type BudgetLimits = z.infer<typeof BudgetLimits>;

export const Proof = z.union([
  z.literal("fail-to-pass"),
  z.strictObject({
    none: z.string().min(1).max(2000).meta({
      description: "why nothing can prove the change; a human then answers",
    }),
  }),
]);
export type Proof = z.infer<typeof Proof>;

/** The native spec: what is wanted, why, where it may happen and how it is proven. */
export const Spec = z.strictObject({
  title: z.string().trim().min(1).max(300).meta({
    description: "one line: what the change does; the subject of its commit and pull request",
    examples: ["Reject malformed e-mail addresses at signup"],
  }),
  intent: z.union([Intent, z.array(Intent).min(1).max(20)]).meta({
    description: "the kind of change and where it may happen; a list when a change mixes kinds",
    examples: [{ type: "UPDATE", scope: ["src/auth/**"] }],
  }),
  reason: z.string().max(10_000).default("").meta({
    description: "why it is wanted",
    examples: ["Support sees 40 broken accounts a week"],
  }),
  tier: Tier.default("standard").meta({
    description: "how much depends on it; sets size caps and approvals",
  }),
  constraints: z.array(z.string().max(2000)).max(200).default([]).meta({
    description: "what must stay true, in sentences",
    examples: [["No breaking change to the public API"]],
  }),
  acceptance: z.array(Acceptance).max(200).default([]).meta({
    description: "what must hold afterwards, and how it is proven",
    examples: [[{ id: "AC1", text: "Malformed addresses are rejected" }]],
  }),
  verify: VerifyPlan.optional().meta({
    description: "how the repository is tested; found by looking when left out",
    examples: [{ run: [["deno", "test", "-A"]] }],
  }),
  budget: BudgetLimits.default({ usd: 2, tokens: 400_000, seconds: 1800, repairs: 4 }).meta({
    description: "what the run may cost",
    examples: [{ usd: 2, tokens: 400_000, seconds: 1800, repairs: 4 }],
  }),
  proof: Proof.default("fail-to-pass").meta({
    description:
      "`fail-to-pass`: a test fails before the change and passes after it; or the reason why there is none",
    examples: [{ none: "only a log text changes" }],
  }),
  implementer: ImplementerKind.default("codemod").meta({ description: "who makes the change" }),
  operations: z.array(Operation).max(500).default([]).meta({
    description: "structured edits for `codemod`, applied in order, all or none",
    examples: [[{ op: "rename-symbol", from: "parseMail", to: "parseAddress" }]],
  }),
  workflow: z.string().min(1).max(100).default("canonical").meta({
    description: "the phases that the run goes through: `canonical`, `quick-fix` or a chain's name",
  }),
  params: z.record(ParamName, SpecParam).optional().meta({
    description:
      "typed parameters; `${params.name}` in title, reason, constraints, texts of criteria, operations and free text stands for the value",
    examples: [{ rows: { type: "integer" } }],
  }),
  personalData: PersonalHandling.optional().meta({
    description:
      "what is done with personal data in what the run keeps: `none`, `encrypted` (marks; values can be read while the run's key is there) " +
      "or `redacted` (marks alone); the stricter of this and the installation's setting counts",
  }),
  packs: z.array(z.string().min(1).max(200)).max(50).default([]).meta({
    description: "policy packs beyond `core`, which always applies",
    examples: [["data-quality"]],
  }),
  autonomy: Autonomy.default("A3").meta({ description: "the most that the run may do by itself; a ceiling" }),
  description: z.string().max(200_000).default("").meta({
    description:
      "free text (the Markdown below the front matter); data for a model, never an instruction with authority",
  }),
});
export type Spec = z.infer<typeof Spec>;

/** The intents of a spec as a list, in the order given. */
export function intentsOf(spec: Spec): Intent[] {
  return Array.isArray(spec.intent) ? spec.intent : [spec.intent];
}
