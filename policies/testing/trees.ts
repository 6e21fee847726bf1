/** Small repositories in memory, for tests: two trees become a change with its diff, as the curator would give them. */
import { type Change, digestOf } from "../../specs/mod.ts";
import { extractPatchFacts, type PatchFactsInput } from "../facts/extraction.ts";
import type { PatchFile, PatchLine } from "../facts/patch_file.ts";
import { renderPatch } from "../facts/patch_render.ts";

/** Path -> content; a value with a mode is an executable, a link (content is its target) or a submodule. */
export type Tree = Record<string, string | { mode: string; content: string }>;

const encoder = new TextEncoder();
const contentOf = (tree: Tree, path: string): string | null => {
  const entry = Object.hasOwn(tree, path) ? tree[path] : undefined;
  return entry === undefined ? null : typeof entry === "string" ? entry : entry.content;
};
const modeOf = (tree: Tree, path: string): string => {
  const entry = tree[path];
  return entry === undefined ? "000000" : typeof entry === "string" ? "100644" : entry.mode;
};

function linesOf(text: string): { bytes: Uint8Array; noNewline: boolean }[] {
  if (text === "") return [];
  const parts = text.split("\n");
  const ended = parts.at(-1) === "";
  if (ended) parts.pop();
  return parts.map((part, index) => ({
    bytes: encoder.encode(part),
    noNewline: !ended && index === parts.length - 1,
  }));
}

/** The whole file out and in, but for what both begin and end with. */
function hunkOf(before: string, after: string): PatchFile["hunks"] {
  const left = linesOf(before);
  const right = linesOf(after);
  const same = (a: (typeof left)[number] | undefined, b: (typeof left)[number] | undefined) =>
    a !== undefined && b !== undefined && a.noNewline === b.noNewline && a.bytes.length === b.bytes.length &&
    a.bytes.every((byte, index) => byte === b.bytes[index]);
  let start = 0;
  while (start < left.length && same(left[start], right[start])) start++;
  let end = 0;
  while (
    end < left.length - start && end < right.length - start &&
    same(left[left.length - 1 - end], right[right.length - 1 - end])
  ) end++;
  const removed = left.slice(start, left.length - end);
  const added = right.slice(start, right.length - end);
  if (removed.length === 0 && added.length === 0) return [];
  const mark = (kind: PatchLine["kind"]) => (line: (typeof left)[number]): PatchLine => ({ kind, ...line });
  return [{
    oldStart: removed.length === 0 ? start : start + 1,
    oldLines: removed.length,
    newStart: added.length === 0 ? start : start + 1,
    newLines: added.length,
    section: new Uint8Array(),
    lines: [...removed.map(mark("removed")), ...added.map(mark("added"))],
  }];
}

/** The diff and the change between two trees; `renames` are told as git tells them. */
export async function sampleChange(
  base: Tree,
  head: Tree,
  renames: Record<string, string> = {},
): Promise<{ change: Change; patch: Uint8Array }> {
  const files: PatchFile[] = [];
  const changes: Change["files"] = [];
  const gone = new Set(Object.keys(renames));
  const arrived = new Map(Object.entries(renames).map(([from, to]) => [to, from]));
  for (const path of [...new Set([...Object.keys(base), ...Object.keys(head)])].sort()) {
    if (gone.has(path) && !Object.hasOwn(head, path)) continue;
    const from = arrived.get(path) ?? path;
    const before = contentOf(base, from);
    const after = contentOf(head, path);
    const oldMode = modeOf(base, from);
    const newMode = modeOf(head, path);
    if (before === after && oldMode === newMode && from === path) continue;
    const status = from !== path ? "R" : before === null ? "A" : after === null ? "D" : "M";
    const hunks = hunkOf(before ?? "", after ?? "");
    const count = (kind: string) =>
      hunks.reduce((sum, hunk) => sum + hunk.lines.filter((line) => line.kind === kind).length, 0);
    files.push({
      oldPath: before === null ? null : { text: from, utf8: true },
      newPath: after === null ? null : { text: path, utf8: true },
      status,
      oldMode: before === null ? null : oldMode,
      newMode: after === null ? null : newMode,
      binary: "none",
      hunks,
    });
    changes.push({
      status,
      path,
      ...(from === path ? {} : { from }),
      oldMode,
      newMode,
      binary: false,
      added: count("added"),
      removed: count("removed"),
    });
  }
  const patch = renderPatch(files);
  const treeName = async (tree: Tree) => (await digestOf(JSON.stringify(tree))).slice(7, 47);
  return {
    patch,
    change: {
      base: "b".repeat(40),
      baseTree: await treeName(base),
      tree: await treeName(head),
      patch: await digestOf(patch),
      files: changes,
      added: changes.reduce((sum, file) => sum + file.added, 0),
      removed: changes.reduce((sum, file) => sum + file.removed, 0),
    },
  };
}

/** What the extractor is given for a change between two trees. */
export async function sampleInput(
  base: Tree,
  head: Tree,
  renames: Record<string, string> = {},
): Promise<PatchFactsInput & { change: Change; patch: Uint8Array }> {
  const { change, patch } = await sampleChange(base, head, renames);
  return {
    change,
    patch,
    applies: { ok: true },
    read: (path, at) => {
      const content = contentOf(at === "base" ? base : head, path);
      return Promise.resolve(content === null ? null : encoder.encode(content));
    },
    list: (at) => Promise.resolve(Object.keys(at === "base" ? base : head).sort()),
  };
}

export async function sampleFacts(base: Tree, head: Tree, renames: Record<string, string> = {}) {
  return await extractPatchFacts(await sampleInput(base, head, renames));
}
