/** The ports of the outside that the factory works through. */
import type { Change, CloneFacts, Problem, Result, TestReport } from "../specs/mod.ts";

export type * from "./forges/port.ts";

/** A user's repository as it was found. Read only, but for what a Forge writes at release. */
export interface Repository {
  /** Absolute git directory, or the URL it was fetched from. */
  readonly location: string;
  readonly gitDir: string;
  readonly baseRef: string;
  readonly baseCommit: string;
  readonly baseTree: string;
  /** Uncommitted work that is not included, for the notes. */
  readonly dirty: boolean;
}

/**
 * Objects of a change by their names, for who sends it to a forge without git. Paths in a tree are as git has them; what is asked for
 * belongs to the base or to a tree that was made from it.
 */
export interface ChangeObjects {
  readonly base: string;
  readonly baseTree: string;
  /** What is in one directory, by the name of its tree. */
  directory(tree: string): Promise<readonly ObjectEntry[]>;
  blob(sha: string): Promise<Uint8Array>;
  /** Directories and files of `tree` that the base does not have. */
  fresh(tree: string): Promise<Map<string, { type: string; size: number }>>;
  /** A tree with files put over it and taken away; absent where trees are only read. */
  overlaid?(
    tree: string,
    write: ReadonlyMap<string, Uint8Array>,
    remove: readonly string[],
  ): Promise<string>;
}

export interface ObjectEntry {
  /** Six digits. */
  readonly mode: string;
  readonly type: "tree" | "blob" | "commit";
  readonly sha: string;
  readonly name: string;
}

/** A clone of one base commit, of its own, without remotes, other refs, hooks. */
export interface Workspace {
  /** Where the files are; empty in a workspace that nobody asked for its `files`. */
  readonly dir: string;
  readonly base: string;
  readonly baseTree: string;
  /** The change's objects, where there is no clone that holds them: what is sent to a forge is read here. */
  readonly objects?: ChangeObjects;
  /** The files themselves, where there is no directory that could be worked in; absent where there is one. */
  readonly inMemory?: {
    /** Mode of a path at head as git writes it, such as `100755`; null when there is no such file. */
    mode(path: string): string | null;
    /** Puts a file, with the mode that it has or that `like` has; anything else in its place goes. */
    write(path: string, bytes: Uint8Array, like?: string): Promise<void>;
    remove(path: string): Promise<void>;
  };
  /** Puts the files into `dir`, when they are not there yet, and gives it. Without, patches are applied and trees read all the same. */
  files(): Promise<string>;
  /** Applies a unified diff with git; nothing changes when it fails. */
  apply(patch: Uint8Array): Promise<Result<void, Problem>>;
  /** The curator: git's diff of the workspace against base, untracked files included. */
  curate(): Promise<{ change: Omit<Change, "patch">; patch: Uint8Array }>;
  /** As `curate`, when only the name of the tree is asked for. */
  curateTree(): Promise<string>;
  /** Content of a path at base or in the curated tree; null when absent. Never follows links. */
  read(path: string, at: "base" | "head"): Promise<Uint8Array | null>;
  /** Paths of the tree at base or head, sorted. */
  list(at: "base" | "head"): Promise<string[]>;
  /** A clean checkout of base or of a curated tree into a new directory: nothing of the implementer's leftovers. */
  checkout(tree: string, into: string): Promise<Checkout>;
  /** Checkouts below `parent`. With `reuse` one that was given back may serve again. */
  checkouts(parent: string, options: { reuse: boolean }): Checkouts;
  /** What the clone holds besides its base, as it is now. Whoever hands it to somebody else's program looks first. */
  history(): Promise<CloneFacts>;
  dispose(): Promise<void>;
}

export interface Checkout {
  readonly dir: string;
  readonly tree: string;
  dispose(): Promise<void>;
}

