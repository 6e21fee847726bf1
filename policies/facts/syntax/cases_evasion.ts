/** For tests only: edits that are harder to read than the plain ones, in several languages. */
import type { Edit } from "./cases_javascript.ts";

const js = (base: string, head: string, more: Partial<Edit> = {}): Edit => ({
  path: "test/cart.test.js",
  base:
    `import { test, describe, it } from "node:test";\nimport assert from "node:assert/strict";\nimport { Cart, load } from "../src/cart.js";\n${base}\n`,
  head:
    `import { test, describe, it } from "node:test";\nimport assert from "node:assert/strict";\nimport { Cart, load } from "../src/cart.js";\n${head}\n`,
  ...more,
});
const ts = (base: string, head: string): Edit => ({
  path: "src/cart.spec.ts",
  base: `import { describe, expect, it, vi } from "vitest";\nimport { Cart, load } from "./cart";\n${base}\n`,
  head: `import { describe, expect, it, vi } from "vitest";\nimport { Cart, load } from "./cart";\n${head}\n`,
});
const py = (base: string, head: string): Edit => ({
  path: "tests/test_cart.py",
  base: `import pytest\nimport unittest\nfrom shop.cart import Cart, load\n\n\n${base}\n`,
  head: `import pytest\nimport unittest\nfrom shop.cart import Cart, load\n\n\n${head}\n`,
});
const go = (base: string, head: string): Edit => ({
  path: "cart_test.go",
  base: `package shop\n\nimport (\n	"testing"\n)\n\n${base}\n`,
  head: `package shop\n\nimport (\n	"testing"\n)\n\n${head}\n`,
});
const goBody = (body: string): string => `func TestCart(t *testing.T) {\n${body}\n}`;
const GO =
  `	c := NewCart()\n	c.Add("a", 2)\n	if got := c.Total(); got != 4 {\n		t.Fatalf("total %d", got)\n	}\n	if len(c.Items()) != 1 {\n		t.Errorf("items %v", c.Items())\n	}`;
const JS =
  `test("totals", async () => {\n  const cart = new Cart();\n  cart.add("a", 2);\n  assert.equal(cart.total(), 4);\n  assert.deepEqual(cart.items(), ["a"]);\n  await assert.rejects(load("x"), { code: "ENOENT" });\n});`;
const PY =
  `class CartTest(unittest.TestCase):\n    def test_total(self):\n        cart = Cart()\n        cart.add("a", 2)\n        self.assertEqual(cart.total(), 4)\n        self.assertListEqual(cart.items(), ["a"])\n        with self.assertRaises(KeyError):\n            cart.remove("b")`;
const TS =
  `describe("cart", () => {\n  it("totals", async () => {\n    const cart = new Cart();\n    cart.add("a", 2);\n    expect(cart.total()).toBe(4);\n    expect(cart.items()).toEqual(["a"]);\n    await expect(load("x")).rejects.toThrow("no such cart");\n  });\n});`;

