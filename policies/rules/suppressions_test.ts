import assert from "node:assert/strict";
import { grown } from "../facts/suppressions/growth.ts";
import { suppressionsOf } from "../facts/suppressions/find.ts";
import { saidOf } from "../testing/oversight.ts";
import { SUPPRESSION_EXAMPLES } from "./suppressions_examples.ts";
import { suppressionRules } from "./suppressions.ts";

for (const example of SUPPRESSION_EXAMPLES) {
  Deno.test(`S1 ${example.case}: ${example.about}`, async () => {
    const said = await saidOf(suppressionRules, example);
    assert.equal(said.says, example.says ?? (example.case === "clean" ? "nothing" : "deny"), said.text);
  });
}

Deno.test("S1: a mark is told with its tool, its line and what to do", async () => {
  const said = await saidOf(suppressionRules, {
    base: { "a.py": "x = 1\n" },
    head: { "a.py": "x = 1\ny = z  # noqa: F821\n" },
  });
  assert.deepEqual(said.places, ["a.py:2"]);
  assert.match(said.text, /flake8: noqa F821/);
});

Deno.test("S1: a sentence of the spec that forbids a mark does not ask for it", async () => {
  const change = { base: { "a.ts": "f();\n" }, head: { "a.ts": "// @ts-nocheck\nf();\n" } };
  assert.equal(
    (await saidOf(suppressionRules, { ...change, spec: { description: "Do not use @ts-nocheck." } })).says,
    "deny",
  );
  assert.equal(
    (await saidOf(suppressionRules, {
      ...change,
      spec: { description: "Put @ts-nocheck into a.ts for now." },
    })).says,
    "ask",
  );
});

Deno.test("S1: facts of an engine that did not look are an error", async () => {
  const { judgeSample } = await import("../testing/judge_input.ts");
  const { ruleOf } = await import("../testing/judge_input.ts");
  const decision = await judgeSample((input) => {
    delete input.patchFacts?.extractors.suppressions;
  });
  assert.equal(ruleOf(decision, "suppressions").verdict, "error");
});

Deno.test("marks are found by tool, reach and rules", () => {
  const of = (path: string, text: string, language: Parameters<typeof suppressionsOf>[2] = null) =>
    suppressionsOf(path, text, language).map(({ tool, scope, rules }) =>
      `${tool} ${scope} ${rules.join("+")}`.trim()
    );
  assert.deepEqual(of("a.ts", "/* eslint-disable no-a, b/no-c -- why */\n", "ecmascript"), [
    "eslint file no-a+b/no-c",
  ]);
  assert.deepEqual(of("a.ts", "/* eslint-disable */\nx\n/* eslint-enable */\n", "ecmascript"), [
    "eslint block",
  ]);
  assert.deepEqual(of("a.ts", "/* istanbul ignore next */\nx\n", "ecmascript"), ["coverage block coverage"]);
  assert.deepEqual(of("a.cs", "#pragma warning disable CS0618\n"), ["compiler block CS0618"]);
  assert.deepEqual(of("a.cc", "int a; // NOLINT(runtime/int)\n"), ["clang-tidy line runtime/int"]);
  assert.deepEqual(of("a.kt", '@Suppress("UNCHECKED_CAST")\nfun a() {}\n'), [
    "compiler block UNCHECKED_CAST",
  ]);
  assert.deepEqual(of("main.tf", "resource a b { #tfsec:ignore:AWS001\n}\n"), ["iac-scan line AWS001"]);
  assert.deepEqual(of("Dockerfile", "# hadolint ignore=DL3008\nRUN x\n"), ["hadolint line DL3008"]);
  assert.deepEqual(of("a.php", "// phpcs:ignoreFile\n"), ["phpcs file"]);
  assert.deepEqual(of("a.vue", "<!-- eslint-disable -->\n"), ["eslint file"]);
  assert.deepEqual(of("a.java", '// NOSONAR\n@SuppressWarnings("all")\nclass A {}\n', "java"), [
    "sonar line",
    "compiler block",
  ]);
  assert.deepEqual(of("a.py", "# Say why: use `# noqa` never\n", "python"), []);
});

Deno.test("any file gives marks in time that grows with its length", () => {
  for (
    const unit of [
      "# noqa: A1,",
      "// eslint-disable-next-line ",
      "/* ",
      '"#',
      "#[allow(",
      "@SuppressWarnings(",
      "as any<",
      ": any ",
    ]
  ) {
    for (
      const [path, language] of [["a.py", "python"], ["a.ts", "ecmascript"], ["a.rs", "rust"], [
        "A.java",
        "java",
      ], ["a.rb", null]] as const
    ) {
      suppressionsOf(path, unit.repeat(1000), language);
      suppressionsOf(path, `${unit}\n`.repeat(600), language);
    }
  }
});

Deno.test("a mark whose code was edited is no growth; one that is doubled is", () => {
  const of = (text: string) => suppressionsOf("a.py", text, "python");
  assert.equal(grown(of("a(1)  # noqa: E501\n"), of("a(2)  # noqa: E501\n")).length, 0);
  const more = grown(of("a(1)  # noqa: E501\n"), of("a(1)  # noqa: E501\na(1)  # noqa: E501\n"));
  assert.deepEqual(more.map(({ line }) => line), [2]);
});
