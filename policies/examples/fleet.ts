import type { Json } from "../../specs/mod.ts";
import { of, type RuleExample, type Told } from "./example.ts";

const budget = { target: 0.95, minimum: 20, runs: 100, failed: 1, remaining: 0.8, burn: 0.2 };
const EARNED: Json = { level: "A4", because: "earned", lost: null };
const record = (over: Record<string, Json> = {}): Record<string, Json> => ({
  operation: {
    mode: "nominal",
    cause: null,
    series: `sha256:${"0".repeat(64)}`,
    tier: "standard",
    intents: ["UPDATE"],
    budget,
    critical: budget,
    changes: { of: 40, hits: 0 },
    heldOut: { of: 0, hits: 0 },
    released: null,
    freezes: [],
    autonomy: { system: "A4", environment: "A4", earned: EARNED },
    ...over,
  },
});
const none: Told = ["clean", "nothing is known of the fleet", { says: "not_applicable" }];
const frozen = (id: string, over: Record<string, Json> = {}): Json => [{
  id,
  by: "ops",
  at: "2026-01-01T00:00:00.000Z",
  window: {
    from: "2020-01-01T00:00:00Z",
    to: "2030-01-01T00:00:00Z",
    tz: "UTC",
    reason: "year's end",
    then: "deny",
    except: { tiers: [], intents: [] },
    ...over,
  },
}];

/** How the fleet as a whole does, over runs of code and of data alike. */
export const FLEET_EXAMPLES: readonly RuleExample[] = [
  ...of(
    "MODE/fleet-mode",
    none,
    ["clean", "the fleet works as granted", { set: record() }],
    ["violating", "safe-mode", { set: record({ mode: "safe-mode", cause: "manual" }), asks: true }],
    ["evading", "safe-mode without a cause", { set: record({ mode: "safe-mode" }), asks: true }],
  ),
  ...of(
    "SLO/error-budget",
    none,
    ["clean", "most of the budget is left", { set: record() }],
    ["violating", "the budget is used up", {
      set: record({ budget: { ...budget, failed: 9, remaining: 0 } }),
      asks: true,
    }],
    ["evading", "at critical nobody is asked", {
      set: record({ tier: "critical", budget: { ...budget, failed: 9, remaining: -0.8 } }),
    }],
  ),
  ...of(
    "CFR/change-fail-rate",
    none,
    ["clean", "no change failed after release", { set: record() }],
    ["violating", "half of them did", { set: record({ changes: { of: 40, hits: 20 } }), asks: true }],
    ["evading", "all of them did", { set: record({ changes: { of: 40, hits: 40 } }), asks: true }],
  ),
  ...of(
    "FREEZE/freeze-window",
    none,
    ["clean", "a window that lets this tier through", {
      set: record({ freezes: frozen("f1", { except: { tiers: ["standard"], intents: [] } }) }),
    }],
    ["violating", "a window is open", { set: record({ freezes: frozen("f1") }) }],
    ["evading", "one that excepts another intent", {
      set: record({ freezes: frozen("f1", { except: { tiers: [], intents: ["DESTROY"] } }) }),
    }],
  ),
];
