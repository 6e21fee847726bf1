import assert from "node:assert/strict";
import type { Decision, RuleVerdict } from "../../specs/mod.ts";
import { runSarif } from "./run_sarif.ts";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const failing = (rule: string, message: string, more: Partial<RuleVerdict> = {}): RuleVerdict => ({
  gate: "test-inventory",
  rule,
  layer: "L1",
  mode: "enforce",
  verdict: "fail",
  facts: [],
  findings: [{ message, remediation: "Restore it", path: "a_test.ts", line: 3 }],
  escalates: false,
  ...more,
});
const decision = (
  from: string,
  to: string,
  patch: string,
  verdict: Decision["verdict"],
  rules: RuleVerdict[],
): Decision => ({
  v: 1,
  transition: { from, to },
  verdict,
  layers: (["L0", "L1", "L2", "L3", "L4"] as const).map((layer) => ({ layer, verdict: "pass" as const })),
  rules,
  engine: "edgeforge 0.1.0",
  packs: [{ name: "core", version: "1.0.0", digest: digest("c") }],
  inputDigest: digest("d"),
  subject: { patch },
  approvals: [],
  at: "2026-11-22T10:00:00.000Z",
});
const run = "run_01m8abcdefgh";
interface Log {
  runs: {
    automationDetails: { id: string };
    invocations: { exitCode: number; executionSuccessful: boolean }[];
    results: { ruleId: string; level: string; message: { text: string } }[];
  }[];
}

Deno.test("findings of the last proposal are results, each once; those of a proposal that was sent back are not", async () => {
  const log = await runSarif([
    decision("implement", "verify", digest("a"), "deny", [failing("core/T1", "An old finding")]),
    decision("implement", "verify", digest("b"), "allow", [
      failing("core/T2", "A remark", { mode: "warn" }),
    ]),
    decision("verify", "review", digest("b"), "deny", [
      failing("core/T1", "A test is gone"),
      failing("core/T2", "A remark", { mode: "warn" }),
      failing("core/D1", "A human is asked", { escalates: true }),
    ]),
  ], { run, status: "denied" }) as unknown as Log;
  const [only] = log.runs;
  assert.ok(only);
  assert.equal(only.automationDetails.id, `edgeforge/run/${run}`);
  assert.deepEqual(only.invocations.map(({ exitCode }) => exitCode), [1]);
  assert.deepEqual(only.results.map(({ ruleId, level }) => [ruleId, level]).sort(), [
    ["core/D1/test-inventory", "warning"],
    ["core/T1/test-inventory", "error"],
    ["core/T2/test-inventory", "note"],
  ]);
  assert.ok(!JSON.stringify(log).includes("An old finding"));
});

Deno.test("a run without a decision has no log, and one that could not be judged to its end says so", async () => {
  assert.equal(await runSarif([], { run, status: "failed" }), null);
  const log = await runSarif([decision("plan", "implement", digest("a"), "allow", [])], {
    run,
    status: "failed",
  }) as unknown as Log;
  assert.deepEqual(log.runs[0]?.invocations[0]?.executionSuccessful, false);
});
