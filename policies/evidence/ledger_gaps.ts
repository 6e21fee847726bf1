/** Where the ledger of a run does not tell all of it. Pure: events go in one by one. */
import type { Event } from "../../specs/mod.ts";

export interface LedgerAccount {
  events: number;
  /** Hash of the last event; empty before the first. */
  head: string;
  /** What is missing or out of order. */
  gaps: string[];
  /** By how much an event is dated before the one before it, at most. */
  clockBackMs: number;
}

const MAX_GAPS = 50;

/** Takes the events of one run in their order, from the first. */
export function ledgerAccount(): { take(event: Event): void; account(): LedgerAccount } {
  const gaps: string[] = [];
  const intended = new Set<string>();
  let workflow: Extract<Event, { type: "run.accepted" }>["payload"]["workflow"] | null = null;
  let last: Event | null = null;
  let clockBackMs = 0;
  /** A gated transition that nobody has decided about yet: the phase that it leaves. */
  let undecided: string | null = null;
  const tell = (what: string) => {
    if (gaps.length < MAX_GAPS) gaps.push(what);
  };

  const follows = (event: Event) => {
    const seq = (last?.seq ?? 0) + 1;
    if (event.seq !== seq) tell(`event ${seq} is missing: ${event.seq} follows on ${seq - 1}`);
    if (last === null) return;
    if (event.prevHash !== last.hash || event.parent !== last.id) {
      tell(`event ${event.seq} does not follow on the one before it`);
    }
    clockBackMs = Math.max(clockBackMs, Date.parse(last.at) - Date.parse(event.at));
  };

  const happened = (event: Event) => {
    switch (event.type) {
      case "run.accepted":
        workflow = event.payload.workflow;
        return;
      case "phase.finished": {
        const { phase, outcome } = event.payload;
        const on = workflow?.phases[phase]?.on;
        if (on !== undefined && Object.hasOwn(on, outcome) && on[outcome]?.gated) undecided = phase;
        return;
      }
      case "transition.decided": {
        const { from } = event.payload.decision.transition;
        if (undecided !== null && from !== undecided) {
          tell(`event ${event.seq} decides about leaving ${from}, and ${undecided} was left`);
        }
        undecided = null;
        return;
      }
      case "run.retried":
        undecided = null;
        return;
      case "phase.entered":
        if (undecided !== null) {
          tell(
            `event ${event.seq} enters ${event.payload.phase}, and nobody decided about leaving ${undecided}`,
          );
        }
        undecided = null;
        return;
      case "effect.intended":
        if (undecided !== null) {
          tell(
            `event ${event.seq} intends ${event.payload.kind} before the decision about leaving ${undecided}`,
          );
        }
        intended.add(event.payload.key);
        return;
      case "effect.done":
        if (!intended.has(event.payload.key)) tell(`event ${event.seq} did what was never intended`);
        return;
      case "run.ended":
        if (undecided !== null && event.payload.status === "completed") {
          tell(`event ${event.seq} completes the run, and nobody decided about leaving ${undecided}`);
        }
        return;
      default:
        return;
    }
  };

  return {
    take(event) {
      follows(event);
      happened(event);
      last = event;
    },
    account: () => ({
      events: last?.seq ?? 0,
      head: last?.hash ?? "",
      gaps,
      clockBackMs: Math.max(0, clockBackMs),
    }),
  };
}
