import type { Finding } from "../../../specs/mod.ts";
import type { SchemaChange } from "../../../specs/foundry/mod.ts";
import { fail, pass, rule } from "../../rule.ts";
import { STAGED } from "./bindings.ts";

const remedies: Readonly<Partial<Record<SchemaChange["mode"], string>>> = {
  block:
    "Mend the source, rename or drop the column in transforms, or let it in: `evolve` in the stream's contract, " +
    "`freeze` to be asked each time; nothing was published",
  freeze:
    "Approve the staged data to take the new schema over: forge workflow answer RUN --approve; or mend the source",
};

const told = (stream: string, change: SchemaChange): Finding => ({
  message: `${stream}: ${change.kind}${change.column === undefined ? "" : ` ${change.column}`}${
    change.before === undefined && change.after === undefined
      ? ""
      : `, ${change.before ?? "nothing"} -> ${change.after ?? "nothing"}`
  }`,
  remediation: remedies[change.mode] ??
    (change.breaking
      ? "Approve the run to take the new schema over, mend the source, or rename the column in transforms"
      : "Nothing, when it is wanted; else say so in the stream's contract"),
});

/** The contract between source and table. */
export const schemaRules = [
  rule({
    id: "D-CONTRACT",
    gate: "schema-contract",
    layer: "L1",
    mode: "enforce",
    severity: "high",
    description: "No change that the stream's contract blocks",
    remediation: "Mend the source, or change the contract of the stream",
    bindings: STAGED,
    reads: ["data"],
    evaluate: ({ data }) => {
      const blocked = data.streams.flatMap(({ stream, changes }) =>
        changes.filter(({ mode }) => mode === "block").map((change) => told(stream, change))
      );
      if (blocked.length > 0) return fail(blocked, "passes when the schema is as agreed");
      return pass(
        data.streams.flatMap(({ stream, changes }) => changes.map((change) => told(stream, change))),
      );
    },
  }),
  rule({
    id: "D-FREEZE",
    gate: "schema-approval",
    layer: "L1",
    mode: "enforce",
    severity: "high",
    description:
      "A change that the contract freezes, or that breaks readers, waits for an approval; the last good version stays",
    remediation: "Approve or reject the staged data: forge workflow answer RUN --approve",
    bindings: STAGED,
    reads: ["data"],
    evaluate: ({ data }) => {
      const frozen = data.streams.flatMap(({ stream, changes }) =>
        changes.filter(({ mode, breaking }) => mode === "freeze" || (breaking && mode !== "block"))
          .map((change) => told(stream, change))
      );
      return frozen.length === 0
        ? pass()
        : fail(frozen, "passes when the schema is as agreed, or once a human approves", { escalates: true });
    },
  }),
];
