import type { Round } from "./round.ts";

/** A denied round for tests. */
export function round(n: number, more: Partial<Round> = {}): Round {
  return {
    n,
    visit: n,
    strategy: n === 1 ? "first" : "fix",
    against: null,
    model: "m-1",
    models: ["m-1"],
    patch: `sha256:${String(n).repeat(64).slice(0, 64)}`,
    proposal: null,
    size: { files: 1, added: n, removed: 0 },
    verdict: "deny",
    transition: { from: "verify", to: "review" },
    findings: [{
      rule: "core/F2P",
      gate: "fail-to-pass",
      verdict: "fail",
      message: "no test passes",
      remediation: "x",
    }],
    tests: {
      passed: 1,
      failed: ["a::b"],
      broken: [],
      held: [],
      checksPassed: [],
      checksFailed: [],
    },
    failures: [],
    fingerprint: "f1",
    tokens: 0,
    costMicroUsd: 0,
    ms: 0,
    at: "2026-11-23T12:00:00.000Z",
    ...more,
  };
}
