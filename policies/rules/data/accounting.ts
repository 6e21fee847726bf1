import type { Finding } from "../../../specs/mod.ts";
import { failIfAny, pass, rule } from "../../rule.ts";
import { EVERY_DATA, PUBLISHING, STAGED } from "./bindings.ts";

/** Nothing is lost between the source and the sink, and what is published is what was judged. */
export const accountingRules = [
  rule({
    id: "D-DEFINITION",
    gate: "pipeline-complete",
    layer: "L0",
    mode: "enforce",
    severity: "high",
    description: "The run knows its definition, its environment and its streams by digest",
    remediation: "Start a new run of the pipeline",
    bindings: EVERY_DATA,
    reads: ["pipeline"],
    evaluate: ({ pipeline }) =>
      pass([{
        message: `${pipeline.id}: ${pipeline.streams.length} streams, ${pipeline.mode}`,
        remediation: "",
      }]),
  }),
  rule({
    id: "D-COUNTS",
    gate: "count-handshake",
    layer: "L0",
    mode: "enforce",
    severity: "critical",
    description: "Rows read and added = rows accepted + set aside + left out, in every stream",
    remediation: "Nothing was published. Report this with the run's evidence",
    bindings: STAGED,
    reads: ["data"],
    evaluate: ({ data }) => {
      const findings = data.streams.flatMap((stream): Finding[] => {
        const { read, produced, accepted, quarantined, filtered } = stream.counts;
        if (stream.handshake && read + produced === accepted + quarantined + filtered) return [];
        return [{
          message:
            `${stream.stream}: ${read} rows read and ${produced} added are not ${accepted} accepted, ${quarantined} set aside and ${filtered} left out`,
          remediation: "Nothing was published. Report this with the run's evidence",
        }];
      });
      return failIfAny(findings, "passes when every row is accounted for");
    },
  }),
  rule({
    id: "D-KEY",
    gate: "keys-are-there",
    layer: "L1",
    mode: "enforce",
    severity: "high",
    description:
      "Columns of the primary key are in the rows, and not every row is set aside for want of its key or cursor",
    remediation: "Name the columns as the source, or the last transform, gives them",
    bindings: STAGED,
    reads: ["data"],
    evaluate: ({ data }) =>
      failIfAny(
        data.streams.flatMap(({ stream, misnamed = [] }) =>
          misnamed.filter(({ use }) => use !== "pii").map(({ column, use, near, rows }) => ({
            message: rows === undefined
              ? `${stream}: the primary key names ${column}, and no row of the load and no agreed schema has such a column`
              : `${stream}: all ${rows} rows were set aside, as they lack ${
                use === "key" ? "the primary key" : "a usable value of the cursor's column"
              } ${column}`,
            remediation: `${
              near === undefined ? "Name the column as the rows have it." : `Did you mean ${near}?`
            } See the rows: forge etl quarantine list`,
          }))
        ),
        "passes when rows have their key",
      ),
  }),
  rule({
    id: "D-CURSOR",
    gate: "cursor-forward",
    layer: "L1",
    mode: "enforce",
    severity: "critical",
    description: "A cursor never goes back",
    remediation: "Set the state on purpose: forge etl state, or run with --mode full",
    bindings: STAGED,
    reads: ["data"],
    evaluate: ({ data }) =>
      failIfAny(
        data.streams.filter((stream) => stream.cursor.backwards).map((stream) => ({
          message: `${stream.stream}: the cursor would go back from ${
            JSON.stringify(stream.cursor.before)
          } to ${JSON.stringify(stream.cursor.after)}`,
          remediation: "Set the state on purpose: forge etl state, or run with --mode full",
        })),
        "passes when the cursor stays or grows",
      ),
  }),
  rule({
    id: "D-BOUND",
    gate: "published-is-judged",
    layer: "L1",
    mode: "enforce",
    severity: "critical",
    description: "What is about to be published is, by digest, what was judged",
    remediation: "Start a new run of the pipeline",
    bindings: PUBLISHING,
    reads: ["data", "published"],
    evaluate: ({ data, published }) => {
      const judged = new Set(
        data.streams.filter(({ publishable }) => publishable !== false).map(({ stream, staged }) =>
          `${stream} ${staged}`
        ),
      );
      return failIfAny(
        published.loads.filter(({ stream, staged }) => !judged.has(`${stream} ${staged}`)).map((
          { stream, staged },
        ) => ({
          message: `${stream}: ${staged} was not judged`,
          remediation: "Start a new run of the pipeline",
        })),
        "passes when both digests are one",
      );
    },
  }),
];
