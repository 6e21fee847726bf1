import type { Tier } from "../specs/mod.ts";

/** How much of T5's mutation a tier pays for. */
export interface MutationBudget {
  /** Mutants at most; 0 switches it off. */
  mutants: number;
  /** So many are tried though the time were used up, within `seconds`. */
  atLeast: number;
  /** Seconds at most. */
  seconds: number;
  /** And no longer than this many times what verification took before. */
  share: number;
  /** Share of the mutants that the tests have to notice, in percent; null where what they miss is only told. */
  percent: number | null;
}

/**
 * A verification of 3 s is followed by about 1 s of mutation at standard, one of ten minutes by 20 s. At critical the time follows
 * the tests: a share of four, for ten minutes at most.
 */
export const MUTATION_BUDGET: Readonly<Record<Tier, MutationBudget>> = {
  "best-effort": { mutants: 0, atLeast: 0, seconds: 0, share: 0, percent: null },
  standard: { mutants: 6, atLeast: 0, seconds: 20, share: 0.3, percent: null },
  critical: { mutants: 30, atLeast: 3, seconds: 600, share: 4, percent: 60 },
};
