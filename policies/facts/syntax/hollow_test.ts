import assert from "node:assert/strict";
import { changedTests } from "./sample_edit.ts";

const MORE = {
  "src/cart.js": "export const total = () => 4;\n",
  "shop/cart.py": "def total():\n    return 4\n",
  "shop/__init__.py": "",
};
const js = (body: string) =>
  `import { test } from "node:test";\nimport assert from "node:assert/strict";\nimport { total, load } from "../src/cart.js";\n\n${body}\n`;
const vitest = (body: string) =>
  `import { expect, it } from "vitest";\nimport { total, load } from "../src/cart.js";\n${body}\n`;
const py = (body: string) => `import unittest\nfrom shop.cart import total\n\n\n${body}\n`;
const go = (body: string) => `package shop\n\nimport "testing"\n\n${body}\n`;

async function hollow(path: string, head: string, base?: string): Promise<string[]> {
  const more = base === undefined ? MORE : { ...MORE, [path]: base };
  const { hollow } = await changedTests({ more, moreHead: { [path]: head } });
  return hollow.map(({ title, kind }) => `${title} ${kind}`);
}

const HOLLOW: Record<string, [path: string, text: string, kind: string]> = {
  "JS: a call with itself": [
    "test/a.test.js",
    js('test("a", () => { assert.equal(total(1), total(1)); });'),
    "tautology",
  ],
  "JS: a name with itself": [
    "test/a.test.js",
    js('test("a", () => { const x = total(); assert.deepEqual(x, x); assert.ok(true); });'),
    "tautology",
  ],
  "TS: expect of itself": [
    "test/a.test.ts",
    vitest('it("a", () => { const got = total(2); expect(got).toBe(got); });'),
    "tautology",
  ],
  "JS: a rejection that nobody waits for": [
    "test/a.test.js",
    js('test("a", () => { assert.rejects(load("x"), /no/); });'),
    "unawaited",
  ],
  "TS: a resolution that nobody waits for": [
    "test/a.test.ts",
    vitest('it("a", () => { expect(load("x")).resolves.toBe(3); });'),
    "unawaited",
  ],
  "Python: assert of itself": [
    "tests/test_a.py",
    py("def test_a():\n    x = total()\n    assert x == x"),
    "tautology",
  ],
  "Python: assertEqual of two literals": [
    "tests/test_a.py",
    py(
      "class TestA(unittest.TestCase):\n    def test_a(self):\n        total()\n        self.assertEqual(total(), total())",
    ),
    "tautology",
  ],
  "Python: an assertion of a pair": [
    "tests/test_a.py",
    py('def test_a():\n    assert (total() == 4, "four")'),
    "tautology",
  ],
  "Python: a failure that is caught": [
    "tests/test_a.py",
    py("def test_a():\n    try:\n        assert total() == 4\n    except AssertionError:\n        pass"),
    "tautology",
  ],
  "JS: a failure that is caught": [
    "test/a.test.js",
    js('test("a", () => { try { assert.equal(total(), 4); } catch {} });'),
    "tautology",
  ],
  "Go: a comparison with itself": [
    "a_test.go",
    go('func TestA(t *testing.T) {\n\tgot := Total()\n\tif got != got {\n\t\tt.Fatal("no")\n\t}\n}'),
    "tautology",
  ],
  "Rust: assert_eq of itself": [
    "tests/a.rs",
    "#[test]\nfn a() {\n    let x = total();\n    assert_eq!(x, x);\n}\n",
    "tautology",
  ],
  "JS: or true, of a function that has the name of one of the language": [
    "test/a.test.js",
    'import { test } from "node:test";\nimport assert from "node:assert/strict";\nimport { range } from "../src/cart.js";\n' +
    'test("a", () => { const got = range(1, 4); assert.ok(got !== null || true); assert.deepEqual(got, got); });\n',
    "tautology",
  ],
  "JS: a loop over a list without an element": [
    "test/a.test.js",
    js(
      'test("a", () => { const cases = []; for (const one of cases) { total(one, (got) => assert.equal(got, "x")); } });',
    ),
    "tautology",
  ],
  "JS: a list without an element that is called what is expected": [
    "test/a.test.js",
    js(
      'test("a", () => { const expected = []; for (const one of expected) { total(one, (got) => assert.equal(got, "x")); } });',
    ),
    "tautology",
  ],
  "JS: each of a list without an element": [
    "test/a.test.js",
    js('test("a", () => { [].forEach((one) => assert.equal(total(one), 4)); });'),
    "tautology",
  ],
  "Python: a loop over a list without an element": [
    "tests/test_a.py",
    py("def test_a():\n    for one in []:\n        assert total(one) == 4"),
    "tautology",
  ],
  "shell: two numbers": [
    "tests/a.sh",
    "test_a() {\n  total / >/dev/null\n  [ 1 -eq 1 ]\n}\n",
    "tautology",
  ],
  "shell: two texts in the words of test and in double brackets": [
    "tests/a.sh",
    'test_a() {\n  total\n  test "a" = "a"\n  [[ 1 == 1 ]]\n  assert_equal 3 3\n}\n',
    "tautology",
  ],
  "Java: assertEquals of itself": [
    "src/test/java/ATest.java",
    "import org.junit.jupiter.api.Test;\nimport static org.junit.jupiter.api.Assertions.*;\nclass ATest {\n  @Test void a() { int x = Cart.total(); assertEquals(x, x); assertTrue(true); }\n}\n",
    "tautology",
  ],
};

