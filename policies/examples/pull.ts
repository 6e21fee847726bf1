import type { Json } from "../../specs/mod.ts";
import { of, type RuleExample } from "./example.ts";

const sha = (digit: string) => digit.repeat(40);
const review = (over: Record<string, Json> = {}): Json => ({
  by: "dana",
  bot: false,
  permission: "write",
  state: "approved",
  commit: sha("1"),
  ...over,
});
const reviews = (...all: Json[]): Record<string, Json> => ({ "pull.now.reviews": all });
const ends = (ended: Json, verdict?: string, tree: Json = sha("2")): Record<string, Json> => ({
  "pull.asks": "end",
  "pull.ended": ended,
  "pull.merged": verdict === undefined ? null : { commit: sha("4"), tree, verdict, why: "it was compared" },
});
const NOT_YET: Record<string, Json> = { "pull.asks": "end", "pull.ended": "closed" };
const train = (car: string | null, ...cars: Json[]): Record<string, Json> => ({
  train: { run: "run_train", car, started: true, cars },
  ...(car === null ? { pull: null } : {}),
});
const car = (id: string, after: string[], merged: number | null, stopped: string | null = null): Json => ({
  id,
  after,
  merged,
  stopped,
});
const FROZEN =
  `freeze: [{ from: "2020-01-01T00:00:00Z", to: "2030-01-01T00:00:00Z", tz: UTC, reason: "year's end" }]`;
const PAST =
  `freeze: [{ from: "2020-01-01T00:00:00Z", to: "2021-01-01T00:00:00Z", tz: UTC, reason: "then" }]`;

