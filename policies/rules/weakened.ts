import type { Finding } from "../../specs/mod.ts";
import { namesTest } from "../../specs/code/mod.ts";
import { fail, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";
import { removesOf } from "./execution.ts";

/** L2: what an existing test asserts does not become less. */
export const weakenedRules = [
  rule({
    id: "T2",
    gate: "weakened-assertions",
    layer: "L2",
    mode: "enforce",
    severity: "critical",
    description:
      "A test that was there asserts no less than before: as many assertions, as strong, reached and waited for, unless the spec's removes names it",
    remediation: "Restore the assertion, or name the test in intent.removes",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "proposal", "patch", "change"],
    selector: ({ proposal }) => {
      // The spec's own operations wrote the tests as they are now.
      const derived = proposal.implementer === "codemod" && proposal.rederives === true;
      return {
        applies: !derived,
        because: derived
          ? "the diff re-derives byte-equal from the spec's operations"
          : "every change is looked through for tests of base that assert less",
      };
    },
    evaluate: ({ spec, patch }) => {
      const given = removesOf(spec);
      const certain: Finding[] = [];
      const doubtful: Finding[] = [];
      for (const test of patch.tests.weakened ?? []) {
        const name = `${test.path}::${test.suite === "" ? "" : `${test.suite} > `}${test.title}`;
        if (given.some((entry) => namesTest(entry, { ...test, name }))) continue;
        (test.certain ? certain : doubtful).push({
          message: `${JSON.stringify(name)} asserts less than before the change: ${test.detail}`,
          path: test.path,
          line: test.line,
          remediation: test.title === "(file)"
            ? `Restore it, or add ${
              JSON.stringify(test.path)
            } to intent.removes, which lets the file be rewritten`
            : `Restore it, or add ${
              JSON.stringify(name)
            } to intent.removes, which lets the test be rewritten`,
        });
      }
      const findings = [...certain, ...doubtful];
      if (findings.length === 0) return pass();
      return fail(
        findings,
        "passes when these tests assert as much as they did at base, or are in intent.removes",
        { escalates: certain.length === 0 },
      );
    },
  }),
];
