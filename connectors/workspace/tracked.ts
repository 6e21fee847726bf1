/**
 * Every file of a tree, one after the other: for looking through a whole repository with a memory that does not grow with it. The
 * names come from one git, the contents from another that answers as it is asked; nothing of the work tree is opened.
 */
import { join, relative, resolve } from "node:path";
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import { staysInside } from "./apply.ts";
import { type At, baseOf } from "./comparison_ends.ts";
import { discover, type Found } from "./discover.ts";
import { type Conversation, conversation, end } from "./conversation.ts";
import { type GitCall, gitCommand, GitError } from "./git.ts";
import { pathText } from "./path_text.ts";
import { openRepository, unreadable } from "./repository.ts";
import { type Shim, withShim } from "./shim.ts";

/** One file. `bytes` is null when it is larger than the limit, or is none: a submodule, an object that is not here. */
export interface TrackedFile {
  path: string;
  mode: string;
  size: number | null;
  bytes: Uint8Array | null;
  /** Why there are no bytes. */
  why?: "too-large" | "submodule" | "missing" | "unreadable";
  /** For a symbolic link: whether it leads out of the tree. */
  escapes?: boolean;
}

export interface TrackedFiles {
  /** The commit; null for a directory that is no repository. */
  at: At | null;
  location: string;
  notes: string[];
  /** Goes through them once. */
  each(visit: (file: TrackedFile) => Promise<void>, signal?: AbortSignal): Promise<Result<void, Problem>>;
}

const BATCH_FILES = 256;
const BATCH_BYTES = 8 * 1024 * 1024;

/** Files of HEAD below a directory; of a directory that is no repository all its files. */
export async function trackedFiles(
  location: string,
  options: { maxBytes: number },
): Promise<Result<TrackedFiles, Problem>> {
  const place = await discover(location);
  if (!place.ok) return await plainFiles(location, place.error, options.maxBytes);
  const found = place.value;
  try {
    const head = await withShim(found, (shim) => baseOf(location, found, shim));
    if (!head.ok) return head;
    const at = head.value.base;
    const under = found.workTree === null
      ? ""
      : relative(await Deno.realPath(found.workTree), await Deno.realPath(location));
    if (under.startsWith("..")) return err(outside(location));
    const opened = await openRepository(location);
    const notes = opened.ok && opened.value.dirty
      ? ["Uncommitted work is not included: forge scan --worktree judges it"]
      : [];
    return ok({
      at,
      location: found.workTree ?? found.commonDir,
      notes,
      each: async (visit, signal) => {
        try {
          await withShim(
            found,
            (shim) => walkTree(found, shim, at.tree, under, options.maxBytes, visit, signal),
          );
          return ok(undefined);
        } catch (error) {
          if (signal?.aborted) throw signal.reason;
          return err(unreadable(location, error));
        }
      },
    });
  } catch (error) {
    return err(unreadable(location, error));
  }
}

function outside(location: string): Problem {
  return {
    code: "repo-not-found",
    message: `Cannot scan ${location}: it lies in git's own directory`,
    value: location,
    remedy: "Name the work tree, or the bare repository itself.",
  };
}

interface Named {
  mode: string;
  oid: string;
  path: string;
}

async function walkTree(
  found: Found,
  shim: Shim,
  tree: string,
  under: string,
  maxBytes: number,
  visit: (file: TrackedFile) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const call: GitCall = { ...shim.call, cwd: shim.call.gitDir ?? found.commonDir };
  const args = ["ls-tree", "-r", "-z", "--full-tree", tree, ...(under === "" ? [] : ["--", under])];
  const lister = gitCommand(args, call, "null").spawn();
  const sizes = conversation(gitCommand(["cat-file", "--batch-check"], call, "piped").spawn());
  const blobs = conversation(gitCommand(["cat-file", "--batch"], call, "piped").spawn());
  const listed = new Response(lister.stderr).text();
  const abort = () => {
    for (const child of [lister, sizes.child, blobs.child]) end(child);
  };
  signal?.addEventListener("abort", abort, { once: true });
  try {
    let batch: Named[] = [];
    for await (const record of records(lister.stdout)) {
      const tab = record.indexOf(9);
      const [mode = "", , oid = ""] = new TextDecoder().decode(record.subarray(0, tab)).split(" ");
      batch.push({ mode, oid, path: pathText(record.subarray(tab + 1)) });
      if (batch.length < BATCH_FILES) continue;
      await readBatch(batch, sizes, blobs, maxBytes, visit, signal);
      batch = [];
    }
    await readBatch(batch, sizes, blobs, maxBytes, visit, signal);
    const [status, said] = [await lister.status, await listed];
    if (status.code !== 0) throw new GitError(args, status.code, said);
  } finally {
    signal?.removeEventListener("abort", abort);
    abort();
    await Promise.all([
      listed.catch(() => undefined),
      lister.stdout.cancel().catch(() => undefined),
      lister.status,
      sizes.close(),
      blobs.close(),
    ]);
  }
}

