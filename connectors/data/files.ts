/**
 * Files of a pipeline: regular files only, below a root where one is given, each read as it was when it was looked at. A
 * path is relative to the pipeline's folder. Where a pipeline came from somebody else, `root` is what it may see, and links
 * that lead out of it are refused.
 */
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { DataFailure, type FileAccess, type FileReader, type FileSnapshot } from "./port.ts";

export interface FileAccessOptions {
  /** The pipeline's own folder. */
  readonly base: string;
  /** Everything must lie below it, after following links. Absent: any file that this process may read. */
  readonly root?: string;
  /** Directory for what has to be seekable; made at first use, removed by whoever owns the run. */
  readonly scratch: string;
  /** Most directory entries that one glob looks at. */
  readonly maxEntries?: number;
}

const BLOCK = 256 * 1024;

/** Access to files as they are on this machine. */
export function fileAccess(options: FileAccessOptions): FileAccess {
  const base = resolve(options.base);
  return {
    file: (path) => snapshot(base, options.root, path),
    glob: (pattern) => matching(base, options, pattern),
    async scratch(name) {
      if (!/^[A-Za-z0-9._-]{1,100}$/.test(name) || name.startsWith(".")) {
        throw new Error(`Cannot make the scratch directory ${JSON.stringify(name)}: a plain name is needed`);
      }
      const dir = join(resolve(options.scratch), name);
      await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
      return dir;
    },
  };
}

/** What tells one state of a file from another. */
interface Identity {
  readonly device: number;
  readonly inode: number | null;
  readonly size: number;
  readonly modified: number;
  readonly changed: number;
}

const identity = (info: Deno.FileInfo): Identity => ({
  device: info.dev,
  inode: info.ino,
  size: info.size,
  modified: info.mtime?.getTime() ?? 0,
  changed: info.ctime?.getTime() ?? 0,
});

async function snapshot(base: string, root: string | undefined, path: string): Promise<FileSnapshot> {
  if (path === "" || path.includes("\0")) {
    throw new DataFailure("invalid", `${JSON.stringify(path)} is no path`, "Name a file.");
  }
  const real = await realPath(resolve(base, path), path);
  await within(root, real, path);
  const info = await Deno.stat(real);
  if (!info.isFile) {
    throw new DataFailure(
      "refused",
      `${path} is ${info.isDirectory ? "a directory" : "a device, a pipe or a socket"}, not a regular file`,
      info.isDirectory ? "Name a file in it, or use `glob`." : "Copy its content into a file.",
    );
  }
  return snapshotOf(path, real, identity(info));
}

function snapshotOf(name: string, real: string, seen: Identity): FileSnapshot {
  const reader = () => open(name, real, seen);
  return {
    name,
    path: real,
    size: seen.size,
    modifiedMs: seen.modified,
    reader,
    async open() {
      const file = await reader();
      let at = 0;
      return new ReadableStream<Uint8Array>({
        async pull(controller) {
          try {
            const block = new Uint8Array(BLOCK);
            const count = await file.read(block, at);
            if (count > 0) {
              at += count;
              controller.enqueue(block.subarray(0, count));
              return;
            }
            await file.check();
            file.close();
            controller.close();
          } catch (error) {
            file.close();
            throw error;
          }
        },
        cancel: () => file.close(),
      }, { highWaterMark: 1 });
    },
  };
}

async function open(name: string, real: string, seen: Identity): Promise<FileReader> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(real, { read: true });
  } catch (error) {
    throw unreadable(name, error);
  }
  let closed = false;
  const compare = (now: Identity): "same" | "grown" => {
    const why = now.inode !== seen.inode || now.device !== seen.device
      ? "another file took its place"
      : now.size < seen.size
      ? `it shrank from ${seen.size} to ${now.size} bytes`
      : now.size === seen.size && (now.modified !== seen.modified || now.changed !== seen.changed)
      ? "it was written to"
      : null;
    if (why !== null) throw changed(name, why);
    return now.size > seen.size ? "grown" : "same";
  };
  const readAt = async (into: Uint8Array, at: number): Promise<number> => {
    const want = Math.min(into.length, seen.size - at);
    if (want <= 0) return 0;
    await file.seek(at, Deno.SeekMode.Start);
    let got = 0;
    while (got < want) {
      const count = await file.read(into.subarray(got, want));
      if (count === null) throw changed(name, `it ended at byte ${at + got} of ${seen.size}`);
      got += count;
    }
    return got;
  };
  // Going to a place and reading there are two steps: another reader of the same file must not come between.
  let turn: Promise<unknown> = Promise.resolve();
  const reader: FileReader = {
    size: seen.size,
    read(into, at) {
      const read = turn.then(() => readAt(into, at));
      turn = read.catch(() => {});
      return read;
    },
    async check() {
      let there: Deno.FileInfo;
      try {
        there = await Deno.stat(real);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) throw changed(name, "it was removed");
        throw unreadable(name, error);
      }
      compare(identity(await file.stat()));
      return compare(identity(there));
    },
    close() {
      if (!closed) file.close();
      closed = true;
    },
  };
  try {
    compare(identity(await file.stat()));
    return reader;
  } catch (error) {
    reader.close();
    throw error;
  }
}

