import assert from "node:assert/strict";
import fc from "fast-check";
import type { PullReview, ScanDocument, ScanFinding } from "../../specs/mod.ts";
import { readiness, risk } from "./score.ts";

const finding = (more: Partial<ScanFinding> = {}): ScanFinding => ({
  gate: "g",
  rule: "core/T1",
  layer: "L1",
  verdict: "fail",
  action: "deny",
  severity: "high",
  message: "m",
  remediation: "r",
  fingerprint: "f",
  ...more,
});

const scan = (
  more: Partial<ScanDocument> = {},
  totals: Partial<ScanDocument["totals"]> = {},
): ScanDocument => ({
  v: 1,
  status: "completed",
  kind: "change",
  repository: "r",
  base: null,
  head: null,
  patch: null,
  spec: "s",
  findings: [],
  totals: {
    files: 1,
    added: 1,
    removed: 0,
    bytes: 0,
    denied: 0,
    escalated: 0,
    notes: 0,
    waived: 0,
    byRule: {},
    ...totals,
  },
  layers: null,
  judged: [],
  notJudged: [],
  packs: [],
  engine: "",
  inputDigest: null,
  notes: [],
  ...more,
});

const pull: NonNullable<PullReview["pull"]> = {
  repository: "r",
  number: 1,
  url: "u",
  title: "t",
  state: "open",
  draft: false,
  mergeable: "clean",
  base: "main",
  head: "h",
  checks: [{ name: "build", state: "success", required: true }],
  reviews: [{ by: "dana", state: "approved", ofHead: true }],
};

Deno.test("nothing in the way is 100, nothing risky is 0", () => {
  assert.equal(readiness(scan(), null).score, 100);
  assert.equal(readiness(scan(), pull).score, 100);
  assert.equal(risk(scan()).score, 0);
});

Deno.test("each thing in the way takes points and says so; what is waived or a note takes none", () => {
  const reasons = (of: Partial<typeof pull>) =>
    readiness(scan(), { ...pull, ...of }).points.map(({ reason }) => reason);
  assert.deepEqual(reasons({ draft: true }), ["it is a draft"]);
  assert.deepEqual(reasons({ mergeable: "conflicting" }), ["the forge says conflicting"]);
  assert.deepEqual(reasons({ checks: [{ name: "build", state: "queued", required: null }] }), [
    "the check build is queued",
  ]);
  assert.deepEqual(reasons({ reviews: [{ by: "x", state: "approved", ofHead: false }] }), [
    "nobody has approved this head",
  ]);
  assert.equal(readiness(scan(), { ...pull, state: "closed" }).score, 0);
  assert.equal(readiness(scan({ findings: [finding({ action: "note" })] }), null).score, 100);
  assert.ok(
    readiness(scan({ findings: [finding()] }), null).score <
      readiness(scan({ findings: [finding({ action: "escalate" })] }), null).score,
  );
  assert.ok(readiness(scan({}, { files: 0 }), null).score <= 50);
});

Deno.test("a large change without a spec is riskier than a small one with one", () => {
  const small = risk(scan()).score;
  const large = risk(scan({ spec: null }, { added: 900, files: 40 }));
  assert.ok(large.score > small);
  assert.deepEqual(large.points.map(({ record }) => record), [
    "scan.totals",
    "scan.totals.files",
    "scan.spec",
  ]);
});

Deno.test("a score stays between 0 and 100, is the sum of its points, and one more denial never makes it better", () => {
  const findings = fc.array(
    fc.record({
      rule: fc.constantFrom("core/T1", "core/X1", "core/C4"),
      action: fc.constantFrom("deny" as const, "escalate" as const, "note" as const),
      severity: fc.constantFrom("low" as const, "medium" as const, "high" as const, "critical" as const),
    }),
    { maxLength: 30 },
  );
  fc.assert(fc.property(findings, (given) => {
    const before = scan({ findings: given.map((one) => finding(one)) });
    const after = scan({ findings: [...before.findings, finding({ rule: "core/NEW" })] });
    for (const score of [readiness, risk] as const) {
      const { score: value, from, points } = score === risk ? risk(before) : readiness(before, pull);
      const sum = points.reduce((all, one) => all + one.points, from);
      assert.equal(value, Math.max(0, Math.min(100, sum)));
    }
    assert.ok(readiness(after, pull).score <= readiness(before, pull).score);
    assert.ok(risk(after).score >= risk(before).score);
  }));
});
