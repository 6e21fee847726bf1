import assert from "node:assert/strict";
import { changedTests } from "./sample_edit.ts";

const MORE = {
  "src/cart.js": "export const total = () => 4;\n",
  "shop/cart.py": "def total():\n    return 4\n",
  "shop/__init__.py": "",
  "test/helpers.js":
    'import assert from "node:assert/strict";\nexport function same(a, b) { assert.equal(a, b); }\nexport function warm(x) { return x; }\n',
};
const js = (body: string, imports = "") =>
  `import { test } from "node:test";\nimport assert from "node:assert/strict";\nimport { total } from "../src/cart.js";\n${imports}\n${body}\n`;
const py = (body: string, imports = "") =>
  `import pytest\nfrom shop.cart import total\n${imports}\n\n${body}\n`;
const go = (body: string) => `package shop\n\nimport (\n\t"testing"\n\t"fmt"\n)\n\n${body}\n`;

async function silent(path: string, head: string, base?: string): Promise<string[]> {
  const more = base === undefined ? MORE : { ...MORE, [path]: base };
  const { silent } = await changedTests({ more, moreHead: { [path]: head } });
  return silent.map(({ title }) => title);
}

const SILENT: Record<string, [path: string, text: string]> = {
  "JS: only calls": ["test/a.test.js", js('test("a", () => { total(); });')],
  "JS: empty": ["test/a.test.js", js('test("a", () => {});')],
  "JS: logs": [
    "test/a.test.js",
    js('test("a", (t) => { const x = total(); t.diagnostic(x); console.log(x); });'),
  ],
  "JS: loads in the test": [
    "test/a.test.js",
    js('test("a", async () => { await import("../src/cart.js"); });'),
  ],
  "JS: asserts a literal": ["test/a.test.js", js('test("a", () => { total(); assert.ok(true); });')],
  "JS: asserts behind a return": [
    "test/a.test.js",
    js('test("a", () => { total(); return; assert.equal(total(), 4); });'),
  ],
  "JS: a helper that asserts nothing": [
    "test/a.test.js",
    js('test("a", () => { warm(total()); });', 'import { warm } from "./helpers.js";'),
  ],
  "TS: expect of literals": [
    "test/a.test.ts",
    'import { expect, it } from "vitest";\nimport { total } from "../src/cart.js";\nit("a", () => { total(); expect(true).toBe(true); });\n',
  ],
  "Python: only calls": ["tests/test_a.py", py("def test_a():\n    total()")],
  "Python: a method": [
    "tests/test_a.py",
    py(
      "class TestA(unittest.TestCase):\n    def test_a(self):\n        x = total()\n        print(x)",
      "import unittest",
    ),
  ],
  "Python: assert True": ["tests/test_a.py", py("def test_a():\n    total()\n    assert True")],
  "Go: only calls": [
    "a_test.go",
    go("func TestA(t *testing.T) {\n\tx := Total()\n\tfmt.Println(x)\n\tt.Log(x)\n}"),
  ],
  "Rust: only calls": [
    "src/lib.rs",
    'pub fn total() -> i32 { 4 }\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn a() { let x = total(); println!("{}", x); }\n}\n',
  ],
  "Java: only calls": [
    "src/test/java/CartTest.java",
    "class CartTest {\n  @Test\n  void a() { Cart cart = new Cart(); cart.total(); }\n}\n",
  ],
};

