import type { FleetIndicator } from "../../specs/mod.ts";

/** What people call the indicators. */
export const INDICATOR_WORDS: Readonly<Record<FleetIndicator["sli"], string>> = {
  "run-success": "run success",
  "phase-latency": "phase latency p95",
  "convergence": "phases that converge",
  "gate-first-pass": "gates passed at first",
  "tool-success": "tool success",
  "unknown-failures": "unknown failures",
  "context-age": "age of the base p95",
  "held-out-gap": "held-out gap",
  "change-failures": "change failures",
};
