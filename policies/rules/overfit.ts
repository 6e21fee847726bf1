import { failIfAny, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";

/** L2: product code that behaves by who is looking. */
export const overfitRules = [
  rule({
    id: "T8",
    gate: "test-aware-code",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description:
      "Product code does not ask for a test runner, reach into test libraries, shadow built-ins or make equality blind; a human decides",
    remediation: "Take it out, or let a human decide",
    bindings: PATCH_ALWAYS,
    reads: ["patch", "change"],
    evaluate: ({ patch }) =>
      failIfAny(
        patch.probes.map(({ path, line, text }) => ({
          message: `Product code ${text}`,
          path,
          line,
          remediation:
            "Take it out; where it is meant, a human approves it: forge workflow answer RUN --approve",
        })),
        "passes when product code has nothing to do with who runs it, or with an approval that is bound to this patch",
        { escalates: true },
      ),
  }),
];
