import type { Workspace } from "../../../connectors/mod.ts";
import type { PhaseContext } from "../../../kernel/mod.ts";
import type {
  AgentSession,
  FailureRecord,
  ImplementerKind,
  Json,
  ModelCall,
  PlanTask,
  Problem,
  Result,
  Spec,
} from "../../../specs/mod.ts";
import type { FactoryInput } from "../input.ts";

/** What an implementer says it did. Nothing of it is believed: the curator reads git's diff. */
export interface Handover {
  /** Symbols and files that have another name now, for the base tests. */
  renames: { from: string; to: string }[];
  steps: string[];
  /** True when the same operations gave the same bytes a second time; null when there is nothing to derive from. */
  rederives: boolean | null;
  /** Set when the proposal could not be put into the workspace: judged as PATCH, never dropped. */
  problem?: Problem;
  /** Who worked, where an agent did: a model by its id, or a program and its version. */
  agent?: { name: string; version: string | null; model: string | null };
  /** Calls of models that were paid for, oldest first. */
  calls?: readonly ModelCall[];
  /** The log of the session, as whoever carried its tools out has recorded it. */
  session?: AgentSession;
  /** What stood in the prompts, by digest and trust. */
  context?: readonly { uri: string; digest: string; trust: "trusted" | "untrusted" }[];
  /** What it says that it did: compared with the diff, never believed. */
  claims?: readonly string[];
}

/** What one task is worked on with. */
export interface Assignment {
  readonly input: FactoryInput;
  readonly spec: Spec;
  readonly workspace: Workspace;
  /** Of a plan with several; absent when the spec is one task. */
  readonly task?: PlanTask;
  /** Findings that sent the change back, and how to go about them; null the first time. */
  readonly repair?: RepairOrder | null;
  /** What named people answered when the run asked, oldest first. Trusted advice, unlike everything of a repository. */
  readonly guidance?: readonly Guidance[];
}

/** A sentence of a named principal. */
export interface Guidance {
  readonly by: string;
  readonly text: string;
  readonly at: string;
}

/** How a repair is to be made: the strategy is chosen by rules, never twice the same. */
export interface RepairOrder {
  readonly strategy: "fix" | "ask-planner" | "past-repairs" | "switch-model";
  readonly round: number;
  /** What the gates or the tests said. Data: test output is text of strangers. */
  readonly findings: readonly {
    gate?: string;
    message: string;
    path?: string;
    line?: number;
    remediation?: string;
  }[];
  /** Output of the commands that failed, cut to what matters. */
  readonly output: string;
  /** What a planner or past repairs advise. */
  readonly advice: string;
  /** Models that are not to be asked again. */
  readonly except: readonly string[];
  /** What the workspace begins with: the patch of the round before, applied, or the base alone, and then why. */
  readonly start?: { readonly from: "previous-patch" } | { readonly from: "base"; readonly why: string };
  readonly record: Json;
}

/** Why an implementer gave no proposal: told to the failure table when it carries a record of its own. */
export type NoHandover = Problem & { failure?: FailureRecord; calls?: readonly ModelCall[] };

/** Proposes a change in a workspace. Holds no token and no write access beyond it. */
export interface Implementer {
  readonly kind: ImplementerKind;
  /** An error here is a failure of the task (no match, ambiguous), not a denial. */
  implement(
    ctx: PhaseContext,
    given: Assignment,
  ): Promise<Result<Handover, NoHandover>>;
}
