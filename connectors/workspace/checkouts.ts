/**
 * Checkouts that serve one command after the other. A tree of thousands of files takes longer to write than most tests take to run;
 * what a command left behind is found in a fraction of that, and put right before the next one sees it.
 *
 * The commands are not trusted, so nothing depends on what they could have arranged: every entry is compared by inode, rights, size
 * and the kernel's own time of the last status change, which no program without privileges can set. What differs is removed and written
 * anew from the object store; a directory in which anything happened is replaced by a new one, as attributes of directories are not
 * compared. When any of this is not possible the checkout is thrown away and another one made.
 */
import { dirname, join } from "node:path";
import { GitSha } from "../../specs/mod.ts";
import type { Checkout, Checkouts } from "../port.ts";
import { type Clone, inClone } from "./clone.ts";
import { git } from "./git.ts";
import { makeParent, removeTree } from "./inside.ts";
import { latestChange, type Scan, scan } from "./scan.ts";
import type { TreeReader } from "./tree_reader.ts";

/** Below this a new checkout is quicker than looking for what happened in an old one. */
export const WORTH_KEEPING = { files: 400, bytes: 8 * 1024 * 1024 };

interface Kept {
  dir: string;
  tree: string;
  /** The index that the files were written by. */
  index: string;
  /** What the directory held when it was handed out; null when it will not be used again. */
  before: Scan | null;
}

export interface CheckoutsOptions {
  /** False when commands may still be running after they were said to be over: then nothing is used twice. */
  reuse: boolean;
  worthKeeping?: typeof WORTH_KEEPING;
}

/** Checkouts of a clone's trees, made in `parent`. */
export function checkoutsIn(
  clone: Clone,
  reader: TreeReader,
  parent: string,
  options: CheckoutsOptions,
): Checkouts {
  const idle: Kept[] = [];
  const out = new WeakMap<Checkout, Kept>();
  async function isWorthIt(tree: string): Promise<boolean> {
    const least = options.worthKeeping ?? WORTH_KEEPING;
    const { files, bytes } = await reader.size(tree);
    return files >= least.files || bytes >= least.bytes;
  }

  async function take(tree: string): Promise<Checkout> {
    if (!GitSha.safeParse(tree).success) {
      throw new Error(`Cannot check out ${JSON.stringify(tree)}: it is not a tree's name`);
    }
    const worth = options.reuse && await isWorthIt(tree);
    return worth ? await usedAgain(tree) ?? await made(tree, true) : await made(tree, false);
  }

  /** One that was used before, put right; null when there is none that can be. */
  async function usedAgain(tree: string): Promise<Checkout | null> {
    for (;;) {
      const at = idle.findIndex((one) => one.tree === tree);
      const used = idle.splice(at < 0 ? idle.length - 1 : at, 1)[0];
      if (used === undefined) return null;
      const dir = place();
      const again = await putRight(clone, used, tree, dir).catch(() => null);
      if (again !== null) return handOut(again);
      await Promise.all([used.dir, dir, used.index].map(removeTree));
    }
  }

  async function made(tree: string, keep: boolean): Promise<Checkout> {
    const dir = place();
    await makeParent(dir);
    await Deno.mkdir(dir, { mode: 0o700 });
    const index = join(clone.state, `checkout-${crypto.randomUUID()}.index`);
    try {
      const real = await Deno.realPath(dir);
      await write(clone, tree, real, index);
      return handOut({ dir: real, tree, index, before: keep ? await settled(real, dirname(real)) : null });
    } catch (error) {
      await Promise.all([dir, index].map(removeTree));
      throw error;
    }
  }

  function handOut(kept: Kept): Checkout {
    const { dir, tree, index } = kept;
    const checkout = { dir, tree, dispose: async () => void await Promise.all([dir, index].map(removeTree)) };
    out.set(checkout, kept);
    return checkout;
  }

  const place = () => join(parent, `checkout-${randomName()}`);

  return {
    take,
    giveBack: async (checkout) => {
      const kept = out.get(checkout);
      if (kept === undefined || kept.before === null) await checkout.dispose();
      else idle.push(kept);
      out.delete(checkout);
    },
  };
}

/** Writes the files of a tree, or what of them is not there; what the index says of files that were moved is still so. */
async function write(clone: Clone, tree: string, dir: string, index: string): Promise<void> {
  await git(
    ["read-tree", "--reset", "-u", tree],
    inClone(clone, {
      index,
      workTree: dir,
      timeoutMs: 600_000,
      config: { "core.trustctime": "false" },
    }),
  );
}

