import assert from "node:assert/strict";
import * as evasion from "./cases_evasion.ts";
import * as compiled from "./cases_compiled.ts";
import * as javascript from "./cases_javascript.ts";
import * as python from "./cases_python.ts";
import * as shell from "./cases_shell.ts";
import { weakenedBy } from "./sample_edit.ts";

const LANGUAGES = {
  JavaScript: javascript,
  Python: python,
  "Go, Rust, Java": compiled,
  shell,
  "several languages, less plainly": evasion,
};

for (const [language, { WEAKER, HONEST }] of Object.entries(LANGUAGES)) {
  Deno.test(`${language}: an existing test that asserts less is told, whichever way it was weakened`, async () => {
    const missed: string[] = [];
    for (const [name, edit] of Object.entries(WEAKER)) {
      if ((await weakenedBy(edit)).length === 0) missed.push(name);
    }
    assert.deepEqual(missed, []);
  });

  Deno.test(`${language}: tests that are written anew and assert as much are left alone`, async () => {
    const alarms: string[] = [];
    for (const [name, edit] of Object.entries(HONEST)) {
      for (const { kind, detail, line } of await weakenedBy(edit)) {
        alarms.push(`${name}: ${kind} in line ${line}: ${detail}`);
      }
    }
    assert.deepEqual(alarms, []);
  });
}

Deno.test("what a test lost is told with its name, its line and a reason, never with its source", async () => {
  const [found] = await weakenedBy({
    path: "tests/test_price.py",
    base: "class PriceTest(TestCase):\n    def test_a(self):\n        self.assertEqual(parse('ghp'), 1)\n",
    head: "class PriceTest(TestCase):\n    def test_a(self):\n        self.assertTrue(parse('ghp'))\n",
  });
  assert.deepEqual(found, {
    path: "tests/test_price.py",
    line: 3,
    suite: "PriceTest",
    title: "test_a",
    kind: "weaker",
    detail: "an exact comparison became an assertion that something holds",
    certain: true,
  });
});

Deno.test("a lost assertion that can be said otherwise in a helper's file is for a human", async () => {
  const edit = javascript.WEAKER["the helper of another file asserts nothing any more"];
  assert.ok(edit);
  assert.deepEqual((await weakenedBy(edit)).map(({ certain, title }) => [certain, title]), [[
    false,
    "check()",
  ]]);
});

Deno.test("deep nesting, endless recursion and long tables end soon, and a file that is no code is read too", async () => {
  const deep = `test("a", () => { ${"if (x) { ".repeat(2000)} assert.equal(f(), 1); ${"}".repeat(2000)} });`;
  const loop = `function a(n) { b(n); b(n); }\nfunction b(n) { a(n); a(n); assert.equal(f(n), 1); }\n` +
    `test("a", () => { a(1); });`;
  const rows = `const ROWS = [${
    "1, ".repeat(5000)
  }];\ntest("a", () => { for (const row of ROWS) assert.equal(f(row), 1); });`;
  const growing = `test("a", () => { let x = f(); ${"x = [x, x];".repeat(60)} assert.deepEqual(x, 1); });`;
  for (const text of [deep, loop, rows, growing, "\u0000{{{((", ""]) {
    for (const other of ["", text]) {
      const started = performance.now();
      await weakenedBy({ path: "a.test.js", base: text, head: `${other}\n// more` });
      assert.ok(performance.now() - started < 20_000, text.slice(0, 40));
    }
  }
});

Deno.test("what is too long to be compared is for a human when it changed, and left alone when it did not", async () => {
  const long = (last: string) =>
    `test("a", () => {\n${"assert.equal(f(1), 1);\n".repeat(4000)}${last}\n});\n`;
  const other = 'test("b", () => { assert.equal(f(2), 2); });\n';
  const told = async (base: string, head: string) =>
    (await weakenedBy({ path: "a.test.js", base, head })).map(({ title, certain }) => `${title} ${certain}`);
  assert.deepEqual(await told(long("") + other, long("return;") + other), ["a false"]);
  assert.deepEqual(await told(long(""), long("") + other), []);
  const huge = `// ${"x".repeat(1_100_000)}\n${other}`;
  assert.deepEqual(await told(huge, `${huge}\n`), ["(file) false"]);
});

