/** What a clone holds besides its base: nothing, unless somebody put it there. */
import { join } from "node:path";
import type { CloneFacts } from "../../specs/mod.ts";
import { type Clone, inClone, unreachableIn } from "./clone.ts";
import { git } from "./git.ts";

const MOST = 20;

/** Files and directories of a git directory that lead to more than its own HEAD. */
const TRACES = [
  "packed-refs",
  "logs",
  "FETCH_HEAD",
  "ORIG_HEAD",
  "MERGE_HEAD",
  "CHERRY_PICK_HEAD",
  "REVERT_HEAD",
  "AUTO_MERGE",
  "refs/stash",
  "reftable",
  "worktrees",
  "modules",
  "commondir",
  "objects/info/alternates",
  "objects/info/http-alternates",
  "objects/info/commit-graph",
  "objects/info/commit-graphs",
];

/** Looks through the git directory and the object store of a clone, as they are now. */
export async function historyOf(clone: Clone): Promise<CloneFacts> {
  const unreachable = clone.unreachable ?? await unreachableIn(clone);
  const [foreign, refs, traces, remotes, shallow, head, exposed] = await Promise.all([
    foreignObjects(clone),
    filesBelow(join(clone.engine, "refs"), "refs"),
    Promise.all(TRACES.map(async (path) => await exists(join(clone.engine, path)) ? [path] : [])),
    configuredRemotes(clone),
    read(join(clone.engine, "shallow")),
    read(join(clone.engine, "HEAD")),
    exists(join(clone.files, ".git")),
  ]);
  return {
    base: clone.base,
    foreign: foreign.slice(0, MOST),
    unreachable,
    traces: [
      ...(head === clone.base ? [] : ["HEAD"]),
      ...new Set([...refs, ...traces.flat(), ...remotes]),
    ].slice(0, MOST),
    parents: shallow === clone.base ? "cut" : "open",
    exposed,
  };
}

/** Commits and tags other than the base. Trees and blobs come as work is read into the store. */
async function foreignObjects(clone: Clone): Promise<string[]> {
  const found: string[] = [];
  const listed = await git(
    ["cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objecttype) %(objectname)"],
    inClone(clone, { cwd: clone.engine }),
  );
  for (const line of new TextDecoder().decode(listed).split("\n")) {
    if (/^(?:commit|tag) /.test(line) && line !== `commit ${clone.base}`) found.push(line);
  }
  return found.sort();
}

/** Sections of the configuration that name another repository. */
async function configuredRemotes(clone: Clone): Promise<string[]> {
  const config = await read(join(clone.engine, "config"));
  return [...config.matchAll(/^\s*\[\s*(remote|branch|url|include|includeif)\b[^\]]*\]/gim)].map((match) =>
    `config ${match[0].trim()}`
  );
}

async function filesBelow(dir: string, name: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    const path = `${name}/${entry.name}`;
    if (entry.isDirectory) found.push(...await filesBelow(join(dir, entry.name), path));
    else found.push(path);
  }
  return found;
}

async function read(path: string): Promise<string> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
