import type { Json } from "../../specs/mod.ts";
import { of, type RuleExample } from "./example.ts";

const S = "data.streams.0";
const OTHER = `sha256:${"b".repeat(64)}`;
const change = (
  mode: string,
  kind = "column-added",
  breaking = false,
): Json => [{ kind, column: "x", breaking, mode }];
const verdict = (severity: string, result: string): Json => [{
  rule: "r",
  stream: "s",
  severity,
  verdict: result,
  failed: 1,
  checked: 2,
  value: null,
  detail: "",
  sample: [],
}];
const judged = (severity: string, result: string): Record<string, Json> => ({
  [`${S}.quality`]: verdict(severity, result),
  [`${S}.rules`]: { declared: 1, judged: 1, skipped: 0 },
});
const counts = (over: Record<string, number>): Json => ({
  read: 30,
  accepted: 29,
  quarantined: 1,
  filtered: 0,
  produced: 0,
  late: 0,
  ...over,
});

/** What is staged, before it is published. */
export const DATA_EXAMPLES: readonly RuleExample[] = [
  ...of(
    "D-DEFINITION/pipeline-complete",
    ["clean", "a definition with its streams", {}],
    ["violating", "no definition", { set: { pipeline: null }, says: "error" }],
    ["evading", "a definition that was never read, over data that is there", {
      set: { pipeline: null, subject: OTHER },
      says: "error",
    }],
  ),
  ...of(
    "D-COUNTS/count-handshake",
    ["clean", "every row is accounted for", {}],
    ["violating", "a row is missing", { set: { [`${S}.counts`]: counts({ accepted: 28 }) } }],
    ["evading", "the sum holds, and the stream did not say so itself", {
      set: { [`${S}.handshake`]: false },
    }],
  ),
  ...of(
    "D-KEY/keys-are-there",
    ["clean", "rows have their key", {}],
    ["violating", "a key that no row has", {
      set: { [`${S}.misnamed`]: [{ column: "idd", use: "key", near: "id" }] },
    }],
    ["evading", "a cursor for want of which all rows were set aside", {
      set: { [`${S}.misnamed`]: [{ column: "at", use: "cursor", rows: 30 }] },
    }],
  ),
  ...of(
    "D-CURSOR/cursor-forward",
    ["clean", "the cursor grows", {}],
    ["violating", "the cursor goes back", {
      set: { [`${S}.cursor`]: { before: "2026-02-01", after: "2026-01-01", backwards: true } },
    }],
    ["evading", "it goes back to nothing", {
      set: { [`${S}.cursor`]: { before: "2026-02-01", after: null, backwards: true } },
    }],
  ),
  ...of(
    "D-BOUND/published-is-judged",
    ["clean", "what was judged", {
      set: { published: { loads: [{ stream: "s", key: "k", staged: `sha256:${"a".repeat(64)}` }] } },
    }],
    ["violating", "other rows", {
      set: { published: { loads: [{ stream: "s", key: "k", staged: OTHER }] } },
    }],
    ["evading", "the same rows under another stream", {
      set: { published: { loads: [{ stream: "t", key: "k", staged: `sha256:${"a".repeat(64)}` }] } },
    }],
  ),
  ...of(
    "D-CONTRACT/schema-contract",
    ["clean", "a change that the contract lets in", { set: { [`${S}.changes`]: change("evolve") } }],
    ["violating", "a change that it blocks", { set: { [`${S}.changes`]: change("block") } }],
    ["evading", "one that breaks nobody, and is blocked", {
      set: { [`${S}.changes`]: change("block", "type-widened") },
    }],
  ),
  ...of(
    "D-FREEZE/schema-approval",
    ["clean", "a change that the contract lets in", { set: { [`${S}.changes`]: change("evolve") } }],
    ["violating", "a change that it freezes", { set: { [`${S}.changes`]: change("freeze") }, asks: true }],
    ["evading", "one that breaks readers, and would be let in", {
      set: { [`${S}.changes`]: change("evolve", "type-changed", true) },
      asks: true,
    }],
  ),
  ...of(
    "D-QUALITY/data-quality",
    ["clean", "the rule holds", { set: judged("block", "pass") }],
    ["clean", "no rule is declared", { says: "not_applicable" }],
    ["violating", "a rule that blocks has failed", { set: judged("block", "fail") }],
    ["evading", "a rule that only warns could not be judged", { set: judged("warn", "error") }],
    ["evading", "a rule that is declared and was not looked at", {
      set: { "pipeline.quality": { s: 2 } },
      says: "error",
    }],
  ),
  ...of(
    "D-SECRET/no-credential-in-rows",
    ["clean", "no credential", {}],
    ["violating", "a credential in a column", {
      set: { [`${S}.secrets`]: [{ column: "note", rule: "run credential", rows: 1 }] },
    }],
    ["evading", "in one row of many", {
      set: { [`${S}.secrets`]: [{ column: "blob", rule: "run credential", rows: 1 }] },
    }],
  ),
  ...of(
    "D-PERSONAL/personal-data-treated",
    ["clean", "no column of personal data", {}],
    ["violating", "a column that was not treated", { set: { [`${S}.personal`]: ["email"] } }],
    ["evading", "a declared column whose name nobody has", {
      set: { [`${S}.misnamed`]: [{ column: "emial", use: "pii", near: "email" }] },
    }],
  ),
  ...of(
    "D-BUDGET/budget-left",
    ["clean", "within the budget", { set: { budget: { requests: { limit: 10, spent: 10, reserved: 0 } } } }],
    ["violating", "more than the budget", {
      set: { budget: { requests: { limit: 10, spent: 11, reserved: 0 } } },
    }],
    ["evading", "one unit of two", {
      set: {
        budget: {
          requests: { limit: 10, spent: 1, reserved: 0 },
          bytes: { limit: 10, spent: 99, reserved: 0 },
        },
      },
    }],
  ),
  ...of(
    "D-AUTONOMY/autonomy",
    ["clean", "A3 publishes", { set: { transition: { from: "publish", to: "settle" } } }],
    ["violating", "A2 asks a human", {
      set: { transition: { from: "publish", to: "settle" }, "autonomy.granted": "A2" },
      asks: true,
    }],
    ["evading", "a level that no agent has", { set: { autonomy: { ceiling: "A5", granted: "A5" } } }],
  ),
  ...of(
    "D-FOUR-EYES/four-eyes",
    ["clean", "no approval is needed", { says: "not_applicable" }],
    ["clean", "another principal approved", { set: { "pipeline.tier": "critical" }, approvedBy: ["bob"] }],
    ["violating", "the tier critical without an approval", {
      set: { "pipeline.tier": "critical" },
      asks: true,
    }],
    ["evading", "the requester approves", { approvedBy: ["ann"], asks: true }],
  ),
  ...of(
    "DQ1/quarantine-share",
    ["clean", "few rows are set aside", {}],
    ["violating", "a third of them", { set: { [`${S}.counts`]: counts({ accepted: 20, quarantined: 10 }) } }],
    ["evading", "one more than a tenth", {
      set: { [`${S}.counts`]: counts({ accepted: 26, quarantined: 4 }) },
    }],
  ),
  ...of(
    "DQ2/something-left",
    ["clean", "rows are accepted", {}],
    ["violating", "all are set aside", {
      set: { [`${S}.counts`]: counts({ accepted: 0, quarantined: 30 }) },
    }],
    ["evading", "all of very few", {
      set: { [`${S}.counts`]: counts({ read: 2, accepted: 0, quarantined: 2 }) },
    }],
  ),
  ...of(
    "DQ3/no-column-empty",
    ["clean", "every column is there", {}],
    ["violating", "a column vanished", { set: { [`${S}.changes`]: change("evolve", "column-missing") } }],
    ["evading", "one that the contract lets go", {
      set: { [`${S}.changes`]: change("evolve", "column-missing", true) },
    }],
  ),
];
