import {
  APPROVAL_TYPE,
  type ApprovalQuestion,
  ApprovalStatement,
  digestOf,
  err,
  ok,
  type Result,
} from "../specs/mod.ts";
import { canonicalBytes, envelopeText, opened } from "./envelopes.ts";
import { IN_TOTO, signEnvelope, type Signer } from "./evidence/dsse.ts";
import type { Principals } from "./principals.ts";

const DAY_MS = 86_400_000;
/** How long an approval counts unless it says less, and how long it may say at most. */
export const APPROVAL_DAYS = { usual: 7, most: 30 } as const;
/** What clocks of two machines may differ by. */
const SKEW_MS = 5 * 60_000;

/** Digest of a question: what was shown to whoever answers it. */
export const shownDigest = (question: ApprovalQuestion): Promise<string> =>
  digestOf(canonicalBytes(question));

/** The statement that an approver signs about a question. */
export async function approvalStatement(given: {
  question: ApprovalQuestion;
  approver: string;
  decision: ApprovalStatement["predicate"]["decision"];
  comment: string;
  at: string;
  expiresAt?: string;
}): Promise<ApprovalStatement> {
  const { question, approver, decision, comment, at } = given;
  const shown = await shownDigest(question);
  const subject = question.subject ?? shown;
  return ApprovalStatement.parse({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{
      name: question.subject === null
        ? "escalation"
        : question.family === "data"
        ? "staged-data"
        : "change.patch",
      digest: { sha256: subject.slice("sha256:".length) },
    }],
    predicateType: APPROVAL_TYPE,
    predicate: {
      approver,
      decision,
      run: question.run,
      escalation: question.id,
      comment: await digestOf(comment),
      shown,
      at,
      expiresAt: given.expiresAt ?? new Date(Date.parse(at) + APPROVAL_DAYS.usual * DAY_MS).toISOString(),
    },
  });
}

/** The statement in its envelope, as the text that is kept. */
export async function signApproval(statement: ApprovalStatement, signer: Signer): Promise<string> {
  return envelopeText(await signEnvelope(IN_TOTO, canonicalBytes(statement), signer));
}

/** What an answer has to be about, by the ledger. */
export interface ExpectedApproval {
  run: string;
  decision: string;
  /** The principal that the ledger names as the one who answered. */
  by: string;
  subject: string | null;
  answeredAt: string;
  /** Where the question is at hand: its id and its digest. */
  question?: { id: string; shown: string };
  comment?: string;
}

export interface VerifiedApproval {
  keyId: string;
  expiresAt: string;
  statement: ApprovalStatement;
}

/**
 * Whether an envelope is the signed answer that it is said to be: one signature, of a key of the principal who answered, that holds
 * and is not revoked at this instant, over this run, subject and decision.
 */
export async function verifyApproval(
  raw: unknown,
  expected: ExpectedApproval,
  known: Principals,
  at: string,
): Promise<Result<VerifiedApproval, string>> {
  const envelope = await opened(raw, known, at);
  if (!envelope.ok) return err(envelope.why);
  const [signature, ...more] = envelope.signatures;
  if (signature === undefined || more.length > 0) return err("it has not exactly one signature");
  if (envelope.payloadType !== IN_TOTO) return err("what is signed is no in-toto statement");
  const parsed = ApprovalStatement.safeParse(envelope.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return err(`what is signed is no approval: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
  }
  const { predicate, subject: [about] } = parsed.data;
  if (signature.problem !== null) return err(signature.problem);
  const subject = expected.subject ?? expected.question?.shown ?? null;
  const why = signature.key?.name !== predicate.approver
    ? `it names ${predicate.approver} and is signed by the key of ${signature.key?.name ?? "nobody"}`
    : predicate.approver !== expected.by
    ? `it is the answer of ${predicate.approver}, not of ${expected.by}`
    : predicate.run !== expected.run
    ? `it is about the run ${predicate.run}`
    : predicate.decision !== expected.decision
    ? `its decision is ${predicate.decision}, not ${expected.decision}`
    : subject !== null && about?.digest.sha256 !== subject.slice("sha256:".length)
    ? "it is bound to another patch than the one that was asked about"
    : expected.question !== undefined && predicate.escalation !== expected.question.id
    ? `it answers ${predicate.escalation}`
    : expected.question !== undefined && predicate.shown !== expected.question.shown
    ? "what was shown to the approver is not what is asked"
    : expected.comment !== undefined && predicate.comment !== await digestOf(expected.comment)
    ? "its comment is another one"
    : timeProblem(predicate, expected.answeredAt);
  if (why !== null) return err(why);
  return ok({ keyId: signature.keyId, expiresAt: predicate.expiresAt, statement: parsed.data });
}

function timeProblem(
  { at, expiresAt }: ApprovalStatement["predicate"],
  answeredAt: string,
): string | null {
  const [signed, ends, answered] = [Date.parse(at), Date.parse(expiresAt), Date.parse(answeredAt)];
  if (signed > answered + SKEW_MS) return "it was signed after it was given";
  if (ends <= signed) return "it ends before it begins";
  if (ends - signed > APPROVAL_DAYS.most * DAY_MS) {
    return `it is to count for more than ${APPROVAL_DAYS.most} days`;
  }
  return ends <= answered ? `it expired at ${expiresAt}` : null;
}
