import type { Workspace } from "../../../connectors/mod.ts";
import type { PhaseContext } from "../../../kernel/mod.ts";
import type { Problem, Result, Spec } from "../../../specs/mod.ts";
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
}

/** Proposes a change in a workspace. Holds no token and no write access beyond it. */
export interface Implementer {
  readonly kind: "codemod" | "patch";
  /** An error here is a failure of the task (no match, ambiguous), not a denial. */
  implement(
    ctx: PhaseContext,
    given: { input: FactoryInput; spec: Spec; workspace: Workspace },
  ): Promise<Result<Handover, Problem>>;
}
