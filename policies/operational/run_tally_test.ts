import assert from "node:assert/strict";
import type { EventBody } from "../../specs/mod.ts";
import {
  accepted,
  decided,
  ended,
  escalated,
  failedPhase,
  finished,
  ledgerOf,
  verdict,
} from "../testing/ledgers.ts";
import { percentiles } from "./counters.ts";
import { runFolding, type RunTally } from "./run_tally.ts";

function tally(...bodies: EventBody[]): RunTally {
  const folding = runFolding();
  for (const event of ledgerOf([accepted, ...bodies])) folding.add(event);
  const found = folding.tally();
  assert.ok(found);
  return found;
}

Deno.test("a run without a way out has no tally", () => {
  const folding = runFolding();
  for (const event of ledgerOf([accepted, finished("implement")])) folding.add(event);
  assert.equal(folding.tally(), null);
});

Deno.test("completed and escalated runs are good, failed ones are not, denials, cancels and the user's own environment are neither", () => {
  const outcome = (...bodies: EventBody[]) => tally(...bodies).outcome;
  assert.equal(outcome(ended("completed")), "good");
  assert.equal(outcome(escalated), "good");
  assert.equal(outcome(ended("failed")), "failed");
  assert.equal(outcome(ended("failed", { source: "provider" })), "failed");
  assert.equal(outcome(ended("failed", { source: "platform" })), "failed");
  assert.equal(outcome(ended("failed", { source: "user-environment" })), "none");
  assert.equal(outcome(ended("denied")), "none");
  assert.equal(outcome(ended("cancelled")), "none");
});

Deno.test("what comes after the latest way out does not count yet, and a later way out takes its place", () => {
  const first = tally(finished("implement"), escalated, finished("release"));
  assert.equal(first.status, "escalated");
  assert.equal(first.seq, 3);
  assert.equal(first.counters["tool.used"], 1);
  const later = tally(finished("implement"), escalated, finished("release"), ended("completed"));
  assert.equal(later.status, "completed");
  assert.equal(later.counters["tool.used"], 2);
  assert.equal(later.counters["run.escalated"], undefined);
});

Deno.test("an unknown failure is told apart; one without a record is unknown", () => {
  assert.equal(tally(ended("failed", { class: "unknown" })).unknown, true);
  assert.equal(tally(ended("failed", { class: "timeout" })).unknown, false);
  assert.equal(tally({ type: "run.ended", v: 1, payload: { status: "failed" } }).unknown, true);
  assert.equal(tally(ended("completed")).unknown, false);
});

Deno.test("a failure that the end repeats counts once; one that the end alone tells counts, too", () => {
  assert.equal(tally(failedPhase(), ended("failed")).counters["failure.tool-error"], 1);
  assert.equal(tally(ended("failed", { class: "resource" })).counters["failure.resource"], 1);
});

Deno.test("a phase that was given up did not converge; tries before it did are tool failures only by their class", () => {
  const { counters } = tally(
    failedPhase({ class: "timeout" }, "retry"),
    failedPhase({ class: "task-code" }, "retry"),
    finished("verify"),
    failedPhase({ class: "external" }),
    ended("failed", { class: "external" }),
  );
  assert.equal(counters["loop.ended"], 2);
  assert.equal(counters["loop.converged"], 1);
  assert.equal(counters["tool.used"], 4);
  assert.equal(counters["tool.failed"], 2);
});

