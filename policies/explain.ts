import type { Decision, Finding, LayerReport, RuleVerdict } from "../specs/mod.ts";
import { layerWord, verdictWord } from "./layers.ts";
import { waiverNotes } from "./waiver/resolve.ts";

/** One decision, told for people and for JSON. */
export interface ExplainEntry {
  transition: string;
  verdict: Decision["verdict"];
  at: string;
  engine: string;
  packs: string[];
  input: string;
  subject: Decision["subject"];
  approvals: Decision["approvals"];
  waivers: NonNullable<Decision["waivers"]>;
  layers: LayerReport[];
  rules: ExplainedRule[];
}

export interface ExplainedRule {
  rule: string;
  gate: string;
  layer: string;
  verdict: RuleVerdict["verdict"];
  mode: RuleVerdict["mode"];
  escalates: boolean;
  facts: string[];
  because?: string;
  approvedBy?: string;
  waived?: string[];
  findings: Finding[];
  counterfactual?: string;
}

/** Why each transition was decided as it was: every rule, also those that passed, and what would have changed the verdict. */
export function explain(decisions: readonly Decision[]): ExplainEntry[] {
  return decisions.map((decision) => ({
    transition: `${decision.transition.from} -> ${decision.transition.to}`,
    verdict: decision.verdict,
    at: decision.at,
    engine: decision.engine,
    packs: decision.packs.map(({ name, version, digest }) => `${name}@${version} ${digest}`),
    input: decision.inputDigest,
    subject: decision.subject,
    approvals: decision.approvals,
    waivers: decision.waivers ?? [],
    layers: decision.layers,
    rules: decision.rules.map((rule) => ({
      rule: rule.rule,
      gate: rule.gate,
      layer: rule.layer,
      verdict: rule.verdict,
      mode: rule.mode,
      escalates: rule.escalates,
      facts: rule.facts,
      ...(rule.selector === undefined ? {} : { because: rule.selector }),
      ...(rule.approvedBy === undefined ? {} : { approvedBy: rule.approvedBy }),
      ...(rule.waived === undefined ? {} : { waived: rule.waived }),
      findings: rule.findings,
      ...(rule.counterfactual === undefined ? {} : { counterfactual: rule.counterfactual }),
    })),
  }));
}

const WORD: Readonly<Record<Decision["verdict"], string>> = {
  allow: "ALLOWED",
  deny: "DENIED",
  escalate: "ESCALATED",
};

// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
/** Text from outside as one line that cannot move a terminal's cursor or hide what it says. */
const plain = (text: string): string => text.replace(/[\t\n]+/g, " ").replace(CONTROL, "\ufffd");

/** The same as plain lines for a terminal or a file: a table of layers, then every rule that did not pass, with its counterfactual. */
export function explainText(decisions: readonly Decision[]): string {
  if (decisions.length === 0) return "No transition was decided.\n";
  return decisions.map(one).join("\n");
}

function one(decision: Decision): string {
  const { from, to } = decision.transition;
  const lines = [`${from} -> ${to}: ${WORD[decision.verdict]} at ${decision.at}`];
  lines.push(
    `  judged by ${decision.engine}, ${
      decision.packs.map(({ name, version }) => `${name}@${version}`).join(", ")
    }, input ${decision.inputDigest}`,
  );
  if (decision.subject.patch) lines.push(`  patch ${decision.subject.patch}`);
  for (const report of decision.layers) {
    lines.push(
      `  ${report.layer} ${layerWord(report).padEnd(14)} ${plain(report.reason ?? "")}`.trimEnd(),
    );
  }
  for (const rule of decision.rules) lines.push(...ruleLines(rule));
  for (const { by, selfApproved } of decision.approvals) {
    lines.push(
      `  approved by ${plain(by)}${selfApproved ? " (self-approved: one key, no human review)" : ""}`,
    );
  }
  for (const note of waiverNotes(decision)) lines.push(`  ${plain(note)}`);
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function ruleLines(rule: RuleVerdict): string[] {
  const mode = rule.mode === "enforce" ? "" : `, ${rule.mode}`;
  const head = `  ${verdictWord(rule).padEnd(14)} ${rule.rule} ${rule.gate} (${rule.layer}${mode}${
    rule.escalates ? ", asks a human" : ""
  })`;
  if (rule.verdict === "pass" && rule.approvedBy === undefined) return [head];
  const lines = [head];
  if (rule.selector !== undefined) lines.push(`      because ${plain(rule.selector)}`);
  if (rule.approvedBy !== undefined) lines.push(`      approved by ${plain(rule.approvedBy)}, though:`);
  for (const finding of rule.findings) {
    const place = finding.path === undefined
      ? ""
      : `${plain(finding.path)}${finding.line === undefined ? "" : `:${finding.line}`}: `;
    lines.push(`      ${place}${plain(finding.message)}`);
    if (finding.waived) {
      lines.push(
        `        waived by ${plain(finding.waived.by.join(", "))} until ${finding.waived.expiresAt}: ${
          plain(finding.waived.reason)
        }`,
      );
    }
    if (finding.fingerprint) lines.push(`        finding ${finding.fingerprint}`);
    if (finding.remediation) lines.push(`        to do: ${plain(finding.remediation)}`);
  }
  if (rule.counterfactual !== undefined) lines.push(`      ${plain(rule.counterfactual)}`);
  return lines;
}
