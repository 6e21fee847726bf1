import assert from "node:assert/strict";
import fc from "fast-check";
import type { Finding, RuleVerdict } from "../../specs/mod.ts";
import { addedLineOf } from "./added_line.ts";
import { spansOf, withFingerprints } from "./fingerprint.ts";

const verdict = (findings: Finding[], gate = "new-skips"): RuleVerdict => ({
  gate,
  rule: "core/T3",
  layer: "L2",
  mode: "enforce",
  verdict: "fail",
  facts: [],
  findings,
  escalates: false,
});
const at = (line: number, over: Partial<Finding> = {}): Finding => ({
  message: `skipped at line ${line}`,
  path: "a_test.ts",
  line,
  remediation: "",
  ...over,
});
const prints = async (findings: Finding[], text: (line: number) => string | null, gate?: string) => {
  const rule = verdict(findings, gate);
  const spans = await spansOf([rule], (_, line) => text(line));
  const [marked] = await withFingerprints([rule], spans);
  return marked?.findings.map(({ fingerprint }) => fingerprint) ?? [];
};

Deno.test("a fingerprint outlives lines that move, indentation and numbers of lines in messages", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9999 }),
      fc.constantFrom("", "  ", "\t"),
      async (line, indent) => {
        const [first] = await prints([at(7)], () => "Deno.test.ignore('a')");
        const [moved] = await prints([at(line)], () => `${indent}Deno.test.ignore('a')  `);
        assert.equal(first, moved);
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("rule, gate, path, what it says, its symbol and its line tell findings apart", async () => {
  const text = () => "Deno.test.ignore('a')";
  const [first] = await prints([at(7)], text);
  const others = await Promise.all([
    prints([at(7, { path: "b_test.ts" })], text),
    prints([at(7, { message: "skipped twice at line 7" })], text),
    prints([at(7, { symbol: "a" })], text),
    prints([at(7)], () => "Deno.test.ignore('b')"),
    prints([at(7)], () => null),
    prints([at(7)], text, "other-gate"),
    prints([at(7, { message: "opens port 22" })], text),
    prints([at(7, { message: "opens port 3389" })], text),
  ]);
  const all = [first, ...others.map(([one]) => one)];
  assert.equal(new Set(all).size, all.length);
});

Deno.test("findings that are the same are numbered: one more is another one", async () => {
  const text = () => "x";
  const [one] = await prints([at(1)], text);
  const two = await prints([at(1), at(9)], text);
  assert.equal(two[0], one);
  assert.notEqual(two[1], one);
});

Deno.test("with a symbol the words of a message may change", async () => {
  const [one] = await prints([at(1, { symbol: "a > b", message: "1 of 3" })], () => null);
  const [two] = await prints([at(1, { symbol: "a > b", message: "2 of 3" })], () => null);
  assert.equal(one, two);
});

Deno.test("only added lines give their text, none of a secret", async () => {
  const patch = new TextEncoder().encode(
    "diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1,2 +1,3 @@\n one\n-two\n+deux\n+trois\n",
  );
  const line = addedLineOf(patch, [{ path: "a.ts", line: 3 }]);
  assert.deepEqual(
    [await line("a.ts", 1), await line("a.ts", 2), await line("a.ts", 3), await line("b.ts", 2)],
    [null, "deux", null, null],
  );
  assert.equal(await addedLineOf(null, [])("a.ts", 2), null);
  assert.equal(await addedLineOf(new TextEncoder().encode("nonsense"), [])("a.ts", 2), null);
  assert.deepEqual(await spansOf([verdict([at(2)], "secrets")], () => "AKIA"), {});
  const passed = { ...verdict([at(2)]), verdict: "pass" as const };
  assert.deepEqual(await spansOf([passed], () => "x"), {});
  assert.equal((await withFingerprints([passed], {}))[0]?.findings[0]?.fingerprint, undefined);
});
