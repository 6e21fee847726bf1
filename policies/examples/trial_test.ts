/** Every built-in rule is proven by its examples: judged as they say, and no change of the rule goes unnoticed. */
import assert from "node:assert/strict";
import { builtInNames } from "../built_in.ts";
import { CORE_PARTS } from "../versions.ts";
import { failIfAny, rule } from "../rule.ts";
import { tryBuiltIn, tryBuiltInRule } from "./trial.ts";

const told = (
  trial: { rule: string; problems: string[]; wrong: unknown[]; mutants: { survived: string[] } },
) =>
  JSON.stringify({
    rule: trial.rule,
    ...trial.problems.length > 0 ? { problems: trial.problems } : {},
    wrong: trial.wrong,
    survived: trial.mutants.survived,
  });

// The parts of core are tried with it.
for (const name of builtInNames().filter((one) => one === "core" || !CORE_PARTS.includes(one))) {
  Deno.test(`${name}: every rule has examples that it is judged by, and that notice each change of it`, async () => {
    const trial = await tryBuiltIn(name);
    const bad = (trial?.rules ?? []).filter(({ ok }) => !ok);
    assert.equal(bad.length, 0, `write examples in policies/examples/:\n${bad.map(told).join("\n")}`);
    assert.equal(trial?.publishable, true);
    assert.deepEqual(trial?.coverage.tested, trial?.coverage.rules);
  });
}

const FEW = rule({
  id: "FEW",
  gate: "few-files",
  layer: "L3",
  mode: "enforce",
  severity: "low",
  description: "Few files change",
  remediation: "Change fewer files",
  bindings: ["final"],
  reads: ["patch"],
  selector: ({ patch }) => ({ applies: patch.files.length > 0, because: "files change" }),
  evaluate: ({ patch }) =>
    failIfAny(
      patch.files.slice(3).map(({ path }) => ({ message: path, remediation: "Change fewer files" })),
      "passes with three files",
    ),
});
const file = (path: string) => ({ [path]: [null, "1\n"] as const });
const clean = { rule: "FEW/few-files", case: "clean", about: "two files" } as const;
const many = {
  ...clean,
  case: "violating",
  about: "four files",
  files: { ...file("a.md"), ...file("b.md") },
} as const;
const evading = {
  ...many,
  case: "evading",
  about: "an empty file too",
  files: { ...many.files, "c.md": [null, ""] },
  findings: 2,
} as const;

Deno.test("a rule is proven by a clean, a violating and an evading example that notice each change of it", async () => {
  const trial = await tryBuiltInRule(FEW, [clean, many, evading]);
  assert.deepEqual([trial.ok, trial.problems, trial.wrong], [true, [], []]);
  assert.ok(trial.mutants.tried >= 6);
});

Deno.test("a rule without examples, or without one of a kind, is not proven", async () => {
  const none = await tryBuiltInRule(FEW, []);
  assert.deepEqual([none.ok, none.problems.length], [false, 3]);
  const two = await tryBuiltInRule(FEW, [clean, many]);
  assert.deepEqual([two.ok, two.problems], [false, ["it has no evading example"]]);
});

Deno.test("an example that is judged otherwise than it says is named; so is one that cannot be made", async () => {
  const wrong = await tryBuiltInRule(FEW, [clean, many, { ...evading, findings: 1 }]);
  assert.equal(wrong.ok, false);
  assert.match(wrong.wrong[0]?.detail ?? "", /2 findings instead of 1/);
  const asks = await tryBuiltInRule(FEW, [clean, { ...many, asks: true }, evading]);
  assert.match(asks.wrong[0]?.detail ?? "", /it denies/);
  const broken = await tryBuiltInRule(FEW, [clean, many, { ...evading, set: { "patchFacts.no.such": 1 } }]);
  assert.match(broken.problems[0] ?? "", /has no field patchFacts.no.such/);
});

Deno.test("a rule that does nothing is not proven by examples that expect nothing", async () => {
  const trial = await tryBuiltInRule({ ...FEW, evaluate: () => ({ verdict: "pass" }) }, [
    clean,
    many,
    evading,
  ]);
  assert.equal(trial.ok, false);
  assert.equal(trial.wrong.length, 2);
  // Examples that would let it be are noticed, too: nothing in them tells the rule from one that always passes.
  const blind = [clean, { ...many, says: "pass" }, { ...clean, case: "evading", says: "pass" }] as const;
  const blinded = await tryBuiltInRule({ ...FEW, evaluate: () => ({ verdict: "pass" }) }, blind);
  assert.deepEqual([blinded.ok, blinded.mutants.survived], [false, ["it passes without its facts"]]);
});
