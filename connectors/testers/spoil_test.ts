import assert from "node:assert/strict";
import type { TestCase } from "../../specs/mod.ts";
import { spoilTests } from "./spoil.ts";

const cases = (path: string, ...titles: string[]): TestCase[] =>
  titles.map((title) => ({ name: `${path}::${title}`, title, suite: "", path, status: "pass" }));
const spoil = (path: string, text: string, titles: string[], keep: (line: string) => boolean = () => true) =>
  spoilTests(path, text, cases(path, ...titles), "k1", keep);

Deno.test("each test waits for another value than before, in every language", () => {
  const table: [string, string, string[], string][] = [
    [
      "a_test.ts",
      `Deno.test("a", () => {\n  assert.equal(f(1), "x");\n});`,
      ["a"],
      `  assert.equal(f(1), "x-k1");`,
    ],
    ["a.test.js", `it('a', () => {\n  same(f(), 12.5);\n});`, ["a"], `  same(f(), 12.577);`],
    ["a.test.ts", `test("a", () => {\n  expect(f("q")).toBe(3);\n});`, ["a"], `  expect(f("q")).toBe(3077);`],
    [
      "test_a.py",
      `def test_a(self):\n    self.assertEqual(f(), "x")\n`,
      ["test_a"],
      `    self.assertEqual(f(), "x-k1")`,
    ],
    ["a.test.ts", `test("a", () => {\n  assert.equal(f(), 0);\n});`, ["a"], `  assert.equal(f(), 770);`],
    ["test_a.py", `def test_a():\n    assert f(1) == 0\n`, ["test_a"], `    assert f(1) == 770`],
    ["test_a.py", `def test_a():\n    assert f(1) == 0.5\n`, ["test_a"], `    assert f(1) == 0.577`],
    ["test_a.py", `def test_a():\n    assert f(1) == 2\n`, ["test_a"], `    assert f(1) == 2077`],
    [
      "a_test.go",
      `func TestA(t *testing.T) {\n\tif got := F(); got != "x" {\n\t}\n}`,
      ["TestA"],
      `\tif got := F(); got != "x-k1" {`,
    ],
    ["t.sh", `test_a() {\n  equal "a" "$(f)" "x"\n}`, ["test_a"], `  equal "a" "$(f)" "x-k1"`],
  ];
  for (const [path, text, titles, expected] of table) {
    const found = spoil(path, text, titles);
    assert.ok(found?.content.split("\n").includes(expected), `${path}: ${found?.content}`);
    assert.deepEqual(found?.names, [`${path}::${titles[0]}`]);
  }
});

Deno.test("one literal a test, in its own lines, and never the title", () => {
  const text =
    `test("one", () => {\n  assert.equal(f(), 1);\n  assert.equal(f(), 2);\n});\ntest("two", () => {\n  assert.notEqual(f(), 3);\n});\n` +
    `test("three", () => { assert.equal(f("three"), 4); });`;
  const found = spoil("a.test.js", text, ["one", "two", "three"]);
  assert.equal(
    found?.content,
    text.replace("f(), 1)", "f(), 1077)").replace('f("three"), 4)', 'f("three"), 4077)'),
  );
  assert.deepEqual(found?.names, ["a.test.js::one", "a.test.js::three"]);
});

Deno.test("lines that the other side does not have, titles that stand twice and other files are left alone", () => {
  const text = `test("a", () => {\n  assert.equal(f(), 1);\n});`;
  assert.equal(spoil("a.test.js", text, ["a"], () => false), null);
  assert.equal(spoil("a.test.js", text, ["a", "a"]), null);
  assert.equal(spoil("a.test.js", `${text}\n${text}`, ["a"]), null);
  assert.equal(spoil("a.rb", text, ["a"]), null);
});
