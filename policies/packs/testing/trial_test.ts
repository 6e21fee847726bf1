import assert from "node:assert/strict";
import { PackManifest } from "../../../specs/mod.ts";
import { tryPack } from "./mod.ts";

const HEAD = {
  layer: "L1",
  phases: ["implement->verify"],
  severity: "high",
  remediation: { text: "Fix it" },
};

function pack(rules: Record<string, unknown>[], files: Record<string, string> = {}) {
  const manifest = PackManifest.parse({
    apiVersion: "delivery.policy/v1",
    name: "org/sample",
    version: "1.0.0",
    revision: 1,
    notBefore: "2026-01-01T00:00:00.000Z",
    expiresAt: "2027-01-01T00:00:00.000Z",
    rules: rules.map((rule) => ({ ...HEAD, message: "It does not hold", ...rule })),
  });
  const encoder = new TextEncoder();
  return tryPack(
    manifest,
    new Map(Object.entries(files).map(([path, text]) => [path, encoder.encode(text)])),
  );
}

const LOST_TESTS = `
examples:
  - { name: nothing lost, case: clean, given: { facts: { testInventory: { base: [ { id: "a::b" } ], removed: [] } }, spec: { removedTests: [] } } }
  - name: a named loss
    case: clean
    given: { facts: { testInventory: { base: [ { id: "a::b" } ], removed: [ { id: "a::b", path: a } ] } }, spec: { removedTests: ["a::b"] } }
  - name: no tests at base
    case: clean
    expect: not_applicable
    given: { facts: { testInventory: { base: [], removed: [ { id: "a::b", path: a } ] } }, spec: { removedTests: [] } }
  - name: a loss
    case: violating
    given: { facts: { testInventory: { base: [ { id: "a::b" } ], removed: [ { id: "a::b", path: a, line: 3 } ] } }, spec: { removedTests: [] } }
    finding: { path: a, line: 3, message: "1 gone" }
  - name: one of two is named
    case: evading
    given: { facts: { testInventory: { base: [ { id: "a::b" } ], removed: [ { id: "a::b", path: a }, { id: "a::c", path: a } ] } }, spec: { removedTests: ["a::b"] } }
`;
const LOST = {
  id: "T1",
  kind: "cel",
  when: "size(facts.testInventory.base) > 0",
  expr: "facts.testInventory.removed.all(t, t.id in spec.removedTests)",
  message: "{{removed}} gone",
  tests: "tests/t1.yaml",
};

Deno.test("a rule whose examples notice every change of it can be published", async () => {
  const trial = await pack([LOST], { "tests/t1.yaml": LOST_TESTS });
  assert.deepEqual(trial.rules[0]?.wrong, []);
  assert.deepEqual(trial.rules[0]?.mutants.survived, []);
  assert.ok((trial.rules[0]?.mutants.tried ?? 0) >= 8);
  assert.equal(trial.publishable, true);
  assert.deepEqual(trial.coverage, { rules: 1, tested: 1 });
});

Deno.test("without the example that notices a change, that change is named and the rule cannot be published", async () => {
  const fewer = LOST_TESTS.replace(/ {2}- name: no tests at base[^]*?(?= {2}- name: a loss)/, "");
  assert.notEqual(fewer, LOST_TESTS);
  const trial = await pack([LOST], { "tests/t1.yaml": fewer });
  assert.equal(trial.publishable, false);
  assert.ok(trial.rules[0]?.mutants.survived.includes("leave out `when`"), JSON.stringify(trial.rules[0]));
});

// req: N4-22
Deno.test("a rule without examples, or without one of the three cases, cannot be published", async () => {
  const { tests: _, ...bare } = LOST;
  assert.deepEqual((await pack([bare])).rules[0]?.problems, [
    "it has no clean example",
    "it has no violating example",
    "it has no evading example",
  ]);
  const trial = await pack([LOST], {
    "tests/t1.yaml": LOST_TESTS.replace("case: evading", "case: violating"),
  });
  assert.deepEqual(trial.rules[0]?.problems, ["it has no evading example"]);
  assert.equal(trial.publishable, false);
});

Deno.test("an example whose verdict or finding is another one is named with both", async () => {
  const wrong = await pack([LOST], {
    "tests/t1.yaml": LOST_TESTS.replace("path: a, line: 3, message", "path: b, line: 3, message"),
  });
  assert.equal(wrong.rules[0]?.wrong[0]?.example, "a loss");
  assert.match(wrong.rules[0]?.wrong[0]?.detail ?? "", /no finding is/);
  const verdict = await pack([{ ...LOST, expr: "true", message: "gone" }], { "tests/t1.yaml": LOST_TESTS });
  assert.deepEqual(
    verdict.rules[0]?.wrong.map(({ example, expected, verdict }) => [example, expected, verdict]),
    [
      ["a loss", "fail", "pass"],
      ["one of two is named", "fail", "pass"],
    ],
  );
  assert.equal(verdict.publishable, false);
});

