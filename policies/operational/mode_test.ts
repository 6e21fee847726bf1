import assert from "node:assert/strict";
import fc from "fast-check";
import type { SafeModeCause } from "../../specs/mod.ts";
import { errorBudget } from "./indicators.ts";
import { FIRST_STANDING, modeOf, type RecentEnd, type Standing, withEnd } from "./mode.ts";
import { RECENT_ENDS } from "./targets.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 20, 12, minute)).toISOString();
const end = (minute: number, over: Partial<RecentEnd> = {}): RecentEnd => ({
  run: `run_${String(minute).padStart(8, "0")}`,
  at: at(minute),
  tier: "standard",
  outcome: "good",
  unknown: false,
  ...over,
});
const critical = (good: number, failed: number) =>
  errorBudget("critical", { "outcome.good": good, "outcome.failed": failed });
const mode = (
  given: { standing?: Standing; critical?: ReturnType<typeof critical>; ends?: RecentEnd[] },
) => modeOf({ standing: FIRST_STANDING, critical: critical(0, 0), ends: [], ...given });
const left = (minute: number): Standing => ({
  safeMode: null,
  released: { by: "ada", at: at(minute), reason: "mended" },
});
const lost = { tier: "critical", outcome: "failed" } as const;

Deno.test("a fresh installation is nominal, whatever its first runs did", () => {
  assert.equal(mode({}).mode, "nominal");
  const first = mode({ critical: critical(0, 5), ends: [end(1, lost), end(2, lost)] });
  assert.equal(first.mode, "nominal");
  assert.match(first.why, /nothing is said below 60/);
});

Deno.test("with less than a quarter of the critical budget left the fleet is degraded, and nominal again with more", () => {
  assert.equal(mode({ critical: critical(97, 3) }).mode, "nominal");
  assert.equal(mode({ critical: critical(96, 4) }).mode, "degraded");
  assert.match(mode({ critical: critical(96, 4) }).why, /4 of 100 critical runs failed, 20 % /);
});

Deno.test("a used up critical budget is safe-mode by the failure that used it up", () => {
  const found = mode({ critical: critical(95, 5), ends: [end(1), end(2, lost), end(3)] });
  assert.equal(found.mode, "safe-mode");
  assert.equal(found.cause, "budget-exhausted");
  assert.equal(found.since, at(2));
});

Deno.test("after an operator left it, the same failures do not bring safe-mode back; the next one does", () => {
  const before = { critical: critical(95, 5), standing: left(5) };
  assert.equal(mode({ ...before, ends: [end(2, lost), end(6)] }).mode, "degraded");
  assert.equal(mode({ ...before, ends: [end(2, lost), end(6, lost)] }).mode, "safe-mode");
});

Deno.test("three unknown failures in a row are safe-mode; anything between them, or before an operator left it, is not", () => {
  const odd = { outcome: "failed", unknown: true } as const;
  const three = [end(1), end(2, odd), end(3, odd), end(4, odd)];
  assert.equal(mode({ ends: three }).cause, "unknown-failures");
  assert.match(mode({ ends: three }).why, /run_00000002, run_00000003, run_00000004/);
  assert.equal(mode({ ends: three.slice(0, 3) }).mode, "nominal");
  assert.equal(
    mode({ ends: [...three.slice(0, 3), end(4, { outcome: "none" }), end(5, odd)] }).mode,
    "nominal",
  );
  assert.equal(mode({ ends: [...three, end(5)] }).mode, "nominal");
  assert.equal(mode({ ends: three, standing: left(3) }).mode, "nominal");
});

Deno.test("safe-mode that stands does not end by itself, whatever the figures say", () => {
  for (
    const cause of [
      "manual",
      "emergency-stop",
      "budget-exhausted",
      "unknown-failures",
    ] satisfies SafeModeCause[]
  ) {
    const standing: Standing = { safeMode: { cause, by: "ada", at: at(1), reason: "drill" }, released: null };
    const found = mode({ standing, critical: critical(500, 0), ends: [end(9)] });
    assert.equal(found.mode, "safe-mode");
    assert.equal(found.cause, cause);
    assert.equal(found.since, at(1));
    assert.match(found.why, /drill \(ada\)/);
  }
});

Deno.test("property: the latest ends are the same in any order of telling, each run once, no more than are kept", () => {
  const told = fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: RECENT_ENDS + 40 });
  fc.assert(fc.property(told, fc.nat(), (minutes, seed) => {
    const ends = minutes.map((minute) => end(minute));
    const turned = ends.toSorted((a, b) => hashed(a.run, seed) - hashed(b.run, seed));
    const fold = (all: RecentEnd[]) => all.reduce<RecentEnd[]>(withEnd, []);
    const kept = fold(ends);
    assert.deepEqual(kept, fold(turned));
    assert.deepEqual(kept, fold([...turned, ...kept]));
    assert.equal(kept.length, Math.min(ends.length, RECENT_ENDS));
  }));
});

function hashed(text: string, seed: number): number {
  let sum = seed;
  for (const char of text) sum = (sum * 31 + char.charCodeAt(0)) % 1_000_003;
  return sum;
}
