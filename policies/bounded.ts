import type { Finding, RuleVerdict } from "../specs/mod.ts";
import { redact } from "./facts/secrets.ts";

/** A decision rides in one ledger record; values of the store end at 60 kB. */
const MAX_BYTES = 40_000;
const MAX_FINDINGS = 60;

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

/** The verdicts with texts cut to size and secrets taken out; findings beyond the limit are counted, not dropped in silence. */
export function boundedRules(rules: readonly RuleVerdict[]): RuleVerdict[] {
  for (const limit of [MAX_FINDINGS, 25, 10, 4, 1]) {
    const small = rules.map((rule) => bounded(rule, limit, limit > 4 ? 1000 : 400));
    if (JSON.stringify(small).length <= MAX_BYTES || limit === 1) return small;
  }
  return [...rules];
}

function bounded(rule: RuleVerdict, limit: number, length: number): RuleVerdict {
  const shown = rule.findings.slice(0, limit).map((finding) => clean(finding, length));
  const left = rule.findings.length - shown.length;
  if (left > 0) {
    shown.push({
      message: `and ${left} more of the same gate`,
      remediation: shown.at(-1)?.remediation ?? "",
    });
  }
  return {
    ...rule,
    findings: shown,
    ...(rule.counterfactual === undefined
      ? {}
      : { counterfactual: cut(redact(rule.counterfactual), 2 * length) }),
    ...(rule.selector === undefined ? {} : { selector: cut(redact(rule.selector), 1000) }),
  };
}

function clean(finding: Finding, length: number): Finding {
  return {
    message: cut(redact(finding.message), length),
    remediation: cut(redact(finding.remediation), 2 * length),
    ...(finding.path === undefined ? {} : { path: cut(redact(finding.path), 1000) }),
    ...(finding.line === undefined ? {} : { line: finding.line }),
    ...(finding.fingerprint === undefined ? {} : { fingerprint: finding.fingerprint }),
    ...(finding.waived === undefined
      ? {}
      : { waived: { ...finding.waived, reason: cut(redact(finding.waived.reason), length) } }),
  };
}
