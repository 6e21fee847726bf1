import type { Blobs, ControlAction, ControlOutcome, Engine, RunView } from "../kernel/mod.ts";
import { foundry } from "../pipelines/mod.ts";
import { escalationPacket, type FindPrincipals } from "../pipelines/factory/mod.ts";
import {
  approvalStatement,
  approverNames,
  DsseEnvelope,
  isSingleKey,
  jcs,
  judgeApprovals,
  keysOf,
  NOBODY,
  type Principals,
  shownDigest,
  signApproval,
  type StoredInput,
  verifyApproval,
} from "../policies/mod.ts";
import { parseRepoPolicy, storedInput } from "../policies/code/mod.ts";
import {
  type Actor,
  type AnswerChoice,
  type ApprovalAnswer,
  approvalPlace,
  type ApprovalQuestion,
  ApprovalRequest,
  err,
  ok,
  type Problem,
  type Result,
} from "../specs/mod.ts";
import { lastQuestion, type LedgerQuestion, questionAt, questionOf } from "./approval_questions.ts";
import type { keyDirectory } from "./key_directory.ts";
import { signedStatement } from "./signed_statement.ts";

type Answer = Extract<ControlAction, { action: "answer" }>;
type Refused = Extract<ControlOutcome, { ok: false }>;

/** An envelope of somebody's as evidence holds it: in its one form, whatever its fields' order was. What is signed stays as it is. */
function oneForm(envelope: unknown): string {
  const { payloadType, payload, signatures } = DsseEnvelope.parse(envelope);
  const again = (base64: string) => btoa(atob(base64));
  const kept = signatures.map(({ keyid, sig }) => ({ keyid, sig: again(sig) }));
  return `${jcs({ payloadType, payload: again(payload), signatures: kept })}\n`;
}

/** Questions to people, and their signed answers. */
export interface ApprovalDesk {
  /** Open questions, those of the newest runs first. */
  list(page?: { cursor?: string; limit?: number }): Promise<
    { approvals: ApprovalRequest[]; cursor: string | null }
  >;
  /** One question, open or not, by its id. */
  show(id: string): Promise<ApprovalRequest | null>;
  /** Every question of a run, the newest first. */
  ofRun(run: string): Promise<ApprovalRequest[]>;
  /** The id of the question that a run waits with; null when it waits with none. */
  openOf(run: string): Promise<string | null>;
  /** The statement about an open question, signed by a principal's key of this installation. */
  sign(
    id: string,
    given: { approver: string; decision: AnswerChoice; comment: string; expiresAt?: string },
  ): Promise<Result<string, Problem>>;
  /** Adds the signature to an answer, or checks the one that it brings; whose answer it is comes from there. */
  signed(run: string, answer: Answer, actor: Actor): Promise<
    { ok: true; answer: Answer; actor: Actor } | Refused
  >;
}

