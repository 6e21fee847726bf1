import { intentsOf } from "../../specs/code/mod.ts";
import { compileGlob, isExactPath } from "../facts/glob.ts";
import { fail, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";

/** L4: what judges and steers is not changed on the way. */
export const protectionRules = [
  rule({
    id: "C1",
    gate: "protected-paths",
    layer: "L4",
    mode: "enforce",
    severity: "critical",
    description:
      "Policy, owners, CI, agent instructions, hooks, test-runner and lint settings change only by their exact name in the scope, and then a human answers",
    remediation: "Leave the file alone, or name its exact path in intent.scope and let a human answer",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "policy"],
    evaluate: ({ spec, patch, policy }) => {
      const exact = new Set(
        intentsOf(spec).flatMap((intent) => intent.scope).filter(isExactPath).map((path) =>
          path.replace(/^\.\//, "")
        ),
      );
      const own = policy.protect.flatMap((text) => {
        const compiled = compileGlob(text);
        return compiled.ok ? [{ text, glob: compiled.glob }] : [];
      });
      const broken = policy.protect.filter((text) => !compileGlob(text).ok);
      if (broken.length > 0) {
        return {
          verdict: "error",
          findings: [{
            message: `The repository's policy protects ${broken.join(", ")}, which is no glob`,
            remediation: "Fix .forge/policy.yaml on the base branch",
          }],
          counterfactual: "can be judged once the policy's globs are understood",
        };
      }
      const edits = patch.protectedEdits.map(({ path, class: kind, part, why }) => ({
        path,
        what: part === undefined ? kind : `${part} (${kind})`,
        why,
      }));
      for (const file of patch.files) {
        for (const path of file.from === undefined ? [file.path] : [file.from, file.path]) {
          const found = own.find(({ glob }) => glob(path));
          if (found) {
            edits.push({ path, what: `'${found.text}'`, why: "the repository's policy protects it" });
          }
        }
      }
      if (edits.length === 0) return pass();
      const unnamed = edits.filter(({ path }) => !exact.has(path));
      const findings = edits.map(({ path, what, why }) => ({
        message: `${path} is protected: ${what}; ${why}`,
        path,
        remediation: exact.has(path)
          ? "A human answers whether this may change: forge workflow answer RUN --approve"
          : `Leave ${path} as it is at base, or add exactly ${
            JSON.stringify(path)
          } to intent.scope; a glob does not open it, and then a human answers`,
      }));
      return fail(
        findings,
        `passes without the edits of ${[...new Set(edits.map(({ path }) => path))].slice(0, 20).join(", ")}`,
        { escalates: unnamed.length === 0 },
      );
    },
  }),
];
