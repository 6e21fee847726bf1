/** Watching a pull request until it is merged, closed, or its time is over. */
export { watchJudge } from "./about.ts";
export { submitWatch, type Watch, watchOf } from "./begin.ts";
export { WATCH_HOURS, WatchState } from "./record.ts";
export { sealWatch } from "./seal.ts";
