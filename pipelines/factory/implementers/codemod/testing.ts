import assert from "node:assert/strict";
import type { OperationInput } from "../../../../specs/mod.ts";
import { type Applied, applyOperations } from "./apply.ts";
import type { CodemodProblem } from "./problem.ts";
import { memoryTree } from "./tree.ts";

export type Files = Record<string, string>;

/** Applies operations that must succeed; gives all files after it and what was reported. */
export async function applied(
  files: Files,
  ...operations: OperationInput[]
): Promise<Applied & { files: Files }> {
  const tree = memoryTree(files);
  const result = await applyOperations(tree, operations);
  if (!result.ok) assert.fail(`${result.error.code}: ${result.error.message} | ${result.error.remedy}`);
  return { ...result.value, files: await tree.snapshot() };
}

/** Applies operations of which one must fail; checks that no file changed. */
export async function refused(files: Files, ...operations: OperationInput[]): Promise<CodemodProblem> {
  const tree = memoryTree(files);
  const result = await applyOperations(tree, operations);
  assert.deepEqual(
    await tree.snapshot(),
    memorySorted(files),
    "a refused list of operations must change nothing",
  );
  if (result.ok) assert.fail(`was not refused: ${JSON.stringify(result.value)}`);
  assert.ok((result.error.remedy ?? "") !== "", "a problem says what to do next");
  return result.error;
}

function memorySorted(files: Files): Files {
  return Object.fromEntries(Object.entries(files).sort(([a], [b]) => a < b ? -1 : 1));
}

/** Lines joined with line feeds, with one at the end. */
export function lines(...all: string[]): string {
  return all.map((line) => `${line}\n`).join("");
}
