import type { Json } from "../../specs/mod.ts";
import type { QualityRule, QualityVerdict, Severity } from "../../specs/foundry/mod.ts";
import { nameOf } from "./row_rules.ts";

/** Whether so many failures pass a threshold: a number of rows from 1 on, a share of them below 1. */
function passes(threshold: number, failed: number, checked: number): boolean {
  if (threshold === 0) return failed > 0;
  return threshold >= 1 ? failed > threshold : failed / Math.max(checked, 1) > threshold;
}

/** What a rule says at the end, by its two thresholds where it has them. */
export function countVerdict(
  stream: string,
  rule: QualityRule,
  found: {
    failed: number;
    checked: number;
    detail?: string;
    sample?: Json[];
    value?: number | null;
    /** What could not be judged, as a part of it was missing. */
    skipped?: number;
  },
): QualityVerdict {
  const { failed, checked, skipped } = found;
  if (checked === 0 && failed === 0) return notApplicable(stream, rule, found.detail ?? "", skipped);
  const warnAbove = "warnAbove" in rule ? rule.warnAbove : undefined;
  const blockAbove = "blockAbove" in rule ? rule.blockAbove : undefined;
  let severity: Severity = rule.severity;
  let fails = failed > 0;
  if (blockAbove !== undefined && passes(blockAbove, failed, checked)) severity = "block";
  else if (warnAbove !== undefined || blockAbove !== undefined) {
    // Between the thresholds a rule that would block only warns; rows that were set aside stay so.
    const warns = warnAbove === undefined ? failed > 0 : passes(warnAbove, failed, checked);
    if (severity === "block" && blockAbove !== undefined) severity = "warn";
    else if (severity === "block" && warns) severity = "warn";
    fails = severity === "quarantine" ? failed > 0 : warns;
  }
  return {
    rule: nameOf(rule),
    stream,
    severity,
    verdict: fails ? "fail" : "pass",
    failed,
    checked,
    value: found.value ?? (checked > 0 ? failed / checked : null),
    detail: (found.detail ?? "").slice(0, 2000),
    sample: (found.sample ?? []).slice(0, 10),
    ...(skipped === undefined ? {} : { skipped }),
  };
}

/** Nothing that the rule is about was there: neither passed nor failed, and said so. */
export function notApplicable(
  stream: string,
  rule: QualityRule,
  why: string,
  skipped?: number,
): QualityVerdict {
  return {
    rule: nameOf(rule),
    stream,
    severity: rule.severity,
    verdict: "not_applicable",
    failed: 0,
    checked: 0,
    value: null,
    detail: (why === "" ? "there was nothing to judge" : why).slice(0, 2000),
    sample: [],
    ...(skipped === undefined ? {} : { skipped }),
  };
}

/** The verdict of a rule that measures one figure of the set. */
export function figureVerdict(
  stream: string,
  rule: QualityRule,
  found: {
    holds: boolean;
    /** Within the rule's bound and beyond the one from which it warns. */
    warns?: boolean;
    checked: number;
    failed?: number;
    value: number | null;
    detail: string;
    sample?: Json[];
  },
): QualityVerdict {
  const holds = found.holds && found.warns !== true;
  return {
    rule: nameOf(rule),
    stream,
    severity: found.holds && found.warns === true ? "warn" : rule.severity,
    verdict: holds ? "pass" : "fail",
    failed: found.failed ?? (holds ? 0 : 1),
    checked: found.checked,
    value: found.value !== null && Number.isFinite(found.value) ? found.value : null,
    detail: found.detail.slice(0, 2000),
    sample: (found.sample ?? []).slice(0, 10),
  };
}
