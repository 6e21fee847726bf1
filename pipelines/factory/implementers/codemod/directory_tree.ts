import { dirname, isAbsolute, join, relative, sep } from "node:path";
import type { SourceTree } from "./tree.ts";

/** A path that a tree over a directory does not open: it leaves the directory, goes through a link, or is git's own. */
export class UnsafePath extends Error {
  constructor(readonly path: string, why: string) {
    super(`Cannot open ${path} in the workspace: ${why}`);
    this.name = "UnsafePath";
  }
}

/** Names that some file system takes for `.git`: letter case, trailing dots and spaces, NTFS short names. */
function isGitFolder(segment: string): boolean {
  return /^(\.git|git~\d+)[. ]*$/i.test(
    segment.normalize("NFKC").replace(/[\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, ""),
  );
}

function checked(path: string): string[] {
  const segments = path.split("/");
  // deno-lint-ignore no-control-regex -- a NUL ends a path for the operating system
  if (path === "" || isAbsolute(path) || path.includes("\\") || /\u0000/.test(path)) {
    throw new UnsafePath(path, "it is not a relative path with forward slashes");
  }
  if (segments.some((it) => it === "" || it === "." || it === "..")) {
    throw new UnsafePath(path, "it has an empty or dot segment");
  }
  if (segments.some(isGitFolder)) throw new UnsafePath(path, "it is git's own");
  return segments;
}

async function lstat(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (cause) {
    // NotADirectory: a file stands where a folder of the path would be, so there is no such file.
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return null;
    throw cause;
  }
}

/**
 * The files of a workspace directory. Links are never followed: a linked file is not listed, reads as absent and
 * cannot be written, and no path leads out of the directory or into `.git`.
 */
export function directoryTree(dir: string): SourceTree {
  let rootPath: string | null = null;
  const root = async () => rootPath ??= await Deno.realPath(dir);

  /** The absolute path, after every folder on the way was seen to be a real one inside the root. */
  async function resolve(path: string): Promise<{ full: string; info: Deno.FileInfo | null }> {
    const segments = checked(path);
    const base = await root();
    let folder = base;
    for (const segment of segments.slice(0, -1)) {
      folder = join(folder, segment);
      const info = await lstat(folder);
      if (info === null) return { full: join(base, ...segments), info: null };
      if (info.isSymlink) throw new UnsafePath(path, `${relative(base, folder)} is a link`);
      if (!info.isDirectory) return { full: join(base, ...segments), info: null };
    }
    const full = join(base, ...segments);
    // Whatever the walk above missed, the file system has the last word.
    const real = await Deno.realPath(dirname(full));
    if (real !== base && !real.startsWith(base + sep)) throw new UnsafePath(path, `it leads to ${real}`);
    return { full, info: await lstat(full) };
  }

  return {
    async list() {
      const base = await root();
      const found: string[] = [];
      const folders = [""];
      for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
        for await (const entry of Deno.readDir(join(base, ...folder.split("/")))) {
          if (isGitFolder(entry.name)) continue;
          const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
          if (entry.isDirectory) {
            // Installed packages are not the repository's, and there are many of them.
            if (entry.name !== "node_modules") folders.push(path);
          } else if (entry.isFile) found.push(path);
        }
      }
      return found.sort();
    },
    async read(path) {
      const { full, info } = await resolve(path).catch((cause) => {
        if (cause instanceof UnsafePath) return { full: "", info: null };
        throw cause;
      });
      return info?.isFile === true ? await Deno.readFile(full) : null;
    },
    async write(path, bytes) {
      const { full, info } = await resolve(path);
      if (info !== null && !info.isFile) throw new UnsafePath(path, "it is not a plain file");
      if (info === null) {
        await Deno.mkdir(dirname(full), { recursive: true });
        await Deno.writeFile(full, bytes, { createNew: true });
        return;
      }
      // A hard link would carry the change out of the workspace: a file of its own takes the place, with the same mode.
      const temporary = `${full}.${crypto.randomUUID()}`;
      await Deno.writeFile(temporary, bytes, { createNew: true, mode: info.mode ?? undefined });
      if (info.mode !== null && Deno.build.os !== "windows") await Deno.chmod(temporary, info.mode & 0o777);
      await Deno.rename(temporary, full);
    },
    async remove(path) {
      const { full, info } = await resolve(path);
      if (info?.isFile !== true) throw new UnsafePath(path, "it is not a plain file");
      await Deno.remove(full);
    },
  };
}
