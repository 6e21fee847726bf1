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
    description: "No credential of the run stands in the rows",
    remediation: "Revoke the credential; drop the column in transforms or `pii`",
    bindings: STAGED,
    reads: ["data"],
    evaluate: ({ data }) =>
      failIfAny(
        data.streams.flatMap(({ stream, secrets }) =>
          secrets.map(({ column, rule, rows }) => ({
            message:
              `${stream}: the column ${column} holds a credential of this run (${rule}) in ${rows} rows`,
            remediation: "Revoke the credential; drop the column in transforms or `pii`",
          }))
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
    description: "Columns that the pipeline declares as personal data reach no sink untreated",
    remediation: "Do not make the column again in transforms, or treat the new one in `pii` as well",
    bindings: STAGED,
    reads: ["data"],
    evaluate: ({ data }) =>
      failIfAny(
        data.streams.flatMap(({ stream, personal }) =>
          personal.map((column) => ({
            message: `${stream}: the column ${column} is personal data and was not treated`,
            remediation: "Do not make the column again in transforms, or treat the new one in `pii` as well",
          }))
        ),
        "passes when every declared column is hashed, masked or dropped",
      ),
  }),
];
