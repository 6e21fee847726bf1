import assert from "node:assert/strict";
import { PackRule } from "../../../specs/mod.ts";
import { scopeOf } from "../../facts/scope.ts";
import { sampleJudgeInput } from "../../testing/judge_input.ts";
import { sampleFacts } from "../../testing/trees.ts";
import type { RuleFacts } from "../kinds.ts";
import { compileRule } from "./mod.ts";
import { factDocument, FACTS, factVersions } from "./fact_document.ts";

const BASE = { "src/a_test.ts": 'Deno.test("one", () => {});\nDeno.test("two", () => {});\n' };
const HEAD = { "src/a_test.ts": 'Deno.test("one", () => {});\nDeno.test("three", () => {});\n' };

async function facts(removes: string[] = []): Promise<RuleFacts> {
  const patch = await sampleFacts(BASE, HEAD);
  const input = await sampleJudgeInput(patch);
  const { spec } = input;
  assert.ok(spec && patch.change);
  spec.intent = { type: "UPDATE", scope: ["src/**"], removes, renames: [] };
  return {
    ...input,
    spec,
    patch,
    change: patch.change,
    scope: scopeOf(spec, patch.paths.known, new Set()),
  } as unknown as RuleFacts;
}

Deno.test("the tests of base and head are lists of ids, and what the spec removes names them in any form", async () => {
  const { facts: told, spec } = factDocument(await facts(["two"]));
  const inventory = told.testInventory as { base: unknown; head: unknown; removed: { id: string }[] };
  assert.deepEqual(inventory.base, [{ id: "src/a_test.ts::one" }, { id: "src/a_test.ts::two" }]);
  assert.deepEqual(inventory.head, [{ id: "src/a_test.ts::one" }, { id: "src/a_test.ts::three" }]);
  assert.deepEqual(inventory.removed.map(({ id }) => id), ["src/a_test.ts::two"]);
  assert.deepEqual((spec as { removedTests: string[] }).removedTests, ["two", "src/a_test.ts::two"]);
});

Deno.test("the rule that every example of a pack begins with: no test is lost unless the spec names it", async () => {
  const rule = PackRule.parse({
    id: "org/test-integrity/T1",
    layer: "L1",
    phases: ["implement\u2192verify", "review\u2192release"],
    intents: ["CREATE", "UPDATE", "REFACTOR"],
    when: "size(facts.testInventory.base) > 0",
    kind: "cel",
    expr: "facts.testInventory.removed.all(t, t.id in spec.removedTests)",
    mode: "enforce",
    severity: "high",
    onError: "deny",
    message: "{{removed}} test(s) disappeared",
    remediation: { text: "Restore the tests or name them in intent.removes", fixer: "restore-from-base" },
  });
  const compiled = await compileRule(rule, new Map());
  assert.ok(compiled.ok);
  assert.deepEqual(compiled.value.reads, ["patch", "spec"]);
  const lost = await facts();
  assert.deepEqual(compiled.value.selector?.(lost), {
    applies: true,
    because: "`size(facts.testInventory.base) > 0` is true",
  });
  const outcome = compiled.value.judge(lost);
  assert.deepEqual(outcome.verdict === "fail" ? outcome.findings : outcome, [{
    message: "1 test(s) disappeared: src/a_test.ts::two",
    path: "src/a_test.ts",
    line: 2,
    remediation: "Restore the tests or name them in intent.removes",
  }]);
  assert.equal(compiled.value.judge(await facts(["src/a_test.ts::two"])).verdict, "pass");
});

Deno.test("the diff bears the digest that approvals are bound to", async () => {
  const given = await facts();
  assert.ok(given.patch?.change && given.change);
  const patch = {
    ...given.patch,
    patch: null,
    change: { ...given.patch.change, patch: `sha256:${"9".repeat(64)}` },
  };
  const { diff } = factDocument({ ...given, patch }).facts;
  assert.equal((diff as { patch: string }).patch, `sha256:${"9".repeat(64)}`);
});

Deno.test("a document holds only what was gathered, and every name of it has a version that packs can require", async () => {
  const whole = await facts();
  const { patch: _, ...without } = whole;
  assert.deepEqual(Object.keys(factDocument(without).facts).sort(), [
    "change",
    "outgoing",
    "plan",
    "proposal",
    "review",
    "verify",
  ]);
  for (const one of factVersions()) {
    const [name = "", version = ""] = one.split("@");
    assert.ok(Object.hasOwn(FACTS, name));
    assert.match(version, /^[1-9]$/);
  }
});
