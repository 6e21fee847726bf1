import type { Decision, Tier } from "../specs/mod.ts";
import type { ApprovalFact } from "./approval_fact.ts";
import type { JudgeInput } from "./port.ts";

export interface JudgedApproval extends ApprovalFact {
  selfApproved: boolean;
}

/** An approval that counted, as a decision records it. */
export const recordedApproval = (
  { by, patch, at, selfApproved, envelope, keyId }: JudgedApproval,
): Decision["approvals"][number] => ({
  by,
  ...(patch === undefined ? {} : { patch }),
  at,
  selfApproved,
  ...(envelope === undefined ? {} : { envelope }),
  ...(keyId === undefined ? {} : { keyId }),
});

/** Approvals whose signatures hold and that have not expired; who gave them and about what is not looked at. */
export const standingApprovals = (approvals: readonly ApprovalFact[], at: string): ApprovalFact[] =>
  approvals.filter(({ verified, expiresAt }) =>
    verified === true && (expiresAt === undefined || Date.parse(expiresAt) > Date.parse(at))
  );

/**
 * Which approvals count for this patch. Four eyes: an approver is a principal of the trust root or of the base ref's policy, and
 * not the requester, by name and by key. With one signing key only, its owner may answer below the tier critical; that is
 * `self-approved` and is no human review. What the approval says of itself is not believed; only one whose signature was looked
 * at and holds counts.
 */
export function judgeApprovals(
  given: Pick<JudgeInput, "approvals" | "principals" | "at">,
  patch: string | null,
  tier: Tier,
  repositoryApprovers: readonly string[],
): { valid: JudgedApproval[]; refused: { by: string; why: string }[] } {
  const { requester, requesterKeys = [], approvers, singleKey } = given.principals;
  const known = new Set([...approvers, ...repositoryApprovers]);
  const valid: JudgedApproval[] = [];
  const refused: { by: string; why: string }[] = [];
  for (const approval of given.approvals) {
    const self = approval.by === requester ||
      (approval.keyId !== undefined && requesterKeys.includes(approval.keyId));
    const why = patch === null || approval.patch !== patch
      ? "it is bound to another patch than the one that is judged"
      : Date.parse(approval.at) > Date.parse(given.at)
      ? "it is dated after this decision"
      : approval.verified !== true
      ? `its signature does not count: ${approval.why ?? "nobody has looked at it"}`
      : approval.expiresAt !== undefined && Date.parse(approval.expiresAt) <= Date.parse(given.at)
      ? `it expired at ${approval.expiresAt}`
      : self && tier === "critical"
      ? "at the tier critical the requester cannot approve; a second principal must"
      : self && !singleKey
      ? "the requester cannot approve where there is a second principal"
      : !self && !known.has(approval.by)
      ? "the principal is not an approver by the trust root or the base ref's policy"
      : null;
    if (why === null) valid.push({ ...approval, selfApproved: self });
    else refused.push({ by: approval.by, why });
  }
  return { valid, refused };
}
