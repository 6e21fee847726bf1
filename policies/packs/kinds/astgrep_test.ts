import assert from "node:assert/strict";
import type { PatternMatches } from "../../../specs/mod.ts";
import { contentsOf } from "../../facts/content.ts";
import { extractPatchFacts } from "../../facts/extract.ts";
import { sampleInput, type Tree } from "../../testing/trees.ts";
import { compilePatterns, patternsRule } from "./astgrep_judge.ts";
import { mayMatch, patternMatches } from "./astgrep_match.ts";
import { importAstGrep } from "./astgrep_rule.ts";
import { type Search, startSearch } from "./astgrep_search.ts";

const TEXT = { message: "Not here", remediation: "Take it out" };

async function rulesOf(text: string) {
  const rules = await importAstGrep(text);
  assert.ok(rules.ok, rules.ok ? "" : rules.error.message);
  return rules.value;
}

async function judge(
  text: string,
  base: Tree,
  head: Tree,
  how: { renames?: Record<string, string>; start?: typeof startSearch } = {},
) {
  const rules = await rulesOf(text);
  const input = await sampleInput(base, head, how.renames ?? {});
  const { files } = await extractPatchFacts(input);
  const matches = await patternMatches(rules, files, contentsOf(input.read), how.start);
  const outcome = patternsRule(rules, TEXT).judge({ facts: { matches: matches as never } });
  return outcome.verdict === "pass"
    ? []
    : outcome.verdict === "error"
    ? [outcome.findings[0]?.message ?? "an error"]
    : outcome.findings.map(({ path, line, message }) => `${path}:${line} ${message}`);
}

const EVAL = `
id: no-eval
language: TypeScript
severity: error
rule: { pattern: eval($A) }
message: eval of $A
note: Use a table instead
`;

Deno.test("a match in an added or edited file is a finding with path, line and what the message names", async () => {
  assert.deepEqual(await judge(EVAL, {}, { "a.ts": "f();\neval(input);\n" }), [
    "a.ts:2 Not here: eval of input",
  ]);
  assert.deepEqual(await judge(EVAL, {}, { "a.ts": "// eval(input)\nconst s = 'eval(input)';\n" }), []);
  assert.deepEqual(await judge(EVAL, {}, { "a.py": "eval(input)\n" }), []);
});

Deno.test("what stood in the base is not new: in its place, on another line, in a renamed file, moved, or edited a little", async () => {
  const old = { "a.ts": "eval(call(one, two));\nf();\n" };
  assert.deepEqual(await judge(EVAL, old, { "a.ts": "g();\n\neval(call(one,  two));\nf(1);\n" }), []);
  assert.deepEqual(
    await judge(EVAL, old, { "b.ts": "eval(call(one, two));\nf(2);\n" }, { renames: { "a.ts": "b.ts" } }),
    [],
  );
  assert.deepEqual(await judge(EVAL, old, { "a.ts": "f();\n", "c.ts": "eval(call(one, two));\n" }), []);
  assert.deepEqual(await judge(EVAL, old, { "a.ts": "eval(call(one, three));\nf();\n" }), []);
});

Deno.test("one more than before is new, and so is another one in the place of an old one", async () => {
  const old = { "a.ts": "eval(one);\n" };
  assert.equal((await judge(EVAL, old, { "a.ts": "eval(one);\neval(one);\n" })).length, 1);
  assert.deepEqual(await judge(EVAL, old, { "a.ts": "eval(atob(secret(payload)));\n" }), [
    "a.ts:1 Not here: eval of atob(secret(payload))",
  ]);
});

Deno.test("constraints, relations, utils and files of a rule are obeyed, in each language", async () => {
  const python = `
id: bare-print
language: Python
rule: { pattern: print($A), inside: { kind: function_definition, stopBy: end } }
constraints: { A: { regex: ^debug } }
ignores: ["tools/**"]
`;
  const text = "print(debug1)\ndef f():\n    print(debug2)\n    print(other)\n";
  assert.deepEqual(await judge(python, {}, { "src/a.py": text, "tools/a.py": text }), [
    "src/a.py:3 Not here: bare-print matches",
  ]);
  const go = `
id: go-exit
language: go
utils: { exit: { pattern: { context: "package p; func f() { os.Exit($A) }", selector: call_expression } } }
rule: { matches: exit }
files: ["cmd/**"]
`;
  const source = "package main\n\nfunc main() {\n\tos.Exit(1)\n}\n";
  assert.deepEqual(await judge(go, {}, { "cmd/main.go": source, "lib/main.go": source }), [
    "cmd/main.go:4 Not here: go-exit matches",
  ]);
});

