import assert from "node:assert/strict";
import type { CodeLanguage, TriedMutation, VerifyFacts } from "../../../specs/mod.ts";
import type { MutationBudget } from "../../../policies/mod.ts";
import { MUTATION_BUDGET } from "../../../policies/code/mod.ts";
import { gathered, memoryCache, type SampleOptions, type Tree } from "./sample_change.ts";

/** As much time as a test on a slow machine needs. */
const PLENTY: MutationBudget = { mutants: 20, atLeast: 20, seconds: 120, share: 100, percent: null };

async function mutatedRun(
  base: Tree,
  head: Tree,
  of: { path: string; language: CodeLanguage; lines: number[]; budget?: MutationBudget },
  options: SampleOptions = {},
): Promise<NonNullable<VerifyFacts["mutation"]>> {
  const text = head[of.path];
  assert.equal(typeof text, "string");
  const facts = await gathered(base, head, {
    ...options,
    mutation: {
      budget: of.budget ?? PLENTY,
      seed: "sha256:seed",
      files: [{
        path: of.path,
        language: of.language,
        text: text as string,
        lines: new Set(of.lines),
      }],
    },
  });
  assert.ok(facts.mutation);
  return facts.mutation;
}

const outcomes = (tried: readonly TriedMutation[]): string[] =>
  tried.map(({ line, what, outcome }) => `${line} ${outcome}: ${what}`).sort();

const header =
  `import test from "node:test";\nimport assert from "node:assert/strict";\nimport { add } from "./calc.mjs";\n`;
const node = { spec: { verify: { run: [["node", "--test"]] } } };
const base: Tree = {
  "calc.mjs": "export const add = (a, b) => 0;\n",
  "calc.test.mjs": `${header}test("is there", () => assert.ok(add));\n`,
};
const head: Tree = {
  "calc.mjs":
    "export function add(a, b) {\n  if (a > 5) return 5;\n  while (a < 0) a++;\n  return a + b;\n}\n",
};

// req: N4-12
Deno.test("mutants of the changed lines: those that the tests notice, those that they do not, and loops without an end", async () => {
  const cache = memoryCache();
  const tests = `${header}test("adds", () => assert.equal(add(1, 2), 3));\n`;
  const changed = { ...head, "calc.test.mjs": tests };
  const of = { path: "calc.mjs", language: "ecmascript" as const, lines: [2, 3, 4] };
  const first = await mutatedRun(base, changed, of, { ...node, cache });
  assert.equal(first.problem, undefined);
  assert.equal(first.stopped, "done");
  assert.equal(first.possible, first.tried.length);
  const told = outcomes(first.tried);
  for (
    const one of [
      "2 survived: > became >=",
      "2 killed: > became <=",
      "2 survived: 5 became 6",
      "4 killed: + became -",
      "3 survived: < became <=",
    ]
  ) assert.ok(told.includes(one), `${one} in\n${told.join("\n")}`);
  // While a is not below zero: it never is again.
  assert.ok(told.includes("3 timeout: < became >="), told.join("\n"));
  assert.equal(first.tried.find(({ outcome }) => outcome === "killed")?.by, "calc.test.mjs::adds");

  const again = await mutatedRun(base, changed, of, { ...node, cache });
  assert.deepEqual(outcomes(again.tried), told, "the same patch has the same mutants");
  assert.ok(again.tried.every(({ kept }) => kept), "and nothing is run a second time");
});

Deno.test("a held-out check notices mutants, too; one that fails ends it", async () => {
  const check = (wanted: number) => ({
    spec: {
      ...node.spec,
      acceptance: [{
        id: "AC1",
        text: "adds",
        check: { files: ["ac1.test.mjs"], run: ["node", "--test", "ac1.test.mjs"] },
      }],
    },
    checks: { "ac1.test.mjs": `${header}test("held out", () => assert.equal(add(1, 2), ${wanted}));\n` },
  });
  const of = { path: "calc.mjs", language: "ecmascript" as const, lines: [4] };
  const noticed = await mutatedRun(base, head, of, check(3));
  assert.deepEqual(outcomes(noticed.tried), [
    "4 killed: + became -",
    "4 killed: the value that is given back became undefined",
  ]);
  assert.equal(noticed.tried[0]?.by, "ac1.test.mjs::held out");
  const failing = await mutatedRun(base, head, of, check(4));
  assert.equal(failing.skipped, "a held-out check fails at head");
  assert.deepEqual(failing.tried, []);
});

Deno.test("no time is left: nothing is tried, and that is said; what is owed is tried all the same", async () => {
  const of = { path: "calc.mjs", language: "ecmascript" as const, lines: [2, 4] };
  const cache = memoryCache();
  const tried = async (budget: Partial<MutationBudget>) => {
    const found = await mutatedRun(base, head, { ...of, budget: { ...PLENTY, ...budget } }, {
      ...node,
      cache,
    });
    return [found.tried.length, found.stopped];
  };
  assert.deepEqual(await tried({ atLeast: 0, share: 0 }), [0, "time"]);
  assert.deepEqual(await tried({ atLeast: 1, share: 0 }), [1, "time"]);
  assert.deepEqual(await tried({ mutants: 1 }), [1, "mutants"]);
});

Deno.test("a tier that asks for none, and a head at which nothing passed, are skipped with the reason", async () => {
  const of = { path: "calc.mjs", language: "ecmascript" as const, lines: [4] };
  const off = await mutatedRun(base, head, { ...of, budget: MUTATION_BUDGET["best-effort"] }, node);
  assert.equal(off.skipped, "the tier asks for none");
  const broken = await mutatedRun(
    base,
    {
      "calc.mjs": "export const add = (a, b) => { throw 1; };\n",
      "calc.test.mjs": `${header}test("adds", () => assert.equal(add(1, 2), 3));\n`,
    },
    { ...of, lines: [1] },
    node,
  );
  assert.match(broken.skipped ?? "", /nothing could notice/);
});

Deno.test("tests of the repository and held-out checks are counted apart", async () => {
  const facts = await gathered(base, head, {
    spec: {
      ...node.spec,
      acceptance: [3, 4].map((wanted) => ({
        id: `AC${wanted}`,
        text: "adds",
        check: { files: [`ac${wanted}.test.mjs`], run: ["node", "--test", `ac${wanted}.test.mjs`] },
      })),
    },
    checks: Object.fromEntries([3, 4].map((wanted) => [
      `ac${wanted}.test.mjs`,
      `${header}test("held out", () => assert.equal(add(1, 2), ${wanted}));\n`,
    ])),
  });
  assert.deepEqual(facts.gap, { visible: { passed: 1, failed: 0 }, heldOut: { passed: 1, failed: 1 } });
});
