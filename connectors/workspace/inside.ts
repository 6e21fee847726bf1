/**
 * Files below a directory that somebody else filled: never through a symbolic link, never outside. For use while nothing
 * runs in the directory; a program that swaps links at the same time belongs into the sandbox, not beside this.
 */
import { dirname, join } from "node:path";
import { isQuoted } from "./path_text.ts";

export type Kind = "file" | "link" | "directory" | "other" | "absent";

/** Why a relative path cannot be a place in a tree, or null when it can. */
export function refusePath(path: string): string | null {
  if (path === "") return "it is empty";
  if (path.includes("\0")) return "it has a NUL byte";
  if (path.startsWith("/")) return "it is absolute";
  for (const part of path.split("/")) {
    if (part === "" || part === "." || part === "..") return `it has a ${JSON.stringify(part)} component`;
  }
  return null;
}

/** What is at `path` below `root`, following no link on the way; a place behind a link is absent. */
export async function kindInside(root: string, path: string): Promise<Kind> {
  if (refusePath(path) !== null || isQuoted(path)) return "absent";
  const parts = path.split("/");
  let at = root;
  for (const [depth, part] of parts.entries()) {
    at = join(at, part);
    const info = await lstat(at);
    if (info === null) return "absent";
    if (depth < parts.length - 1) {
      if (!info.isDirectory) return "absent";
      continue;
    }
    return info.isSymlink ? "link" : info.isFile ? "file" : info.isDirectory ? "directory" : "other";
  }
  return "absent";
}

/** The bytes of a regular file, or null when there is none (a link is none). Throws above `maxBytes`. */
export async function readInside(
  root: string,
  path: string,
  maxBytes = 64 * 1024 * 1024,
): Promise<Uint8Array | null> {
  if (await kindInside(root, path) !== "file") return null;
  const file = join(root, path);
  const { size } = await Deno.lstat(file);
  if (size > maxBytes) {
    throw new Error(`Cannot read ${path}: it has ${size} bytes and ${maxBytes} is the limit`);
  }
  return await Deno.readFile(file);
}

/**
 * Writes a regular file, making directories as needed. A link or anything else at `path` is replaced, not followed; a link
 * (or a file) in the place of a directory on the way is an error.
 */
export async function writeInside(root: string, path: string, bytes: Uint8Array): Promise<void> {
  const why = refusePath(path);
  if (why !== null) throw new Error(`Cannot write ${JSON.stringify(path)}: ${why}`);
  const parts = path.split("/");
  for (let depth = 1; depth < parts.length; depth++) {
    const dir = parts.slice(0, depth).join("/");
    const kind = await kindInside(root, dir);
    if (kind === "absent") await Deno.mkdir(join(root, dir));
    else if (kind !== "directory") {
      throw new Error(`Cannot write ${path}: ${dir} is a ${kind}, not a directory`);
    }
  }
  const kind = await kindInside(root, path);
  if (kind === "directory") throw new Error(`Cannot write ${path}: it is a directory`);
  if (kind !== "absent") await Deno.remove(join(root, path));
  await Deno.writeFile(join(root, path), bytes, { createNew: true });
}

/** Removes a file or a link, if there is one. */
export async function removeInside(root: string, path: string): Promise<void> {
  const kind = await kindInside(root, path);
  if (kind === "directory") throw new Error(`Cannot remove ${path}: it is a directory`);
  if (kind !== "absent") await Deno.remove(join(root, path));
}

/**
 * Regular files and links below `root/dir`, relative to root. Links are not entered; `.git` is left out at any depth, and so
 * are the directories that `skip` names.
 */
export async function walkInside(
  root: string,
  dir: string,
  skip: (name: string) => boolean = () => false,
): Promise<string[]> {
  const found: string[] = [];
  const waiting = [dir];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for await (const entry of Deno.readDir(join(root, at))) {
      if (entry.name.toLowerCase() === ".git") continue;
      const path = at === "" ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory) {
        if (!skip(entry.name)) waiting.push(path);
      } else if (entry.isFile || entry.isSymlink) found.push(path);
    }
  }
  return found.sort();
}

/** Removes a directory with all that is in it, also what was left without permission to write or to enter. */
export async function removeTree(dir: string): Promise<void> {
  try {
    await Deno.remove(dir, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    await unlock(dir);
    await Deno.remove(dir, { recursive: true });
  }
}

async function unlock(dir: string): Promise<void> {
  const info = await lstat(dir);
  if (!info?.isDirectory) return;
  await Deno.chmod(dir, 0o700);
  for await (const entry of Deno.readDir(dir)) if (entry.isDirectory) await unlock(join(dir, entry.name));
}

async function lstat(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

/** The directory above, for places that must exist before something is made in them. */
export async function makeParent(path: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
}
