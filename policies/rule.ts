import type {
  Change,
  Finding,
  GateMode,
  Layer,
  OperationRecord,
  PatchFacts,
  RecordedRegistry,
  RunClones,
  Spec,
  VerifyFacts,
} from "../specs/mod.ts";
import type { DataFacts } from "../specs/foundry/mod.ts";
import type { PipelineFacts, PublishedFacts } from "./data_port.ts";
import type { JudgeInput, Outgoing, ReviewFacts, Subject } from "./port.ts";
import type { PullFacts, TrainFacts } from "./pull_port.ts";
import type { RepoPolicy } from "./repo_policy.ts";
import type { SessionFact } from "./rules/session/calls.ts";
import type { FreezeFacts } from "./operational/facts.ts";
import type { Scope } from "./facts/scope.ts";

/** The facts that a rule can ask for. What it asks for and is not there makes it an error. */
export interface Facts {
  spec: Spec;
  plan: NonNullable<JudgeInput["plan"]>;
  proposal: NonNullable<JudgeInput["proposal"]>;
  patch: PatchFacts;
  change: Change;
  scope: Scope;
  verify: VerifyFacts;
  review: ReviewFacts;
  outgoing: Outgoing;
  verified: Subject;
  released: Subject;
  policy: RepoPolicy;
  registry: { recorded: RecordedRegistry | null };
  operation: { recorded: OperationRecord | null };
  freeze: FreezeFacts;
  clones: RunClones;
  session: SessionFact;
  ledger: { account: NonNullable<JudgeInput["ledger"]> | null };
  records: { told: NonNullable<JudgeInput["records"]> | null };
  pipeline: PipelineFacts;
  data: DataFacts;
  published: PublishedFacts;
  pull: { recorded: PullFacts | null };
  train: { recorded: TrainFacts | null };
}

export type FactName = keyof Facts;

/** Facts that are always there. */
export type Always = Pick<
  JudgeInput,
  "transition" | "budget" | "autonomy" | "approvals" | "principals" | "at"
>;

export type Outcome =
  | { verdict: "pass"; notes?: Finding[] }
  | {
    verdict: "fail";
    findings: Finding[];
    counterfactual: string;
    escalates?: boolean;
    approvable?: boolean;
  }
  /** The missing evidence itself is the finding: nothing could be judged. */
  | { verdict: "error"; findings: Finding[]; counterfactual: string };

/** Where a rule is bound: a phase that is left, or every last transition before something is published. */
export type Binding = `${string}->` | "final";

/**
 * A rule of a pack, as data with a predicate. It reads only the facts that it names, has no clock, no network and no chance,
 * and cannot run without a body.
 */
export interface Rule<Needs extends FactName = FactName> {
  /** `T1`: without the pack. Two rules may share an id when their gates differ. */
  id: string;
  /** The pack that it belongs to, `core` unless told. */
  pack?: string;
  gate: string;
  layer: Layer;
  mode: GateMode;
  severity: "low" | "medium" | "high" | "critical";
  description: string;
  remediation: string;
  bindings: readonly Binding[];
  reads: readonly Needs[];
  /** Whether the rule is about this change at all. The text is recorded with the answer. */
  selector?: (facts: Pick<Facts, Needs> & Always) => { applies: boolean; because: string };
  evaluate: (facts: Pick<Facts, Needs> & Always) => Outcome;
}

/** A rule with its facts checked by the compiler, as a member of a list of rules. */
export function rule<const Needs extends FactName>(definition: Rule<Needs>): Rule {
  return definition as unknown as Rule;
}

export const pass = (notes: Finding[] = []): Outcome =>
  notes.length > 0 ? { verdict: "pass", notes } : { verdict: "pass" };

export const fail = (
  findings: Finding[],
  counterfactual: string,
  options: { escalates?: boolean; approvable?: boolean } = {},
): Outcome => ({ verdict: "fail", findings, counterfactual, ...options });

/** Fails when there are findings, passes when there are none. */
export const failIfAny = (
  findings: Finding[],
  counterfactual: string,
  options: { escalates?: boolean; approvable?: boolean } = {},
): Outcome => findings.length > 0 ? fail(findings, counterfactual, options) : pass();
