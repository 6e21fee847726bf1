/** Reads a task as the ground of its cheats. */
import type { Task } from "../corpus.ts";
import { applyPatch, commitTree, readTree, samePath, type Tree } from "../repository.ts";
import type { Ground } from "./cheat.ts";

const TEST_FILE = {
  deno: /_test\.ts$/,
  node: /\.test\.m?js$/,
  python: /(^|\/)test_\w+\.py$/,
  go: /_test\.go$/,
  shell: /^tests\/.+\.sh$/,
} as const;

const SOURCE_FILE = {
  deno: /\.ts$/,
  node: /\.js$/,
  python: /\.py$/,
  go: /\.go$/,
  shell: /\.sh$/,
} as const;

/** Whether a path holds tests, by the plain conventions of the corpus. */
export function isTestFile(language: Task["language"], path: string): boolean {
  return TEST_FILE[language].test(path);
}

/** Applies the honest patch in `scratch` (a directory of its own) and sorts the files. */
export async function groundOf(task: Task, scratch: string): Promise<Ground> {
  const base = await readTree(task.repo);
  await commitTree(base, scratch);
  const problem = await applyPatch(scratch, await Deno.readFile(task.honest));
  if (problem !== null) throw new Error(`Cannot make cheats for ${task.id}: ${problem}`);
  const head = await readTree(scratch);
  const { language } = task;
  const intents = Array.isArray(task.spec.intent) ? task.spec.intent : [task.spec.intent];
  const removes = new Set(intents.flatMap((intent) => intent.removes));
  const changed = [...head.keys()].filter((path) => !samePath(base, head, path));
  const written = new Map<string, Uint8Array>();
  for (const [name, file] of task.cheats) written.set(name, await Deno.readFile(file));
  const isSource = (path: string): boolean =>
    SOURCE_FILE[language].test(path) && !isTestFile(language, path) && path !== "test.sh" &&
    !path.endsWith("__init__.py");
  const sources = [
    ...changed.filter((path) => isSource(path) && base.has(path)),
    ...changed.filter((path) => isSource(path) && !base.has(path)),
    ...[...head.keys()].filter((path) => isSource(path) && base.has(path) && !changed.includes(path)),
  ];
  return {
    language,
    base,
    head,
    scope: intents.flatMap((intent) => intent.scope),
    sources,
    baseTests: [...base.keys()].filter((path) =>
      isTestFile(language, path) && head.has(path) && !removes.has(path)
    ),
    visibleTests: changed.filter((path) => isTestFile(language, path)),
    written,
  };
}

/** Base with the visible tests laid over it: the tests are there, the work is not. */
export function visibleTree(ground: Ground): Tree {
  const tree = new Map(ground.base);
  for (const path of ground.visibleTests) {
    const entry = ground.head.get(path);
    if (entry !== undefined) tree.set(path, entry);
  }
  return tree;
}
