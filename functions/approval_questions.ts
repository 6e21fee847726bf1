import type { Engine, RunView } from "../kernel/mod.ts";
import { denialsOf } from "../policies/mod.ts";
import {
  ApprovalGate,
  approvalIdOf,
  type ApprovalQuestion,
  type Decision,
  type Event,
} from "../specs/mod.ts";

type Opened = Extract<Event, { type: "escalation.opened" }>;
type Answered = Extract<Event, { type: "escalation.answered" }>;

const PAGE = 100;
/** The decision stands right before its question, but for what other parts of the engine wrote between. */
const BETWEEN = 50;
const MAX_GATES = 60;

/** One question of a run as the ledger has it, and its answer, if it has one. */
export interface LedgerQuestion {
  opened: Opened;
  decision: Decision | null;
  /** The first answer behind it, before another question. */
  answered: Answered | null;
  isLast: boolean;
}

/** The question at this place of the ledger; null when no question stands there. */
export async function questionAt(
  engine: Pick<Engine, "events">,
  run: string,
  seq: number,
): Promise<LedgerQuestion | null> {
  const before = await engine.events(run, { after: Math.max(0, seq - 1 - BETWEEN), limit: BETWEEN + 1 });
  const opened = before.find((event) => event.seq === seq);
  if (opened?.type !== "escalation.opened") return null;
  const judged = before.findLast((event) => event.seq < seq && event.type === "transition.decided");
  let answered: Answered | null = null;
  let isLast = true;
  for (let after = seq;;) {
    const page = await engine.events(run, { after, limit: PAGE });
    for (const event of page) {
      if (event.type === "escalation.opened") isLast = false;
      if (event.type === "escalation.answered" && isLast) answered ??= event;
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE || !isLast) break;
    after = last.seq;
  }
  // What the workflow itself or a failure asks is not about a transition, and offers no approval.
  const decision = judged?.type === "transition.decided" && opened.payload.options.includes("approve")
    ? judged.payload.decision
    : null;
  return { opened, decision, answered, isLast };
}

/** The place of the newest question of a run; null when it never asked. */
export async function lastQuestion(engine: Pick<Engine, "events">, view: RunView): Promise<number | null> {
  for (let end = view.head.seq; end > 0; end -= PAGE) {
    const after = Math.max(0, end - PAGE);
    const page = await engine.events(view.run, { after, limit: end - after });
    const found = page.findLast((event) => event.type === "escalation.opened");
    if (found !== undefined) return found.seq;
  }
  return null;
}

/** What is asked, as it is shown and as answers sign it: of the ledger alone, so that it is the same whenever it is made. */
export function questionOf(
  { opened, decision }: Pick<LedgerQuestion, "opened" | "decision">,
  run: { title: string; family: ApprovalQuestion["family"] },
): ApprovalQuestion {
  const { reason, question, subject, options } = opened.payload;
  const gates = decision === null ? [] : denialsOf(decision).slice(0, MAX_GATES);
  return {
    id: approvalIdOf(opened.run, opened.seq),
    run: opened.run,
    family: run.family,
    title: run.title,
    openedAt: opened.at,
    question,
    reason,
    transition: decision === null ? null : decision.transition,
    subject: subject ?? null,
    input: decision === null ? null : decision.inputDigest,
    gates: gates.map((gate) => ApprovalGate.parse(gate)),
    options: [...options],
  };
}
