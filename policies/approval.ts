import type { Tier } from "../specs/mod.ts";
import type { ApprovalFact, JudgeInput } from "./port.ts";

export interface JudgedApproval extends ApprovalFact {
  selfApproved: boolean;
}

/**
 * Which approvals count for this patch. Four eyes: an approver is a principal of the trust root or of the base ref's policy, and
 * not the requester. With one signing key only, its owner may answer below the tier critical; that is `self-approved` and is no
 * human review. What the approval says of itself is not believed.
 */
export function judgeApprovals(
  given: Pick<JudgeInput, "approvals" | "principals" | "at">,
  patch: string | null,
  tier: Tier,
  repositoryApprovers: readonly string[],
): { valid: JudgedApproval[]; refused: { by: string; why: string }[] } {
  const { requester, approvers, singleKey } = given.principals;
  const known = new Set([...approvers, ...repositoryApprovers]);
  const valid: JudgedApproval[] = [];
  const refused: { by: string; why: string }[] = [];
  for (const approval of given.approvals) {
    const self = approval.by === requester;
    const why = patch === null || approval.patch !== patch
      ? "it is bound to another patch than the one that is judged"
      : Date.parse(approval.at) > Date.parse(given.at)
      ? "it is dated after this decision"
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