Deno.test("tests that pass whatever the code does are told, in every language with a tree", async () => {
  const missed: string[] = [];
  for (const [name, [path, text, kind]] of Object.entries(HOLLOW)) {
    const told = await hollow(path, text);
    if (told.length !== 1 || told[0]?.toLowerCase().endsWith(` ${kind}`) !== true) {
      missed.push(`${name}: ${told}`);
    }
  }
  assert.deepEqual(missed, []);
});

const SOUND: Record<string, [path: string, text: string]> = {
  "one assertion of two can fail": [
    "test/a.test.js",
    js('test("a", () => { assert.equal(total(1), total(1)); assert.equal(total(1), 4); });'),
  ],
  "a function that has the name of one of the language": [
    "test/a.test.js",
    'import { test } from "node:test";\nimport assert from "node:assert/strict";\nimport { range } from "../src/cart.js";\n' +
    'test("a", () => { const got = range(1, 4); assert.ok(got); });\n',
  ],
  "a list that is filled before the loop": [
    "test/a.test.js",
    js(
      'test("a", () => { const cases = []; cases.push(total(1)); for (const one of cases) assert.equal(one, 4); });',
    ),
  ],
  "a list that a callback fills": [
    "test/a.test.js",
    js(
      'test("a", () => { const seen = []; total((one) => seen.push(one)); for (const one of seen) assert.equal(one, 4); });',
    ),
  ],
  "a list that is handed over to be filled": [
    "test/a.test.js",
    js('test("a", () => { const seen = []; total(seen); for (const one of seen) assert.equal(one, 4); });'),
  ],
  "Python: a list that is filled before the loop": [
    "tests/test_a.py",
    py(
      "def test_a():\n    seen = []\n    seen.append(total())\n    for one in seen:\n        assert one == 4",
    ),
  ],
  "shell: a file that has to be there": ["tests/a.sh", 'test_a() {\n  total\n  [ -f "out.txt" ]\n}\n'],
  "shell: what was printed": ["tests/a.sh", 'test_a() {\n  [ "$(total)" = "4" ]\n}\n'],
  "shell: the exit code": ["tests/a.sh", 'test_a() {\n  total\n  [ "$?" -eq 0 ]\n}\n'],
  "shell: only runs, where a failure ends the script": ["tests/a.sh", "set -e\ntest_a() {\n  total\n}\n"],
  "shell: two literals beside a real comparison": [
    "tests/a.sh",
    'test_a() {\n  [ 1 -eq 1 ]\n  total | grep -q 4 || fail "no"\n}\n',
  ],
  "shell: the positional parameters": [
    "tests/a.sh",
    'test_a() {\n  for one do\n    [ "$one" = 4 ]\n  done\n}\n',
  ],
  "Java: an error that the runner wants": [
    "src/test/java/ATest.java",
    "class ATest {\n  @Test(timeout = 4, expected = StateException.class) public void a() { Cart.total(); assertTrue(true); }\n}\n",
  ],
  "two calls that differ": [
    "test/a.test.js",
    js('test("a", () => { assert.equal(total(1, 2), total(2, 1)); });'),
  ],
  "awaited": ["test/a.test.js", js('test("a", async () => { await assert.rejects(load("x"), /no/); });')],
  "returned": ["test/a.test.js", js('test("a", () => assert.rejects(load("x"), /no/));')],
  "kept and awaited": [
    "test/a.test.js",
    js('test("a", async () => { const p = assert.rejects(load("x")); total(); await p; });'),
  ],
  "waited for together": [
    "test/a.test.ts",
    vitest('it("a", async () => { await Promise.all([expect(load("x")).resolves.toBe(3)]); });'),
  ],
  "what is thrown is looked at": [
    "test/a.test.js",
    js(
      'test("a", () => { try { total(); assert.fail("no error"); } catch (error) { assert.match(error.message, /four/); } });',
    ),
  ],
  "a function with the name of a common one": [
    "test/a.test.js",
    `import { test } from "node:test";\nimport assert from "node:assert/strict";\nimport { print } from "../src/cart.js";\ntest("a", async () => { assert.equal(await print("hello", "cat"), true); });\n`,
  ],
  "names of one letter": [
    "test/a.test.ts",
    vitest('it("a", () => { load("all").forEach((x) => expect(x).toBe(3)); });'),
  ],
  "cleared up in the end": [
    "test/a.test.js",
    js('test("a", () => { try { assert.equal(total(), 4); } finally { reset(); } });'),
  ],
  "a helper that may assert": [
    "test/a.test.js",
    js('test("a", () => { assert.ok(true); checkTotal(total()); });'),
  ],
  "Python: raises": [
    "tests/test_a.py",
    py("def test_a():\n    with pytest.raises(ValueError):\n        total()"),
  ],
  "Python: with itself, reversed": [
    "tests/test_a.py",
    py("def test_a():\n    assert total() == -(-total())"),
  ],
  "Go: two values": [
    "a_test.go",
    go('func TestA(t *testing.T) {\n\tgot := Total()\n\tif got != 4 {\n\t\tt.Fatal("no")\n\t}\n}'),
  ],
  "Go: what is asked of a new thing": [
    "a_test.go",
    go(
      "func TestA(t *testing.T) {\n\tcart := new(Cart)\n\tassert.False(t, cart.IsFull(3))\n\tassert.True(t, cart.IsFull(4))\n}",
    ),
  ],
  "JS: what is asked of a new thing": [
    "test/a.test.js",
    js('test("a", () => { assert.ok(new Cart().isEmpty()); });'),
  ],
  "Rust: should_panic": [
    "tests/a.rs",
    "#[test]\n#[should_panic]\nfn a() {\n    assert_eq!(1, 1);\n    total();\n}\n",
  ],
};

Deno.test("tests that can fail are not told", async () => {
  const alarms: string[] = [];
  for (const [name, [path, text]] of Object.entries(SOUND)) {
    const told = await hollow(path, text);
    if (told.length > 0) alarms.push(`${name}: ${told}`);
  }
  assert.deepEqual(alarms, []);
});

Deno.test("a test that was there and is as it was is not told", async () => {
  const [path, text] = HOLLOW["JS: a call with itself"] ?? ["", ""];
  assert.deepEqual(await hollow(path, `${text}// more\n`, text), []);
  assert.deepEqual(await hollow(path, text.replace('test("a"', 'test("renamed"'), text), []);
});
