import type { Blobs, TransitionInput } from "../kernel/mod.ts";
import {
  type ApprovalFact,
  approverNames,
  isSingleKey,
  type JudgeInput,
  keysOf,
  NOBODY,
  type Principals,
  verifyApproval,
} from "../policies/mod.ts";
import type { Problem, Result } from "../specs/mod.ts";
import type { Installation } from "./factory/ports.ts";

/** Who is known to an installation, read anew for each decision: a key may have been revoked since the last one. */
export type FindPrincipals = () => Promise<Result<Principals, Problem>>;

/** What the judge is told of the people of a run: who may approve, and what each answer's signature is worth. */
export interface PeopleFacts {
  approvals: ApprovalFact[];
  principals: JudgeInput["principals"];
  known: Principals;
}

/** An approval counts only with a signature that holds. Where nobody is known, none does. */
export async function peopleFacts(
  ports: { blobs: Blobs; principals?: FindPrincipals; installation: Installation },
  transition: Pick<TransitionInput, "approvals" | "run" | "at">,
  requester: string,
): Promise<PeopleFacts> {
  const found = await ports.principals?.();
  const known = found?.ok ? found.value : NOBODY;
  const approvals = await Promise.all(transition.approvals.map(async (approval): Promise<ApprovalFact> => {
    const fact: ApprovalFact = {
      by: approval.by.id,
      at: approval.at,
      selfApproved: approval.selfApproved,
      ...(approval.subject === undefined ? {} : { patch: approval.subject }),
      ...(approval.envelope === undefined ? {} : { envelope: approval.envelope }),
    };
    if (approval.envelope === undefined) return { ...fact, verified: false, why: "it is not signed" };
    const verified = await verifyApproval(
      await jsonBlob(ports.blobs, approval.envelope),
      {
        run: transition.run,
        decision: "approve",
        by: approval.by.id,
        subject: approval.subject ?? null,
        answeredAt: approval.at,
      },
      known,
      transition.at,
    );
    return verified.ok
      ? { ...fact, verified: true, keyId: verified.value.keyId, expiresAt: verified.value.expiresAt }
      : { ...fact, verified: false, why: verified.error.slice(0, 1000) };
  }));
  // Who cannot be read is not taken for nobody: then the requester might seem to be alone.
  const unreadable = found?.ok === false;
  return {
    approvals,
    known,
    principals: {
      requester,
      requesterKeys: keysOf(known, requester),
      approvers: found === undefined ? [...ports.installation.approvers] : approverNames(known),
      singleKey: found === undefined ? ports.installation.singleKey : !unreadable && isSingleKey(known),
    },
  };
}

async function jsonBlob(blobs: Blobs, digest: string): Promise<unknown> {
  const bytes = await blobs.get(digest);
  if (bytes === null) return null;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}