export const WEAKER: Record<string, Edit> = {
  "JS: the assertions are in a label that is left": js(
    JS,
    JS.replace("  const cart", "  done: { break done;\n  const cart").replace("});\n});", "});\n  }\n});")
      .replace(/\}\);$/, "}\n});"),
  ),
  "JS: emptied beside a new test of the same function": js(
    `test("a", () => {\n  assert.equal(load("a"), 1);\n});`,
    `test("a", () => {\n});\ntest("b", () => {\n  assert.equal(load("b"), 2);\n});`,
  ),
  "Py: emptied beside a new test of the same function": py(
    `def test_a():\n    assert load("a") == 1`,
    `def test_a():\n    load("a")\n\n\ndef test_b():\n    assert load("b") == 2`,
  ),
  "Py: any error, beside a new test that wants the kind": py(
    `class A(unittest.TestCase):\n    def test_a(self):\n        with self.assertRaises(ValueError):\n            load("a")`,
    `class A(unittest.TestCase):\n    def test_a(self):\n        with self.assertRaises(Exception):\n            load("a")\n\n    def test_b(self):\n        with self.assertRaises(ValueError):\n            load("b")`,
  ),
  "Go: emptied beside a new test of the same function": go(
    goBody(GO),
    `${
      goBody("	_ = NewCart()")
    }\n\nfunc TestOther(t *testing.T) {\n	c := NewCart()\n	if got := c.Count(); got != 0 {\n		t.Fatal(got)\n	}\n}`,
  ),
  "JS: what is wrong is gathered, and nothing is": js(
    `test("a", () => {\n  for (const [name, want] of [["a", 1], ["b", 2]]) assert.equal(load(name), want);\n});`,
    `test("a", () => {\n  const wrong = [];\n  for (const [name, want] of [["a", 1], ["b", 2]]) {\n    if (load(name) === want && false) wrong.push(name);\n  }\n  assert.deepEqual(wrong, []);\n});`,
  ),
  "JS: what is wrong is gathered, and not looked at": js(
    `test("a", () => {\n  for (const [name, want] of [["a", 1], ["b", 2]]) assert.equal(load(name), want);\n});`,
    `test("a", () => {\n  const wrong = [];\n  for (const [name, want] of [["a", 1], ["b", 2]]) {\n    if (load(name) !== want) wrong.push(name);\n  }\n  assert.ok(wrong);\n});`,
  ),
  "JS: a counter that nothing counts": js(
    `test("a", () => {\n  let calls = 0;\n  load("a", () => calls++);\n  assert.equal(calls, 1);\n});`,
    `test("a", () => {\n  let calls = 0;\n  load("a", () => calls++);\n});`,
  ),
  "JS: a list that is filled later": js(
    `test("a", () => {\n  const seen = [];\n  load("a", (value) => seen.push(value));\n  assert.deepEqual(seen, [1, 2]);\n});`,
    `test("a", () => {\n  const seen = [];\n  load("a", (value) => seen.push(value));\n  assert.ok(seen);\n});`,
  ),
  "Py: a list that is filled later": py(
    `def test_a():\n    seen = []\n    load("a", seen.append)\n    assert seen == [1, 2]`,
    `def test_a():\n    seen = []\n    load("a", seen.append)\n    assert [seen == [1, 2]]`,
  ),
  "Go: a counter": go(
    goBody(`	calls := 0\n	Load("a", func() { calls++ })\n	if calls != 1 {\n		t.Fatal(calls)\n	}`),
    goBody(`	calls := 0\n	Load("a", func() { calls++ })\n	_ = calls`),
  ),
  "JS: a function is always true": js(
    `test("a", () => {\n  assert.ok(load("a") === 1);\n});`,
    `test("a", () => {\n  assert.ok(() => load("a") === 1);\n});`,
  ),
  "JS: a list is always true": js(
    `test("a", () => {\n  assert.equal(load("a"), true);\n});`,
    `test("a", () => {\n  assert.ok([load("a"), true]);\n});`,
  ),
  "JS: optional call of nothing": js(JS, JS.replaceAll("assert.equal(", "globalThis.check?.(")),
  "JS: the comparison is thrown away": js(
    JS,
    JS.replace("assert.equal(cart.total(), 4);", "void (cart.total() === 4);"),
  ),
  "JS: nullish guard": js(
    JS,
    JS.replace("assert.equal(cart.total(), 4)", "process.env.X ?? assert.equal(cart.total(), 4)").replace(
      "process.env.X ??",
      "true ||",
    ),
  ),
  "JS: compared through String of nothing": js(
    JS,
    JS.replace("assert.equal(cart.total(), 4)", 'assert.equal(typeof cart.total, "function")'),
  ),
  "JS: the cart is a stub of the test's own": js(
    JS,
    JS.replace("new Cart()", '{ add() {}, total: () => 4, items: () => ["a"] }'),
  ),
  "JS: every over nothing": js(
    JS,
    JS.replace('assert.deepEqual(cart.items(), ["a"]);', "assert.ok(cart.items().every(() => true));"),
  ),
  "JS: rejects became a caught promise": js(
    JS,
    JS.replace('await assert.rejects(load("x"), { code: "ENOENT" });', 'await load("x").catch(() => {});'),
  ),
  "JS: rejects takes any error": js(JS, JS.replace('{ code: "ENOENT" }', "() => true")),
  "JS: all settled": js(
    JS,
    JS.replace(
      "assert.equal(cart.total(), 4);",
      "await Promise.allSettled([(async () => assert.equal(cart.total(), 4))()]);",
    ),
  ),
  "JS: a timeout that wins": js(
    JS,
    JS.replace("  assert.equal(cart.total(), 4);", "  setImmediate(() => assert.equal(cart.total(), 4));"),
  ),
  "JS: an arrow that is made and not called": js(
    JS,
    JS.replace("assert.equal(cart.total(), 4);", "(() => assert.equal(cart.total(), 4));"),
  ),
  "JS: a bound function that is not called": js(
    JS,
    JS.replace("assert.equal(cart.total(), 4);", "assert.equal.bind(null, cart.total(), 4);"),
  ),
  "JS: return before, on the same line": js(JS, JS.replace('cart.add("a", 2);', 'cart.add("a", 2); return;')),
  "JS: unless the first is wrong": js(
    JS,
    JS.replace('cart.add("a", 2);', 'cart.add("a", 2);\n  if (cart.total() !== 4) return;'),
  ),
  "JS: a loop with a bound of zero": js(
    JS,
    JS.replace(
      "  assert.equal(cart.total(), 4);",
      "  for (let i = 0; i < 0; i++) assert.equal(cart.total(), 4);",
    ),
  ),
  "JS: forEach over a filtered nothing": js(
    JS,
    JS.replace("  assert.equal(cart.total(), 4);", "  [].forEach(() => assert.equal(cart.total(), 4));"),
  ),
  "JS: assert is a local no-op": js(
    JS,
    JS.replace(
      "  const cart",
      "  const assert = Object.assign(() => {}, { equal() {}, deepEqual() {}, rejects() {} });\n  const cart",
    ),
  ),
  "JS: shadowed by a parameter": js(
    JS,
    JS.replace(
      "async () => {",
      "async (_t, assert = { equal() {}, deepEqual() {}, async rejects() {} }) => {",
    ),
  ),
  "JS: expected value read from the code": js(
    JS,
    JS.replace("assert.equal(cart.total(), 4)", "assert.equal(cart.total(), cart.total())"),
  ),
  "JS: less than or equal to infinity": js(
    JS,
    JS.replace("assert.equal(cart.total(), 4)", "assert.ok(cart.total() <= Infinity)"),
  ),
  "JS: comments": js(
    JS,
    JS.replace("assert.equal(cart.total(), 4);", "// assert.equal(cart.total(), 4);").replace(
      "assert.deepEqual",
      "/* assert.deepEqual",
    ).replace('["a"]);', '["a"]); */'),
  ),
  "TS: objectContaining nothing": ts(TS, TS.replace('toEqual(["a"])', "toEqual(expect.anything())")),
  "TS: not.toBeNull": ts(TS, TS.replace(".toBe(4)", ".not.toBeNull()")),
  "TS: any number": ts(
    TS,
    TS.replace("expect(cart.total()).toBe(4)", "expect(cart.total()).toEqual(expect.any(Number))"),
  ),
  "TS: hasAssertions instead": ts(TS, TS.replace("expect(cart.total()).toBe(4)", "expect.hasAssertions()")),
  "TS: soft": ts(
    TS,
    TS.replace(
      "expect(cart.total()).toBe(4);",
      "try { expect(cart.total()).toBe(4); } catch (e) { console.warn(e); }",
    ),
  ),
  "TS: rejects without await": ts(TS, TS.replace("await expect(load", "void expect(load")),
  "TS: concurrent callback lost": ts(
    TS,
    TS.replace('it("totals", async () => {', 'it("totals", () => { (async () => {').replace(
      "  });\n});",
      "  })(); });\n});",
    ),
  ),
  "Py: assert in a docstring": py(
    PY,
    PY.replace(
      "        self.assertEqual(cart.total(), 4)",
      '        """self.assertEqual(cart.total(), 4)"""',
    ),
  ),
  "Py: a bare comparison": py(PY, PY.replace("self.assertEqual(cart.total(), 4)", "cart.total() == 4")),
  "Py: while False": py(
    PY,
    PY.replace(
      "        self.assertEqual(cart.total(), 4)",
      "        while False:\n            self.assertEqual(cart.total(), 4)",
    ),
  ),
  "Py: if TYPE_CHECKING": py(
    PY,
    PY.replace(
      "        self.assertEqual(cart.total(), 4)",
      "        if typing.TYPE_CHECKING:\n            self.assertEqual(cart.total(), 4)",
    ),
  ),
  "Py: the error is a tuple of all": py(
    PY,
    PY.replace("assertRaises(KeyError)", "assertRaises((KeyError, Exception))"),
  ),
  "Py: a nested test function": py(
    PY,
    PY.replace("        cart = Cart()", "        def run():\n            cart = Cart()").replace(
      /\n {8}(cart\.add|self|with)/g,
      "\n            $1",
    ).replace("            cart.remove", "                cart.remove"),
  ),
  "Py: self is replaced": py(
    PY,
    PY.replace("        cart = Cart()", "        self = unittest.mock.MagicMock()\n        cart = Cart()"),
  ),
  "Py: mocked result": py(
    PY,
    PY.replace(
      "        cart = Cart()",
      '        cart = unittest.mock.Mock(total=lambda: 4, items=lambda: ["a"])',
    ),
  ),
  "Py: ExitStack suppress": py(
    PY,
    PY.replace(
      "        self.assertEqual(cart.total(), 4)",
      "        with contextlib.ExitStack() as stack:\n            stack.enter_context(contextlib.suppress(BaseException))\n            self.assertEqual(cart.total(), 4)",
    ),
  ),
  "Py: parametrize from an empty range": py(
    `@pytest.mark.parametrize("n", [1, 2])\ndef test_a(n):\n    assert load(n) == n`,
    `@pytest.mark.parametrize("n", range(0))\ndef test_a(n):\n    assert load(n) == n`,
  ),
  "Py: sys.exit under a condition": py(
    PY,
    PY.replace(
      "        cart = Cart()",
      '        if not os.environ.get("SLOW"):\n            sys.exit()\n        cart = Cart()',
    ),
  ),
  "Go: a shadowed t": go(
    goBody(GO),
    goBody(GO.replace("	c := NewCart()", "	t = &testing.T{}\n	c := NewCart()")),
  ),
  "Go: recover": go(
    goBody(GO),
    goBody(GO.replace("t.Fatalf", "fmt.Printf").replace("t.Errorf", "fmt.Printf")),
  ),
  "Go: greater than any": go(goBody(GO), goBody(GO.replace("got != 4", "got > 1<<62"))),
  "Go: if false": go(goBody(GO), goBody(`	if false {\n${GO}\n	}`)),
  "Go: helper with the wrong way round": go(goBody(GO), goBody(GO.replace("got != 4", "got != got"))),
};

