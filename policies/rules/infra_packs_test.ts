/** The packs sql-migrations, terraform-aws and kubernetes: each rule on its clean, violating and evading examples. */
import assert from "node:assert/strict";
import { CODE_PACKS, listCodeRules } from "../code_packs.ts";
import { judgeWith } from "../judge.ts";
import type { Rule } from "../rule.ts";
import { sampleJudgeInput, sampleSpec } from "../testing/judge_input.ts";
import { sampleFacts } from "../testing/trees.ts";
import type { Decision, PatchFacts } from "../../specs/mod.ts";
import type { PackExample } from "./infra_example.ts";
import { KUBERNETES_EXAMPLES } from "./kubernetes/examples.ts";
import { SQL_EXAMPLES } from "./sql/examples.ts";
import { TERRAFORM_EXAMPLES } from "./terraform/examples.ts";

const PACKS: Readonly<Record<string, readonly PackExample[]>> = {
  "sql-migrations": SQL_EXAMPLES,
  "terraform-aws": TERRAFORM_EXAMPLES,
  kubernetes: KUBERNETES_EXAMPLES,
};

async function judged(
  rules: readonly Rule[],
  facts: PatchFacts,
  intent: Record<string, unknown> = { type: "UPDATE", scope: ["**"] },
): Promise<Decision> {
  const input = await sampleJudgeInput(facts);
  return await judgeWith(rules, {
    ...input,
    transition: { from: "implement", to: "verify" },
    spec: sampleSpec({ intent }),
  });
}

for (const [name, examples] of Object.entries(PACKS)) {
  const rules = CODE_PACKS[name]?.rules ?? [];

  Deno.test(`${name}: every rule is enforced or warns, and has a clean, a violating and an evading example`, () => {
    assert.ok(rules.length >= 9);
    assert.equal(new Set(rules.map(({ gate }) => gate)).size, rules.length);
    const listed = new Set(listCodeRules().map(({ rule }) => rule));
    for (const rule of rules) {
      assert.ok(listed.has(`${name}/${rule.id}`));
      assert.match(rule.gate, /^[a-z][a-z-]+$/);
      assert.ok(
        ["enforce", "warn"].includes(rule.mode) && rule.description.length > 20 &&
          rule.remediation.length > 10,
      );
      for (const which of ["clean", "violating", "evading"]) {
        assert.ok(examples.some((one) => one.rule === rule.id && one.case === which), `${rule.id} ${which}`);
      }
    }
  });

  Deno.test(`${name}: its examples are judged as they say, with the place and the remedy`, async () => {
    for (const example of examples) {
      const { about } = example;
      const decision = await judged(rules, await sampleFacts(example.base, example.head));
      const verdict = decision.rules.find(({ rule }) => rule.endsWith(`/${example.rule}`));
      const told = `${example.rule} ${example.case}: ${about} ${
        JSON.stringify(decision.rules.filter((one) => one.findings.length > 0))
      }`;
      if (example.case === "clean") {
        assert.equal(decision.verdict, "allow", told);
        continue;
      }
      assert.equal(verdict?.verdict, example.says ?? "fail", told);
      assert.ok(
        verdict?.findings.every(({ path, remediation }) => path !== undefined && remediation.length > 10),
        told,
      );
      if (verdict?.mode === "enforce") assert.notEqual(decision.verdict, "allow", told);
    }
  });

  Deno.test(`${name}: a change of something else is not judged, and says so`, async () => {
    const decision = await judged(
      rules,
      await sampleFacts({ "a.ts": "export const a = 1;\n" }, { "a.ts": "export const a = 2;\n" }),
    );
    assert.ok(
      decision.rules.every((one) => one.verdict === "not_applicable" && (one.selector?.length ?? 0) > 10),
    );
  });

  Deno.test(`${name}: facts of an engine that did not look are an error, not a pass`, async () => {
    const facts = await sampleFacts({ "a.ts": "1;\n" }, { "a.ts": "2;\n" });
    delete facts.extractors.infra;
    const decision = await judged(rules, facts);
    assert.equal(decision.verdict, "deny");
    assert.ok(decision.rules.every(({ verdict }) => verdict === "error"));
  });
}

Deno.test("a destructive statement that the spec names is for a human; a neighbour of it is not", async () => {
  const rules = CODE_PACKS["sql-migrations"]?.rules ?? [];
  const base = {
    "db/migrations/1_a.up.sql": "CREATE TABLE a (x int);\n",
    "db/migrations/1_a.down.sql": "DROP TABLE a;\n",
  };
  const head = {
    ...base,
    "db/migrations/2_b.up.sql": "DROP TABLE a;\n",
    "db/migrations/2_b.down.sql": "CREATE TABLE a (x int);\n",
  };
  const facts = await sampleFacts(base, head);
  const say = async (removes: string[]) =>
    (await judged(rules, facts, { type: "DESTROY", scope: ["**"], removes })).verdict;
  assert.equal(await say(["a"]), "escalate");
  assert.equal(await say(["public.a"]), "escalate");
  assert.equal(await say(["b"]), "deny");
  assert.equal(await say([]), "deny");
});

Deno.test("more than the facts can hold is an error", async () => {
  const rules = CODE_PACKS["sql-migrations"]?.rules ?? [];
  const facts = await sampleFacts({}, {
    "db/a.sql": Array.from({ length: 2500 }, (_one, at) => `CREATE TABLE t${at} (a int);\n`).join(""),
  });
  assert.equal(facts.infra?.truncated, true);
  assert.equal(
    (await judged(rules, facts)).rules.find(({ rule }) => rule.endsWith("/SM0"))?.verdict,
    "error",
  );
});