/** What a directory holds, once the file system's clock has moved on: whatever changes from now on has a later time. */
async function settled(dir: string, beside: string): Promise<Scan | null> {
  const before = await scan(dir);
  if (before === null) return null;
  const latest = latestChange(before);
  for (let tries = 0; tries < 50; tries++) {
    const probe = join(beside, `clock-${randomName()}`);
    await Deno.mkdir(probe);
    const now = await scan(probe);
    await Deno.remove(probe);
    if (now === null) return null;
    if (latestChange(now) > latest) return before;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return null;
}

/** In so many directories may something have happened; with more it is quicker to write all files anew. */
const MOST_TOUCHED = 64;

/** Gives a used checkout the files of `tree` and nothing else, under a name that nobody knew; null when that cannot be done. */
async function putRight(clone: Clone, used: Kept, tree: string, dir: string): Promise<Kept | null> {
  const now = await scan(used.dir);
  if (now === null || used.before === null) return null;
  const { strange, touched } = compare(used.before, now);
  if (touched.length > MOST_TOUCHED) return null;
  if (!(await run(["rm", "-rf", "--"], strange, used.dir))) return null;
  const kept = byDirectory(now, new Set(strange));
  // The deepest first, the root last: what is kept of a directory is in order when its turn comes.
  for (const path of touched.filter((one) => one !== "")) {
    const fresh = `.fresh-${randomName()}`;
    await Deno.mkdir(join(used.dir, fresh));
    const replaced = await run(["mv", "-t", fresh, "--"], kept.get(path) ?? [], used.dir) &&
      await run(["rmdir", "--"], [path], used.dir) &&
      await run(["mv", "-T", "--", fresh], [path], used.dir);
    if (!replaced) return null;
  }
  if (touched.includes("")) {
    await Deno.mkdir(dir, { mode: 0o700 });
    if (!(await run(["mv", "-t", dir, "--"], kept.get("") ?? [], used.dir))) return null;
    await Deno.remove(used.dir);
  } else await Deno.rename(used.dir, dir);
  await write(clone, tree, dir, used.index);
  return { dir, tree, index: used.index, before: await settled(dir, dirname(dir)) };
}

/** What must go (the topmost of it), and which directories that stay had something happen in them, the deepest first. */
export function compare(before: Scan, now: Scan): { strange: string[]; touched: string[] } {
  const strange = new Set<string>();
  const touched: string[] = [];
  // Parents before their children, as `find` lists them.
  for (const [path, entry] of now) {
    if (isBelow(path, strange)) continue;
    const known = before.get(path);
    if (known === undefined || known.identity !== entry.identity) {
      if (path === "") throw new Error("Cannot use a checkout again: its root is another one");
      strange.add(path);
    } else if (entry.directory && known.stamp !== entry.stamp) touched.push(path);
  }
  return { strange: [...strange], touched: touched.reverse() };
}

function isBelow(path: string, roots: ReadonlySet<string>): boolean {
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
    if (roots.has(path.slice(0, at))) return true;
  }
  return false;
}

/** The entries of each directory, without those that went and what lies in them. */
function byDirectory(now: Scan, gone: ReadonlySet<string>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const path of now.keys()) {
    if (path === "" || gone.has(path) || isBelow(path, gone)) continue;
    const of = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    const list = found.get(of);
    if (list === undefined) found.set(of, [path]);
    else list.push(path);
  }
  return found;
}

/** Runs a command over paths that come in by its input: they may be too many for a command line, and need not be text. */
async function run(command: readonly string[], paths: readonly string[], cwd: string): Promise<boolean> {
  if (paths.length === 0) return true;
  const child = new Deno.Command("xargs", {
    args: ["-0", ...command],
    cwd,
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", LC_ALL: "C" },
    clearEnv: true,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    // An interrupt at the terminal is not for it.
    detached: Deno.build.os !== "windows",
  }).spawn();
  const input = paths.map((path) => `./${path}\0`).join("");
  const writer = child.stdin.getWriter();
  await writer.write(Uint8Array.from(input, (char) => char.charCodeAt(0))).catch(() => undefined);
  await writer.close().catch(() => undefined);
  return (await child.status).success;
}

function randomName(): string {
  return crypto.getRandomValues(new Uint8Array(12)).toHex();
}
