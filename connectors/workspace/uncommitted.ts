/** The tree of a user's work tree, taken as the curator takes a workspace: by content, with untracked files, whatever is configured. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { FileChange } from "../../specs/mod.ts";
import { type Clone, inClone } from "./clone.ts";
import { diffFiles } from "./diff.ts";
import type { Found } from "./discover.ts";
import { git, gitLine } from "./git.ts";
import { concat, pathBytes, pathText, splitNul } from "./path_text.ts";
import type { Shim } from "./shim.ts";
import { stage } from "./stage.ts";
import { listTree } from "./tree.ts";
import { treeReader } from "./tree_reader.ts";

/** Writes the tree into the clone's own objects. The index of the clone is a copy of the user's. */
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
  const [before, absent] = [await gitLine(["write-tree"], inClone(clone)), await notCheckedOut(clone)];
  const staged = await stage(clone);
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
        `${converted} files differ from the index only by line ends or as LFS content, and count as unchanged`,
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

/** Paths that the user's index marks as not checked out. */
async function notCheckedOut(clone: Clone): Promise<Set<string>> {
  const output = await git(["ls-files", "-v", "-z"], inClone(clone));
  return new Set(
    splitNul(output).filter((line) => line[0] === 0x53 || line[0] === 0x73).map((line) =>
      pathText(line.subarray(2))
    ),
  );
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
