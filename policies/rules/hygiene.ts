import type { PathProblem } from "../../specs/mod.ts";
import { failIfAny, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";

const REMEDY: Readonly<Record<PathProblem["kind"], string>> = {
  "absolute": "Use a path relative to the repository's root",
  "parent": "Use a path inside the repository, without '..'",
  "empty-part": "Write the path without '//' and './'",
  "backslash": "Use forward slashes",
  "git-directory": "Leave git's own directory alone; no spec opens it",
  "control-character": "Name the file without control characters",
  "hidden-character": "Name the file with visible characters only",
  "not-utf8": "Name the file in UTF-8",
  "too-long": "Shorten the path",
  "symlink": "Write a regular file instead of a symbolic link",
  "submodule": "Leave submodules and .gitmodules to a human",
  "git-attributes": "Leave filters, drivers and export attributes to a human",
  "case-collision": "Choose a name that differs by more than case",
  "unknown-mode": "Use the modes 100644 or 100755",
};

/** L4: what no spec can open, because it is about git itself and not about the content. */
export const hygieneRules = [
  rule({
    id: "C5",
    gate: "git-hygiene",
    layer: "L4",
    mode: "enforce",
    severity: "critical",
    description:
      "No path outside the repository or in .git, no symbolic link, submodule, filter attribute or colliding name",
    remediation: "Keep to regular files inside the repository",
    bindings: PATCH_ALWAYS,
    reads: ["patch"],
    evaluate: ({ patch }) =>
      failIfAny(
        patch.pathProblems.map((problem) => ({
          message: `${problem.path} (${problem.kind}): ${problem.detail}`,
          path: problem.path,
          remediation: REMEDY[problem.kind],
        })),
        `passes without ${patch.pathProblems.map(({ path }) => path).slice(0, 10).join(", ")}`,
      ),
  }),
];
