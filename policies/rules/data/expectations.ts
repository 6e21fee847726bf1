import { failIfAny, rule } from "../../rule.ts";
import { STAGED } from "./bindings.ts";

const PACK = "data-quality";
const MAX_QUARANTINED = 0.1;
const MIN_ROWS = 20;

/** The pack `data-quality`: what most data should satisfy without anybody writing it down. */
export const expectationRules = [
  rule({
    id: "DQ1",
    pack: PACK,
    gate: "quarantine-share",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description: "At most a tenth of the rows of a stream is set aside (from 20 rows on)",
    remediation: "See the rows: forge etl quarantine list; mend the source or the rules, then run again",
    bindings: STAGED,
    reads: ["data"],
    evaluate: ({ data }) =>
      failIfAny(
        data.streams.filter(({ counts }) =>
          counts.read >= MIN_ROWS && counts.quarantined / counts.read > MAX_QUARANTINED
        ).map(({ stream, counts }) => ({
          message: `${stream}: ${counts.quarantined} of ${counts.read} rows were set aside`,
          remediation:
            "See the rows: forge etl quarantine list; mend the source or the rules, then run again",
        })),
        "passes when at most a tenth is set aside",
      ),
  }),
  rule({
    id: "DQ2",
    pack: PACK,
    gate: "something-left",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description: "A stream that was read does not lose all of its rows to quarantine",
    remediation: "Look at the reasons: forge etl quarantine list",
    bindings: STAGED,
    reads: ["data"],
    evaluate: ({ data }) =>
      failIfAny(
        data.streams.filter(({ counts }) => counts.read > 1 && counts.quarantined === counts.read).map(
          ({ stream, counts }) => ({
            message: `${stream}: all ${counts.read} rows were set aside`,
            remediation: "Look at the reasons: forge etl quarantine list",
          }),
        ),
        "passes when at least one row is accepted",
      ),
  }),
  rule({
    id: "DQ3",
    pack: PACK,
    gate: "no-column-empty",
    layer: "L2",
    mode: "warn",
    severity: "medium",
    description: "No column of the agreed schema vanished",
    remediation: "Ask the owner of the source",
    bindings: STAGED,
    reads: ["data"],
    evaluate: ({ data }) =>
      failIfAny(
        data.streams.flatMap(({ stream, changes }) =>
          changes.filter(({ kind }) => kind === "column-missing").map(({ column }) => ({
            message: `${stream}: ${column ?? "a column"} is not there any more`,
            remediation: "Ask the owner of the source",
          }))
        ),
        "passes when every column is there",
      ),
  }),
];
