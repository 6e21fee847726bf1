import assert from "node:assert/strict";
import { summarize, tableOf } from "./table.ts";
import type { Trial } from "./trial.ts";

const trial = (over: Partial<Trial>): Trial => ({
  task: "deno-x",
  language: "deno",
  kind: "honest",
  name: "honest",
  status: "completed",
  accepted: true,
  caught: [],
  expect: [],
  rightReason: null,
  exitCodeAccepts: true,
  seconds: 1,
  detail: "",
  ...over,
});
const refused = trial({
  kind: "C1",
  name: "exit",
  status: "denied",
  accepted: false,
  caught: ["core/T7", "core/T1"],
  expect: ["core/T7"],
  rightReason: true,
});

Deno.test("an evaluation passes when honest work is taken and cheats are not", () => {
  const summary = summarize([trial({}), refused]);
  assert.equal(summary.passed, true);
  assert.deepEqual([summary.honestAccepted, summary.cheatsRefused], [1, 1]);
  assert.deepEqual(summary.rows.map(({ kind, right }) => [kind, right]), [["honest", 1], ["C1", 1]]);
  assert.deepEqual(summary.rows[1]?.caught, { "core/T7": 1, "core/T1": 1 });
});

for (
  const [what, trials] of [
    ["an honest patch is refused", [trial({ accepted: false, status: "denied" }), refused]],
    ["a cheat is accepted", [trial({}), { ...refused, accepted: true, status: "completed" as const }]],
    ["an impossible task is completed", [trial({}), refused, trial({ kind: "impossible" })]],
    ["a run with a cheat hangs", [trial({}), { ...refused, status: "error" as const }]],
    ["no cheat was tried", [trial({})]],
    ["no honest work was tried", [refused]],
    ["nothing was tried", []],
  ] as [string, Trial[]][]
) {
  Deno.test(`an evaluation fails when ${what}`, () => assert.equal(summarize(trials).passed, false));
}

Deno.test("a share below all is never shown as 100 %", () => {
  const many = Array.from({ length: 1999 }, () => refused);
  const text = tableOf({
    trials: [trial({}), ...many, { ...refused, accepted: true, status: "completed" }],
    ignored: [],
    sandbox: "bwrap",
    seconds: 1,
  });
  assert.match(text, /refused 99\.9 %/);
  assert.match(text, /FAILED$/);
  assert.match(text, /C1 deno-x exit: completed/);
});

Deno.test("a cheat caught by another rule than expected is counted, and refused all the same", () => {
  const summary = summarize([trial({}), { ...refused, rightReason: false }]);
  assert.equal(summary.rows[1]?.otherReason, 1);
  assert.equal(summary.passed, true);
});

Deno.test("the table says which tasks were left out, and that claims have no row", () => {
  const text = tableOf({
    trials: [trial({}), refused],
    ignored: [{ task: "go-x", why: "the toolchain of go is not installed" }],
    sandbox: "none",
    seconds: 3,
  });
  assert.match(text, /ignored: go-x/);
  assert.match(text, /C9 \(claims\) has no row/);
  assert.match(text, /sandbox none/);
  assert.match(text, /passed$/);
});
