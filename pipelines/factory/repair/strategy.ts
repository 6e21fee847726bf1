import { type Round, type RoundHistory, roundsSinceAnswer, type RoundStrategy } from "./round.ts";

/** Strategies of a repair that the runtime chooses by itself, in the order in which they are tried. */
export const REPAIR_STRATEGIES = ["fix", "ask-planner", "past-repairs", "switch-model"] as const;
export type RepairStrategy = (typeof REPAIR_STRATEGIES)[number];

/** How often the same diff may come back before no strategy is believed to help. */
const MOST_REPEATS = 2;

export type NextStep =
  | { readonly step: "repair"; readonly strategy: RepairStrategy; readonly stagnates: string | null }
  /** Somebody has answered: their words come first. */
  | { readonly step: "human" }
  | { readonly step: "stop"; readonly why: "same-diff" | "strategies-used-up"; readonly message: string };

/**
 * What is tried next for the last round's failure: the first strategy of the order that was not tried for this fingerprint and can be
 * had here. Pure: the same rounds give the same step.
 */
export function nextStep(history: RoundHistory, can: (strategy: RepairStrategy) => boolean): NextStep {
  const rounds = roundsSinceAnswer(history);
  const last = rounds.at(-1);
  if (last === undefined) return { step: "human" };
  const repeats = sameDiff(rounds, last);
  if (repeats >= MOST_REPEATS) {
    return {
      step: "stop",
      why: "same-diff",
      message: `the same diff came ${repeats + 1} times, the last time by ${last.strategy}`,
    };
  }
  const tried = triedFor(rounds, last.fingerprint);
  const strategy = REPAIR_STRATEGIES.find((one) => !tried.has(one) && can(one));
  if (strategy === undefined) {
    const names = [...tried].join(", ");
    return {
      step: "stop",
      why: "strategies-used-up",
      message: names === ""
        ? "no strategy of repair can be had here"
        : `the same failure came back after ${names}, and nothing else is left to try`,
    };
  }
  const times = rounds.filter(({ fingerprint }) => fingerprint === last.fingerprint).length;
  return {
    step: "repair",
    strategy,
    stagnates: repeats > 0
      ? `the same diff came ${repeats + 1} times`
      : times > 1
      ? `the same failure came ${times} times`
      : null,
  };
}

function sameDiff(rounds: readonly Round[], last: Round): number {
  if (last.patch === null) return 0;
  return rounds.filter((round) => round !== last && round.patch === last.patch).length;
}

/** Strategies that were chosen for this failure before. */
function triedFor(rounds: readonly Round[], fingerprint: string | null): Set<RoundStrategy> {
  return new Set(
    rounds.filter(({ against }) => against !== null && against === fingerprint).map(({ strategy }) =>
      strategy
    ),
  );
}
