import type { Spec } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { compileGlob, isExactPath } from "./glob.ts";
import { pathProblems } from "./path_problem.ts";
import { protectedClass } from "./protected_path.ts";
import { scopeOf } from "./scope.ts";

/** Why a path may not be changed, in the words of the gate that would refuse the patch. */
export interface PathRefusal {
  rule: "PATCH" | "C1" | "C2";
  message: string;
  remediation: string;
}

/**
 * Tells before an edit what the gates over paths would say of it after: paths that lead out of the repository, protected files, files
 * outside of the scope. Only a hint that saves a round: the gates judge the patch all the same.
 *
 * @param known files of the repository, for tests beside what is in scope
 * @param protect globs that the repository's own policy protects
 */
export function pathAccess(
  spec: Spec,
  known: readonly string[],
  protect: readonly string[] = [],
): (path: string) => PathRefusal | null {
  const scope = scopeOf(spec, known);
  const exact = new Set(
    intentsOf(spec).flatMap((intent) => intent.scope).filter(isExactPath).map((path) =>
      path.replace(/^\.\//, "")
    ),
  );
  const own = protect.map((text) => ({ text, compiled: compileGlob(text) }));
  return (path) => {
    const [problem] = pathProblems(path);
    if (problem !== undefined) {
      return {
        rule: "PATCH",
        message: problem.detail,
        remediation: "Name a file of the repository, relative to its root",
      };
    }
    const kind = protectedClass(path);
    // A glob that is not understood protects everything: the judge ends in an error over it.
    const glob = own.find(({ compiled }) => !compiled.ok || compiled.glob(path));
    if ((kind !== null || glob !== undefined) && !exact.has(path)) {
      return {
        rule: "C1",
        message: kind === null
          ? `${path} is protected: the repository's policy protects it`
          : `${path} is protected: ${kind.class}; ${kind.why}`,
        remediation: `Leave ${path} as it is`,
      };
    }
    if (scope.reasonFor(path) === null) {
      const globs = intentsOf(spec).flatMap((intent) => intent.scope);
      return {
        rule: "C2",
        message: `${path} is outside the scope of the spec`,
        remediation: `Keep to ${globs.slice(0, 20).join(", ")}, and the tests beside`,
      };
    }
    return null;
  };
}
