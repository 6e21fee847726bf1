import type { RunView } from "../kernel/mod.ts";
import type { Waiting } from "../specs/mod.ts";

/** What the ledger says about a run that stands still; the folded state alone does not know it. */
export interface Standstill {
  reason: string;
  until?: string;
}

/** What moves a run that stands still: time, or somebody. `held`: the run that it waits for, which needs a human itself. */
export function waitingOf(
  view: RunView,
  standstill: Standstill | null,
  held: string | null = null,
): Waiting | null {
  const { run, escalation } = view;
  const end = `end it: forge workflow cancel ${run}`;
  switch (view.status) {
    case "parked": {
      const until = standstill?.until ?? null;
      const now = `try again now: forge workflow resume ${run}`;
      return {
        reason: standstill?.reason ?? `the phase ${view.phase} waits`,
        until,
        remedy: held !== null
          ? `what it waits for: forge workflow show ${held}, then forge workflow answer ${held} or retry it; ${end}`
          : until === null
          ? `it goes on when what it waits for is there; ${now}; ${end}`
          : `nothing, while an engine runs (forge serve): it goes on by itself; ${now}; ${end}`,
      };
    }
    case "paused":
      return {
        reason: standstill?.reason || "somebody paused it",
        until: null,
        remedy: `let it go on: forge workflow resume ${run}; ${end}`,
      };
    case "escalated":
      return escalation === null ? null : {
        reason: escalation.reason,
        until: null,
        remedy: `answer it: forge workflow answer ${run} ${
          escalation.options.map((option) => ANSWERS[option] ?? `--${option}`).join(" | ")
        }`,
      };
    case "queued":
    case "running":
    case "cancelling":
    case "completed":
    case "denied":
    case "failed":
    case "cancelled":
      return null;
  }
}

/** How an answer is given on the command line, where its name is not its option. */
const ANSWERS: Readonly<Record<string, string>> = {
  "retry-from": "--phase PHASE",
  "change-budget": "--budget UNIT=N",
};
