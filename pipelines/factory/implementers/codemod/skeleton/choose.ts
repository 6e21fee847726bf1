import { ok, type Result } from "../../../../../specs/mod.ts";
import { type Candidate, nearestRemedy } from "../nearest.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import type { OperationOf } from "../workbench.ts";

export type Skeleton = OperationOf<"add-test-skeleton">;

/** A test file to be written. */
export interface Written {
  path: string;
  text: string;
  symbols: number;
}

/** The exported symbols that tests are written for: those that are asked for, or all. */
export function choose<T extends Candidate>(
  operation: Skeleton,
  exported: readonly T[],
): Result<T[], CodemodProblem> {
  if (operation.symbols === undefined) {
    if (exported.length > 0) return ok([...exported]);
    return fail("no-match", `${operation.for} exports no function or class`, {
      path: operation.for,
      remedy: "name a file that exports something that can be called",
    });
  }
  const chosen = exported.filter((it) => operation.symbols?.includes(it.name));
  const missing = operation.symbols.filter((name) => !exported.some((it) => it.name === name));
  const [first] = missing;
  if (first === undefined) return ok(chosen);
  return fail("no-match", `${operation.for} exports no function or class ${enumerate(missing)}`, {
    path: operation.for,
    value: first,
    remedy: nearestRemedy(first, exported, "correct `symbols`"),
  });
}

/** A framework that does not run tests of this language. */
export function wrongFramework(operation: Skeleton, usual: string): { ok: false; error: CodemodProblem } {
  return fail("invalid", `${operation.framework} does not run tests of ${operation.for}`, {
    path: operation.for,
    value: operation.framework ?? "",
    remedy: `use ${usual}, or leave \`framework\` out`,
  });
}