Deno.test("a gate passes at first by its first look at a transition, not by a later one, and not by an approval", () => {
  const { counters } = tally(
    decided("review", [verdict("core/T1", "tests", "fail"), verdict("core/C2", "scope", "pass")], "deny"),
    decided("review", [verdict("core/T1", "tests", "pass"), verdict("core/C2", "scope", "pass")]),
    decided("release", [verdict("core/O5", "four-eyes", "pass", { approvedBy: "ben" })], "allow", "review"),
    decided("release", [verdict("core/N", "quiet", "not_applicable")], "allow", "review"),
    ended("completed"),
  );
  assert.equal(counters["gate.judged.tests"], 1);
  assert.equal(counters["gate.first.tests"], undefined);
  assert.equal(counters["gate.first.scope"], 1);
  assert.equal(counters["gate.judged.four-eyes"], 1);
  assert.equal(counters["gate.first.four-eyes"], undefined);
  assert.equal(counters["gate.judged.quiet"], undefined);
  assert.equal(counters["transition.judged"], 2);
  assert.equal(counters["transition.first"], 1);
});

Deno.test("gates beyond a number are counted together, so that a run's tally has a bound", () => {
  const many = Array.from({ length: 400 }, (_, n) => verdict(`p/R${n}`, `gate-${n}`, "pass"));
  const { counters } = tally(decided("review", many), ended("completed"));
  const named = Object.keys(counters).filter((name) => name.startsWith("gate.judged."));
  assert.equal(named.length, 151);
  assert.equal(counters["gate.judged.(other)"], 250);
});

Deno.test("E-, X- and O-gates that refuse are hits; those that ask a human, warn or could not judge are not", () => {
  const hits = (...rules: Parameters<typeof verdict>[]) =>
    tally(decided("review", rules.map((rule) => verdict(...rule)), "deny"), ended("denied")).hits;
  assert.deepEqual(hits(["core/X1", "secrets", "fail"]), ["core/X1"]);
  assert.deepEqual(hits(["core/E2", "stale", "fail"]), ["core/E2"]);
  assert.deepEqual(hits(["acme/house/O1", "destroy", "fail"]), ["acme/house/O1"]);
  assert.deepEqual(hits(["core/O5", "four-eyes", "fail", { escalates: true }]), []);
  assert.deepEqual(hits(["core/X1", "secrets", "fail", { mode: "warn" }]), []);
  assert.deepEqual(hits(["core/X1", "secrets", "error"]), []);
  assert.deepEqual(hits(["core/T1", "tests", "fail"], ["core/EXTRA1", "other", "fail"]), []);
});

Deno.test("the gap: visible tests passed and held-out checks did not; without either of them there is none", () => {
  const held = (t7: "pass" | "fail" | "not_applicable", ac: "pass" | "fail" | "not_applicable") => {
    const { counters } = tally(
      decided("review", [verdict("core/T7", "result", t7), verdict("core/AC", "acceptance", ac)]),
      ended("completed"),
    );
    return [counters["held.visible"] ?? 0, counters["held.gap"] ?? 0];
  };
  assert.deepEqual(held("pass", "pass"), [1, 0]);
  assert.deepEqual(held("pass", "fail"), [1, 1]);
  assert.deepEqual(held("fail", "fail"), [0, 0]);
  assert.deepEqual(held("not_applicable", "fail"), [0, 0]);
  assert.deepEqual(held("pass", "not_applicable"), [0, 0]);
});

Deno.test("a change has reached release once a gate let it in, and failed after it when its run failed", () => {
  const into = decided("release", [verdict("core/E2", "stale", "pass")], "allow", "review");
  assert.equal(tally(into, ended("completed")).counters["change.released"], 1);
  assert.equal(tally(into, ended("failed")).counters["change.failed"], 1);
  assert.equal(
    tally(into, ended("failed", { source: "user-environment" })).counters["change.failed"],
    undefined,
  );
  assert.equal(tally(ended("failed")).counters["change.released"], undefined);
});

Deno.test("the age of the context is the time from acceptance to the last decision", () => {
  const { counters } = tally(decided("review", [verdict("core/T1", "t", "pass")]), ended("completed"));
  const age = percentiles(counters, "context.");
  assert.equal(age?.count, 1);
  assert.ok(age !== null && age.p50Ms >= 1000 && age.p50Ms <= 1100, String(age?.p50Ms));
});