/** Pull requests that are merged, and trains of them. */
export const PULL_EXAMPLES: readonly RuleExample[] = [
  ...of(
    "PR-JUDGED/merge-judged",
    ["clean", "this head was judged on this base", {}],
    ["clean", "nothing is merged", { set: NOT_YET, says: "not_applicable" }],
    ["violating", "a pull request of others", { set: { "pull.judged": null } }],
    ["violating", "its run was denied", { set: { "pull.judged.status": "denied" } }],
    ["violating", "its evidence is not there yet", { set: { "pull.judged.evidence": null } }],
    ["violating", "a run works on it", { set: { "pull.working": true } }],
    ["evading", "somebody pushed after it was judged", { set: { "pull.now.head": sha("9") } }],
    ["evading", "the base moved after it was judged", { set: { "pull.now.baseHead": sha("9") } }],
    ["evading", "the base is gone", { set: { "pull.now.baseHead": null } }],
    ["evading", "head and base are others, and a run works on it", {
      set: { "pull.now.head": sha("9"), "pull.now.baseHead": sha("9"), "pull.working": true },
      findings: 3,
    }],
  ),
  ...of(
    "PR-READY/merge-ready",
    ["clean", "all is well", {}],
    ["clean", "nothing is merged", { set: NOT_YET, says: "not_applicable" }],
    ["violating", "a check failed", { set: { "pull.now.checks": [{ name: "build", state: "failure" }] } }],
    ["violating", "it is closed", { set: { "pull.now.state": "closed" } }],
    ["violating", "a draft", { set: { "pull.now.draft": true } }],
    ["violating", "it conflicts", { set: { "pull.now.mergeable": "conflicting" } }],
    ["violating", "somebody asks for changes, and they are not made", {
      set: { ...reviews(review(), review({ by: "eve", state: "changes_requested" })), "pull.requests": 1 },
      findings: 2,
    }],
    ["violating", "the forge did not answer", { set: { "pull.now": null } }],
    ["evading", "a check that was cancelled has not passed", {
      set: { "pull.now.checks": [{ name: "build", state: "cancelled" }] },
    }],
    ["evading", "a check that is still running", {
      set: { "pull.now.checks": [{ name: "build", state: "running" }, { name: "x", state: "success" }] },
    }],
    ["evading", "so many checks that not all were read", { set: { "pull.now.cut": true } }],
    ["evading", "the forge does not know whether it conflicts", { set: { "pull.now.mergeable": "unknown" } }],
  ),
  ...of(
    "PR-APPROVED/merge-approved",
    ["clean", "A4, and somebody else has approved", {}],
    ["clean", "nothing is merged", { set: NOT_YET, says: "not_applicable" }],
    ["violating", "nobody has approved", { set: reviews() }],
    ["violating", "A3: a person merges", { set: { "autonomy.granted": "A3" } }],
    ["violating", "neither the level nor an approval", {
      set: { ...reviews(), "autonomy.granted": "A3" },
      findings: 2,
    }],
    ["evading", "A5 is never granted", { set: { "autonomy.granted": "A5", "autonomy.ceiling": "A5" } }],
    ["evading", "the repository allows less", { policy: "autonomy: A3" }],
    ["evading", "whoever asked for it approves it", { set: reviews(review({ by: "ann" })) }],
    ["evading", "the account of this installation approves it", {
      set: reviews(review({ by: "forge-bot" })),
    }],
    ["evading", "a bot approves it", { set: reviews(review({ bot: true })) }],
    ["evading", "who may only read approves it", { set: reviews(review({ permission: "read" })) }],
    ["evading", "whose rights are not told", { set: reviews(review({ permission: null })) }],
    ["evading", "an approval of the head before", { set: reviews(review({ commit: sha("9") })) }],
    ["evading", "an approval of no commit", { set: reviews(review({ commit: null })) }],
    ["evading", "an approval that was taken back", { set: reviews(review({ state: "dismissed" })) }],
  ),
  ...of(
    "PR-FROZEN/merge-frozen",
    ["clean", "no window is declared", { says: "not_applicable" }],
    ["clean", "a window that is over", { policy: PAST }],
    ["clean", "a window, and nothing is merged", { policy: FROZEN, set: NOT_YET, says: "not_applicable" }],
    ["violating", "a window of the repository", { policy: FROZEN }],
    ["evading", "a window, and what is merged has no record of the fleet", {
      policy: FROZEN,
      set: { operation: undefined },
    }],
  ),
  ...of(
    "PR-MERGED/merged-as-judged",
    ["clean", "merged as judged", { set: ends("merged", "as-judged") }],
    ["clean", "closed without a merge", { set: ends("closed"), says: "not_applicable" }],
    ["clean", "the time is over", { set: ends("time"), says: "not_applicable" }],
    ["clean", "it goes on", { says: "not_applicable" }],
    ["violating", "another tree", { set: ends("merged", "differs", sha("9")) }],
    ["violating", "what was merged cannot be read", { set: ends("merged", "unverified", null) }],
    ["violating", "the forge does not answer any more", { set: ends("forge") }],
    ["evading", "as judged by its word, another tree by its digest", {
      set: ends("merged", "as-judged", sha("9")),
    }],
    ["evading", "merged, and nobody compared", { set: ends("merged") }],
    ["evading", "merged, and no run has judged it", {
      set: { ...ends("merged", "as-judged"), "pull.judged": null },
    }],
    ["evading", "it ends, and nobody says why", { set: ends(null) }],
  ),
  ...of(
    "PR-ORDER/train-order",
    ["clean", "in no train", { says: "not_applicable" }],
    ["clean", "what it stands on is merged", {
      set: train("b", car("a", [], 1), car("b", ["a"], null)),
    }],
    ["clean", "all are merged, in order", { set: train(null, car("a", [], 1), car("b", ["a"], 2)) }],
    ["violating", "what it stands on is not merged", {
      set: train("b", car("a", [], null), car("b", ["a"], null)),
    }],
    ["violating", "two of the train are not merged", {
      set: train(null, car("a", [], null, "closed"), car("b", ["a"], null), car("c", [], 1)),
      findings: 2,
    }],
    ["evading", "merged before what it stands on", {
      set: train(null, car("a", [], 2), car("b", ["a"], 1)),
    }],
    ["evading", "merged, and what it stands on is in no train", {
      set: train(null, car("b", ["gone"], 1)),
    }],
    ["evading", "nobody has started it", {
      set: { train: { run: "run_train", car: "a", started: false, cars: [car("a", [], null)] } },
    }],
    ["evading", "one that is not in the train", { set: train("z", car("a", [], 1)) }],
  ),
];
