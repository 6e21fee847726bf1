import type { Finding } from "../../specs/mod.ts";
import { fail, failIfAny, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";

/** L0: the change is one that can be read whole. */
export const patchRules = [
  rule({
    id: "PATCH",
    gate: "patch-applies",
    layer: "L0",
    mode: "enforce",
    severity: "critical",
    description:
      "The patch parses, applies to the base commit, and its text and git's list of changed files agree",
    remediation: "Make the patch again with `git diff --binary` against the base commit",
    bindings: PATCH_ALWAYS,
    reads: ["patch"],
    evaluate: ({ patch }) => {
      const findings: Finding[] = [];
      const add = (message: string, remediation: string, place: Partial<Finding> = {}) =>
        findings.push({ message, remediation, ...place });
      if (!patch.parses.ok) {
        const at = patch.parses.line === undefined ? "" : ` at line ${patch.parses.line} of the patch`;
        add(
          `The patch does not parse${at}: ${patch.parses.problem ?? "it is not a unified diff"}`,
          "Make the patch again with `git diff --binary`; only a unified diff as git prints it is read",
        );
      }
      if (!patch.applies.ok) {
        add(
          `The patch does not apply: ${patch.applies.problem ?? "git refused it"}`,
          "Make the patch again against the base commit of this run",
        );
      } else if (patch.change === null) {
        add("The patch applied, but nothing says what it changed", "Report this: the curator gave no change");
      }
      if (patch.change !== null && patch.parses.ok && !patch.agrees.ok) {
        add(
          `The diff's text and git's list of changed files disagree: ${
            patch.agrees.problem ?? "no reason was given"
          }`,
          "Make the patch again with `git diff --binary`; a header that only one of them understands is refused",
        );
      }
      for (const path of patch.parses.binaryWithoutData) {
        add(
          "The patch says that a binary file differs, but does not carry its content",
          "Make the patch with `git diff --binary`",
          { path },
        );
      }
      if (patch.change !== null && patch.secrets.length === 0 && patch.patch !== patch.change.patch) {
        add(
          `The facts are of ${patch.patch ?? "no patch"}, the change is ${patch.change.patch}`,
          "Extract the facts from the bytes of the very patch that is judged",
        );
      }
      return failIfAny(
        findings,
        "passes when the patch is a whole unified diff that applies to the base commit",
      );
    },
  }),
  rule({
    id: "PATCH",
    gate: "empty-diff",
    layer: "L0",
    mode: "enforce",
    severity: "high",
    description: "The change is not empty",
    remediation: "Change something, or do not ask for a pull request",
    bindings: PATCH_ALWAYS,
    reads: ["patch", "change"],
    evaluate: ({ patch, change }) =>
      change.files.length === 0 || change.tree === change.baseTree || patch.files.length === 0
        ? fail(
          [{
            message: "The diff is empty: the tree after the change is the tree before it",
            remediation: "Change something; when the spec already holds, there is nothing to release",
          }],
          "passes when at least one file differs from the base commit",
        )
        : pass(),
  }),
];
