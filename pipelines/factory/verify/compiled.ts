import { join } from "node:path";
import { cachePlaceholder, removeTree, type TestCommand, type Tester } from "../../../connectors/mod.ts";
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
  const found = { env: put(warm.env, place), readOnly: [place] };
  if (await exists(place)) return { execution: null, ...found };

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
    ...(request.prepared === undefined ? {} : { prepared: request.prepared }),
    keep: async (dir) => {
      await Deno.mkdir(parent, { recursive: true, mode: 0o700 });
      made = await moved(join(dir, name), place);
    },
  });
  return made ? { execution, ...found } : { execution, env: {}, readOnly: [] };
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