Deno.test("several rules of one file are all looked for; one that is off is left out", async () => {
  const rules = await rulesOf(
    `${EVAL}---\n${EVAL.replace("no-eval", "off").replace("error", "off")}---\n${
      EVAL.replace("no-eval", "no-alert").replace("eval($A)", "alert($A)")
    }`,
  );
  assert.deepEqual(rules.map(({ id }) => id), ["no-eval", "no-alert"]);
  assert.notEqual(rules[0]?.key, rules[1]?.key);
});

Deno.test("what is no rule of ast-grep cannot load", async () => {
  for (
    const text of [
      "",
      "id: [",
      "id: a\nlanguage: Cobol\nrule: { pattern: a }",
      "id: a\nlanguage: Go\nrule: {}",
      "id: a\nlanguage: Go",
      "id: a\nlanguage: Go\nrule: { pattern: a }\nunknown: 1",
      "id: a\nid: b\nlanguage: Go\nrule: { pattern: a }",
    ]
  ) assert.equal((await importAstGrep(text)).ok, false, text);
  for (
    const rule of ["{ patern: a }", "{ kind: no_such_kind }", '{ regex: "(" }']
  ) {
    const compiled = await compilePatterns(`id: a\nlanguage: TypeScript\nrule: ${rule}`, TEXT);
    assert.equal(compiled.ok, false, rule);
  }
});

Deno.test("when nobody looked, or a file could not be searched, it is an error", async () => {
  const rules = await rulesOf(EVAL);
  const [rule] = rules;
  const judged = (matches: Record<string, PatternMatches> | undefined) =>
    patternsRule(rules, TEXT).judge({ facts: matches === undefined ? {} : { matches: matches as never } })
      .verdict;
  assert.equal(judged(undefined), "error");
  assert.equal(judged({}), "error");
  const none: PatternMatches = { rule: "no-eval", found: [], count: 0, unread: [] };
  assert.equal(judged({ [rule?.key ?? ""]: none }), "pass");
  assert.equal(judged({ [rule?.key ?? ""]: { ...none, unread: [{ path: "a.ts", why: "late" }] } }), "error");
  assert.equal(judged({ [rule?.key ?? ""]: { ...none, count: 3 } }), "error");
});

Deno.test("a host without workers, a search that crashes, one that is late: an error, for files that could match", async () => {
  const head = { "a.ts": "eval(x);\n" };
  assert.match((await judge(EVAL, {}, head, { start: () => null }))[0] ?? "", /workers/);
  const crashing = (): Search => ({
    find: () => Promise.resolve({ crash: "out of memory" }),
    close: () => {},
  });
  assert.match((await judge(EVAL, {}, head, { start: crashing }))[0] ?? "", /out of memory/);
  assert.deepEqual(await judge(EVAL, {}, { "a.ts": "f(x);\n" }, { start: crashing }), []);
  assert.match((await judge(EVAL, {}, head, { start: () => startSearch(1) }))[0] ?? "", /was ended/);
});

Deno.test("a text is only passed over when no match can stand in it", () => {
  assert.equal(mayMatch({ pattern: "eval($A)" }, "f(x)"), false);
  assert.equal(mayMatch({ pattern: "eval($A)" }, "evaluate(x)"), true);
  assert.equal(mayMatch({ any: [{ pattern: "eval($A)" }, { pattern: "alert($A)" }] }, "alert(1)"), true);
  assert.equal(mayMatch({ all: [{ pattern: "eval($A)" }, { kind: "call_expression" }] }, "f(1)"), false);
  assert.equal(mayMatch({ pattern: { context: "eval(1)" } }, "f(1)"), true);
  assert.equal(mayMatch({ not: { pattern: "eval($A)" }, kind: "call_expression" }, "f(1)"), true);
  assert.equal(mayMatch({ pattern: "$F($$$ARGS)" }, ""), true);
});