/** Clean checkouts for one command after the other; they go with the directory that they were made in. */
export interface Checkouts {
  /** Files of the tree and nothing else, in a directory whose name nobody knew before. */
  take(tree: string): Promise<Checkout>;
  /**
   * Ends the use of one: only when no process of what ran in it is left. It may serve again, once everything that differs was put
   * right; `dispose` it instead when anything about it is in doubt.
   */
  giveBack(checkout: Checkout): Promise<void>;
}

/** Trees by name: where both began, what is there, and what comes to it. */
export interface MergeRequest {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

export interface MergeConflict {
  readonly path: string;
  /** As git names it, such as `CONFLICT (contents)`. */
  readonly kind: string;
  readonly message: string;
}

/**
 * The objects of one base commit, copied out of the user's repository once for all that works on it. Workspaces over them are cheap
 * and see nothing of one another but objects, which are named by what they hold.
 */
export interface BaseObjects {
  /** For `PullRequestRequest.workspace`. */
  readonly dir: string;
  readonly base: string;
  readonly baseTree: string;
  /** As `Workspace.objects`. */
  readonly objects?: ChangeObjects;
  /** False when somebody removed it. */
  isThere(): Promise<boolean>;
  /**
   * A workspace in `into` (must not exist), without files until it is asked for them. Disposing it leaves the objects. With a tree
   * that is in the objects the workspace begins there, and that tree is its base: what it curates is what was done beyond it.
   */
  workspace(into: string, tree?: string): Promise<Workspace>;
  /** Merges two trees that grew from a third; the conflicts are told by path, and then nothing is merged. */
  merge(trees: MergeRequest): Promise<Result<string, MergeConflict[]>>;
  /** The unified diff between two trees of the objects, as the curator gives it. */
  patch(from: string, to: string): Promise<Uint8Array>;
  dispose(): Promise<void>;
}

export interface Workspaces {
  /** Opens what the user names: a directory (work tree, subdirectory, bare) or, over the network guard, a URL. */
  open(location: string, baseRef?: string): Promise<Result<Repository, Problem>>;
  /** The two ends of a change by URL, with the history between them; absent where URLs are not switched on. */
  fetchChange?(
    location: string,
    refs: { readonly base?: string; readonly head: string },
  ): Promise<
    Result<
      { gitDir: string; base: string; head: string; branch: string; dispose(): Promise<void> },
      Problem
    >
  >;
  /** A fresh clone in `into` (must not exist). Deterministic: the same base gives the same tree. */
  create(repository: Repository, into: string): Promise<Result<Workspace, Problem>>;
  /** The base's objects alone, in `into` (must not exist), for any number of workspaces. */
  copyBase(repository: Repository, into: string): Promise<Result<BaseObjects, Problem>>;
  /** Opens one that `create` made, after a restart. */
  reopen(dir: string): Promise<Result<Workspace, Problem>>;
}

export interface SandboxRequest {
  argv: readonly string[];
  /** Absolute; mounted read-write at the same path, with nothing else of the disk writable but a private /tmp and HOME. */
  cwd: string;
  env?: Readonly<Record<string, string>>;
  timeoutMs: number;
  maxOutputBytes?: number;
  memoryBytes?: number;
  /** More directories to show read-only, such as a dependency cache. */
  readOnly?: readonly string[];
  /** More directories that may be written, such as a dependency cache while it is filled. */
  writable?: readonly string[];
  /** `registry` shares the network, for the one step that installs dependencies; default none. */
  network?: "none" | "registry";
  /** Watches from outside what runs in it (`Execution.observed`), where the sandbox can. */
  observe?: boolean;
  signal?: AbortSignal;
}

/** What was seen of a sandbox from outside, by looking at it from time to time. */
export interface Observed {
  /** Names of programs that ran. */
  readonly programs: readonly string[];
  /** What was sent and had nowhere to go, as the kernel counted it; null when that could not be read. */
  readonly unrouted: number | null;
}

export interface Execution {
  /** Exit code, or null when it did not end by itself. */
  code: number | null;
  ended: "by-itself" | "timeout" | "output-cap" | "memory" | "signal" | "not-started";
  stdout: Uint8Array;
  stderr: Uint8Array;
  ms: number;
  /** Absent where nothing was to be watched, or nothing can be. */
  observed?: Observed;
}

export interface Sandbox {
  readonly level: "bwrap" | "none";
  /** Proves, by running something, that it works here; the problem carries the remedy. Cached. */
  check(): Promise<Result<{ detail: string; memoryLimit: boolean }, Problem>>;
  run(request: SandboxRequest): Promise<Execution>;
}

/** Reads files of a checkout for detection; paths are relative, with forward slashes. */
export interface FileView {
  list(): Promise<string[]>;
  read(path: string): Promise<string | null>;
}

/** How a repository tests itself, and where the report will be. */
export interface TestCommand {
  tester: string;
  /** The command as the user or the repository writes it, before a report was asked for. */
  line?: string[];
  argv: string[];
  env: Record<string, string>;
  /** The directory that the command changes to before it runs (`cd web && …`): what it reports is relative to that. */
  dir?: string;
  /** Where the runner writes its report: a path in the checkout, or its own output. */
  report:
    | { from: "file"; path: string }
    | { from: "files"; glob: string }
    | { from: "stdout" }
    | { from: "stderr" }
    | { from: "none" };
  /** Files of ours that the command needs (a reporter, a harness), by name: the engine writes them outside the checkout. */
  support?: Record<string, string>;
}

/** What a run left for its tester: its output, and the report that the engine found where it had asked for it. */
export interface TestOutput {
  stdout: string;
  stderr: string;
  report: string | null;
  /** With a report of several files, in the order of their paths. */
  files?: readonly { path: string; text: string }[];
  /** Absolute directory that the command ran in, to make paths of a report relative. */
  root?: string;
}

/** What fills a compiler's cache before tests run. */
export interface WarmUp {
  argv: string[];
  env: Record<string, string>;
  /** A project of ours whose compilation every repository's begins with, such as the standard library: kept between repositories. */
  common?: { files: Record<string, string>; argv: string[] };
}

export interface Tester {
  readonly id: string;
  /** Globs of the files that hold tests, by this runner's conventions. */
  readonly tests?: readonly string[];
  /** Globs of files that this runner picks up by itself beside the tests: settings, hooks, snapshots. */
  readonly support?: readonly string[];
  /** Prints the toolchain's version: a part of the key under which a base execution is kept. */
  readonly version?: readonly string[];
  /** True when one test file cannot reach into another's run (a process or an isolate each). */
  readonly isolatesFiles?: boolean;
  /** The commands by which this tree tests itself, empty when it is not of this kind. */
  detect(files: FileView): Promise<TestCommand[]>;
  /** Recognizes a user's own command line and makes it report; null when it is not of this kind. */
  adopt(argv: readonly string[], files: FileView): Promise<TestCommand | null>;
  /** What ran, from the runner's own report. Never guesses: a report that is not understood is an error. */
  parse(output: TestOutput): Result<TestReport, Problem>;
  /** The command without a check that lets one file stop all others, for tests that are run on code they were not written for. */
  lenient?(command: TestCommand): TestCommand;
  /**
   * A command that only compiles, into a cache at `cachePlaceholder`, and the environment by which it and every later run find it.
   * It runs once in a checkout of base, and runs of tests see the cache read-only. Null when nothing is to be gained.
   */
  warm?(command: TestCommand): WarmUp | null;
  /** Adds the files of cases whose runner does not tell them; names stay as they are. */
  locate?(report: TestReport, command: TestCommand, files: FileView): Promise<TestReport>;
  /**
   * A file that the command collects, and that file's content with one failing test put in; null when there is none. The test goes
   * through the assertions that the file uses; `plain` asks for one that fails by the runner's own means.
   */
  plant(
    command: TestCommand,
    collected: TestReport,
    files: FileView,
    marker: string,
    plain?: boolean,
  ): Promise<{ path: string; content: string } | null>;
}
