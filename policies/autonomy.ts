import type { Autonomy } from "../specs/mod.ts";

/** What a level of autonomy lets a run do by itself. */
export interface AutonomyEffect {
  level: Autonomy;
  /** The patch and the evidence are kept and shown. At A0 the run only judges what it was given. */
  keepsPatch: boolean;
  pullRequest: "none" | "draft" | "ready";
  merges: boolean;
  says: string;
}

const EFFECTS: Readonly<Record<Exclude<Autonomy, "A5">, Omit<AutonomyEffect, "level">>> = {
  A0: {
    keepsPatch: false,
    pullRequest: "none",
    merges: false,
    says: "observe: the run judges and changes nothing",
  },
  A1: {
    keepsPatch: true,
    pullRequest: "none",
    merges: false,
    says: "recommend: patch and evidence; a human decides about a pull request",
  },
  A2: { keepsPatch: true, pullRequest: "draft", merges: false, says: "advise: a draft pull request" },
  A3: {
    keepsPatch: true,
    pullRequest: "ready",
    merges: false,
    says: "act with guard: a pull request; a human merges",
  },
  A4: {
    keepsPatch: true,
    pullRequest: "ready",
    merges: true,
    says: "act: a pull request, merged where policy allows",
  },
};

const ORDER: readonly Autonomy[] = ["A0", "A1", "A2", "A3", "A4", "A5"];

/** The lowest of the levels: a ceiling never lifts another one. */
export function lowestAutonomy(...levels: Autonomy[]): Autonomy {
  return levels.reduce((low, level) => ORDER.indexOf(level) < ORDER.indexOf(low) ? level : low, "A5");
}

/** What a level allows; null for A5, which is never granted to an agent. */
export function autonomyEffect(level: Autonomy): AutonomyEffect | null {
  return level === "A5" ? null : { level, ...EFFECTS[level] };
}
