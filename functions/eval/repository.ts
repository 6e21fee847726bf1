/** Plain folders of the corpus made into real git repositories. */
import { git } from "./process.ts";

/** What a git tree can hold: a file with its mode, or a symbolic link. */
export interface TreeEntry {
  content: Uint8Array;
  mode: "100644" | "100755" | "120000";
}

/** Whether two byte arrays hold the same. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Whether a path is the same in two trees, absent from both included. */
export function samePath(a: Tree, b: Tree, path: string): boolean {
  const [before, after] = [a.get(path), b.get(path)];
  if (before === undefined || after === undefined) return before === after;
  return before.mode === after.mode && sameBytes(before.content, after.content);
}

/** Path with forward slashes -> entry. */
export type Tree = ReadonlyMap<string, TreeEntry>;

/** Reads a folder as a tree: paths relative to it, sorted. */
export async function readTree(dir: string): Promise<Map<string, TreeEntry>> {
  const tree = new Map<string, TreeEntry>();
  const visit = async (prefix: string): Promise<void> => {
    const entries: Deno.DirEntry[] = [];
    for await (const entry of Deno.readDir(`${dir}/${prefix}`)) entries.push(entry);
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = `${prefix}${entry.name}`;
      if (entry.name === ".git") continue;
      if (entry.isDirectory) await visit(`${path}/`);
      else if (entry.isSymlink) {
        tree.set(path, {
          content: new TextEncoder().encode(await Deno.readLink(`${dir}/${path}`)),
          mode: "120000",
        });
      } else {
        const mode = (await Deno.stat(`${dir}/${path}`)).mode ?? 0;
        tree.set(path, {
          content: await Deno.readFile(`${dir}/${path}`),
          mode: (mode & 0o100) !== 0 ? "100755" : "100644",
        });
      }
    }
  };
  await visit("");
  return tree;
}

/** Writes a tree below `dir`, which may exist. */
export async function writeTree(tree: Tree, dir: string): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
  for (const [path, entry] of tree) {
    const slash = path.lastIndexOf("/");
    if (slash > 0) await Deno.mkdir(`${dir}/${path.slice(0, slash)}`, { recursive: true });
    if (entry.mode === "120000") {
      await Deno.symlink(new TextDecoder().decode(entry.content), `${dir}/${path}`);
    } else {
      await Deno.writeFile(`${dir}/${path}`, entry.content);
      await Deno.chmod(`${dir}/${path}`, entry.mode === "100755" ? 0o755 : 0o644);
    }
  }
}

/** Makes a repository of one commit on `main` out of a tree; the commit is the same on every machine. Returns its name. */
export async function commitTree(tree: Tree, dir: string): Promise<string> {
  await writeTree(tree, dir);
  await git(dir, ["init", "--quiet", "--initial-branch=main"]);
  await git(dir, ["config", "core.autocrlf", "false"]);
  await git(dir, ["add", "--all", "--force"]);
  await git(dir, ["commit", "--quiet", "--no-verify", "--message=Base"]);
  return (await git(dir, ["rev-parse", "HEAD"])).trim();
}

/** Makes a repository out of a plain folder: `git init`, one commit with a fixed author and date. Returns the commit. */
export async function materialize(folder: string, into: string): Promise<string> {
  return await commitTree(await readTree(folder), into);
}

/** The unified diff, as `git diff` prints it, that leads from a committed work tree to `next`. The work tree ends clean. */
export async function diffTo(repository: string, next: Tree): Promise<Uint8Array> {
  await git(repository, ["rm", "-r", "--quiet", "--force", "--ignore-unmatch", "."]);
  await writeTree(next, repository);
  await git(repository, ["add", "--all", "--force"]);
  const patch = await git(repository, [
    "diff",
    "--cached",
    "--no-color",
    "--binary",
    "--find-renames",
    "HEAD",
  ]);
  await git(repository, ["reset", "--quiet", "--hard", "HEAD"]);
  return new TextEncoder().encode(patch);
}

/** Applies a unified diff to a clean work tree; the problem as text, or null when it went in. */
export async function applyPatch(repository: string, patch: Uint8Array): Promise<string | null> {
  try {
    await git(repository, ["apply", "--index", "--whitespace=nowarn", "-"], patch);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