const changed = (name: string, why: string) =>
  new DataFailure(
    "contract",
    `${name} changed while it was read: ${why}`,
    "Run again when nothing writes to it.",
  );

async function realPath(path: string, name: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    throw unreadable(name, error);
  }
}

function unreadable(name: string, error: unknown): DataFailure {
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
    return new DataFailure(
      "not-found",
      `There is no file ${name}`,
      "Paths are relative to the pipeline's folder.",
    );
  }
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return new DataFailure("auth", `${name} may not be read by this user`, "Give read access to it.");
  }
  if (error instanceof Deno.errors.FilesystemLoop) {
    return new DataFailure("refused", `${name} is a loop of links`, "Name the file itself.");
  }
  throw error;
}

async function within(root: string | undefined, real: string, name: string): Promise<void> {
  if (root === undefined) return;
  const top = await Deno.realPath(root);
  if (real === top || real.startsWith(top.endsWith(sep) ? top : top + sep)) return;
  throw new DataFailure(
    "refused",
    `${name} lies outside of what this pipeline may read`,
    "Use files below its root.",
  );
}

/** Characters that make a pattern of a path. */
const MAGIC = /[*?[\]{}()!]/;

async function matching(base: string, options: FileAccessOptions, pattern: string): Promise<FileSnapshot[]> {
  if (pattern === "" || pattern.includes("\0") || pattern.length > 4000) {
    throw new DataFailure(
      "invalid",
      `${JSON.stringify(pattern.slice(0, 100))} is no pattern`,
      "Such as data/*.csv.",
    );
  }
  const { default: picomatch } = await import("picomatch");
  const parts = pattern.split("/");
  const first = parts.findIndex((part) => MAGIC.test(part));
  if (first === -1) return [await snapshot(base, options.root, pattern)];
  const fixed = parts.slice(0, first).join("/") || (isAbsolute(pattern) ? "/" : ".");
  // Without extglob, no pattern costs more than linear time.
  const matches = picomatch(parts.slice(first).join("/"), { noextglob: true, dot: false });
  const top = await realPath(resolve(base, fixed), fixed);
  await within(options.root, top, fixed);
  const names = await walk(
    top,
    matches,
    options.maxEntries ?? 200_000,
    parts.slice(first).length === 1 ? 1 : 64,
  );
  const found: FileSnapshot[] = [];
  for (const name of names) {
    const path = fixed === "." ? name : fixed === "/" ? `/${name}` : `${fixed}/${name}`;
    const info = await Deno.stat(join(top, name)).catch(() => null);
    if (info?.isFile) found.push(await snapshot(base, options.root, path));
  }
  if (found.length === 0) {
    throw new DataFailure(
      "not-found",
      `No file matches ${pattern}`,
      `The pattern is relative to the pipeline's folder; looked below ${relative(base, top) || "."}.`,
    );
  }
  return found;
}

/** Names below a directory that match, sorted by code units. Links to directories are not entered. */
async function walk(
  top: string,
  matches: (name: string) => boolean,
  maxEntries: number,
  maxDepth: number,
): Promise<string[]> {
  const found: string[] = [];
  const waiting: { name: string; depth: number }[] = [{ name: "", depth: 1 }];
  let seen = 0;
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for await (const entry of Deno.readDir(join(top, at.name))) {
      if (++seen > maxEntries) {
        throw new DataFailure(
          "limit",
          `More than ${maxEntries} names lie below the pattern's folder`,
          "Start the pattern deeper, such as data/2026/*.csv.",
        );
      }
      const name = at.name === "" ? entry.name : `${at.name}/${entry.name}`;
      if (entry.isDirectory) {
        if (at.depth < maxDepth && !entry.name.startsWith(".")) waiting.push({ name, depth: at.depth + 1 });
      } else if (matches(name)) found.push(name);
    }
  }
  return found.sort();
}
