import type { Event } from "../specs/mod.ts";

/** What an engine has done since it was made: for metrics. */
export interface Counters {
  submitted: number;
  claimed: number;
  crashedClaims: number;
  deadLetters: number;
  leasesLost: number;
  conflicts: number;
  commits: number;
  events: number;
  steps: number;
  failures: number;
  denials: number;
  escalations: number;
  effects: number;
  effectsFound: number;
  sealed: number;
  sealFailures: number;
  ended: number;
  errors: number;
}

export function newCounters(): Counters {
  return {
    submitted: 0,
    claimed: 0,
    crashedClaims: 0,
    deadLetters: 0,
    leasesLost: 0,
    conflicts: 0,
    commits: 0,
    events: 0,
    steps: 0,
    failures: 0,
    denials: 0,
    escalations: 0,
    effects: 0,
    effectsFound: 0,
    sealed: 0,
    sealFailures: 0,
    ended: 0,
    errors: 0,
  };
}

/** Counts a commit of a worker by its events. */
export function countEvents(counters: Counters, events: readonly Event[]): void {
  counters.commits++;
  counters.events += events.length;
  for (const event of events) {
    switch (event.type) {
      case "phase.finished":
        counters.steps++;
        break;
      case "phase.failed":
        counters.failures++;
        break;
      case "transition.decided":
        if (event.payload.decision.verdict === "deny") counters.denials++;
        break;
      case "escalation.opened":
        counters.escalations++;
        break;
      case "effect.done":
        counters.effects++;
        if (event.payload.found) counters.effectsFound++;
        break;
      case "evidence.sealed":
        counters.sealed++;
        break;
      case "evidence.failed":
        counters.sealFailures++;
        break;
      case "run.ended":
        counters.ended++;
        break;
      default:
        break;
    }
  }
}