/** Wires one over the engine, its blobs and the keys of the data directory. */
export function approvalDesk(given: {
  engine: Pick<Engine, "events" | "view" | "list">;
  blobs: Blobs;
  principals: FindPrincipals;
  keys: Pick<ReturnType<typeof keyDirectory>, "signer" | "list" | "make">;
  now: () => number;
}): ApprovalDesk {
  const { engine, blobs, keys } = given;
  const nowText = () => new Date(given.now()).toISOString();
  const known = async (): Promise<Principals> => {
    const found = await given.principals();
    return found.ok ? found.value : NOBODY;
  };
  const asked = (view: RunView, found: LedgerQuestion) =>
    questionOf(found, { title: view.title, family: view.workflow.id === foundry.id ? "data" : "code" });

  const request = async (view: RunView, seq: number, whole = false): Promise<ApprovalRequest | null> => {
    const found = await questionAt(engine, view.run, seq);
    if (found === null) return null;
    const question = asked(view, found);
    const stored = question.input === null ? null : await inputOf(question.input);
    const people = await known();
    const isOpen = found.isLast && found.answered === null && view.status === "escalated";
    return ApprovalRequest.parse({
      ...(whole && isOpen ? { packet: await escalationPacket(engine, blobs, view) } : {}),
      ...question,
      shown: await shownDigest(question),
      state: isOpen ? "open" : found.answered === null ? "closed" : "answered",
      ...about(stored),
      mayApprove: isOpen ? await whoMay(question, stored, people) : [],
      answer: found.answered === null ? null : await answerOf(question, found, stored, people),
    });
  };

  const inputOf = async (digest: string): Promise<StoredInput | null> => {
    const bytes = await blobs.get(digest);
    const stored = bytes === null ? null : await storedInput(new TextDecoder().decode(bytes));
    return stored?.ok ? stored.value : null;
  };

  /** Everybody whose approval would count now, by the same function that the judge asks. */
  const whoMay = async (
    question: ApprovalQuestion,
    stored: StoredInput | null,
    people: Principals,
  ): Promise<ApprovalRequest["mayApprove"]> => {
    const { requester, tier } = about(stored);
    if (stored === null || requester === null || tier === null || !question.options.includes("approve")) {
      return [];
    }
    const named = stored.kind === "change" ? await parseRepoPolicy(stored.input.policy) : null;
    const more = named?.ok ? named.value.approvers : [];
    const approvers = approverNames(people);
    const names = new Set([...approvers, ...more.filter((name) => keysOf(people, name).length > 0)]);
    // Before there is any key, the first answer makes one: whoever works here is the requester.
    if (people.keys.length === 0) names.add(requester);
    const at = nowText();
    return [...names].sort().flatMap((name) => {
      const [keyId = ""] = keysOf(people, name);
      const { valid } = judgeApprovals(
        {
          approvals: [{ by: name, at, selfApproved: false, verified: true, keyId, ...patchOf(question) }],
          principals: {
            requester,
            approvers,
            singleKey: isSingleKey(people),
            requesterKeys: keysOf(people, requester),
          },
          at,
        },
        question.subject,
        tier,
        more,
      );
      return valid.map(({ selfApproved }) => ({
        name,
        as: selfApproved ? "self-approved" as const : "second-principal" as const,
      }));
    });
  };

  const answerOf = async (
    question: ApprovalQuestion,
    { answered }: LedgerQuestion,
    stored: StoredInput | null,
    people: Principals,
  ): Promise<ApprovalAnswer | null> => {
    if (answered === null) return null;
    const { by, choice, comment, envelopeDigest } = answered.payload;
    const raw = envelopeDigest === undefined ? null : await blobs.get(envelopeDigest);
    const verified = raw === null ? err("it is not signed") : await verifyApproval(
      parsed(new TextDecoder().decode(raw)),
      await expected(question, { by: by.id, choice, comment, at: answered.at }),
      people,
      nowText(),
    );
    return {
      by: by.id,
      choice,
      comment,
      at: answered.at,
      envelope: envelopeDigest ?? null,
      verified: verified.ok,
      why: verified.ok ? null : verified.error,
      keyId: verified.ok ? verified.value.keyId : null,
      selfApproved: by.id === about(stored).requester,
    };
  };

  const expected = async (
    question: ApprovalQuestion,
    { by, choice, comment, at }: { by: string; choice: string; comment: string; at: string },
  ) => ({
    run: question.run,
    decision: choice,
    by,
    subject: question.subject,
    answeredAt: at,
    question: { id: question.id, shown: await shownDigest(question) },
    comment,
  });

  /** The question that a run waits with now. */
  const open = async (run: string): Promise<{ view: RunView; question: ApprovalQuestion } | null> => {
    const view = await engine.view(run);
    if (view === null || view.status !== "escalated") return null;
    const seq = await lastQuestion(engine, view);
    const found = seq === null ? null : await questionAt(engine, run, seq);
    return found === null ? null : { view, question: asked(view, found) };
  };

  const signerOf = async (name: string) => {
    const own = await keys.signer(name);
    if (own !== null || (await keys.list()).length > 0) return own;
    // Before there is any key its owner is whoever works here; the answer makes the key.
    await keys.make(name);
    return await keys.signer(name);
  };

  const signed: ApprovalDesk["signed"] = async (run, answer, actor) => {
    const { envelope, ...rest } = answer;
    const waiting = await open(run);
    // The engine says what is wrong with an answer to nothing.
    if (waiting === null) return { ok: true, answer: rest, actor };
    const { question } = waiting;
    const comment = answer.comment ?? "";
    if (envelope !== undefined) {
      const by = signedStatement(envelope)?.predicate.approver ?? actor.id;
      const at = nowText();
      const verified = await verifyApproval(
        envelope,
        await expected(question, { by, choice: answer.choice, comment, at }),
        await known(),
        at,
      );
      if (!verified.ok) {
        return refused(
          `the signed answer does not count: ${verified.error}`,
          `sign this question: forge approval sign ${question.id}`,
        );
      }
      const envelopeDigest = await blobs.put(oneForm(envelope));
      return {
        ok: true,
        answer: { ...rest, envelopeDigest },
        actor: { kind: "user", id: verified.value.statement.predicate.approver },
      };
    }
    const signer = await signerOf(actor.id);
    if (signer === null) {
      return answer.choice === "approve"
        ? refused(
          `${actor.id} has no signing key here, and an approval counts only when it is signed`,
          `make one: forge init --user ${actor.id}; or sign elsewhere: forge approval sign ${question.id} --out FILE`,
        )
        : { ok: true, answer: rest, actor };
    }
    const statement = await approvalStatement({
      question,
      approver: actor.id,
      decision: answer.choice,
      comment,
      at: nowText(),
    });
    const envelopeDigest = await blobs.put(await signApproval(statement, signer));
    return { ok: true, answer: { ...rest, envelopeDigest }, actor };
  };

  return {
    signed,
    async list(page) {
      const found = await engine.list({ ...page, status: "escalated" });
      const approvals: ApprovalRequest[] = [];
      for (const view of found.runs) {
        const seq = await lastQuestion(engine, view);
        const one = seq === null ? null : await request(view, seq);
        if (one?.state === "open") approvals.push(one);
      }
      return { approvals, cursor: found.cursor };
    },
    async show(id) {
      const place = approvalPlace(id);
      const view = place === null ? null : await engine.view(place.run);
      return view === null || place === null ? null : await request(view, place.seq, true);
    },
    async ofRun(run) {
      const view = await engine.view(run);
      const found: ApprovalRequest[] = [];
      for (let after = 0; view !== null;) {
        const events = await engine.events(run, { after, limit: 500 });
        for (const { type, seq } of events) {
          const one = type === "escalation.opened" ? await request(view, seq, true) : null;
          if (one !== null) found.unshift(one);
        }
        const last = events.at(-1);
        if (!last || events.length < 500) break;
        after = last.seq;
      }
      return found;
    },
    openOf: async (run) => (await open(run))?.question.id ?? null,
    async sign(id, { approver, decision, comment, expiresAt }) {
      const place = approvalPlace(id);
      const waiting = place === null ? null : await open(place.run);
      if (waiting === null || waiting.question.id !== id) {
        return err({
          code: "not-found",
          message: `There is no open question '${id.slice(0, 100)}'`,
          remedy: "See: forge approval list",
        });
      }
      const signer = await signerOf(approver);
      if (signer === null) {
        return err({
          code: "no-key",
          message: `There is no key for the principal '${approver}'`,
          remedy: `Make one: forge init --user ${approver}`,
          value: approver,
        });
      }
      const statement = await approvalStatement({
        question: waiting.question,
        approver,
        decision,
        comment,
        at: nowText(),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      });
      return ok(await signApproval(statement, signer));
    },
  };
}

const patchOf = ({ subject }: ApprovalQuestion) => subject === null ? {} : { patch: subject };

function about(stored: StoredInput | null): Pick<ApprovalRequest, "tier" | "requester"> {
  if (stored === null) return { tier: null, requester: null };
  const tier = stored.kind === "change"
    ? stored.input.spec?.tier
    : stored.kind === "data"
    ? stored.input.pipeline?.tier
    : "critical";
  return { tier: tier ?? "critical", requester: stored.input.principals.requester };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const refused = (message: string, remedy: string): Refused => ({
  ok: false,
  code: "invalid",
  message: `Cannot do that: ${message}`,
  remedy,
});
