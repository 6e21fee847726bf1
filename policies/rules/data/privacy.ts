import { failIfAny, rule } from "../../rule.ts";
import { STAGED } from "./bindings.ts";

/** What must not reach a sink. */
export const privacyRules = [
  rule({
    id: "D-SECRET",
    gate: "no-credential-in-rows",
    layer: "L2",
    mode: "enforce",
    severity: "critical",
    description: "No credential of the run stands in the rows, and no canary in what was read",
    remediation: "Revoke the credential; drop the column in transforms or `pii`",
    bindings: STAGED,
    reads: ["data"],
    evaluate: ({ data }) =>
      failIfAny(
        data.streams.flatMap(({ stream, secrets }) =>
          secrets.map(({ column, rule, rows }) =>
            rule === "canary"
              ? {
                message:
                  `${stream}: a canary of the environment came with what was read (${rows} pages or failures)`,
                remediation:
                  "Whoever sent it has read what nobody may read: look into the source, then plant another value",
              }
              : {
                message:
                  `${stream}: the column ${column} holds a credential of this run (${rule}) in ${rows} rows`,
                remediation: "Revoke the credential; drop the column in transforms or `pii`",
              }
          )
        ),
        "passes when no row holds a credential",
      ),
  }),
  rule({
    id: "D-PERSONAL",
    gate: "personal-data-treated",
    layer: "L2",
    mode: "enforce",
    severity: "critical",
    description:
      "Columns that the pipeline declares as personal data reach no sink untreated, and are columns that rows have",
    remediation: "Do not make the column again in transforms, or treat the new one in `pii` as well",
    bindings: STAGED,
    reads: ["data"],
    evaluate: ({ data }) =>
      failIfAny(
        data.streams.flatMap(({ stream, personal, misnamed = [] }) => [
          ...personal.map((column) => ({
            message: `${stream}: the column ${column} is personal data and was not treated`,
            remediation: "Do not make the column again in transforms, or treat the new one in `pii` as well",
          })),
          ...misnamed.filter(({ use }) => use === "pii").map(({ column, near }) => ({
            message:
              `${stream}: pii names ${column}, and no row of the load and no agreed schema has such a column: what it was ` +
              "meant for would be stored as it came",
            remediation: `${
              near === undefined ? "Write the name as the source gives it." : `Did you mean ${near}?`
            } A column that is rightly missing now: add it to contract.schema of the stream, or take it out of pii`,
          })),
        ]),
        "passes when every declared column is there and is hashed, masked or dropped",
      ),
  }),
];
