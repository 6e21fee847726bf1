import type { Key } from "../../kernel/mod.ts";
import type { Tier } from "../../specs/mod.ts";

/**
 * Where the fleet's state lies in the store, beside the runs' ledgers that it can be made from again.
 *
 *     fleet run <run>            what a run added to the series; replaced when the run leaves again
 *     fleet hour <tier> <hour>   counters of an hour; fleet day <tier> <day>: of a day, the sum of its hours
 *     fleet ends                 the latest ends of runs
 *     fleet trust <key>          runs of a repository, an intent and a tier
 *     fleet head                 revision and digest of the series
 *     fleet standing             safe-mode, and who left it last
 *     fleet freezes, settings    freeze windows and the operator's ceiling
 *     fleet held <run>           runs that wait for the end of safe-mode
 *     fleet log <seq>            what was done to all runs, chained by hash; `fleet tip` is its end
 */
const ROOT = "fleet";

export const places = {
  run: (run: string): Key => [ROOT, "run", run],
  runs: [ROOT, "run"] as Key,
  hour: (tier: Tier, hour: number): Key => [ROOT, "hour", tier, hour],
  day: (tier: Tier, day: number): Key => [ROOT, "day", tier, day],
  hours: [ROOT, "hour"] as Key,
  days: [ROOT, "day"] as Key,
  ends: [ROOT, "ends"] as Key,
  trust: (key: string): Key => [ROOT, "trust", key],
  trusts: [ROOT, "trust"] as Key,
  head: [ROOT, "head"] as Key,
  standing: [ROOT, "standing"] as Key,
  freezes: [ROOT, "freezes"] as Key,
  settings: [ROOT, "settings"] as Key,
  held: (run: string): Key => [ROOT, "held", run],
  helds: [ROOT, "held"] as Key,
  log: (seq: number): Key => [ROOT, "log", seq],
  logs: [ROOT, "log"] as Key,
  tip: [ROOT, "tip"] as Key,
};
