/**
 * Brings the index up to what lies in the work tree, and writes its tree. The work tree is in the hands of an
 * implementer, so nothing in it decides what is seen: no `.gitignore` or attributes of its own, no embedded `.git`.
 *
 * What is left out: untracked files that the BASE's `.gitignore` files ignore (caches, node_modules: what a build leaves
 * behind). The workspace's own `.gitignore` is never asked, or a change could hide its files by ignoring them; a build
 * product that only the new `.gitignore` ignores shows up in the diff, where a reader sees it.
 */
import { dirname, join } from "node:path";
import { type Clone, inClone } from "./clone.ts";
import { git, GitError, gitLine, runGit } from "./git.ts";
import { kindInside, walkInside } from "./inside.ts";
import { concat, isQuoted, joinNul, pathBytes, pathText, splitNul } from "./path_text.ts";
import { listTree, readBlobs } from "./tree.ts";

/** The tree of the work tree as it is now. */
export async function stage(clone: Clone): Promise<string> {
  const call = inClone(clone);
  await compareContents(clone);
  const [changed, others, links] = await Promise.all([
    paths(["diff-files", "--name-only", "-z", "--ignore-submodules=all"], clone),
    untracked(clone),
    gitlinks(clone),
  ]);
  const submodules = await readGitlinks(clone, links);
  const { add, remove } = await sort(clone, [...new Set([...changed, ...others, ...submodules])]);
  if (remove.length > 0) {
    const zero = "0".repeat(clone.base.length);
    const lines = remove.flatMap((path) => [encode(`0 ${zero}\t`), pathBytes(path), new Uint8Array(1)]);
    await git(["update-index", "-z", "--index-info"], { ...call, stdin: concat(lines) });
  }
  if (add.length > 0) {
    await git(["update-index", "-z", "--add", "--remove", "--replace", "--stdin"], {
      ...call,
      stdin: joinNul(add),
    });
    // Only a name that we cannot look at may be a directory.
    if (add.some(isQuoted)) await refuseNewGitlinks(clone, links);
  }
  return await gitLine(["write-tree"], call);
}

/**
 * Makes the index forget what it knows of the files' sizes and times, and compares what they hold. Git takes a file for unchanged
 * when size, times (in whole seconds) and inode are as they were; whoever wrote the files had a hand in most of these, and a clock
 * that was set back has one in the rest.
 */
async function compareContents(clone: Clone): Promise<void> {
  const call = inClone(clone);
  await git(["read-tree", await gitLine(["write-tree"], call)], call);
  const args = ["update-index", "-q", "--ignore-submodules", "--refresh"];
  const output = await runGit(args, call);
  // 1 says that some file differs, which is asked for by name next.
  if (output.code > 1 || output.stderr.trim() !== "") throw new GitError(args, output.code, output.stderr);
}

/** Files and links are added; whatever else lies in the place of a tracked path (nothing, a directory, a pipe) removes it. */
async function sort(clone: Clone, candidates: readonly string[]) {
  const add: string[] = [];
  const remove: string[] = [];
  const within: string[] = [];
  for (const path of candidates) {
    // Git itself looks at a name that we cannot open.
    const kind = isQuoted(path) ? "file" : await kindInside(clone.files, path);
    (kind === "file" || kind === "link" ? add : remove).push(path);
    // Git does not list what lies in an embedded repository that took the place of a file.
    if (kind === "directory") within.push(...await walkInside(clone.files, path));
  }
  return { add: [...new Set([...add, ...await notIgnored(clone, within)])], remove };
}

async function untracked(clone: Clone): Promise<string[]> {
  const listed = await paths(["ls-files", "--others", "-z"], clone);
  const files: string[] = [];
  for (const path of listed) {
    // Git stops at an embedded repository, `dir/`: its files count like any others.
    if (path.endsWith("/") && !isQuoted(path)) {
      files.push(...await walkInside(clone.files, path.slice(0, -1)));
    } else files.push(path);
  }
  return await notIgnored(clone, files);
}

async function notIgnored(clone: Clone, files: readonly string[]): Promise<string[]> {
  if (files.length === 0 || !(await baseIgnores(clone))) return [...files];
  const args = ["check-ignore", "--no-index", "-z", "--stdin"];
  const workTree = join(clone.root, "ignore");
  // This command takes no literal paths, and a leading colon would be read as pathspec magic.
  const env = { GIT_LITERAL_PATHSPECS: "0" };
  const stdin = joinNul(files.map((path) => path.startsWith(":") ? `./${path}` : path));
  const output = await runGit(args, inClone(clone, { workTree, cwd: workTree, stdin, env }));
  if (output.code > 1) throw new GitError(args, output.code, output.stderr);
  const ignored = new Set(splitNul(output.stdout).map((path) => pathText(path).replace(/^\.\/:/, ":")));
  return files.filter((path) => !ignored.has(path));
}

/** Writes the base's `.gitignore` files into a tree of their own, once; false when the base has none. */
async function baseIgnores(clone: Clone): Promise<boolean> {
  const dir = join(clone.root, "ignore");
  const done = join(clone.state, "ignores");
  const known = await Deno.readTextFile(done).catch(() => null);
  if (known !== null) return known !== "0";
  const entries = (await listTree(clone, clone.baseTree))
    .filter((entry) =>
      /(^|\/)\.gitignore$/.test(entry.path) && entry.mode.startsWith("100") && !isQuoted(entry.path)
    );
  const contents = await readBlobs(clone, entries.map((entry) => entry.oid));
  for (const [at, entry] of entries.entries()) {
    const file = join(dir, entry.path);
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeFile(file, contents[at] ?? new Uint8Array());
  }
  await Deno.writeTextFile(done, `${entries.length}`);
  return entries.length > 0;
}

async function gitlinks(clone: Clone): Promise<string[]> {
  const output = await git(["ls-files", "--stage", "-z"], inClone(clone));
  const links: string[] = [];
  for (const line of splitNul(output)) {
    if (line[0] === 0x31 && line[1] === 0x36) links.push(pathText(line.subarray(line.indexOf(9) + 1)));
  }
  return links;
}

/** A submodule is an empty directory here and stays what it is, unless it was removed or files took its place. */
async function readGitlinks(clone: Clone, links: readonly string[]): Promise<string[]> {
  const touched: string[] = [];
  for (const path of links) {
    if (isQuoted(path)) continue;
    if (await kindInside(clone.files, path) !== "directory") touched.push(path);
    else if (await kindInside(clone.files, `${path}/.git`) === "absent") {
      touched.push(...await walkInside(clone.files, path));
    }
  }
  return touched;
}

async function refuseNewGitlinks(clone: Clone, before: readonly string[]): Promise<void> {
  const known = new Set(before);
  const fresh = (await gitlinks(clone)).find((path) => !known.has(path));
  if (fresh !== undefined) {
    throw new Error(
      `Cannot read the workspace: ${fresh} is a repository inside the repository, made by the change`,
    );
  }
}

async function paths(args: readonly string[], clone: Clone): Promise<string[]> {
  return splitNul(await git(args, inClone(clone))).map(pathText);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
