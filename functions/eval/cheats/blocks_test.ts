import assert from "node:assert/strict";
import { LANGUAGES, tasks } from "../corpus.ts";
import { rewriteBlock, testBlocks, withoutBlock } from "./blocks.ts";
import { isTestFile } from "./ground.ts";

Deno.test("a test is found with its body, and taken out without a gap", () => {
  const text =
    'import x;\n\nDeno.test("one", () => {\n  a();\n});\n\nDeno.test("two", () => {\n  b();\n});\n';
  const [one, two] = testBlocks("deno", text);
  assert.deepEqual([one?.title, two?.title], ["one", "two"]);
  assert.ok(one);
  assert.equal(withoutBlock(text, one), 'import x;\n\nDeno.test("two", () => {\n  b();\n});\n');
});

Deno.test("a Python test ends where the indentation does", () => {
  const text =
    "class T:\n    def test_a(self):\n        x()\n\n        y()\n\n    def test_b(self):\n        z()\n\n\nmain()\n";
  const [a, b] = testBlocks("python", text);
  assert.ok(a && b);
  assert.equal(
    rewriteBlock(text, a, (lines) => lines.slice(0, 1).concat("        pass")),
    "class T:\n    def test_a(self):\n        pass\n\n    def test_b(self):\n        z()\n\n\nmain()\n",
  );
  assert.equal(
    withoutBlock(text, b),
    "class T:\n    def test_a(self):\n        x()\n\n        y()\n\n\nmain()\n",
  );
});

Deno.test("a test of one line is one line", () => {
  const [block] = testBlocks("node", "it('adds', () => assert.equal(1 + 1, 2));\nit('more', () => {});\n");
  assert.deepEqual([block?.from, block?.to, block?.inline], [0, 1, true]);
});

for (const language of LANGUAGES) {
  Deno.test(`every ${language} task has test files with tests in them`, async () => {
    const own = tasks().filter((task) => task.language === language);
    assert.ok(own.length > 0);
    for (const task of own) {
      const files: string[] = [];
      for await (const path of walk(task.repo)) if (isTestFile(language, path)) files.push(path);
      const found = files.flatMap((path) =>
        testBlocks(language, Deno.readTextFileSync(`${task.repo}/${path}`))
      );
      assert.ok(found.length >= 2, `${task.id}: ${found.length} tests in ${files.join(", ")}`);
    }
  });
}

async function* walk(dir: string, prefix = ""): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(`${dir}/${prefix}`)) {
    if (entry.isDirectory) yield* walk(dir, `${prefix}${entry.name}/`);
    else yield `${prefix}${entry.name}`;
  }
}
