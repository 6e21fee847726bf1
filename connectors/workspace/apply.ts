/**
 * Applies a unified diff with git. In three steps, so that nothing changes unless everything holds: onto a copy of the
 * index, then our own look at what it would do, then the work tree.
 */
import { dirname, join } from "node:path";
import { err, type FileChange, ok, type Problem, type Result } from "../../specs/mod.ts";
import { type Clone, inClone } from "./clone.ts";
import { diffFiles } from "./diff.ts";
import { git, gitLine, runGit } from "./git.ts";
import { kindInside, walkInside } from "./inside.ts";
import { binaryWithoutData, refusal } from "./refusal.ts";
import { treeReader } from "./tree_reader.ts";

const MAX_PATCH_BYTES = 100 * 1024 * 1024;

/**
 * Applies `patch` to the index, and to the work tree when there are files in it; on a problem neither has changed. `before` is the
 * tree of the index, to which files are staged; the answer is the tree after it.
 */
export async function applyPatch(
  clone: Clone,
  patch: Uint8Array,
  { before, filled }: { before: string; filled: boolean },
): Promise<Result<string, Problem>> {
  if (patch.byteLength > MAX_PATCH_BYTES) {
    return err({
      code: "patch-malformed",
      message: `Cannot apply the patch: it has ${patch.byteLength} bytes and ${MAX_PATCH_BYTES} is the limit`,
      remedy: "Split the change.",
    });
  }
  // Nothing but white space proposes nothing; git would call it an error, and the gate for empty changes says it better.
  if (patch.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d))) return ok(before);
  const hollow = binaryWithoutData(patch);
  if (hollow !== null) return err(hollow);
  const index = join(clone.state, "index");
  const copy = join(clone.state, `apply-${crypto.randomUUID()}.index`);
  await Deno.copyFile(index, copy);
  try {
    const onCopy = inClone(clone, { index: copy });
    const output = await runGit(["apply", "--cached", "--whitespace=nowarn", "-"], {
      ...onCopy,
      stdin: patch,
    });
    if (output.code !== 0) return err(refusal(output.stderr));
    const after = await gitLine(["write-tree"], onCopy);
    const files = await diffFiles(clone, before, after);
    const problem = findLongName(files) ?? await findEscapingLink(clone, after, files) ??
      (filled ? await findInTheWay(clone, files) : null);
    if (problem !== null) return err(problem);
    if (filled) await git(["read-tree", "-m", "-u", before, after], inClone(clone));
    else await Deno.rename(copy, index);
    return ok(after);
  } finally {
    await Deno.remove(copy).catch(ifAbsent);
  }
}

/** The longest name that file systems take, in bytes. */
const MAX_NAME_BYTES = 255;

/** Git's index takes names that no file can have. */
function findLongName(files: readonly FileChange[]): Problem | null {
  const encoder = new TextEncoder();
  const found = files.find(({ status, path }) =>
    status !== "D" && path.split("/").some((part) => encoder.encode(part).length > MAX_NAME_BYTES)
  );
  return found === undefined ? null : {
    code: "patch-malformed",
    message: `Cannot apply the patch to ${
      found.path.slice(0, 80)
    }...: a part of the path has more than ${MAX_NAME_BYTES} bytes`,
    path: found.path.slice(0, 1000),
    remedy: "Shorten the name.",
  };
}

/** What git would overwrite without a word: a file that is ignored, so not part of the index, where the patch makes a new one. */
async function findInTheWay(clone: Clone, files: readonly FileChange[]): Promise<Problem | null> {
  const leaving = new Set(
    files.flatMap((file) => file.status === "D" ? [file.path] : file.from === undefined ? [] : [file.from]),
  );
  for (const file of files.filter(({ status }) => status === "A" || status === "R")) {
    const blocking = await blockedBy(clone, file.path, leaving);
    if (blocking === null) continue;
    return {
      code: "patch-conflict",
      message:
        `Cannot apply the patch to ${file.path}: ${blocking} is in its way, a file that is not part of the repository`,
      path: file.path,
      value: blocking,
      remedy: "Remove that file from the workspace, or make the patch without it.",
    };
  }
  return null;
}

/** The first file at `path`, above or below it that does not leave with the same patch. */
async function blockedBy(clone: Clone, path: string, leaving: ReadonlySet<string>): Promise<string | null> {
  const parts = path.split("/");
  for (let depth = 1; depth <= parts.length; depth++) {
    const at = parts.slice(0, depth).join("/");
    const kind = await kindInside(clone.files, at);
    if (kind === "absent") return null;
    if (kind === "directory" && depth < parts.length) continue;
    const there = kind === "directory" ? await walkInside(clone.files, at) : [at];
    const staying = there.find((one) => !leaving.has(one));
    if (staying !== undefined) return staying;
  }
  return null;
}

async function findEscapingLink(
  clone: Clone,
  after: string,
  files: readonly FileChange[],
): Promise<Problem | null> {
  const links = files.filter((file) => file.newMode === "120000");
  if (links.length === 0) return null;
  const reader = treeReader(clone);
  for (const file of links) {
    const target = new TextDecoder().decode(await reader.read(after, file.path) ?? new Uint8Array());
    if (staysInside(file.path, target)) continue;
    return {
      code: "patch-path",
      message: `Cannot apply the patch: the symbolic link ${file.path} leads out of the repository (${
        target.slice(0, 200)
      })`,
      path: file.path,
      value: target.slice(0, 200),
      remedy: "Link to a path inside the repository, relative, with `..` only at its beginning.",
    };
  }
  return null;
}

/**
 * Whether a link at `path` cannot leave the tree. A link's own directories are real ones, so leading `..` can be counted;
 * a `..` after a name cannot, as the name may be a link that leads elsewhere.
 */
export function staysInside(path: string, target: string): boolean {
  if (target === "" || target.startsWith("/") || target.includes("\0")) return false;
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const up = parts.findIndex((part) => part !== "..");
  const leading = up < 0 ? parts.length : up;
  const depth = dirname(path) === "." ? 0 : dirname(path).split("/").length;
  return leading <= depth && !parts.slice(leading).includes("..") &&
    !parts.some((part) => part.toLowerCase() === ".git");
}

/** Puts a tree into an empty directory: files only, no filter, no hook, links as links. */
export async function checkOutTree(clone: Clone, tree: string, into: string): Promise<void> {
  const index = join(clone.state, `checkout-${crypto.randomUUID()}.index`);
  try {
    await git(
      ["read-tree", "--reset", "-u", tree],
      inClone(clone, { index, workTree: into, timeoutMs: 600_000 }),
    );
  } finally {
    await Deno.remove(index).catch(ifAbsent);
  }
}

function ifAbsent(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
