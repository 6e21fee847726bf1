import type { Finding } from "../../../specs/mod.ts";
import { fail, pass, rule } from "../../rule.ts";
import { STAGED } from "./bindings.ts";

/** What a pipeline's own quality rules say. */
export const qualityGateRules = [
  rule({
    id: "D-QUALITY",
    gate: "data-quality",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description: "No quality rule of the pipeline that blocks has failed",
    remediation: "Mend the data at its source, or change the rule; nothing was published",
    bindings: STAGED,
    reads: ["data"],
    selector: ({ data }) => {
      const count = data.streams.reduce((sum, { quality }) => sum + quality.length, 0);
      return {
        applies: count > 0,
        because: count > 0 ? `${count} quality rules were judged` : "the pipeline has no quality rules",
      };
    },
    evaluate: ({ data }) => {
      const verdicts = data.streams.flatMap(({ quality }) => quality);
      const findingOf = (verdict: typeof verdicts[number]): Finding => ({
        message: `${verdict.stream}: ${verdict.rule}: ${verdict.failed} of ${verdict.checked} failed${
          verdict.detail === "" ? "" : `: ${verdict.detail}`
        }`,
        remediation: verdict.severity === "block"
          ? "Mend the data at its source, or change the rule; nothing was published"
          : verdict.severity === "quarantine"
          ? "See the rows: forge etl quarantine list"
          : "Look at it; it does not hold the data up",
      });
      // A rule that could not be judged holds the data up, whatever its severity.
      const failed = verdicts.filter(({ verdict, severity }) =>
        verdict === "error" || verdict === "not_run" || (verdict === "fail" && severity === "block")
      );
      if (failed.length > 0) return fail(failed.map(findingOf), "passes when the rules that block hold");
      return pass(verdicts.filter(({ verdict }) => verdict === "fail").map(findingOf));
    },
  }),
];
