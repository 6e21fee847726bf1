import assert from "node:assert/strict";
import fc from "fast-check";
import type { CodeLanguage } from "../../../specs/mod.ts";
import { scanTests } from "./tests.ts";

const titles = (language: CodeLanguage, text: string) =>
  scanTests(text, language).tests.map(({ suite, title }) => suite === "" ? title : `${suite} | ${title}`);
const marks = (language: CodeLanguage, text: string) =>
  scanTests(text, language).markers.map(({ kind, text, test }) =>
    `${kind} ${text}${test === undefined ? "" : ` on ${test}`}`
  );

Deno.test("TypeScript: tests of Deno, node, Jest, Vitest and Mocha with their suites", () => {
  assert.deepEqual(
    titles(
      "ecmascript",
      `
      Deno.test("a", () => {});
      Deno.test({ name: "b", permissions: { read: true }, fn() { test; } });
      Deno.test(async function named() {});
      Deno.test("outer", async (t) => { await t.step("inner", () => {}); });
      describe("S", () => { it("x", () => {}); describe("T", () => { test.each([[1]])("y %d", () => {}); it.each\`a\`("z", f); }); });
      test.concurrent("c", () => {});
      suite("U", function () { specify("v", () => {}); });
    `,
    ),
    ["a", "b", "named", "outer", "outer | inner", "S | x", "S > T | y %d", "S > T | z", "c", "U | v"],
  );
});

Deno.test("TypeScript: what is in strings, comments and regular expressions, or a method of something else, is no test", () => {
  assert.deepEqual(
    titles(
      "ecmascript",
      `const a = "it('x')"; // it("y")\n/* test("z") */ /it("q")/.test("r"); regex.test("s"); class A { it() {} }`,
    ),
    [],
  );
});

Deno.test("TypeScript: every way to keep a test from running is a mark", () => {
  for (
    const [text, wanted] of [
      ["it.skip('a', f)", "skip .skip on a"],
      ["test['skip']('a', f)", "skip .skip on a"],
      ["it?.skip('a', f)", "skip .skip on a"],
      ["describe.only('a', f)", "only .only on a"],
      ["Deno.test.ignore('a', f)", "ignore .ignore on a"],
      ["Deno.test({ name: 'a', ignore: true, fn() {} })", "ignore ignore: true on a"],
      ["Deno.test('a', { ignore: Deno.build.os === 'x' }, f)", "condition ignore: … on a"],
      ["Deno.test('a', { ignore: true && !done }, f)", "condition ignore: … on a"],
      ["Deno.test('a', { ignore }, f)", "condition ignore: … on a"],
      ["test('a', { skip: 'later' }, f)", "skip skip: true on a"],
      ["test('a', { todo: true }, f)", "todo todo: true on a"],
      ["test.todo('a')", "todo .todo on a"],
      ["xit('a', f)", "skip xit on a"],
      ["fdescribe('a', f)", "only fdescribe on a"],
      ["it.skipIf(true)('a', f)", "condition .skipIf on a"],
      ["test.failing('a', f)", "expected-failure .failing on a"],
      ["test.skip.each([1])('a', f)", "skip .skip on a"],
      ["const { skip } = it;", "skip { skip } = it"],
      ["const later = test.skip;", "skip .skip"],
      ["it('a', function () { this.skip(); })", "skip .skip"],
      ["test('a', (t) => { t.skip('x'); })", "skip .skip on x"],
      ["Deno.exit(0);", "exit Deno.exit(0)"],
      ["it('a', () => { process.exit(); })", "exit process.exit(0)"],
    ] as const
  ) assert.deepEqual(marks("ecmascript", text), [wanted], text);
  for (
    const text of [
      "test('a', { skip: false }, f)",
      "test('a', () => { const o = { skip: true }; })",
      "Deno.exit(1)",
      "it('a', () => { list.skip(1); })",
      "describe('only', f)",
    ]
  ) {
    assert.deepEqual(marks("ecmascript", text), [], text);
  }
});

Deno.test("Python: tests of pytest and unittest, nested functions and strings left out", () => {
  assert.deepEqual(
    titles(
      "python",
      `
def test_a(): pass
async def test_b(): pass
class TestC:
    def test_d(self):
        def test_inner(): pass
    class TestE:
        def test_f(self): pass
def helper(): pass
TEXT = """
def test_no(): pass
"""
@pytest.mark.parametrize("x", [1,
2])
def test_g(x): pass
`,
    ),
    ["test_a", "test_b", "TestC | test_d", "TestC::TestE | test_f", "test_g"],
  );
});