export const HONEST: Record<string, Edit> = {
  "JS: an empty list by its length": js(
    `test("a", () => {\n  assert.deepEqual(load("a"), []);\n});`,
    `test("a", () => {\n  assert.equal(load("a").length, 0);\n});`,
  ),
  "JS: what is wrong is gathered first": js(
    `test("a", () => {\n  for (const [name, want] of [["a", 1], ["b", 2], ["c", 3]]) assert.equal(load(name), want);\n});`,
    `test("a", () => {\n  const wrong = [];\n  for (const [name, want] of [["a", 1], ["b", 2], ["c", 3]]) {\n    if (load(name) !== want) wrong.push(name);\n  }\n  assert.deepEqual(wrong, []);\n});`,
  ),
  "Py: what is wrong is gathered first": py(
    `def test_a():\n    for name, want in [("a", 1), ("b", 2), ("c", 3)]:\n        assert load(name) == want`,
    `def test_a():\n    wrong = []\n    for name, want in [("a", 1), ("b", 2), ("c", 3)]:\n        if load(name) != want:\n            wrong.append(name)\n    assert wrong == []`,
  ),
  "Go: what is wrong is gathered first": go(
    goBody(
      `	for _, n := range []int{1, 2, 3} {\n		if got := Load(n); got != n {\n			t.Error(got)\n		}\n	}`,
    ),
    goBody(
      `	var wrong []int\n	for _, n := range []int{1, 2, 3} {\n		if got := Load(n); got != n {\n			wrong = append(wrong, n)\n		}\n	}\n	if len(wrong) > 0 {\n		t.Errorf("wrong: %v", wrong)\n	}`,
    ),
  ),
  "JS: arrange, act, assert with blank lines and comments": js(
    JS,
    JS.replace("  assert.equal", "\n  // Assert\n  assert.equal"),
  ),
  "JS: a factory": js(
    JS,
    `const filled = (...names) => {\n  const cart = new Cart();\n  for (const name of names) cart.add(name, 2);\n  return cart;\n};\n${
      JS.replace('  const cart = new Cart();\n  cart.add("a", 2);', '  const cart = filled("a");')
    }`,
  ),
  "JS: t.after for the cleaning up": js(
    JS,
    JS.replace("async () => {", "async (t) => {\n  t.after(() => rm());"),
  ),
  "JS: a mocked clock": js(
    JS,
    JS.replace("async () => {", 'async (t) => {\n  t.mock.timers.enable({ apis: ["setTimeout"] });'),
  ),
  "JS: another unit in the expected value": js(
    JS,
    JS.replace("cart.total(), 4", 'cart.total(), { amount: 4, unit: "EUR" }'),
  ),
  "JS: destructured asserts": js(
    JS,
    JS.replaceAll("assert.equal(", "equal(").replaceAll("assert.deepEqual(", "deepEqual(").replaceAll(
      "assert.rejects(",
      "rejects(",
    ),
    {
      head:
        `import { test } from "node:test";\nimport { deepEqual, equal, rejects } from "node:assert/strict";\nimport { Cart, load } from "../src/cart.js";\n${
          JS.replaceAll("assert.", "")
        }\n`,
    },
  ),
  "JS: the error looked at by a function": js(
    JS,
    JS.replace(
      'await assert.rejects(load("x"), { code: "ENOENT" });',
      'await assert.rejects(load("x"), (error) => {\n    assert.equal(error.code, "ENOENT");\n    return true;\n  });',
    ),
  ),
  "JS: try and fail became rejects": js(
    JS.replace(
      'await assert.rejects(load("x"), { code: "ENOENT" });',
      'try { await load("x"); assert.fail("no error"); } catch (error) { assert.equal(error.code, "ENOENT"); }',
    ),
    JS,
  ),
  "JS: into a describe": js(
    JS,
    `describe("cart", () => {\n${JS.replace('test("totals"', 'it("totals"')}\n});`,
  ),
  "JS: each item of a known list": js(
    JS,
    JS.replace(
      '  assert.deepEqual(cart.items(), ["a"]);',
      '  for (const [at, name] of ["a"].entries()) assert.equal(cart.items()[at], name);',
    ),
  ),
  "JS: lines sorted by length": js(
    JS,
    JS.replace(
      '  assert.equal(cart.total(), 4);\n  assert.deepEqual(cart.items(), ["a"]);',
      '  assert.deepEqual(cart.items(), ["a"]);\n  assert.equal(cart.total(), 4);',
    ),
  ),
  "JS: retry": js(
    JS,
    JS.replace(
      '  await assert.rejects(load("x"), { code: "ENOENT" });',
      '  await retry(3, async () => {\n    await assert.rejects(load("x"), { code: "ENOENT" });\n  });',
    ),
  ),
  "JS: withCart": js(
    JS,
    `async function withCart(use) {\n  const cart = new Cart();\n  try {\n    await use(cart);\n  } finally {\n    cart.close();\n  }\n}\ntest("totals", async () => {\n  await withCart(async (cart) => {\n    cart.add("a", 2);\n    assert.equal(cart.total(), 4);\n    assert.deepEqual(cart.items(), ["a"]);\n    await assert.rejects(load("x"), { code: "ENOENT" });\n  });\n});`,
  ),
  "JS: async tests awaited together": js(
    `test("a", async () => {\n  assert.equal(await load("a"), 1);\n  assert.equal(await load("b"), 2);\n});`,
    `test("a", async () => {\n  const [a, b] = await Promise.all([load("a"), load("b")]);\n  assert.equal(a, 1);\n  assert.equal(b, 2);\n});`,
  ),
  "JS: map with async": js(
    `test("a", async () => {\n  for (const n of [1, 2]) assert.equal(await load(n), n);\n});`,
    `test("a", async () => {\n  await Promise.all([1, 2].map(async (n) => assert.equal(await load(n), n)));\n});`,
  ),
  "JS: another new test beside": js(
    JS,
    `${JS}\ntest("empty", () => {\n  assert.equal(new Cart().total(), 0);\n});`,
  ),
  "TS: each with objects": ts(
    `it("a", () => {\n  expect(load("a")).toBe(1);\n  expect(load("b")).toBe(2);\n});`,
    `it("a", () => {\n  const cases = [{ name: "a", want: 1 }, { name: "b", want: 2 }] as const;\n  for (const { name, want } of cases) expect(load(name), name).toBe(want);\n});`,
  ),
  "TS: setup in beforeEach": ts(
    TS,
    TS.replace(
      '  it("totals"',
      '  let cart: Cart;\n  beforeEach(() => { cart = new Cart(); });\n  it("totals"',
    ).replace("    const cart = new Cart();\n", ""),
  ),
  "TS: toBe became toEqual and back": ts(
    TS,
    TS.replace(".toBe(4)", ".toEqual(4)").replace('toEqual(["a"])', 'toStrictEqual(["a"])'),
  ),
  "TS: rejects by class and message": ts(
    TS,
    TS.replace('rejects.toThrow("no such cart")', 'rejects.toThrowError(new Error("no such cart"))'),
  ),
  "TS: spies": ts(
    TS,
    TS.replace(
      "    const cart",
      '    const spy = vi.spyOn(console, "log").mockImplementation(() => {});\n    const cart',
    ).replace("    await expect", "    expect(spy).not.toHaveBeenCalled();\n    await expect"),
  ),
  "TS: test.each": ts(
    `it.each([[1, 2], [2, 4]])("doubles %i", (n, want) => {\n  expect(load(n)).toBe(want);\n});`,
    `it.each([{ n: 1, want: 2 }, { n: 2, want: 4 }, { n: 3, want: 6 }])("doubles $n", ({ n, want }) => {\n  expect(load(n)).toBe(want);\n});`,
  ),
  "TS: regrouped": ts(
    TS,
    TS.replace('describe("cart", () => {', 'describe("cart", () => {\n  describe("sums", () => {').replace(
      /\}\);$/,
      "  });\n});",
    ),
  ),
  "TS: types in the test": ts(
    TS,
    TS.replace("const cart = new Cart()", "const cart: Cart = new Cart()").replace(
      "cart.items()",
      "(cart.items() as string[])",
    ),
  ),
  "Py: addCleanup": py(
    PY,
    PY.replace("        cart = Cart()", "        cart = Cart()\n        self.addCleanup(cart.close)"),
  ),
  "Py: setUp": py(
    PY,
    PY.replace("        cart = Cart()\n", "").replaceAll("cart.", "self.cart.").replace(
      "    def test_total",
      "    def setUp(self):\n        self.cart = Cart()\n\n    def test_total",
    ),
  ),
  "Py: to pytest": py(
    PY,
    `def test_total():\n    cart = Cart()\n    cart.add("a", 2)\n    assert cart.total() == 4\n    assert cart.items() == ["a"]\n    with pytest.raises(KeyError):\n        cart.remove("b")`,
  ),
  "Py: approx": py(
    `def test_a():\n    assert load(1) == 0.3`,
    `def test_a():\n    assert load(1) == pytest.approx(0.3)`,
  ),
  "Py: a fixture and a class": py(
    `def test_a():\n    cart = Cart()\n    assert cart.total() == 0`,
    `@pytest.fixture\ndef cart():\n    return Cart()\n\n\ndef test_a(cart):\n    assert cart.total() == 0`,
  ),
  "Py: parametrize over ids": py(
    `@pytest.mark.parametrize("n,want", [(1, 2), (2, 4)])\ndef test_a(n, want):\n    assert load(n) == want`,
    `CASES = [(1, 2), (2, 4)]\n\n\n@pytest.mark.parametrize(("n", "want"), CASES, ids=str)\ndef test_a(n, want):\n    assert load(n) == want`,
  ),
  "Py: monkeypatch": py(
    `def test_a():\n    assert load("x") == 1`,
    `def test_a(monkeypatch):\n    monkeypatch.setenv("TZ", "UTC")\n    assert load("x") == 1`,
  ),
  "Py: raises with the error": py(
    PY,
    PY.replace(
      'with self.assertRaises(KeyError):\n            cart.remove("b")',
      'with self.assertRaises(KeyError) as raised:\n            cart.remove("b")\n        self.assertEqual(raised.exception.args, ("b",))',
    ),
  ),
  "Py: a loop with subTest over a dictionary": py(
    `class A(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(load("a"), 1)\n        self.assertEqual(load("b"), 2)`,
    `class A(unittest.TestCase):\n    def test_a(self):\n        expected = {"a": 1, "b": 2}\n        for name, want in expected.items():\n            with self.subTest(name):\n                self.assertEqual(load(name), want)`,
  ),
  "Py: the wait instead of the sleep": py(
    `def test_a():\n    time.sleep(0.1)\n    assert load("x").done`,
    `def test_a():\n    deadline = time.monotonic() + 5\n    while not load("x").done and time.monotonic() < deadline:\n        time.sleep(0.01)\n    assert load("x").done`,
  ),
  "Go: cleanup and parallel": go(
    goBody(GO),
    goBody(`	t.Parallel()\n	t.Cleanup(func() { reset() })\n${GO}`),
  ),
  "Go: a constructor that fails the test": go(
    goBody(GO),
    `func newTestCart(t *testing.T) *Cart {\n	t.Helper()\n	c := NewCart()\n	if c == nil {\n		t.Fatal("no cart")\n	}\n	return c\n}\n\n${
      goBody(GO.replace("NewCart()", "newTestCart(t)"))
    }`,
  ),
  "Go: want and got": go(
    goBody(GO),
    goBody(
      GO.replace("	if got := c.Total(); got != 4 {", "	got, want := c.Total(), 4\n	if got != want {")
        .replace("total %d", "got %d"),
    ),
  ),
  "Go: a table of structs declared outside": go(
    goBody(
      `	if got := Sum(1, 2); got != 3 {\n		t.Error(got)\n	}\n	if got := Sum(2, 2); got != 4 {\n		t.Error(got)\n	}`,
    ),
    `var sums = []struct {\n	a, b, want int\n}{\n	{1, 2, 3},\n	{a: 2, b: 2, want: 4},\n}\n\n${
      goBody(
        `	for i, tc := range sums {\n		if got := Sum(tc.a, tc.b); got != tc.want {\n			t.Errorf("%d: got %d, want %d", i, got, tc.want)\n		}\n	}`,
      )
    }`,
  ),
  "Go: errors.As": go(
    goBody(`	_, err := Load("x")\n	if err == nil {\n		t.Fatal("no error")\n	}`),
    goBody(
      `	_, err := Load("x")\n	var missing *MissingError\n	if !errors.As(err, &missing) {\n		t.Fatalf("got %v", err)\n	}`,
    ),
  ),
  "Go: continue for rows that want an error": go(
    goBody(
      `	for _, tt := range []struct {\n		in string\n		want int\n		bad bool\n	}{{"1", 1, false}, {"x", 0, true}} {\n		got, err := Load(tt.in)\n		if (err != nil) != tt.bad {\n			t.Fatalf("err %v", err)\n		}\n		if got != tt.want {\n			t.Errorf("got %d", got)\n		}\n	}`,
    ),
    goBody(
      `	for _, tt := range []struct {\n		in string\n		want int\n		bad bool\n	}{{"1", 1, false}, {"x", 0, true}} {\n		got, err := Load(tt.in)\n		if tt.bad {\n			if err == nil {\n				t.Fatal("no error")\n			}\n			continue\n		}\n		if err != nil {\n			t.Fatal(err)\n		}\n		if got != tt.want {\n			t.Errorf("got %d", got)\n		}\n	}`,
    ),
  ),
};
