/** What a decision holds against a change, place by place, each with a fingerprint that outlives the lines around it. */
import { type Decision, digestOf, type ScanFinding } from "../specs/mod.ts";
import type { Rule } from "./rule.ts";

/** The text of a line, for its fingerprint; null where there is none. */
export type LineOf = (path: string, line: number) => Promise<string | null>;

export type Unmarked = Omit<ScanFinding, "fingerprint">;

/** Failures, errors and notes of a decision, in the order of its layers. Rules in shadow or off say nothing here. */
export function findingsOf(decision: Decision, rules: readonly Rule[]): Unmarked[] {
  const severity = new Map(
    rules.map((rule) => [`${rule.pack ?? "core"}/${rule.id}\n${rule.gate}`, rule.severity]),
  );
  return decision.rules.flatMap((verdict) => {
    if (verdict.mode === "off" || verdict.mode === "shadow") return [];
    if (verdict.verdict === "not_applicable" || verdict.verdict === "not_run") return [];
    const action: ScanFinding["action"] = verdict.verdict === "error"
      ? "deny"
      : verdict.verdict === "pass" || verdict.mode === "warn"
      ? "note"
      : verdict.escalates
      ? "escalate"
      : "deny";
    // What a rule that holds remarks of the change as a whole is for the record of a run.
    const told = verdict.findings.filter(({ path, remediation }) =>
      verdict.verdict !== "pass" || path !== undefined || remediation !== ""
    );
    return told.map((finding): Unmarked => ({
      gate: verdict.gate,
      rule: verdict.rule,
      layer: verdict.layer,
      verdict: verdict.verdict === "error" ? "error" : "fail",
      action,
      severity: action === "note" ? "low" : severity.get(`${verdict.rule}\n${verdict.gate}`) ?? "critical",
      message: finding.message,
      ...(finding.path === undefined ? {} : { path: finding.path }),
      ...(finding.line === undefined ? {} : { line: finding.line }),
      remediation: finding.remediation,
    }));
  });
}

/**
 * Gives each finding its fingerprint: over the rule, the path and the text of the line without its indentation, or the message
 * without its numbers where there is no line. Of a line with a secret nothing is taken, not even a digest.
 */
export async function fingerprinted(findings: readonly Unmarked[], lineOf: LineOf): Promise<ScanFinding[]> {
  const seen = new Map<string, number>();
  const marked: ScanFinding[] = [];
  for (const finding of findings) {
    const { rule, gate, path = "", line } = finding;
    const text = line === undefined || path === "" || /secret/.test(gate) ? null : await lineOf(path, line);
    const about = text === null
      ? finding.message.replaceAll(/\d+/g, "#")
      : text.trim().replaceAll(/\s+/g, " ");
    const key = JSON.stringify([rule, gate, path, about.slice(0, 2000)]);
    const before = seen.get(key) ?? 0;
    seen.set(key, before + 1);
    marked.push({ ...finding, fingerprint: (await digestOf(`${key}\n${before}`)).slice(7, 39) });
  }
  return marked;
}