const SAYS: Record<string, [path: string, text: string]> = {
  "JS: an assertion": ["test/a.test.js", js('test("a", () => { assert.equal(total(), 4); });')],
  "JS: that it does not throw": [
    "test/a.test.js",
    js('test("a", () => { assert.doesNotThrow(() => total()); });'),
  ],
  "JS: a helper of another file": [
    "test/a.test.js",
    js('test("a", () => { same(total(), 4); });', 'import { same } from "./helpers.js";'),
  ],
  "JS: a helper that is not found": [
    "test/a.test.js",
    js('test("a", () => { run(total()); });', 'import { run } from "./kit/testing.js";'),
  ],
  "JS: a helper of the file": [
    "test/a.test.js",
    js('function same(x) { if (x !== 4) throw new Error("x"); }\ntest("a", () => { same(total()); });'),
  ],
  "JS: a snapshot": ["test/a.test.js", js('test("a", (t) => { t.assert.snapshot(total()); });')],
  "JS: a property": [
    "test/a.test.js",
    js(
      'test("a", () => { fc.assert(fc.property(fc.string(), (x) => total(x) === 4)); });',
      'import fc from "fast-check";',
    ),
  ],
  "JS: a library that throws by itself": [
    "test/a.test.js",
    js(
      'test("a", () => { render(total()); screen.getByText("4"); });',
      'import { render, screen } from "@testing-library/react";',
    ),
  ],
  "JS: an end that is waited for": ["test/a.test.js", js('test("a", (t, done) => { total(done); });')],
  "JS: a table": [
    "test/a.test.js",
    js("for (const [a, b] of [[1, 2]]) { test(`a ${a}`, () => { assert.equal(total(a), b); }); }"),
  ],
  "JS: steps": [
    "test/a.test.js",
    js('test("a", async (t) => { await t.test("b", () => { assert.equal(total(), 4); }); });'),
  ],
  "JS: a function of a name that the language has too": [
    "test/a.test.js",
    js(
      'test("a", () => { assert.deepEqual(range(1, 3), [1, 2]); });',
      'import { range } from "../src/range.js";',
    ),
  ],
  "TS: a chain": [
    "test/a.test.ts",
    'import { expect, it } from "vitest";\nimport { total } from "../src/cart.js";\nit("a", async () => { await expect(total()).resolves.toMatchInlineSnapshot(`4`); });\n',
  ],
  "TS: an error of the compiler": [
    "test/a.test.ts",
    'import { it } from "vitest";\nimport { total } from "../src/cart.js";\nit("a", () => {\n  // @ts-expect-error it takes none\n  total(1);\n});\n',
  ],
  "TS: words that no parser here knows": [
    "test/a.test.ts",
    'import { it } from "vitest";\nit("a", () => { total() @@ check <<>> 4; });\n',
  ],
  "Python: an assertion": ["tests/test_a.py", py("def test_a():\n    assert total() == 4")],
  "Python: an error": [
    "tests/test_a.py",
    py("def test_a():\n    with pytest.raises(ValueError):\n        total(1)"),
  ],
  "Python: a fixture that is called": ["tests/test_a.py", py("def test_a(compare):\n    compare(total())")],
  "Python: a library": ["tests/test_a.py", py("def test_a():\n    frames.same(total(), 4)", "import frames")],
  "Python: a decorator": ["tests/test_a.py", py("@raises(ValueError)\ndef test_a():\n    total(1)")],
  "Python: a method of a base class": [
    "tests/test_a.py",
    py(
      "class TestA(Base):\n    def test_a(self):\n        self.run_case(total())",
      "from tests.base import Base",
    ),
  ],
  "Go: an assertion": [
    "a_test.go",
    go("func TestA(t *testing.T) {\n\tif got := Total(); got != 4 {\n\t\tt.Fatal(got)\n\t}\n}"),
  ],
  "Go: a table": [
    "a_test.go",
    go(
      'func TestA(t *testing.T) {\n\tfor _, tc := range []struct{ in, want int }{{1, 2}} {\n\t\tt.Run("x", func(t *testing.T) {\n\t\t\tif got := Total(tc.in); got != tc.want {\n\t\t\t\tt.Errorf("%d", got)\n\t\t\t}\n\t\t})\n\t}\n}',
    ),
  ],
  "Go: a closure": [
    "a_test.go",
    go(
      'func TestA(t *testing.T) {\n\tis := func(got int) {\n\t\tif got != 4 {\n\t\t\tt.Errorf("%d", got)\n\t\t}\n\t}\n\tis(Total())\n}',
    ),
  ],
  "TS: of types": [
    "test/a.test.ts",
    'import { it } from "vitest";\nimport { util } from "../src/helpers.js";\nit("a", () => { util.assertEqual<A, B>(true); });\n',
  ],
  "Python: a helper of literals": [
    "tests/test_a.py",
    py('def test_a():\n    assert_failure(".")', "from cli.script_helper import assert_failure"),
  ],
  "Go: an example": ["a_test.go", go("func ExampleTotal() {\n\tfmt.Println(Total())\n\t// Output: 4\n}")],
  "Rust: unwraps": [
    "src/lib.rs",
    "#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn a() { total().unwrap(); }\n}\n",
  ],
  "Rust: a panic is wanted": [
    "src/lib.rs",
    "#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    #[should_panic]\n    fn a() { total(); }\n}\n",
  ],
  "Java: an error is wanted": [
    "src/test/java/CartTest.java",
    "class CartTest {\n  @Test(expected = IllegalStateException.class)\n  public void a() { new Cart().total(); }\n}\n",
  ],
  "Java: a method of a base class": [
    "src/test/java/CartTest.java",
    "class CartTest extends Base {\n  @Test\n  void a() { holds(new Cart().total()); }\n}\n",
  ],
  "shell: every command can fail": [
    "tests/test_a.sh",
    "#!/bin/sh\nset -e\ntest_a() {\n  ./cart total\n}\ntest_a\n",
  ],
};

Deno.test("a new test in which nothing is asserted, neither in it nor in what it calls, is told", async () => {
  const missed: string[] = [];
  for (const [name, [path, text]] of Object.entries(SILENT)) {
    if ((await silent(path, text)).length !== 1) missed.push(name);
  }
  assert.deepEqual(missed, []);
});

Deno.test("a test that asserts in a way that may only be unknown here is not told", async () => {
  const alarms: string[] = [];
  for (const [name, [path, text]] of Object.entries(SAYS)) {
    if ((await silent(path, text)).length > 0) alarms.push(name);
  }
  assert.deepEqual(alarms, []);
});

Deno.test("a test that is as it was is no new one, whatever it asserts", async () => {
  const quiet = js('test("a", () => { total(); });');
  assert.deepEqual(await silent("test/a.test.js", `${quiet}// more\n`, quiet), []);
  assert.deepEqual(await silent("test/a.test.js", quiet.replace("total()", "total(1)"), quiet), ["a"]);
});
