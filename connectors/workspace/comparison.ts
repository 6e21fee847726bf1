/**
 * Two states of a repository that are there already, as a change: for judging a diff that somebody else made. Read only: the user's
 * objects stand behind a git directory of ours (as alternates), and what has to be written (an index, trees of uncommitted work)
 * is written into ours.
 */
import { join } from "node:path";
import { type Change, err, ok, type Problem, type Result } from "../../specs/mod.ts";
import { applyPatch, staysInside } from "./apply.ts";
import { type Clone, copyCommit, inClone } from "./clone.ts";
import { type RangeCommits, rangeCommits } from "./comparison_commits.ts";
import { type At, baseOf, emptyTree, endsOf, type Range } from "./comparison_ends.ts";
import { diffFiles, diffPatch } from "./diff.ts";
import { discover, type Found } from "./discover.ts";
import { git, GitError, gitLine } from "./git.ts";
import { refusePath, removeTree } from "./inside.ts";
import { isQuoted } from "./path_text.ts";
import { unreadable } from "./repository.ts";
import { type Shim, withShim, writeGitDir } from "./shim.ts";
import { type StateReader, stateReader } from "./state_reader.ts";
import { copyIndex, worktreeTree } from "./uncommitted.ts";

/** What is compared with what. */
export type ComparisonRequest =
  | Range
  | { kind: "staged" }
  | { kind: "worktree" }
  | { kind: "patch"; patch: Uint8Array; base?: string };

/** One change, and the two trees that it lies between. */
export interface Comparison {
  readonly base: At;
  readonly head: At;
  /** Null when a patch does not apply: `applies` says why. */
  readonly change: Omit<Change, "patch"> | null;
  readonly patch: Uint8Array;
  readonly applies: { ok: boolean; problem?: string };
  /** Changed symbolic links that lead out of the tree. */
  readonly escaping: readonly string[];
  /** The commits between the two, where both are commits. */
  readonly history: RangeCommits | null;
  /** What is left out, for people. */
  readonly notes: readonly string[];
  /** As `Workspace.read` and `Workspace.list`. */
  read(path: string, at: "base" | "head"): Promise<Uint8Array | null>;
  list(at: "base" | "head"): Promise<string[]>;
  dispose(): Promise<void>;
}

/** Opens a repository on this disk and compares two of its states, as the curator does. */
export async function compareStates(
  location: string,
  request: ComparisonRequest,
): Promise<Result<Comparison, Problem>> {
  const place = await discover(location);
  if (!place.ok) return place;
  const found = place.value;
  const root = await Deno.makeTempDir({ prefix: "edgeforge-scan-" });
  try {
    const compared = await withShim(found, (shim) => compareIn(root, location, found, shim, request));
    if (!compared.ok) await removeTree(root);
    return compared;
  } catch (error) {
    await removeTree(root);
    if (error instanceof GitError && /printed more than/.test(error.stderr)) {
      return err({
        code: "diff-too-large",
        message: "Cannot judge the change: its diff is larger than what is read at once",
        remedy: "Compare a smaller range, commit by commit.",
      });
    }
    return err(unreadable(location, error));
  }
}

