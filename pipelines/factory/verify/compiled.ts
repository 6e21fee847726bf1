import { join } from "node:path";
import {
  cachePlaceholder,
  copyTree,
  removeTree,
  type TestCommand,
  type Tester,
  type WarmUp,
} from "../../../connectors/mod.ts";
import { digestOf, type VerifyExecution } from "../../../specs/mod.ts";
import { execute, randomToken, type Stage } from "./execute.ts";
import type { Prepared } from "./input.ts";

/** What a compiler made of base, for runs to read. */
export interface Compiled {
  /** The run that made it; null when it was there. */
  execution: VerifyExecution | null;
  env: Record<string, string>;
  readOnly: string[];
}

/**
 * Compiles base's tests once into a cache that all later runs see read-only. Only base is compiled and nothing of it is run, so a
 * change can neither fill the cache nor alter it. A base that does not compile leaves what it came to: a cache is no verdict.
 */
export async function compileBase(
  stage: Stage,
  request: {
    tester: Tester;
    command: TestCommand;
    tree: string;
    version: string;
    keep: string | undefined;
    prepared: Prepared | undefined;
  },
): Promise<Compiled | null> {
  const { tester, command, tree } = request;
  const warm = tester.warm?.(command) ?? null;
  if (warm === null) return null;
  const key = (await digestOf(JSON.stringify([tester.id, tree, request.version, warm]))).slice(7, 39);
  const parent = request.keep ?? stage.scratch;
  const place = join(parent, `compiled-${key}`);
  const found = async () => {
    const shown = await shownPlace(stage, place);
    return { env: put(warm.env, shown), readOnly: [shown] };
  };
  if (await exists(place)) {
    await Deno.utime(place, new Date(), new Date());
    return { execution: null, ...await found() };
  }

  const common = request.keep === undefined || warm.common === undefined
    ? null
    : await compileCommon(stage, warm, request.keep, `${tester.id} ${request.version}`);
  // The sandbox can write only in the checkout, so the cache is made there and moved when it is whole.
  const name = `.cache-${randomToken()}`;
  let made = false;
  const { execution } = await execute(stage, {
    on: "prepare",
    tree,
    command: { tester: "", argv: warm.argv, env: warm.env, report: { from: "none" } },
    tester: null,
    files: { list: () => Promise.resolve([]), read: () => Promise.resolve(null) },
    cache: name,
    fill: async (dir) => {
      // A copy: what a repository's compilation writes must not reach what others begin with.
      if (common !== null) await copyTree(common, join(dir, name));
    },
    ...(request.prepared === undefined ? {} : { prepared: request.prepared }),
    keep: async (dir) => {
      await Deno.mkdir(parent, { recursive: true, mode: 0o700 });
      made = await moved(join(dir, name), place);
    },
  });
  if (request.keep !== undefined) await forget(request.keep, stage.clock.now());
  return made ? { execution, ...await found() } : { execution, env: {}, readOnly: [] };
}

/** Where runs see the cache: without a sandbox nothing is read-only, so what is kept for others is not what they get. */
async function shownPlace(stage: Stage, place: string): Promise<string> {
  if (stage.sandbox.level === "bwrap") return place;
  const own = join(stage.scratch, `compiled-${randomToken()}`);
  await copyTree(place, own);
  return own;
}

/** The cache that every repository's compilation begins with: made from a project of ours, once for each toolchain. */
async function compileCommon(
  stage: Stage,
  warm: WarmUp,
  keep: string,
  version: string,
): Promise<string | null> {
  if (warm.common === undefined) return null;
  // Not the command of the tests: what it begins with is the same for each.
  const key = await digestOf(JSON.stringify([version, warm.env, warm.common]));
  const place = join(keep, `common-${key.slice(7, 39)}`);
  if (await exists(place)) {
    await Deno.utime(place, new Date(), new Date());
    return place;
  }
  await Deno.mkdir(keep, { recursive: true, mode: 0o700 });
  const dir = join(stage.scratch, `common-${randomToken()}`);
  await Deno.mkdir(dir);
  for (const [name, text] of Object.entries(warm.common.files)) {
    await Deno.writeTextFile(join(dir, name), text);
  }
  const cache = join(dir, ".cache");
  const done = await stage.sandbox.run({
    argv: warm.common.argv,
    cwd: dir,
    env: put(warm.env, cache),
    timeoutMs: Math.max(1, stage.deadline - stage.clock.now()),
    memoryBytes: stage.memoryBytes,
    ...(stage.signal === undefined ? {} : { signal: stage.signal }),
  });
  return done.code === 0 && await moved(cache, place) ? place : null;
}

const keptCaches = 12;
const inUseMs = 3 * 3_600_000;

/** Removes the caches of bases that were not used for long, beyond the newest few. */
async function forget(keep: string, now: number): Promise<void> {
  const caches: { path: string; used: number }[] = [];
  for await (const entry of Deno.readDir(keep)) {
    if (!entry.isDirectory || !/^(compiled|common)-[0-9a-f]{32}$/.test(entry.name)) continue;
    const path = join(keep, entry.name);
    const info = await Deno.lstat(path).catch(() => null);
    if (info !== null) caches.push({ path, used: info.mtime?.getTime() ?? 0 });
  }
  caches.sort((a, b) => b.used - a.used);
  for (const { path, used } of caches.slice(keptCaches)) {
    // A run that reads it may still be going on.
    if (now - used > inUseMs) await removeTree(path);
  }
}

/** Moves a directory to where it is kept; another verification may have been first, and its cache is as good. */
async function moved(from: string, to: string): Promise<boolean> {
  const info = await Deno.lstat(from).catch(() => null);
  if (!info?.isDirectory) return false;
  try {
    await Deno.rename(from, to);
  } catch (error) {
    if (!await exists(to)) throw error;
    await removeTree(from);
  }
  return true;
}

async function exists(path: string): Promise<boolean> {
  return (await Deno.lstat(path).catch(() => null))?.isDirectory === true;
}

function put(env: Record<string, string>, place: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value.replaceAll(cachePlaceholder, place)]),
  );
}
