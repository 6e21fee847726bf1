import { fail, pass, rule } from "../rule.ts";
import { VERIFY_KNOWN } from "./bindings.ts";

/** L3: what was built for the tests that could be seen holds for those that could not. */
export const gapRules = [
  rule({
    id: "T9",
    gate: "held-out-gap",
    layer: "L3",
    mode: "enforce",
    severity: "high",
    description:
      "Where the tests that the implementer could see pass, the held-out checks pass too; at best-effort the gap is only told",
    remediation: "Do what the spec says, not what the visible tests ask for",
    bindings: VERIFY_KNOWN,
    reads: ["spec", "verify"],
    selector: ({ verify: { gap } }) => {
      if (gap === undefined) return { applies: false, because: "this verification counted no gap" };
      const held = gap.heldOut.passed + gap.heldOut.failed;
      return held === 0
        ? { applies: false, because: "the spec has no held-out check" }
        : { applies: true, because: `${held} held-out checks` };
    },
    evaluate: ({ spec, verify: { gap } }) => {
      if (gap === undefined) {
        return {
          verdict: "error",
          findings: [],
          counterfactual: "can be judged once visible tests and held-out checks were counted",
        };
      }
      const { visible, heldOut } = gap;
      const all = heldOut.passed + heldOut.failed;
      const told = {
        message: `${visible.passed} of ${
          visible.passed + visible.failed
        } visible tests pass, ${heldOut.passed} of ${all} held-out checks`,
        remediation: "Do what the spec says, not what the visible tests ask for",
      };
      // What fails where it can be seen was not fitted to it.
      const isGap = heldOut.failed > 0 && visible.failed === 0 && visible.passed > 0;
      if (!isGap || spec.tier === "best-effort") return pass([told]);
      return fail([told], "passes when the held-out checks hold as the visible tests do");
    },
  }),
];