Deno.test("what is not understood is for a human when it changed, and left alone when it did not", async () => {
  const file = (a: string, top = "") =>
    `${top}\ntest("a", () => {\n${a}\n});\ntest("b", () => { assert.equal(f(2), 2); });\n`;
  const told = async (base: string, head: string) =>
    (await weakenedBy({ path: "a.test.js", base, head })).map(({ title, detail, certain }) =>
      `${title} ${/not understood/.test(detail)} ${certain}`
    );
  const odd = "  @@ f(1) <=> 1;";
  assert.deepEqual(await told(file(odd), file("  @@ f(1) <=> 2;")), ["a true false"]);
  assert.deepEqual(await told(file("  assert.equal(f(1), 1);"), file(odd)), ["a true false"]);
  assert.deepEqual(await told(file("", "const x = @@ 1;"), file("", "const x = @@ 2;")), [
    "(file) true false",
  ]);
  assert.deepEqual(await told(file(odd, "const x = @@ 1;"), `${file(odd, "const x = @@ 1;")}// more\n`), []);
});

Deno.test("a helper that a long test calls is looked at, though the test itself is as it was", async () => {
  const text = (helper: string) =>
    `function same(a, b) { ${helper} }\ntest("a", () => {\nsame(f(0), 0);\n${
      "assert.equal(f(1), 1);\n".repeat(4000)
    }\n});\n`;
  const told = await weakenedBy({ path: "a.test.js", base: text("assert.equal(a, b);"), head: text("") });
  assert.deepEqual(told.map(({ title, certain }) => [title, certain]), [["a", false]]);
});

Deno.test("of more losses than are listed each test is named", async () => {
  const file = (body: string) =>
    Array.from({ length: 150 }, (_, at) => `test("t${at}", () => { ${body} });\n`).join("");
  const told = await weakenedBy({
    path: "a.test.js",
    base: file("assert.equal(f(1), 1); assert.equal(g(2), 2);"),
    head: file(""),
  });
  assert.equal(new Set(told.map(({ title }) => title)).size, 150);
});

Deno.test("a test that asserts as strongly in other words, or that is skipped on a platform, is for a human; one that only lost is not", async () => {
  const certain = async (base: string, head: string) =>
    (await weakenedBy({
      path: "price_test.go",
      base:
        `package price\n\nimport (\n	"runtime"\n	"testing"\n)\n\nfunc TestParse(t *testing.T) {\n${base}\n}\n`,
      head:
        `package price\n\nimport (\n	"runtime"\n	"testing"\n)\n\nfunc TestParse(t *testing.T) {\n${head}\n}\n`,
    })).map((one) => one.certain);
  const of = (value: string) =>
    `	if got := Parse("${value}"); got != ${value} {\n		t.Errorf("got %d", got)\n	}`;
  const other = `	if sum := Total("1,2"); sum != 3 {\n		t.Errorf("got %d", sum)\n	}`;
  assert.deepEqual(await certain(`${of("1")}\n${of("2")}\n${of("3")}`, `${of("1")}\n${of("4")}`), [false]);
  assert.deepEqual(await certain(`${of("1")}\n${of("2")}`, of("1")), [true]);
  assert.deepEqual(
    await certain(`${of("1")}\n${other}`, `	if got := Parse("1"); got == 0 {\n		t.Error(got)\n	}`),
    [
      true,
      true,
    ],
  );
  const skip = `	if runtime.GOOS == "plan9" {\n		t.Skip("not here")\n	}\n`;
  const leave = `	if runtime.GOMAXPROCS(0) > 1 {\n		return\n	}\n`;
  assert.deepEqual(await certain(of("1"), skip + of("1")), [false]);
  assert.deepEqual(await certain(of("1"), leave + of("1")), [false]);
  assert.deepEqual(await certain(of("1"), `	if Parse("1") != 1 {\n		return\n	}\n${of("1")}`), [true]);
});

Deno.test("rows that lose the same are told once", async () => {
  const file = (assertion: string) =>
    `test("a", () => {\n  for (const n of [1, 2, 3, 4, 5]) {\n    ${assertion}\n  }\n});\n`;
  const told = await weakenedBy({
    path: "a.test.js",
    base: file("assert.equal(f(n), n);"),
    head: file("assert.ok(f(n));"),
  });
  assert.equal(told.length, 1);
});
