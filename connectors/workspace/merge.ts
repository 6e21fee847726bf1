/**
 * Three-way merges of trees, by git's own strategy (renames included), without a work tree. `git merge-tree` wants commits: they are
 * made in an object store of their own, beside the clone's, so that what the clone holds stays trees and blobs over its one commit.
 */
import { join } from "node:path";
import { err, GitSha, ok, type Result } from "../../specs/mod.ts";
import type { MergeConflict, MergeRequest } from "../port.ts";
import { type Clone, inClone } from "./clone.ts";
import { type GitCall, GitError, gitLine, pipeGit, runGit } from "./git.ts";
import { removeTree } from "./inside.ts";
import { pathText, splitNul } from "./path_text.ts";

const NOBODY = { name: "edgeforge", email: "merge@edgeforge.invalid", date: "2000-01-01T00:00:00Z" };

/** Merges two trees that grew from `base`; the result is in the clone's objects, or the conflicts are told by their paths. */
export async function mergeTrees(
  clone: Clone,
  { base, ours, theirs }: MergeRequest,
): Promise<Result<string, MergeConflict[]>> {
  for (const tree of [base, ours, theirs]) {
    if (!GitSha.safeParse(tree).success) {
      throw new Error(`Cannot merge ${JSON.stringify(tree)}: it is not a tree's name`);
    }
  }
  if (ours === theirs || theirs === base) return ok(ours);
  if (ours === base) return ok(theirs);
  const beside = join(clone.root, `merge-${crypto.randomUUID()}`);
  await Deno.mkdir(join(beside, "info"), { recursive: true, mode: 0o700 });
  try {
    return await merged(clone, { base, ours, theirs }, beside);
  } finally {
    await removeTree(beside);
  }
}

async function merged(
  clone: Clone,
  { base, ours, theirs }: MergeRequest,
  beside: string,
): Promise<Result<string, MergeConflict[]>> {
  const call = inClone(clone, {
    cwd: clone.engine,
    objects: beside,
    timeoutMs: 600_000,
    env: {
      GIT_ALTERNATE_OBJECT_DIRECTORIES: join(clone.engine, "objects"),
      GIT_AUTHOR_NAME: NOBODY.name,
      GIT_AUTHOR_EMAIL: NOBODY.email,
      GIT_AUTHOR_DATE: NOBODY.date,
      GIT_COMMITTER_NAME: NOBODY.name,
      GIT_COMMITTER_EMAIL: NOBODY.email,
      GIT_COMMITTER_DATE: NOBODY.date,
    },
  });
  const root = await gitLine(["commit-tree", base, "-m", "base"], call);
  const [one, other] = await Promise.all([
    gitLine(["commit-tree", ours, "-p", root, "-m", "ours"], call),
    gitLine(["commit-tree", theirs, "-p", root, "-m", "theirs"], call),
  ]);
  const args = ["merge-tree", "--write-tree", "-z", "--messages", one, other];
  const output = await runGit(args, call);
  if (output.code !== 0 && output.code !== 1) throw tooOld(args, output.code, output.stderr);
  const [first = new Uint8Array(), ...rest] = splitNul(output.stdout);
  const tree = GitSha.parse(pathText(first));
  if (output.code === 1) return err(conflictsIn(rest));
  if (tree !== ours && tree !== theirs) await bringOver(clone, call, tree, [ours, theirs]);
  return ok(tree);
}

/** The new trees and blobs of a merge, and nothing else of its store. */
async function bringOver(clone: Clone, call: GitCall, tree: string, known: readonly string[]): Promise<void> {
  const wanted = [tree, ...known.map((one) => `^${one}`)].join("\n");
  await pipeGit({
    args: ["pack-objects", "--revs", "--stdout", "--quiet", "--window=0", "--compression=0"],
    call: { ...call, stdin: new TextEncoder().encode(`${wanted}\n`) },
  }, { args: ["index-pack", "--stdin"], call: inClone(clone, { cwd: clone.engine }) });
}

/**
 * Reads what `merge-tree -z` says of conflicts: entries of unmerged paths, an empty field, then for each message the number of its
 * paths, the paths, its kind and its text.
 */
function conflictsIn(fields: readonly Uint8Array[]): MergeConflict[] {
  const found = new Map<string, MergeConflict>();
  let at = 0;
  for (; at < fields.length && (fields[at] as Uint8Array).length > 0; at++) {
    const entry = fields[at] as Uint8Array;
    const tab = entry.indexOf(9);
    const path = pathText(entry.subarray(tab + 1));
    if (!found.has(path)) found.set(path, { path, kind: "conflict", message: "both sides changed it" });
  }
  at++;
  while (at < fields.length) {
    const count = Number(pathText(fields[at++] ?? new Uint8Array()));
    if (!Number.isInteger(count) || count < 0) break;
    const paths = fields.slice(at, at + count).map(pathText);
    at += count;
    const kind = pathText(fields[at++] ?? new Uint8Array());
    const message = pathText(fields[at++] ?? new Uint8Array()).trim();
    if (!kind.startsWith("CONFLICT")) continue;
    for (const path of paths) found.set(path, { path, kind, message: message.slice(0, 1000) });
  }
  return [...found.values()].sort((a, b) => a.path < b.path ? -1 : 1);
}

function tooOld(args: readonly string[], code: number, stderr: string): GitError {
  return /usage:|unknown option/i.test(stderr)
    ? new GitError(args, code, "merging the work of several tasks needs git 2.38 or newer")
    : new GitError(args, code, stderr);
}
