/**
 * A forge's CI as a place where commands run: trees are put on a throw-away branch by API, the repository's own workflow runs what is
 * asked for there, and what the forge says of its jobs is read back.
 *
 * What must hold, and what an adapter looks at
 * - The commit whose push starts the workflow has the base's files, plus the order. So the workflow is the base's by construction; trees
 *   to be tried are only reachable from it. Nothing that a change does to workflows has a say in its own verification.
 * - A result counts only for that very commit, on that very branch, by the named workflow, in its first attempt, started by a push.
 * - Logs are as the forge keeps them. What a job printed is what its steps, which are the base's, printed.
 */
import type { ChangeObjects } from "../port.ts";

export interface CiOrder {
  /** Idempotency: the same key with the same trees is the same branch. */
  readonly key: string;
  /** The repository's page. */
  readonly repository: string;
  readonly branch: string;
  readonly objects: ChangeObjects;
  /** Trees that the jobs need, each in a commit of its own below the last. */
  readonly trees: readonly string[];
  /** Of the last commit: the base's files and the order. */
  readonly order: string;
  readonly at: string;
}

export interface CiAt {
  readonly repository: string;
  readonly branch: string;
  /** The commit that `send` made. */
  readonly commit: string;
  /** Path of the workflow in the repository. */
  readonly workflow: string;
  /** Name that the workflow's jobs begin with. */
  readonly jobs: string;
}

export interface CiJob {
  readonly id: string;
  readonly name: string;
  readonly status: "queued" | "running" | "completed";
  /** The forge's own word, such as `success`, `failure`, `cancelled`; null until it is completed. */
  readonly conclusion: string | null;
  /** What the steps came to, where the forge tells. */
  readonly steps: readonly { readonly name: string; readonly conclusion: string | null }[];
  readonly url: string | null;
}

export interface CiState {
  /** `none`: the forge knows of no run yet. */
  readonly status: "none" | "running" | "completed";
  readonly run: {
    readonly id: string;
    readonly url: string | null;
    readonly conclusion: string | null;
    /** Attempts that there are by now; the first alone counts. */
    readonly attempts: number;
    /** Who started it, by the forge's word. */
    readonly actor: string | null;
  } | null;
  readonly jobs: readonly CiJob[];
  /** Runs that are there for this commit and do not count, and why. */
  readonly refused: readonly string[];
}

export interface ForgeCi {
  /** The commit that an earlier call made of the same order; null when the branch is not there or holds something else. */
  find(order: CiOrder): Promise<{ commit: string } | null>;
  /** Makes the commits and the branch, and so starts the workflow. A branch of that name that holds something else is refused. */
  send(order: CiOrder): Promise<{ commit: string }>;
  look(at: CiAt): Promise<CiState>;
  /** All that a job printed, at most `maxBytes`; null while there is none to be had. */
  log(repository: string, job: string, maxBytes: number): Promise<{ text: string; cut: boolean } | null>;
  /** Deletes the branch; false when it was gone. */
  drop(repository: string, branch: string): Promise<boolean>;
}
