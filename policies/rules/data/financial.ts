import { FINANCIAL, FINANCIAL_RULES, type PackRule } from "../../quality/financial_pack.ts";
import type { Finding } from "../../../specs/mod.ts";
import type { DataFacts, QualityVerdict } from "../../../specs/foundry/mod.ts";
import { fail, pass, rule } from "../../rule.ts";
import { STAGED } from "./bindings.ts";

/** The pack `financial`: eleven rules over statements, judged on each stream that is published. */
export const financialRules = FINANCIAL_RULES.map((packed) =>
  rule({
    id: packed.id,
    pack: FINANCIAL,
    gate: packed.name,
    layer: "L2",
    mode: packed.severity === "block" ? "enforce" : "warn",
    severity: packed.severity === "block" ? "critical" : "medium",
    description: packed.description,
    remediation: packed.remediation,
    bindings: STAGED,
    reads: ["data"],
    selector: ({ data }) => {
      const { verdicts, missing } = found(packed, data);
      const judged = verdicts.filter(({ verdict }) => verdict !== "not_applicable");
      if (judged.length > 0 || missing.length > 0) {
        return { applies: true, because: `${verdicts.length} streams were judged` };
      }
      const why = verdicts.map(({ stream, detail }) => `${stream}: ${detail}`).join("; ");
      return { applies: false, because: why === "" ? "no stream has anything to publish" : why };
    },
    evaluate: ({ data }) => {
      const { verdicts, missing } = found(packed, data);
      const open = verdicts.filter(({ verdict }) => verdict === "error" || verdict === "not_run");
      if (missing.length > 0 || open.length > 0) {
        return {
          verdict: "error",
          findings: [
            ...missing.map((stream): Finding => ({
              message: `${stream}: ${packed.name} was not judged`,
              remediation: "Start a new run of the pipeline; a rule that is not judged denies",
            })),
            ...open.map((verdict) => told(packed, verdict)),
          ],
          counterfactual: "can be judged once every stream has a verdict of the rule",
        };
      }
      const failed = verdicts.filter(({ verdict }) => verdict === "fail");
      if (failed.length > 0) {
        return fail(failed.map((verdict) => told(packed, verdict)), "passes when the rule holds");
      }
      return pass();
    },
  })
);

/** What was said of a rule of the pack, and streams of which nothing was said although they are to be published. */
function found({ name }: PackRule, data: DataFacts): { verdicts: QualityVerdict[]; missing: string[] } {
  const verdicts: QualityVerdict[] = [];
  const missing: string[] = [];
  for (const { stream, quality, publishable } of data.streams) {
    const said = quality.filter(({ pack, rule }) => pack === FINANCIAL && rule === `${FINANCIAL}/${name}`);
    verdicts.push(...said);
    if (said.length === 0 && publishable !== false) missing.push(stream);
  }
  return { verdicts, missing };
}

function told({ name, remediation }: PackRule, { stream, failed, checked, detail }: QualityVerdict): Finding {
  return {
    message: `${stream}: ${name}: ${failed} of ${checked} failed${detail === "" ? "" : `: ${detail}`}`,
    remediation,
  };
}