Deno.test("Python: every way to keep a test from running or failing is a mark", () => {
  for (
    const [text, wanted] of [
      ["@pytest.mark.skip\ndef test_a(): pass", "skip @pytest.mark.skip on test_a"],
      [
        "@pytest.mark.skipif(True, reason='x')\ndef test_a(): pass",
        "condition @pytest.mark.skipif on test_a",
      ],
      ["@pytest.mark.xfail\ndef test_a(): pass", "expected-failure @pytest.mark.xfail on test_a"],
      ["@unittest.skip('x')\nclass TestA: pass", "skip @unittest.skip on TestA"],
      ["@expectedFailure\ndef test_a(): pass", "expected-failure @expectedFailure on test_a"],
      ["def test_a():\n    pytest.skip('x')", "skip pytest.skip on test_a"],
      ["class A:\n    def test_a(self):\n        self.skipTest('x')", "skip self.skipTest on test_a"],
      ["def test_a():\n    raise SkipTest", "skip SkipTest on test_a"],
      ["def test_a():\n    if x:\n        pytest.skip('x')\n", "condition pytest.skip on test_a"],
      ["def test_a():\n    y = 1\n    pytest.skip('x')\n", "skip pytest.skip on test_a"],
      ["def test_a():\n    if x: raise SkipTest\n", "condition SkipTest on test_a"],
      ["np = pytest.importorskip('np')", "condition pytest.importorskip"],
      ["pytest.skip('x', allow_module_level=True)", "skip pytest.skip"],
      ["pytestmark = pytest.mark.skip", "skip pytestmark"],
      ["pytestmark = [pytest.mark.slow, pytest.mark.skipif(x, reason='y')]", "skip pytestmark"],
      ["pytestmark = [pytest.mark.slow, LATER]", "skip pytestmark"],
      ["class TestA:\n    __test__ = False", "ignore __test__ = False"],
      ["collect_ignore = ['a']", "ignore collect_ignore"],
      ["import sys\nsys.exit(0)", "exit exit(0)"],
      ["os._exit(0)", "exit exit(0)"],
    ] as const
  ) assert.deepEqual(marks("python", text), [wanted], text);
  for (
    const text of [
      "pytestmark = pytest.mark.asyncio\nx = 1",
      "pytestmark = [\n    pytest.mark.slow,\n    pytest.mark.timeout(3),\n]\n",
      "sys.exit(1)",
      "sys.exit(main())",
      "def exit(): pass",
      "# @pytest.mark.skip",
      "parser.exit(0)",
    ]
  ) assert.deepEqual(marks("python", text), [], text);
});

Deno.test("Go: top-level tests; Skip, build constraints and early exits are marks, TestMain's own exit is not", () => {
  assert.deepEqual(
    titles(
      "go",
      "package a\nfunc TestA(t *testing.T) {}\nfunc FuzzB(f *testing.F) {}\nfunc Testify() {}\nfunc (s S) TestC() {}\n",
    ),
    ["TestA", "FuzzB"],
  );
  assert.deepEqual(marks("go", "//go:build never\n\npackage a\n"), ["condition //go:build"]);
  // As gofmt writes it: both say the same. Two of the older form both have to hold.
  const older = "// +build linux\n\npackage a\n";
  assert.deepEqual(marks("go", older), ["condition //go:build"]);
  assert.deepEqual(marks("go", `//go:build linux\n${older}`), ["condition //go:build"]);
  assert.equal(marks("go", `// +build cgo\n${older}`).length, 2);
  assert.deepEqual(
    marks("go", "package a\nfunc TestA(t *testing.T) {\n\tt.SkipNow()\n\tif testing.Short() { return }\n}\n"),
    ["skip .SkipNow on TestA", "condition testing.Short on TestA"],
  );
  assert.deepEqual(
    marks(
      "go",
      'package a\nfunc TestA(t *testing.T) {\n\tif runtime.GOOS == "windows" {\n\t\tt.Skip()\n\t}\n}\n',
    ),
    ["condition .Skip on TestA"],
  );
  assert.deepEqual(marks("go", "package a\nfunc TestMain(m *testing.M) { os.Exit(m.Run()) }\n"), []);
  assert.deepEqual(marks("go", "package a\nfunc init() { os.Exit(0) }\n"), ["exit os.Exit(0)"]);
});

Deno.test("Java: annotated methods with their classes; disabling annotations and assumptions are marks", () => {
  assert.deepEqual(
    titles(
      "java",
      "class FooTest { @Test void a() {} void no() {} @Nested class In { @ParameterizedTest @ValueSource(ints = {1, 2}) void b(int x) {} } @org.junit.Test(timeout = 5) public void c() throws E {} }",
    ),
    ["FooTest | a", "FooTest.In | b", "FooTest | c"],
  );
  assert.deepEqual(
    marks(
      "java",
      '@Disabled class A { @Disabled("x") @Test void a() {} @Test @Ignore void b() {} @Test @EnabledOnOs(OS.MAC) void c() {} @Test(enabled = false) void d() {} @Test void e() { assumeTrue(false); System.exit(0); } }',
    ),
    [
      "skip @Disabled on A",
      "skip @Disabled on a",
      "ignore @Ignore on b",
      "condition @EnabledOnOs on c",
      "skip enabled = false on d",
      "condition assumeTrue() on e",
      "exit System.exit(0) on e",
    ],
  );
});

