/** What a decision holds against a change, place by place, each with a fingerprint that outlives the lines around it. */
import type { Decision, Finding, RuleVerdict, ScanFinding, WaiverUse } from "../specs/mod.ts";
import type { Rule } from "./rule.ts";
import { fingerprintOf, spansOf } from "./waiver/fingerprint.ts";
import { resolveWaivers, type WaiverContext } from "./waiver/resolve.ts";

/** The text of a line, for its fingerprint; null where there is none. */
export type LineOf = (path: string, line: number) => Promise<string | null>;

export type Unmarked = Omit<ScanFinding, "fingerprint"> & { fingerprint?: string };

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
      action: finding.waived === undefined ? action : "note",
      severity: action === "note" ? "low" : severity.get(`${verdict.rule}\n${verdict.gate}`) ?? "critical",
      message: finding.message,
      ...(finding.path === undefined ? {} : { path: finding.path }),
      ...(finding.line === undefined ? {} : { line: finding.line }),
      remediation: finding.remediation,
      ...(finding.fingerprint === undefined ? {} : { fingerprint: finding.fingerprint }),
      ...(finding.waived === undefined ? {} : { waived: withoutDigest(finding.waived) }),
    }));
  });
}

/** Gives a fingerprint to each finding that the judge has not given one: notes, and what is found in files without a change. */
export async function fingerprinted(findings: readonly Unmarked[], lineOf: LineOf): Promise<ScanFinding[]> {
  const seen = new Map<string, number>();
  const marked: ScanFinding[] = [];
  for (const finding of findings) {
    const { fingerprint } = finding;
    if (fingerprint !== undefined) {
      marked.push({ ...finding, fingerprint });
      continue;
    }
    const spans = await spansOf([failing(finding)], lineOf);
    marked.push({ ...finding, fingerprint: await fingerprintOf(finding, finding, spans, seen) });
  }
  return marked;
}

/** What waivers cover of findings in files: they are told, and hold nothing up. */
export function waivedFindings(findings: readonly ScanFinding[], context: WaiverContext): {
  findings: ScanFinding[];
  report: WaiverUse[];
} {
  const verdicts = findings.map(failing);
  const { verdicts: resolved, report } = resolveWaivers(verdicts, context);
  return {
    report,
    findings: findings.map((finding, at) => {
      const waived = resolved[at]?.findings[0]?.waived;
      return waived === undefined
        ? finding
        : { ...finding, action: "note" as const, waived: withoutDigest(waived) };
    }),
  };
}

const withoutDigest = ({ by, reason, expiresAt }: NonNullable<Finding["waived"]>) => ({
  by,
  reason,
  expiresAt,
});

/** One finding as the verdict of its rule. */
function failing(finding: Unmarked): RuleVerdict {
  const { gate, rule, layer, action, verdict, message, remediation, path, line, fingerprint } = finding;
  return {
    gate,
    rule,
    layer,
    mode: action === "note" ? "warn" : "enforce",
    verdict,
    facts: [],
    findings: [{
      message,
      remediation,
      ...(path === undefined ? {} : { path }),
      ...(line === undefined ? {} : { line }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
    }],
    escalates: false,
  };
}
