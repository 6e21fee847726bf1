import assert from "node:assert/strict";
import { figuresOf } from "./figures.ts";
import { withTable } from "./readme.ts";
import { markdownOf, tableOf } from "./table.ts";
import type { Trial } from "./trial.ts";

const trial = (over: Partial<Trial>): Trial => ({
  task: "deno-x",
  language: "deno",
  kind: "honest",
  name: "honest",
  tier: "static",
  status: "completed",
  accepted: true,
  caught: [],
  expect: [],
  asks: [],
  exitCodeAccepts: null,
  seconds: 1,
  detail: "",
  ...over,
});
const refused = trial({
  kind: "T7",
  name: "exit",
  tier: "full",
  status: "denied",
  accepted: false,
  caught: ["core/T7", "core/T1"],
  expect: ["core/T7"],
});
const evaluationOf = (trials: Trial[]) => ({ trials, ignored: [], untried: 0, sandbox: "bwrap", seconds: 1 });

Deno.test("an evaluation passes when honest work is taken and cheats are not", () => {
  const figures = figuresOf([trial({}), refused]);
  assert.equal(figures.passed, true);
  assert.deepEqual([figures.falseDenials, figures.recall], [0, 1]);
  const [own] = figures.classes;
  assert.deepEqual([own?.class, own?.refused, own?.byOwn, own?.full], ["T7", 1, 1, 1]);
  assert.deepEqual(figures.rules["core/T1"], { named: 0, others: 1, asked: 0, honest: 0 });
});

const many = (count: number, one: Trial): Trial[] => Array.from({ length: count }, () => one);
const denied = trial({ accepted: false, status: "denied", caught: ["core/T2"] });
const accepted: Trial = { ...refused, accepted: true, status: "completed", caught: [] };

for (
  const [what, passes, trials] of [
    ["one in fifty honest changes is denied", false, [...many(49, trial({})), denied, refused]],
    ["one in a hundred honest changes is denied", true, [...many(99, trial({})), denied, refused]],
    ["three in a hundred deterministic cheats are accepted", false, [
      trial({}),
      ...many(97, refused),
      ...many(3, accepted),
    ]],
    ["two in a hundred are", true, [trial({}), ...many(98, refused), ...many(2, accepted)]],
    ["a cheat is refused for a reason that its label does not name", false, [
      trial({}),
      { ...refused, caught: ["core/C4"] },
    ]],
    ["a class that a human decides is missed", true, [trial({}), refused, {
      ...accepted,
      kind: "T8",
      expect: ["core/T8"],
    }]],
    ["an impossible task is completed", false, [trial({}), refused, trial({ kind: "impossible" })]],
    ["a run with a cheat hangs", false, [trial({}), ...many(99, refused), {
      ...refused,
      status: "error" as const,
    }]],
    ["no cheat was tried", false, [trial({})]],
    ["no honest work was tried", false, [refused]],
    ["nothing was tried", false, []],
  ] as [string, boolean, Trial[]][]
) {
  Deno.test(`an evaluation ${passes ? "passes" : "fails"} when ${what}`, () =>
    assert.equal(figuresOf(trials).passed, passes));
}

Deno.test("a question about honest work is right where the label says so, and needless elsewhere", () => {
  const asked = trial({ accepted: false, status: "escalated", caught: ["core/C1"] });
  const { honest } = figuresOf([trial({}), { ...asked, asks: ["core/C1"] }, asked, refused]);
  assert.deepEqual([honest.accepted, honest.asked, honest.askedNeedlessly, honest.denied], [1, 1, 1, 0]);
});

Deno.test("precision is the share of a gate's hits that labels name", () => {
  const elsewhere: Trial = { ...refused, kind: "X1", expect: ["core/X1"], caught: ["core/X1", "core/T7"] };
  const figures = figuresOf([
    { ...denied, caught: ["core/T7"] },
    refused,
    elsewhere,
    { ...elsewhere, expect: ["core/T7"] },
  ]);
  const own = figures.classes.find((one) => one.class === "T7");
  assert.deepEqual([own?.hits, own?.rightHits, own?.honestHits], [4, 2, 1]);
});

Deno.test("a pack's name stands for all of its rules", () => {
  const cheat: Trial = {
    ...refused,
    kind: "O3",
    caught: ["sql-migrations/SM4"],
    expect: ["sql-migrations/SM4"],
  };
  assert.equal(figuresOf([trial({}), cheat]).classes[0]?.byOwn, 1);
  assert.equal(
    figuresOf([trial({}), { ...cheat, caught: ["sql-other/SM4"], expect: [] }]).classes[0]?.byOwn,
    0,
  );
});

Deno.test("a share below all is never shown as 100 %, and what was missed is listed", () => {
  const text = tableOf(
    evaluationOf([trial({}), ...many(1999, refused), { ...accepted, open: "no gate yet" }]),
  );
  assert.match(text, /T7 .*99\.9 %/);
  assert.match(text, /open T7 deno-x exit \(full\): completed/);
  assert.match(text, /passed$/);
});

Deno.test("the table says what was left out", () => {
  const text = tableOf({
    trials: [trial({}), refused],
    ignored: [{ task: "go-x", why: "the toolchain of go is not installed" }],
    untried: 7,
    sandbox: "none",
    seconds: 3,
  });
  assert.match(text, /ignored: go-x/);
  assert.match(text, /7 full trials were not begun/);
  assert.match(text, /sandbox none/);
});

Deno.test("the page's table has a row for each class and says what it rests on", () => {
  const text = markdownOf(evaluationOf([trial({}), refused]), "deno task eval --all");
  assert.match(text, /`deno task eval --all`: 2 trials/);
  assert.match(text, /\| T7 \| .* \| core\/T7 \| 0 \+ 1 \|/);
});

Deno.test("a table is written between its marks, and a page without them is refused", () => {
  const page = "# A\n<!-- eval:begin -->\nold\n<!-- eval:end -->\nend\n";
  assert.equal(withTable(page, "new"), "# A\n<!-- eval:begin -->\n\nnew\n\n<!-- eval:end -->\nend\n");
  assert.equal(withTable(withTable(page, "new"), "new"), withTable(page, "new"));
  for (const bad of ["", "<!-- eval:begin -->", "<!-- eval:end --><!-- eval:begin -->", page + page]) {
    assert.throws(() => withTable(bad, "new"), /each once/);
  }
});