Deno.test("Rust: attributed functions with their modules; ignore and conditions that never hold are marks", () => {
  const text = `
#[cfg(test)]
mod tests {
  #[test]
  fn a() {}
  #[tokio::test]
  #[ignore = "later"]
  async fn b() {}
  fn helper() {}
  #[cfg(any())]
  #[test]
  fn c() {}
  #[cfg_attr(miri, ignore)]
  #[test]
  fn d() { std::process::exit(0) }
}
// #[test] fn no() {}
`;
  assert.deepEqual(titles("rust", text), ["tests | a", "tests | b", "tests | c", "tests | d"]);
  assert.deepEqual(marks("rust", text), [
    "ignore #[ignore] on b",
    "ignore #[cfg(never)] on c",
    "condition #[cfg_attr(…, ignore)] on d",
    "exit process::exit(0) on d",
  ]);
  assert.deepEqual(marks("rust", "#[cfg(test)]\nmod tests { #[test] fn a() { std::process::exit(1) } }"), []);
});

Deno.test("shell: bats tests and test functions; skip is a mark", () => {
  const text = '@test "adds" {\n  skip "later"\n}\ntest_sub() {\n  :\n}\nfunction testThree { :; }\nskip=1\n';
  assert.deepEqual(titles("shell", text), ["adds", "test_sub"].concat("testThree"));
  assert.deepEqual(marks("shell", text), ["skip skip on adds"]);
});

Deno.test("no text makes a scanner throw", () => {
  const word = fc.constantFrom(
    "it",
    "test",
    ".skip",
    "(",
    ")",
    "{",
    "}",
    "'a'",
    "[",
    "]",
    "@Test",
    "class A",
    "def test_x",
    "#[test]",
    "fn a",
    "func TestA",
    "@",
    "\n",
    " ",
    ",",
    "`",
    "describe",
    ":",
    "skip",
  );
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 40 }),
      fc.constantFrom("ecmascript", "python", "go", "java", "rust", "shell"),
      (words, language) => {
        scanTests(words.join(" "), language as CodeLanguage);
      },
    ),
  );
});

// req: N4-20
Deno.test("deeply nested or endless test declarations are scanned in linear time", () => {
  for (
    const [language, piece] of [
      ["ecmascript", "test('a',"],
      ["ecmascript", "it({skip:"],
      ["ecmascript", "describe.each("],
      ["java", "class A { @Test void a(){} "],
      ["java", "@Test(a="],
      ["python", "@a\nclass A:\n def test_a("],
      ["rust", "#[test] mod a { fn a("],
      ["go", "func TestA(\n"],
      ["shell", "test_a() {\n"],
    ] as const
  ) {
    const start = performance.now();
    scanTests(piece.repeat(Math.ceil(300_000 / piece.length)), language);
    assert.ok(performance.now() - start < 4000, piece);
  }
});

Deno.test("words that only look different are read as the language reads them: escapes, wide spaces, odd line ends, computed names", () => {
  assert.deepEqual(marks("ecmascript", "it.sk\\u0069p('a', f)"), ["skip .skip on a"]);
  assert.deepEqual(marks("ecmascript", "\\u{69}t.only('a', f)"), ["only .only on a"]);
  assert.deepEqual(marks("ecmascript", "it\u00a0.skip('a', f)"), ["skip .skip on a"]);
  assert.deepEqual(marks("ecmascript", "// x\u2028it.skip('a', f)"), ["skip .skip on a"]);
  assert.deepEqual(marks("ecmascript", "// x\rit.skip('a', f)"), ["skip .skip on a"]);
  assert.deepEqual(marks("ecmascript", "it['sk' + 'ip']('a', f)"), ["condition […] on a"]);
  assert.deepEqual(marks("ecmascript", "const first = test[0];"), []);
  assert.deepEqual(marks("python", "# x\r@pytest.mark.skip\rdef test_a(): pass"), [
    "skip @pytest.mark.skip on test_a",
  ]);
  assert.deepEqual(marks("java", "class A { // \\u000a @Disabled\n @Test void a() {} }"), [
    "skip @Disabled on a",
  ]);
  assert.deepEqual(marks("java", "class A { @\\u0044isabled @Test void a() {} }"), ["skip @Disabled on a"]);
});
