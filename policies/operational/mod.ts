/** How the fleet of runs does: tallies of runs, indicators, error budgets, the mode, freeze windows and earned autonomy. Pure. */
export { addCounters, type Counters, sumCounters } from "./counters.ts";
export { type RunFolding, runFolding, type RunTally, type WayOut } from "./run_tally.ts";
export {
  changeShare,
  errorBudget,
  failureClasses,
  gateFirstPass,
  heldOutShare,
  indicators,
  phaseLatency,
  waysOut,
} from "./indicators.ts";
export { FIRST_STANDING, type ModeNow, modeOf, type RecentEnd, type Standing, withEnd } from "./mode.ts";
export { earnedAutonomy, grantedAutonomy, type TrustEntry, withEntry } from "./earned.ts";
export { freezeFault, type FreezeSource, isExcepted, type OpenFreeze, openFreezes } from "./freeze.ts";
export { type FreezeFacts, freezeFacts } from "./facts.ts";
export { HOUR_MS, SYSTEM_AUTONOMY, TRUST, WINDOW_HOURS } from "./targets.ts";