async function readBatch(
  batch: readonly Named[],
  sizes: Conversation,
  blobs: Conversation,
  maxBytes: number,
  visit: (file: TrackedFile) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const files = batch.filter(({ mode }) => mode !== "160000");
  await sizes.ask(files.map(({ oid }) => oid));
  const known = new Map<string, number | null>();
  for (const { oid } of files) {
    const size = / blob (\d+)$/.exec(await sizes.line())?.[1];
    known.set(oid, size === undefined ? null : Number(size));
  }
  const part: (Named & { size: number })[] = [];
  let room = BATCH_BYTES;
  const flush = async () => {
    await blobs.ask(part.map(({ oid }) => oid));
    for (const { oid, mode, path, size } of part) {
      const head = await blobs.line();
      const answered = Number(/ blob (\d+)$/.exec(head)?.[1] ?? -1);
      if (answered !== size) {
        throw new GitError(["cat-file"], 0, `no answer for ${oid}: ${head.slice(0, 200)}`);
      }
      const bytes = await blobs.bytes(size);
      await blobs.bytes(1);
      await visit({
        path,
        mode,
        size,
        bytes,
        ...(mode === "120000" ? { escapes: !staysInside(path, new TextDecoder().decode(bytes)) } : {}),
      });
      signal?.throwIfAborted();
    }
    part.length = 0;
    room = BATCH_BYTES;
  };
  for (const { mode, oid, path } of batch) {
    const size = known.get(oid) ?? null;
    if (mode === "160000") await visit({ path, mode, size: null, bytes: null, why: "submodule" });
    else if (size === null) await visit({ path, mode, size: null, bytes: null, why: "missing" });
    else if (size > maxBytes) await visit({ path, mode, size, bytes: null, why: "too-large" });
    else {
      if (size > room && part.length > 0) await flush();
      part.push({ mode, oid, path, size });
      room -= size;
    }
  }
  if (part.length > 0) await flush();
}

/** NUL-terminated records of a stream. */
async function* records(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array();
  for await (const part of stream) {
    let bytes = part;
    if (rest.length > 0) {
      bytes = new Uint8Array(rest.length + part.length);
      bytes.set(rest);
      bytes.set(part, rest.length);
    }
    let start = 0;
    for (let at = bytes.indexOf(0); at >= 0; at = bytes.indexOf(0, start)) {
      yield bytes.subarray(start, at);
      start = at + 1;
    }
    rest = bytes.slice(start);
  }
  if (rest.length > 0) yield rest;
}

/** A directory without git: every regular file below it, links not followed, `.git` left out. */
async function plainFiles(
  location: string,
  problem: Problem,
  maxBytes: number,
): Promise<Result<TrackedFiles, Problem>> {
  // A git directory that is broken is not the same as none.
  const isPlain = problem.message.includes("neither it nor a directory above it");
  const root = await Deno.realPath(location).catch(() => null);
  if (!isPlain || root === null) return err(problem);
  return ok({
    at: null,
    location: root,
    notes: ["This is no git repository: every file below the directory was looked at, tracked or not"],
    each: async (visit, signal) => {
      const waiting = [""];
      for (let dir = waiting.pop(); dir !== undefined; dir = waiting.pop()) {
        for await (const entry of Deno.readDir(join(root, dir))) {
          signal?.throwIfAborted();
          const path = dir === "" ? entry.name : `${dir}/${entry.name}`;
          if (entry.name.toLowerCase() === ".git") continue;
          if (entry.isDirectory) waiting.push(path);
          else if (entry.isFile || entry.isSymlink) await visit(await plainFile(root, path, maxBytes));
        }
      }
      return ok(undefined);
    },
  });
}

async function plainFile(root: string, path: string, maxBytes: number): Promise<TrackedFile> {
  const file = resolve(root, path);
  const missing = { path, mode: "100644", size: null, bytes: null, why: "unreadable" as const };
  try {
    const info = await Deno.lstat(file);
    if (info.isSymlink) {
      const target = await Deno.readLink(file);
      const bytes = new TextEncoder().encode(target);
      return { path, mode: "120000", size: bytes.length, bytes, escapes: !staysInside(path, target) };
    }
    const mode = ((info.mode ?? 0) & 0o100) === 0 ? "100644" : "100755";
    if (!info.isFile) return missing;
    if (info.size > maxBytes) return { path, mode, size: info.size, bytes: null, why: "too-large" };
    return { path, mode, size: info.size, bytes: await Deno.readFile(file) };
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied ||
      error instanceof Deno.errors.NotADirectory
    ) return missing;
    throw error;
  }
}
