import type { Decision, Denial } from "../specs/mod.ts";
import { isWaived } from "./layers.ts";

/**
 * What a decision holds against the change, in the order of its layers: failures before what could not be judged. Empty when it
 * allows. A denial without a finding would tell nobody anything, so that there is always one.
 */
export function denialsOf(decision: Decision): Denial[] {
  if (decision.verdict === "allow") return [];
  const open = decision.rules.filter((rule) =>
    (rule.mode === "enforce" && ((rule.verdict === "fail" && !isWaived(rule)) || rule.verdict === "error")) ||
    (rule.mode === "warn" && rule.verdict === "error")
  );
  const ordered = [
    ...open.filter(({ verdict }) => verdict === "fail"),
    ...open.filter(({ verdict }) => verdict === "error"),
  ];
  const denials = ordered.flatMap((rule) =>
    rule.findings.filter(({ waived }) => waived === undefined).map((finding) => ({
      gate: rule.gate,
      layer: rule.layer,
      rule: rule.rule,
      message: finding.message,
      ...(finding.path === undefined ? {} : { path: finding.path }),
      ...(finding.line === undefined ? {} : { line: finding.line }),
      remediation: finding.remediation,
      ...(finding.fingerprint === undefined ? {} : { fingerprint: finding.fingerprint }),
    }))
  );
  if (denials.length > 0) return denials;
  const silent = decision.rules.find((rule) => rule.verdict !== "pass") ?? decision.rules[0];
  return [{
    gate: silent?.gate ?? "judge",
    layer: silent?.layer ?? "L0",
    rule: silent?.rule ?? "core/EMPTY",
    message: silent?.selector ??
      `The transition ${decision.transition.from}->${decision.transition.to} was not allowed`,
    remediation: "See `forge policy explain` for every rule's verdict",
  }];
}
