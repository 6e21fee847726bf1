import { of, type RuleExample } from "./example.ts";

const RECORDS = {
  decisions: [
    {
      from: "plan",
      to: "implement",
      verdict: "allow",
      passed: 9,
      notApplicable: 2,
      waived: [],
      approvals: [],
    },
    {
      from: "verify",
      to: "review",
      verdict: "allow",
      passed: 30,
      notApplicable: 12,
      waived: [{ rule: "core/D3", by: ["bea", "cem"], reason: "agreed in ticket *12*" }],
      approvals: [{ by: "ana", selfApproved: true }],
    },
  ],
  models: {
    calls: 3,
    models: ["acme/m-1"],
    tokensIn: 1200,
    tokensOut: 300,
    costMicroUsd: 250_000,
    recordings: 1,
  },
};
const TEXT = [
  "## Gates",
  "",
  "- `plan > implement`: allow, 9 rules passed, 2 not applicable",
  "- `verify > review`: allow, 30 rules passed, 12 not applicable, **1 failed and waived**",
  "- `core/D3` fails and is waived by bea, cem: agreed in ticket \\*12\\*",
  "- **Self-approved**: ana answered for their own request; no review by another is claimed",
  "- The gates of what follows this text (release) stand in the evidence.",
  "",
  "## Models",
  "",
  "3 calls of `acme/m-1`: 1200 tokens in, 300 out, 0.2500 USD, of at most 2 USD and 400000 tokens.",
  "**Recording**: 1 of these answers is played back, and no model gave it now.",
  "",
].join("\n");

const told = (body: string) => ({ set: { records: RECORDS, "outgoing.body": body } });
const otherwise = (from: string | RegExp, to: string) => told(TEXT.replace(from, to));

/** What the text of a pull request may say of the run's records. */
export const RECORD_EXAMPLES: readonly RuleExample[] = of(
  "C9/record-claims",
  ["clean", "what the records say", told(TEXT)],
  ["clean", "a text without these sections", told("Refuses two signs.\n")],
  ["clean", "an input of before records were looked at", {
    set: { "outgoing.body": TEXT },
    says: "not_applicable",
  }],
  ["violating", "more rules passed than did", otherwise("30 rules passed", "42 rules passed")],
  ["violating", "a cap that nobody set", otherwise("at most 2 USD", "at most 1 USD")],
  ["violating", "models cost more than is told", otherwise("0.2500 USD", "0.0025 USD")],
  [
    "violating",
    "no model was asked, it says",
    otherwise(/^3 calls.*$/m, "No model was asked: 0 calls, 0 tokens, 0 USD."),
  ],
  ["evading", "a waiver that is left out", otherwise(/^- `core\/D3`.*\n/m, "")],
  ["evading", "an exception that is called none", otherwise(", **1 failed and waived**", "")],
  [
    "evading",
    "who answered for themselves is called an approver",
    otherwise(/^- \*\*Self-approved.*$/m, "- Approved by ana"),
  ],
  ["evading", "somebody who did not approve", otherwise("- The gates", "- Approved by bea\n- The gates")],
  ["evading", "played back answers that are not called so", otherwise(/^\*\*Recording.*\n/m, "")],
  ["evading", "a model of another name", otherwise("`acme/m-1`", "`acme/m-2`")],
  [
    "evading",
    "a second section of gates",
    told(`${TEXT}\n## Gates\n\n- \`review > release\`: allow, 90 rules passed, 0 not applicable\n`),
  ],
  [
    "evading",
    "a sentence that no record holds",
    otherwise("- The gates", "- All gates passed without exception\n- The gates"),
  ],
  [
    "evading",
    "a model is said to have read the diff, and none did",
    told(
      "**Machine-made change.** Implementer `patch`, reviewer `rules` and the model `m-1`, of another family than the author's; no human has read this diff.\n",
    ),
  ],
  [
    "evading",
    "another implementer",
    told(
      "**Machine-made change.** Implementer `human`, reviewer `rules`: no mind, human or model, has read this diff.\n",
    ),
  ],
  [
    "evading",
    "another patch in the last section",
    told(
      `## Evidence, and how to reproduce\n\nRun \`run_1\`, Edgeforge 1, base \`${
        "1".repeat(40)
      }\`, patch \`sha256:${"9".repeat(64)}\`.\n`,
    ),
  ],
);
