import type { Finding } from "../../specs/mod.ts";
import { failIfAny, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";

/** L1: the change stays where the spec says that it may be. */
export const scopeRules = [
  rule({
    id: "C2",
    gate: "scope",
    layer: "L1",
    mode: "enforce",
    severity: "high",
    description:
      "Every touched path is in the scope of an intent, a test beside it, or derived from a manifest in it",
    remediation: "Keep to the scope, or widen it in the spec",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "scope"],
    evaluate: ({ patch, scope }) => {
      const findings: Finding[] = scope.problems.map(({ glob, problem }) => ({
        message: `The scope '${glob}' is not a glob that is understood: ${problem}`,
        remediation: "Write the scope with *, **, ?, [abc] and {a,b}, relative to the repository's root",
      }));
      const outside: string[] = [];
      for (const file of patch.files) {
        for (
          const path of file.from === undefined || file.status === "C" ? [file.path] : [file.path, file.from]
        ) {
          if (scope.reasonFor(path) !== null) continue;
          outside.push(path);
          findings.push({
            message: `${path} is outside the scope of the spec`,
            path,
            ...(file.addedAt !== undefined && path === file.path ? { line: file.addedAt } : {}),
            remediation: `Take ${path} out of the change, or add ${JSON.stringify(path)} to intent.scope`,
          });
        }
      }
      if (patch.paths.truncated && outside.length > 0) {
        findings.push({
          message:
            "Not all files beside the change were read, so that tests beside them may not have been recognised",
          remediation: "Name the tests in intent.scope",
        });
      }
      return failIfAny(
        findings,
        `passes without ${outside.slice(0, 20).join(", ")}, or with them in intent.scope`,
      );
    },
  }),
];