Deno.test("a rule that cannot be compiled, or whose examples cannot be read, fails the trial and says why", async () => {
  const broken = await pack([{ ...LOST, expr: "facts.nothing == 1" }], { "tests/t1.yaml": LOST_TESTS });
  assert.match(broken.rules[0]?.problems[0] ?? "", /facts\.nothing/);
  const unread = await pack([LOST], { "tests/t1.yaml": "examples: [{ name: x }]" });
  assert.match(unread.rules[0]?.problems[0] ?? "", /examples\.0/);
  const absent = await pack([LOST]);
  assert.match(absent.rules[0]?.problems[0] ?? "", /tests\/t1\.yaml/);
  for (const trial of [broken, unread, absent]) assert.equal(trial.publishable, false);
});

const EVAL = `
id: no-eval
language: TypeScript
rule:
  any:
    - pattern: eval($A)
    - pattern: new Function($$$)
message: eval of $A
`;
const EVAL_TESTS = `
examples:
  - { name: none, case: clean, change: { base: { "a.ts": "f(1);\\n" }, head: { "a.ts": "f(2);\\n" } } }
  - { name: an old one, case: clean, change: { base: { "a.ts": "eval(x);\\n" }, head: { "a.ts": "f(1);\\neval(x);\\n" } } }
  - name: a new one
    case: violating
    change: { base: { "a.ts": "f(1);\\n" }, head: { "a.ts": "f(1);\\neval(x);\\n" } }
    finding: { path: a.ts, line: 2, message: eval of x }
  - { name: a function, case: evading, change: { base: {}, head: { "b.ts": "g(new Function(x));\\n" } } }
`;

Deno.test("patterns are tried on changes between two trees, with every part of them left out or changed", async () => {
  const rule = { id: "EV", kind: "astgrep", file: "rules/eval.yaml", tests: "tests/eval.yaml" };
  const trial = await pack([rule], { "rules/eval.yaml": EVAL, "tests/eval.yaml": EVAL_TESTS });
  assert.deepEqual(trial.rules[0]?.wrong, []);
  assert.deepEqual(trial.rules[0]?.problems, []);
  assert.deepEqual(trial.rules[0]?.mutants.survived, []);
  const fewer = EVAL_TESTS.split("\n").filter((line) => !line.includes("a function")).join("\n")
    .replace("case: violating", "case: evading");
  const lacking = await pack([rule], { "rules/eval.yaml": EVAL, "tests/eval.yaml": fewer });
  assert.ok(
    lacking.rules[0]?.mutants.survived.some((how) =>
      how.includes("leave out any") && how.includes("Function")
    ),
    JSON.stringify(lacking.rules[0]?.mutants),
  );
});

const CEDAR = `
@reason("no release at night")
forbid (principal, action == Action::"release", resource) when { context.at like "*T03:*" };
permit (principal, action, resource) when { resource.tier != "critical" || context.approvals.contains("bo") };
`;
const request = (tier: string, more = "") =>
  `given: { facts: { diff: { patch: "sha256:1", added: 1, removed: 0, files: [] } }, spec: { intents: [UPDATE], tier: ${tier} }${more} }`;
const RELEASE = ", transition: { from: review, to: release }";
const CEDAR_TESTS = `
examples:
  - { name: plain, case: clean, ${request("standard", RELEASE)} }
  - { name: approved, case: clean, ${
  request(
    "critical",
    `${RELEASE}, approvals: [ { by: bo, patch: "sha256:1" } ], principals: { requester: ana, approvers: [bo], singleKey: false }`,
  )
} }
  - { name: not approved, case: violating, ${request("critical", RELEASE)} }
  - { name: approved elsewhere, case: evading, ${
  request(
    "critical",
    `${RELEASE}, approvals: [ { by: bo, patch: "sha256:2" } ], principals: { requester: ana, approvers: [bo], singleKey: false }`,
  )
} }
  - { name: at night, case: violating, ${request("standard", `${RELEASE}, at: "2026-01-01T03:00:00Z"`)} }
  - { name: verify at night, case: clean, ${
  request("standard", `, transition: { from: implement, to: verify }, at: "2026-01-01T03:00:00Z"`)
} }
`;

Deno.test("Cedar policies are tried with one left out, turned, or without a condition or a part of its scope", async () => {
  const rule = { id: "AU", layer: "L4", kind: "cedar", file: "rules/a.cedar", tests: "tests/a.yaml" };
  const trial = await pack([rule], { "rules/a.cedar": CEDAR, "tests/a.yaml": CEDAR_TESTS });
  assert.deepEqual(trial.rules[0]?.wrong, []);
  assert.deepEqual(trial.rules[0]?.mutants.survived, []);
  assert.ok((trial.rules[0]?.mutants.tried ?? 0) > 8);
  const daily = CEDAR_TESTS.split("\n").filter((line) => !line.includes("verify at night")).join("\n");
  const lacking = await pack([rule], { "rules/a.cedar": CEDAR, "tests/a.yaml": daily });
  assert.ok(
    lacking.rules[0]?.mutants.survived.includes("leave out the action of policy 1"),
    JSON.stringify(lacking.rules[0]?.mutants),
  );
});
