/** The inner loop: what is tried after a denial, and when a human is asked. */
export { planRound, type RoundPlan } from "./decide.ts";
export { startFrom } from "./start.ts";
export { unfinished } from "./unfinished.ts";
