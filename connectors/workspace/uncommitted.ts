/** The tree of a user's work tree, taken as the curator takes a workspace: by content, with untracked files, whatever is configured. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { FileChange } from "../../specs/mod.ts";
import { type Clone, inClone } from "./clone.ts";
import { diffFiles } from "./diff.ts";
import type { Found } from "./discover.ts";
import { git, gitLine } from "./git.ts";
import { kindInside } from "./inside.ts";
import { concat, isQuoted, joinNul, pathBytes, pathText, splitNul } from "./path_text.ts";
import type { Shim } from "./shim.ts";
import { stage } from "./stage.ts";
import { listTree } from "./tree.ts";
import { treeReader } from "./tree_reader.ts";

/** Copies the user's index beside our own; false when there is none. */
export async function copyIndex(found: Found, clone: Clone, name: string): Promise<boolean> {
  const index = join(found.gitDir, "index");
  if (!(await Deno.stat(index).then((info) => info.isFile, () => false))) return false;
  await Deno.copyFile(index, join(clone.state, name));
  await Deno.chmod(join(clone.state, name), 0o600);
  for await (const entry of Deno.readDir(found.gitDir)) {
    if (entry.isFile && /^sharedindex\.[0-9a-f]+$/.test(entry.name)) {
      await Deno.copyFile(join(found.gitDir, entry.name), join(clone.engine, entry.name));
    }
  }
  return true;
}

/** Writes the tree into the clone's own objects, which hold the base; its index is that of the base, and the user's is only asked for names. */
export async function worktreeTree(
  clone: Clone,
  found: Found,
  shim: Shim,
): Promise<{ tree: string; notes: string[] }> {
  await Deno.writeTextFile(
    join(clone.engine, "config"),
    ["filemode", "symlinks", "ignorecase", "precomposeunicode"].flatMap((name) => {
      const value = shim.call.config?.[`core.${name}`];
      return value === undefined ? [] : [`[core]\n\t${name} = ${/^(true|yes|on|1)$/i.test(value)}\n`];
    }).join(""),
    { append: true },
  );
  // What the user's own settings leave out is no part of the work.
  const exclude = await Deno.readTextFile(join(found.commonDir, "info/exclude")).catch(() => "");
  if (exclude !== "") await Deno.writeTextFile(join(clone.engine, "info/exclude"), exclude);
  const before = clone.baseTree;
  if (clone.base === before) await git(["read-tree", before], inClone(clone));
  const { absent, tracked } = await namesOf(found, clone);
  let staged = await stage(clone);
  // Tracked although it is ignored: somebody added it by force.
  const known = new Set(await indexNames(clone));
  const forced: string[] = [];
  for (const path of tracked) {
    if (known.has(path) || isQuoted(path)) continue;
    const kind = await kindInside(clone.files, path);
    if (kind === "file" || kind === "link") forced.push(path);
  }
  if (forced.length > 0) {
    await git(["update-index", "-z", "--add", "--stdin"], inClone(clone, { stdin: joinNul(forced) }));
    staged = await gitLine(["write-tree"], inClone(clone));
  }
  const files = await diffFiles(clone, before, staged);
  const restore: string[] = [];
  let [converted, left] = [0, 0];
  for (const file of files) {
    if (file.status === "D" && absent.has(file.path)) {
      restore.push(file.path);
      left++;
    } else if (file.status === "M" && await onlyConverted(clone, before, staged, file)) {
      restore.push(file.path);
      converted++;
    }
  }
  const notes = [
    ...(left > 0
      ? [`${left} tracked files that are not checked out here (sparse checkout) count as unchanged`]
      : []),
    ...(converted > 0
      ? [
        `${converted} files differ from the last commit only by line ends or as LFS content, and count as unchanged`,
      ]
      : []),
  ];
  if (restore.length === 0) return { tree: staged, notes };
  const wanted = new Set(restore);
  const entries = (await listTree(clone, before)).filter(({ path }) => wanted.has(path));
  const lines = entries.flatMap(({ mode, oid, path }) => [
    new TextEncoder().encode(`${mode} ${oid}\t`),
    pathBytes(path),
    new Uint8Array(1),
  ]);
  await git(["update-index", "-z", "--index-info"], inClone(clone, { stdin: concat(lines) }));
  return { tree: await gitLine(["write-tree"], inClone(clone)), notes };
}

/** Paths of the user's index, and those that it marks as not checked out. */
async function namesOf(found: Found, clone: Clone): Promise<{ tracked: string[]; absent: Set<string> }> {
  if (!(await copyIndex(found, clone, "users-index"))) return { tracked: [], absent: new Set() };
  const call = inClone(clone, { index: join(clone.state, "users-index") });
  const lines = splitNul(await git(["ls-files", "-v", "-z"], call));
  const tracked = lines.map((line) => pathText(line.subarray(2)));
  return {
    tracked,
    absent: new Set(tracked.filter((_, at) => /[Ss]/.test(String.fromCharCode(lines[at]?.[0] ?? 0)))),
  };
}

async function indexNames(clone: Clone): Promise<string[]> {
  return splitNul(await git(["ls-files", "-z"], inClone(clone))).map(pathText);
}

/** Whether a file on disk is what its filter or line ends make of the file in the index. */
async function onlyConverted(
  clone: Clone,
  before: string,
  after: string,
  file: FileChange,
): Promise<boolean> {
  if (!file.oldMode.startsWith("100") || file.oldMode !== file.newMode) return false;
  const reader = treeReader(clone);
  const [old, fresh] = [await reader.read(before, file.path), await reader.read(after, file.path)];
  if (old === null || fresh === null) return false;
  const oid = old.length < 1024
    ? /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\n/.exec(
      new TextDecoder().decode(old),
    )?.[1]
    : undefined;
  if (oid !== undefined) return createHash("sha256").update(fresh).digest("hex") === oid;
  return same(withoutReturns(fresh), withoutReturns(old));
}

function withoutReturns(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, at) => byte !== 0x0d || bytes[at + 1] !== 0x0a);
}

const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);
