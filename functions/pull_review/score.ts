/** Readiness and risk of a pull request, from what was recorded of it and nothing else. */
import type { ExplainedScore, PullReview, ScanDocument, ScanFinding } from "../../specs/mod.ts";

type Point = ExplainedScore["points"][number];
type Pull = PullReview["pull"];

const SEVERITY: Readonly<Record<ScanFinding["severity"], number>> = {
  critical: 40,
  high: 25,
  medium: 15,
  low: 8,
};
/** The same rule again weighs less: one cause is often told many times. */
const AGAIN = 3;
const SOFT_LINES = 300;
const HARD_LINES = 600;
const MANY_FILES = 20;
const MOST_GAPS = 5;

function sum(from: number, points: readonly Point[]): ExplainedScore {
  const total = points.reduce((all, one) => all + one.points, from);
  return { score: Math.max(0, Math.min(100, total)), from, points: [...points] };
}

/** Findings as weights: the first of each rule by its severity, what a human may decide half of it. */
function weights(scan: ScanDocument): { weight: number; finding: ScanFinding; record: string }[] {
  const known = new Set<string>();
  return scan.findings.flatMap((finding, at) => {
    if (finding.action === "note") return [];
    const whole = known.has(finding.rule) ? AGAIN : SEVERITY[finding.severity];
    known.add(finding.rule);
    const weight = finding.action === "escalate" ? Math.ceil(whole / 2) : whole;
    return [{ weight, finding, record: `scan.findings[${at}]` }];
  });
}

const told = ({ rule, path, line }: ScanFinding): string =>
  `${rule}${path === undefined ? "" : ` in ${path}${line === undefined ? "" : `:${line}`}`}`;

/** 100 and down: what stands between the pull request and a merge. */
export function readiness(scan: ScanDocument, pull: Pull): ExplainedScore {
  const points: Point[] = weights(scan).map(({ weight, finding, record }) => ({
    points: -weight,
    reason: `${finding.action === "deny" ? "denied" : "a human has to decide"}: ${told(finding)}`,
    record,
  }));
  const missing = scan.notJudged.flatMap((gap, at) =>
    gap.verdict === "error" || gap.verdict === "fail" ? [{ gap, at }] : []
  );
  for (const { gap, at } of missing.slice(0, MOST_GAPS)) {
    points.push({
      points: -3,
      reason: `not judged: ${gap.rule ?? gap.path ?? gap.gate ?? gap.layer ?? ""}: ${gap.reason}`,
      record: `scan.notJudged[${at}]`,
    });
  }
  if (scan.totals.files === 0) {
    points.push({ points: -50, reason: "there is no change", record: "scan.totals.files" });
  }
  if (pull === null) return sum(100, points);
  if (pull.state !== "open") {
    points.push({ points: -100, reason: `it is ${pull.state}`, record: "pull.state" });
  }
  if (pull.draft) points.push({ points: -10, reason: "it is a draft", record: "pull.draft" });
  const mergeable = { conflicting: -30, behind: -10, blocked: -5, unknown: -5, clean: 0 }[pull.mergeable] ??
    -5;
  if (mergeable !== 0) {
    points.push({ points: mergeable, reason: `the forge says ${pull.mergeable}`, record: "pull.mergeable" });
  }
  pull.checks.forEach((check, at) => {
    if (GREEN.has(check.state)) return;
    const weight = ENDED.has(check.state) ? 15 : 5;
    points.push({
      points: check.required === false ? -5 : -weight,
      reason: `the check ${check.name} is ${check.state}`,
      record: `pull.checks[${at}]`,
    });
  });
  pull.reviews.forEach((review, at) => {
    if (review.state === "changes_requested") {
      points.push({ points: -15, reason: `${review.by} asks for changes`, record: `pull.reviews[${at}]` });
    }
  });
  if (!pull.reviews.some((one) => one.state === "approved" && one.ofHead)) {
    points.push({ points: -10, reason: "nobody has approved this head", record: "pull.reviews" });
  }
  return sum(100, points);
}

const GREEN: ReadonlySet<string> = new Set(["success", "neutral", "skipped"]);
const ENDED: ReadonlySet<string> = new Set([
  "failure",
  "timed_out",
  "cancelled",
  "action_required",
  "stale",
  "startup_failure",
]);

/** 0 and up: what makes a mistake in it likely, or dear. */
export function risk(scan: ScanDocument): ExplainedScore {
  const { added, removed, files } = scan.totals;
  const points: Point[] = weights(scan).map(({ weight, finding, record }) => ({
    points: weight,
    reason: `${finding.severity}: ${told(finding)}`,
    record,
  }));
  const lines = added + removed;
  if (lines > HARD_LINES) {
    points.push({
      points: 20,
      reason: `${lines} changed lines, more than ${HARD_LINES}`,
      record: "scan.totals",
    });
  } else if (lines > SOFT_LINES) {
    points.push({
      points: 10,
      reason: `${lines} changed lines, more than ${SOFT_LINES}`,
      record: "scan.totals",
    });
  }
  if (files > MANY_FILES) {
    points.push({
      points: 10,
      reason: `${files} changed files, more than ${MANY_FILES}`,
      record: "scan.totals.files",
    });
  }
  if (removed > 50 && removed > 3 * added) {
    points.push({
      points: 5,
      reason: `it mostly removes: ${removed} lines, and adds ${added}`,
      record: "scan.totals",
    });
  }
  const unread = scan.notJudged.findIndex((gap) => gap.path !== undefined);
  if (unread >= 0) {
    points.push({
      points: 10,
      reason: "some of its files cannot be read by the rules",
      record: `scan.notJudged[${unread}]`,
    });
  }
  if (scan.spec === null && files > 0) {
    points.push({
      points: 5,
      reason: "nobody said what it is for: there is no spec to hold it against",
      record: "scan.spec",
    });
  }
  return sum(0, points);
}
