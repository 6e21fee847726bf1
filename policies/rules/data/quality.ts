import type { Finding } from "../../../specs/mod.ts";
import type { DataFacts, QualityVerdict, StreamFacts } from "../../../specs/foundry/mod.ts";
import type { PipelineFacts } from "../../data_port.ts";
import { fail, pass, rule } from "../../rule.ts";
import { STAGED } from "./bindings.ts";

const MEND = "Mend the data at its source, or change the rule; nothing was published";
const AGAIN = "Start a new run of the pipeline; a rule that is not judged denies";

/** What a pipeline's own quality rules say. Rules of packs are judged by the gates of the packs. */
export const qualityGateRules = [
  rule({
    id: "D-QUALITY",
    gate: "data-quality",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description: "Every quality rule of the pipeline was judged, and none that blocks has failed",
    remediation: MEND,
    bindings: STAGED,
    reads: ["data", "pipeline"],
    selector: ({ data, pipeline }) => {
      const declared = data.streams.reduce((sum, stream) => sum + declaredOf(stream, pipeline), 0);
      const said = data.streams.reduce((sum, stream) => sum + own(stream).length, 0);
      if (declared + said === 0 && data.streams.every(({ rules }) => rules !== undefined)) {
        return { applies: false, because: "the pipeline declares no quality rules" };
      }
      return { applies: true, because: `${said} verdicts on ${declared} declared quality rules` };
    },
    evaluate: ({ data, pipeline }) => {
      const unjudged = data.streams.flatMap((stream) => gapsOf(stream, pipeline));
      const verdicts = data.streams.flatMap(own);
      // A rule that could not be judged holds the data up, whatever its severity.
      const open = verdicts.filter(({ verdict }) => verdict === "error" || verdict === "not_run");
      const failed = verdicts.filter(({ verdict, severity }) => verdict === "fail" && severity === "block");
      if (unjudged.length > 0) {
        return {
          verdict: "error",
          findings: [...unjudged, ...[...open, ...failed].map(findingOf)],
          counterfactual: "can be judged once every declared rule has a verdict",
        };
      }
      if (open.length + failed.length > 0) {
        return fail([...open, ...failed].map(findingOf), "passes when the rules that block hold");
      }
      return pass(verdicts.filter(({ verdict }) => verdict === "fail").map(findingOf));
    },
  }),
];

const own = ({ quality }: StreamFacts): QualityVerdict[] => quality.filter(({ pack }) => pack === undefined);

/** Rules of a stream by the pipeline's definition, which is read apart from what judged them. Partitions are `stream@n`. */
function declaredOf({ stream, rules }: StreamFacts, pipeline: PipelineFacts): number {
  const [id = ""] = stream.split("@");
  return pipeline.quality?.[id] ?? rules?.declared ?? 0;
}

/** Rules that are declared and that nobody judged. */
function gapsOf(stream: DataFacts["streams"][number], pipeline: PipelineFacts): Finding[] {
  const gap = (why: string): Finding[] => [{ message: `${stream.stream}: ${why}`, remediation: AGAIN }];
  const { rules } = stream;
  if (rules === undefined) return gap("it is not known which of its quality rules were judged");
  const declared = declaredOf(stream, pipeline);
  if (rules.declared !== declared) {
    return gap(`the pipeline declares ${declared} quality rules, and ${rules.declared} were looked at`);
  }
  if (rules.judged + rules.skipped !== declared) {
    return gap(
      `${declared} quality rules are declared, ${rules.judged} were judged and ${rules.skipped} skipped`,
    );
  }
  if (rules.skipped > 0 && stream.publishable !== false) {
    return gap(`${rules.skipped} quality rules were skipped although the load is to be published`);
  }
  // One that has a verdict and was not run, or failed itself, is told by that verdict.
  const said = own(stream).length;
  return said < rules.judged
    ? gap(`${rules.judged} quality rules were judged, and ${said} have a verdict`)
    : [];
}

function findingOf(verdict: QualityVerdict): Finding {
  return {
    message: `${verdict.stream}: ${verdict.rule}: ${
      verdict.verdict === "not_run" || verdict.verdict === "error"
        ? "it was not judged"
        : `${verdict.failed} of ${verdict.checked} failed`
    }${verdict.detail === "" ? "" : `: ${verdict.detail}`}`,
    remediation: verdict.severity === "block"
      ? MEND
      : verdict.severity === "quarantine"
      ? "See the rows: forge etl quarantine list"
      : "Look at it; it does not hold the data up",
  };
}
