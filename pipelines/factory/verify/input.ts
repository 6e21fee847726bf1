import type { FileView, Sandbox, Tester, Workspace } from "../../../connectors/mod.ts";
import type { MutableFile } from "../../../policies/code/mod.ts";
import type { MutationBudget } from "../../../policies/mod.ts";
import type { Change, Problem, Spec, VerifyExecution } from "../../../specs/mod.ts";
import type { Ran, Run } from "./execute.ts";

/** Where executions of a base are kept: the same tree, command and toolchain give the same result. */
export interface BaseExecutions {
  get(key: string): Promise<VerifyExecution | null>;
  put(key: string, execution: VerifyExecution): Promise<void>;
}

/** What dependency installation left for every checkout of one side. */
export interface Prepared {
  executions: VerifyExecution[];
  /** More environment, such as where a cache is. */
  env?: Record<string, string>;
  /** Directories that executions may read. */
  readOnly?: string[];
  /** Why not everything could be installed. */
  problem?: Problem | null;
  /** Puts what was installed into a fresh checkout. */
  lay?(dir: string): Promise<void>;
}

/** Installs the dependencies of one side, scripts off, in a fresh checkout of it that is kept while verification runs. */
export type Prepare = (request: {
  at: "base" | "head";
  dir: string;
  files: FileView;
  sandbox: Sandbox;
  timeoutMs: number;
  signal?: AbortSignal;
}) => Promise<Prepared>;

/** What the tests are put to the proof with: small changes of the lines that the patch added. */
export interface MutationInput {
  budget: MutationBudget;
  /** Changed product code with the lines at head that the patch added. */
  files: readonly MutableFile[];
  /** Decides which mutants are tried: the digest of the patch. */
  seed: string;
  /** Why none is to be tried. */
  skipped?: string;
}

/** A place that is not this machine, where runs are carried out: a forge's CI. What is not known yet is asked for by `NotYet`. */
export interface Elsewhere {
  readonly detail: string;
  /** What came of a run. @throws {NotYet} when nobody has carried it out yet: it is asked for by that */
  run(run: Run): Promise<Ran>;
  /** Text that nobody can guess, the same each time for the same label: what is asked for again is the same. */
  token(label: string): string;
}

/** A run was asked for that nobody has carried out yet. */
export class NotYet extends Error {
  override readonly name = "NotYet";
  constructor() {
    super("A run was asked for that nobody has carried out yet");
  }
}

export interface VerifyInput {
  spec: Spec;
  change: Change;
  workspace: Workspace;
  /** Held-out files by the path that they have beside the spec and in the checkout. */
  checkFiles: ReadonlyMap<string, Uint8Array>;
  /** Symbols and files that keep their meaning under another name: applied to base's tests. */
  renames: readonly { from: string; to: string }[];
  sandbox: Sandbox;
  /** Where runs are carried out instead: then neither the sandbox nor the scratch directory is used, and no mutants are tried. */
  elsewhere?: Elsewhere;
  testers: readonly Tester[];
  prepare?: Prepare;
  /** Whether there is anything to prepare for a tree of these paths, which saves a checkout; without it `prepare` is always asked. */
  prepares?: (paths: readonly string[]) => boolean;
  /** Directory for checkouts; made when it is not there. What is made in it is removed again. */
  scratch: string;
  cache: BaseExecutions;
  /**
   * Directory for what compilers made of a base, kept by tree and toolchain for later verifications of the same base; the oldest
   * go by themselves. Without it each verification compiles anew, once.
   */
  compiled?: string;
  /** Absent where nobody asks for mutants. */
  mutation?: MutationInput;
  clock: { now(): number };
  signal?: AbortSignal;
  progress?: (message: string) => void;
  maxOutputBytes?: number;
  memoryBytes?: number;
  /** How many executions run at the same time (default 2). */
  atOnce?: number;
}