async function compareIn(
  root: string,
  location: string,
  found: Found,
  shim: Shim,
  request: ComparisonRequest,
): Promise<Result<Comparison, Problem>> {
  const notes: string[] = [];
  const range = request.kind === "range" || request.kind === "commit";
  const ends = range
    ? await endsOf(location, found, shim, request)
    : await baseOf(location, found, shim, request.kind === "patch" ? request.base : undefined);
  if (!ends.ok) return ends;
  const base = ends.value.base;
  const history = range ? await rangeCommits(found, shim, ends.value, request) : null;
  const clone: Clone = {
    root,
    engine: join(root, "engine"),
    state: join(root, "engine"),
    files: request.kind === "worktree" && found.workTree !== null ? found.workTree : join(root, "files"),
    base: base.commit ?? base.tree,
    baseTree: base.tree,
    unreachable: null,
  };
  // Git sets the time of an object that it would write a second time, also behind alternates: so what is written goes into a store
  // that sees nothing of the user's. Reading alone may look at theirs.
  const copies = (request.kind === "worktree" || request.kind === "patch") && base.commit !== null;
  await writeGitDir(clone.engine, {
    head: clone.base,
    sha256: shim.sha256,
    ...(copies ? { shallow: [clone.base] } : {}),
  });
  await Deno.mkdir(join(root, "files"), { mode: 0o700 });
  // Git knows the empty tree without an object, but not every command does.
  if (base.tree === emptyTree(shim.sha256)) {
    await git(["mktree"], inClone(clone, { cwd: clone.engine, stdin: new Uint8Array() }));
  }
  if (copies) {
    await copyCommit({ gitDir: found.gitDir }, clone);
    await git(["read-tree", base.tree], inClone(clone));
  }
  let head: At;
  let applies: Comparison["applies"] = { ok: true };
  switch (request.kind) {
    case "range":
    case "commit":
      head = "head" in ends.value && ends.value.head !== undefined ? ends.value.head : base;
      break;
    case "staged": {
      const tree = await stagedTree(location, found, clone);
      if (!tree.ok) return tree;
      head = { name: "the index", commit: null, tree: tree.value };
      break;
    }
    case "worktree": {
      if (found.workTree === null) {
        return err({
          code: "no-work-tree",
          message: `Cannot look at the work tree of ${location}: it is a bare repository`,
          value: location,
          remedy: "Name a range of commits: forge scan BASE..HEAD --repo DIR",
        });
      }
      const taken = await worktreeTree(clone, found, shim);
      head = { name: "the work tree", commit: null, tree: taken.tree };
      notes.push(...taken.notes);
      break;
    }
    case "patch": {
      if (!copies) await git(["read-tree", base.tree], inClone(clone));
      const applied = await applyPatch(clone, request.patch, { before: base.tree, filled: false });
      if (!applied.ok) applies = { ok: false, problem: applied.error.message };
      head = { name: "the patch", commit: null, tree: applied.ok ? applied.value : base.tree };
      break;
    }
  }
  if (!copies) {
    await Deno.writeTextFile(
      join(clone.engine, "objects/info/alternates"),
      `${quotedPath(join(found.commonDir, "objects"))}\n`,
    );
  }
  const [files, diff] = applies.ok
    ? await Promise.all([diffFiles(clone, base.tree, head.tree), diffPatch(clone, base.tree, head.tree)])
    : [[], new Uint8Array()];
  const sum = (count: (file: Change["files"][number]) => number) =>
    files.reduce((all, file) => all + count(file), 0);
  const reader = stateReader(clone, { base: base.tree, head: head.tree }, files);
  const escaping = await escapingLinks(reader, files).catch(async (error) => {
    await reader.close();
    throw error;
  });
  return ok({
    base,
    head,
    change: applies.ok
      ? {
        base: clone.base,
        baseTree: base.tree,
        tree: head.tree,
        files,
        added: sum((file) => file.added),
        removed: sum((file) => file.removed),
      }
      : null,
    // What the user gave is what is judged; git's own reading of it is in `change`.
    patch: request.kind === "patch" ? applies.ok ? diff : request.patch : diff,
    applies,
    escaping,
    history,
    notes,
    read: async (path, at) =>
      !isQuoted(path) && refusePath(path) !== null ? null : await reader.read(path, at),
    list: (at) => reader.list(at),
    dispose: async () => {
      await reader.close();
      await removeTree(root);
    },
  });
}

async function escapingLinks(reader: StateReader, files: Change["files"]): Promise<string[]> {
  const escaping: string[] = [];
  for (const file of files) {
    if (file.newMode !== "120000" || file.status === "D") continue;
    const target = new TextDecoder().decode(await reader.read(file.path, "head") ?? new Uint8Array());
    if (!staysInside(file.path, target)) escaping.push(file.path);
  }
  return escaping;
}

/** The tree of what is staged. Its blobs are not looked for: they are behind the alternates, which come later. */
async function stagedTree(location: string, found: Found, clone: Clone): Promise<Result<string, Problem>> {
  if (!(await copyIndex(found, clone, "index"))) {
    return err({
      code: "no-index",
      message: `Cannot look at what is staged in ${location}: there is no index`,
      value: location,
      remedy: "Stage something with `git add`, or name a range of commits.",
    });
  }
  try {
    return ok(await gitLine(["write-tree", "--missing-ok"], inClone(clone)));
  } catch (error) {
    if (!(error instanceof GitError) || !/unmerged|error building trees/i.test(error.stderr)) throw error;
    return err({
      code: "unmerged",
      message: `Cannot look at what is staged in ${location}: a merge is not finished`,
      value: location,
      remedy: "Resolve the conflicts, or name a range of commits.",
    });
  }
}

/** A line of `alternates`: what begins with a quote is C-quoted, and so may hold anything. */
function quotedPath(path: string): string {
  const bytes = new TextEncoder().encode(path);
  const plain = [...bytes].every((byte) => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c);
  if (plain && !path.startsWith("#")) return path;
  let quoted = '"';
  for (const byte of bytes) {
    quoted += byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\${byte.toString(8).padStart(3, "0")}`;
  }
  return `${quoted}"`;
}
