import assert from "node:assert/strict";
import { contradictionIn } from "./contradiction.ts";
import {
  conflictsCheck,
  evidenceGapsCheck,
  metaChecks,
  progressCheck,
  resourcesCheck,
  testQualityCheck,
} from "./meta_check.ts";
import type { Round, RoundTests } from "./round.ts";
import { round } from "./testing.ts";

const rules = (...names: string[]): Partial<Round> => ({
  findings: names.map((rule) => ({ rule, gate: rule, verdict: "fail", message: rule, remediation: "x" })),
});
const many = (count: number, more: (n: number) => Partial<Round> = () => ({})) =>
  Array.from({ length: count }, (_, at) => round(at + 1, more(at + 1)));

Deno.test("progress: five denied rounds without fewer failures halt; one that got further does not", () => {
  assert.equal(progressCheck(many(4)), null);
  assert.match(progressCheck(many(5))?.message ?? "", /5 rounds .* no fewer/);
  const fewer = many(5, (n) => n < 4 ? rules("core/T1", "core/C2") : rules("core/T1"));
  assert.equal(progressCheck(fewer), null);
  // At first the gates before verification denied it, later those behind it.
  const further = many(5, (n) => n === 1 ? { transition: { from: "implement", to: "verify" } } : {});
  assert.equal(progressCheck(further), null);
});

Deno.test("test quality: tests that are weakened in three rounds halt; other gates do not", () => {
  assert.equal(testQualityCheck(many(2, () => rules("core/T3"))), null);
  assert.match(testQualityCheck(many(3, () => rules("core/T3")))?.message ?? "", /3 rounds .*core\/T3/);
  assert.equal(testQualityCheck(many(6, () => rules("core/C2"))), null);
  assert.equal(testQualityCheck(many(6, () => rules("core/T5", "core/T9", "core/T10"))), null);
});

Deno.test("test quality: a test that the change breaks, or a new one that fails, is not a test that was weakened", () => {
  const saw = (broken: string[]) => ({
    tests: { passed: 1, failed: ["t::a"], broken, held: [], checksPassed: [], checksFailed: [] },
  });
  assert.equal(testQualityCheck(many(6, () => rules("core/T7", "core/F2P", "core/AC"))), null);
  assert.equal(testQualityCheck(many(6, () => ({ ...rules("core/T1", "core/T4"), ...saw(["t::a"]) }))), null);
  const gone = testQualityCheck(many(3, () => ({ ...rules("core/T1", "core/T7"), ...saw([]) })));
  assert.match(gone?.message ?? "", /\(core\/T1\)/);
  assert.ok(testQualityCheck(many(3, () => ({ ...rules("core/T3"), ...saw(["t::a"]) }))));
});

Deno.test("conflicts: two failures that take turns halt, three different ones do not", () => {
  const turns = many(4, (n) => ({ fingerprint: `f${n % 2}`, ...rules(n % 2 ? "core/C4" : "core/F2P") }));
  assert.match(conflictsCheck(turns)?.message ?? "", /core\/C4 .*core\/F2P/);
  assert.equal(conflictsCheck(many(4, (n) => ({ fingerprint: `f${n % 3}` }))), null);
  assert.equal(conflictsCheck(many(4)), null);
});

Deno.test("resources: a round that would not fit into what is left is not begun", () => {
  const [one] = many(1, () => ({ tokens: 1000, costMicroUsd: 50 }));
  assert.ok(one);
  assert.equal(resourcesCheck([one], { tokens: 1000, costMicroUsd: 50, ms: 0 }), null);
  assert.match(resourcesCheck([one], { tokens: 999, costMicroUsd: 50 })?.message ?? "", /tokens 999 of 1000/);
  assert.equal(resourcesCheck([], { tokens: 0 }), null);
});

Deno.test("evidence gaps: the same missing evidence twice halts; a rule that fails beside it does not", () => {
  const gap = (rule: string): Partial<Round> => ({
    findings: [{ rule, gate: "g", verdict: "error", message: "no tool", remediation: "x" }],
  });
  assert.match(evidenceGapsCheck(many(2, () => gap("core/REPORT")))?.message ?? "", /missing twice: no tool/);
  assert.equal(evidenceGapsCheck(many(2, (n) => gap(`core/${n}`))), null);
  assert.equal(evidenceGapsCheck(many(2)), null);
  assert.equal(evidenceGapsCheck(many(1, () => gap("core/REPORT"))), null);
});

Deno.test("an answer of a human clears what spoke against another round", () => {
  const rounds = many(6);
  assert.ok(metaChecks({ rounds, advice: [] }, {}).length > 0);
  const advice = [{ by: "ada", text: "go on", at: "2026-11-23T12:00:00.000Z", after: 6 }];
  assert.deepEqual(metaChecks({ rounds, advice }, {}), []);
});

const saw = (more: Partial<RoundTests>): Partial<Round> => ({
  tests: { passed: 1, failed: [], broken: [], held: [], checksPassed: [], checksFailed: [], ...more },
});

Deno.test("a criterion and a test that only ever held without each other contradict each other, by name", () => {
  const met = round(1, saw({ checksPassed: ["AC1"], broken: ["t::rejects zero"] }));
  const kept = round(2, saw({ checksFailed: ["AC1"], held: ["t::rejects zero"] }));
  const found = contradictionIn([met, kept]);
  assert.deepEqual([found?.criterion, found?.test], ["AC1", "t::rejects zero"]);
  // One side alone proves nothing, nor do rounds of which one had both.
  assert.equal(contradictionIn([met, met]), null);
  assert.equal(contradictionIn([kept]), null);
  const both = round(3, saw({ checksPassed: ["AC1"], held: ["t::rejects zero"] }));
  assert.equal(contradictionIn([met, kept, both]), null);
  // What could not be verified whole says nothing.
  assert.equal(contradictionIn([met, round(2, saw({ ...kept.tests, problem: "no runner" }))]), null);
});
