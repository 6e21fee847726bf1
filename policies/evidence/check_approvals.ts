import { VsaPredicate } from "../../specs/attestation/mod.ts";
import { ApprovalStatement, type Decision, type EvidenceManifest } from "../../specs/mod.ts";
import type { ReadLedger } from "./check_ledger.ts";
import { APPROVAL, type ReadStatement, summaryOf } from "./check_statements.ts";
import type { Checks } from "./checks.ts";

const EVENTS = "log/events.jsonl";
const REVIEWS = /^ORG_SOURCE_HUMAN_REVIEWS_(\d+)$/;
/** What clocks of two machines may differ by. */
const SKEW_MS = 5 * 60_000;

/**
 * Every approval that a decision counted is here, signed by its approver, about this run and the patch that was decided about; none is
 * here that no decision counted. The summary claims no more reviews by people than there are.
 */
export function checkApprovals(
  { run }: Pick<EvidenceManifest, "run">,
  statements: readonly ReadStatement[],
  { decisions }: ReadLedger,
  checks: Checks,
): void {
  const signed = new Map(
    statements.filter(({ path }) => APPROVAL.test(path)).map((one) => [`sha256:${one.sha256}`, one]),
  );
  const counted = new Set<string>();
  const reviewers = new Set<string>();
  for (const { seq, decision } of decisions) {
    for (const approval of decision.approvals ?? []) {
      if (approval.envelope === undefined) continue;
      counted.add(approval.envelope);
      const found = signed.get(approval.envelope);
      const why = found === undefined
        ? `the decision of event ${seq} counted an approval of ${approval.by} that is not here, or does not hold`
        : approvalProblem(found, approval, run, decision.at);
      if (why !== null) checks.fail("approvals", found?.path ?? EVENTS, why);
      else if (!approval.selfApproved) reviewers.add(approval.by);
    }
  }
  for (const [digest, { path }] of signed) {
    if (!counted.has(digest)) checks.fail("approvals", path, "no decision counted this approval");
  }
  const summary = summaryOf(statements);
  if (summary !== undefined) {
    const { verifiedLevels } = VsaPredicate.parse(summary.statement.predicate);
    const claimed = Math.max(0, ...verifiedLevels.map((level) => Number(REVIEWS.exec(level)?.[1] ?? 0)));
    if (claimed > reviewers.size) {
      checks.fail(
        "approvals",
        summary.path,
        `it claims ${claimed} human reviews, and ${reviewers.size} are signed`,
      );
    }
  }
  if (!checks.hasFailed("approvals") && signed.size > 0) {
    checks.pass(
      "approvals",
      null,
      `${signed.size} signed by ${[...reviewers].join(", ") || "who asked for the run"}`,
    );
  }
}

function approvalProblem(
  { statement }: ReadStatement,
  { by, patch }: Decision["approvals"][number],
  run: string,
  decidedAt: string,
): string | null {
  const parsed = ApprovalStatement.safeParse(statement);
  if (!parsed.success) return "it is no approval";
  const { predicate, subject: [about] } = parsed.data;
  if (predicate.approver !== by) {
    return `it is of ${predicate.approver}, and the approval of ${by} was counted`;
  }
  if (predicate.decision !== "approve") return `its decision is ${predicate.decision}, not approve`;
  if (predicate.run !== run) return `it is about the run ${predicate.run}`;
  if (patch !== undefined && `sha256:${about?.digest.sha256}` !== patch) {
    return "it approves another patch than the one that was decided about";
  }
  if (Date.parse(predicate.at) > Date.parse(decidedAt) + SKEW_MS) return "it was signed after the decision";
  return Date.parse(predicate.expiresAt) <= Date.parse(decidedAt)
    ? `it expired at ${predicate.expiresAt}`
    : null;
}
