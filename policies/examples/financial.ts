import type { Json } from "../../specs/mod.ts";
import { financialRules } from "../rules/data/financial.ts";
import type { RuleExample } from "./example.ts";

const said = (gate: string, verdict: string, failed = 0): Record<string, Json> => ({
  "data.streams.0.quality": [{
    rule: `financial/${gate}`,
    stream: "s",
    severity: "block",
    verdict,
    failed,
    checked: 20,
    value: null,
    detail: "",
    sample: [],
    pack: "financial",
  }],
});

/** What the rules of the pack make of their verdicts on rows; the verdicts themselves are tried over statements. */
export const FINANCIAL_EXAMPLES: readonly RuleExample[] = financialRules.flatMap(
  ({ id, gate }): RuleExample[] => {
    const rule = `${id}/${gate}`;
    return [
      { rule, case: "clean", about: "the rule holds in every row", set: said(gate, "pass") },
      {
        rule,
        case: "clean",
        about: "the stream has nothing that it is about",
        set: said(gate, "not_applicable"),
        says: "not_applicable",
      },
      { rule, case: "violating", about: "rows in which it does not hold", set: said(gate, "fail", 20) },
      { rule, case: "evading", about: "one row of twenty", set: said(gate, "fail", 1) },
      { rule, case: "evading", about: "nobody judged the stream", set: {}, says: "error" },
    ];
  },
);
