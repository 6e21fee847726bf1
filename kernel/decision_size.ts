import type { Decision, RuleVerdict } from "../specs/mod.ts";
import { canonicalJson } from "./canonical.ts";
import type { Blobs } from "./port.ts";

/** A decision's text may be this long in the ledger; the rest of the event and what else is in the commit needs room too. */
const MAX_LENGTH = 18_000;
const KEPT_FINDINGS = [50, 10, 3, 1] as const;
const MAX_MESSAGE = 300;

/**
 * A decision that fits into the ledger. One with very many findings is kept whole as a blob; the ledger then has its verdicts and
 * the first findings of each rule, and names the blob.
 */
export async function fitDecision(decision: Decision, blobs: Blobs): Promise<Decision> {
  const text = canonicalJson(decision as unknown as Parameters<typeof canonicalJson>[0]);
  if (text.length <= MAX_LENGTH) return decision;
  const digest = await blobs.put(text);
  for (const kept of KEPT_FINDINGS) {
    const shorter = { ...decision, rules: decision.rules.map((rule) => shortened(rule, kept, digest)) };
    const length = canonicalJson(shorter as unknown as Parameters<typeof canonicalJson>[0]).length;
    if (length <= MAX_LENGTH) return shorter;
  }
  return { ...decision, rules: decision.rules.map((rule) => ({ ...shortened(rule, 1, digest), facts: [] })) };
}

function shortened(rule: RuleVerdict, kept: number, digest: string): RuleVerdict {
  const left = rule.findings.length - kept;
  const findings = rule.findings.slice(0, kept).map((finding) => ({
    ...finding,
    message: finding.message.slice(0, MAX_MESSAGE),
    remediation: finding.remediation.slice(0, MAX_MESSAGE),
  }));
  if (left > 0) {
    findings.push({
      message: `${left} more findings of this rule are in the whole decision, blob ${digest}`,
      remediation: "Read the blob for all of them",
    });
  }
  return {
    ...rule,
    findings,
    ...(rule.counterfactual === undefined
      ? {}
      : { counterfactual: rule.counterfactual.slice(0, MAX_MESSAGE) }),
  };
}
