import type { Finding } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { compileGlob } from "../facts/glob.ts";
import { globBeyond } from "../facts/glob_relation.ts";
import { failIfAny, pass, rule } from "../rule.ts";
import { EVERYWHERE, SPEC_KNOWN } from "./bindings.ts";

/** What is judged before there is a change: the spec, the plan, the repository's own policy. */
export const intakeRules = [
  rule({
    id: "SPEC",
    gate: "spec-complete",
    layer: "L0",
    mode: "enforce",
    severity: "high",
    description: "The spec names each acceptance criterion once, and every check's files lie beside it",
    remediation: "Fix the spec; `forge spec check FILE` shows where",
    bindings: SPEC_KNOWN,
    reads: ["spec"],
    evaluate: ({ spec }) => {
      const findings: Finding[] = [];
      const seen = new Set<string>();
      for (const { id, check } of spec.acceptance) {
        if (seen.has(id)) {
          findings.push({
            message: `Two acceptance criteria are called ${id}`,
            remediation: "Give each criterion its own id",
          });
        }
        seen.add(id);
        for (const file of check?.files ?? []) {
          if (
            /^[/\\]|^[A-Za-z]:|\\/.test(file) ||
            file.split("/").some((part) => part === ".." || part.toLowerCase() === ".git")
          ) {
            findings.push({
              message: `The check file ${file} of ${id} does not lie beside the spec`,
              remediation: "Name check files by relative paths below the spec's folder",
            });
          }
        }
      }
      return failIfAny(
        findings,
        "passes when every criterion is named once and every check file lies beside the spec",
      );
    },
  }),
  rule({
    id: "INTENT",
    gate: "intent-declared",
    layer: "L1",
    mode: "enforce",
    severity: "high",
    description: "Every intent has scopes that can be understood, and DESTROY names what may go",
    remediation: "Fix intent.scope and intent.removes in the spec",
    bindings: SPEC_KNOWN,
    reads: ["spec"],
    evaluate: ({ spec }) => {
      const findings: Finding[] = [];
      for (const intent of intentsOf(spec)) {
        for (const glob of intent.scope) {
          const compiled = compileGlob(glob);
          if (compiled.ok) continue;
          findings.push({
            message:
              `The scope '${glob}' of ${intent.type} is not a glob that is understood: ${compiled.problem}`,
            remediation: "Write the scope with *, **, ?, [abc] and {a,b}, relative to the repository's root",
          });
        }
        if (intent.type === "DESTROY" && intent.removes.length === 0) {
          findings.push({
            message: "The intent DESTROY names nothing that may be removed",
            remediation: "List the symbols, files or tests in intent.removes",
          });
        }
      }
      return failIfAny(findings, "passes when every scope is a glob and DESTROY names what it removes");
    },
  }),
  rule({
    id: "C2",
    gate: "plan-in-scope",
    layer: "L1",
    mode: "enforce",
    severity: "medium",
    description: "The plan's tasks stay within the scopes of the spec",
    remediation: "Plan within the spec's scope",
    bindings: ["plan->", "design->"],
    reads: ["spec", "plan"],
    evaluate: ({ spec, plan }) => {
      const allowed = [...new Set(intentsOf(spec).flatMap((intent) => intent.scope))];
      const findings: Finding[] = [];
      if (plan.tasks.length === 0) {
        findings.push({ message: "The plan has no task", remediation: "Plan at least one task" });
      }
      for (const task of plan.tasks) {
        for (const glob of task.scope) {
          if (allowed.includes(glob) || globBeyond(glob, allowed) === null) continue;
          findings.push({
            message: `Task ${task.id} plans to touch '${glob}', which no intent of the spec covers`,
            remediation: `Plan within ${allowed.join(", ")}, or widen intent.scope`,
          });
        }
      }
      return failIfAny(findings, "passes when every task's scope is one of the spec's");
    },
  }),
  rule({
    id: "POLICY",
    gate: "repository-policy",
    layer: "L2",
    mode: "enforce",
    severity: "critical",
    description: "The policy of the base ref, where there is one, is understood as a whole",
    remediation: "Fix .forge/policy.yaml on the base branch",
    bindings: EVERYWHERE,
    reads: ["policy"],
    evaluate: ({ policy }) =>
      pass([{ message: `mode ${policy.mode}, autonomy up to ${policy.autonomy}`, remediation: "" }]),
  }),
];
