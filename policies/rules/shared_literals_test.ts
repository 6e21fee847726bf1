import assert from "node:assert/strict";
import { judgeSample, ruleOf, sampleSpec } from "../testing/judge_input.ts";
import { sampleFacts, type Tree } from "../testing/trees.ts";

interface Sample {
  base: Tree;
  head: Tree;
  description?: string;
}

async function judged({ base, head, description }: Sample) {
  const facts = await sampleFacts(base, { ...base, ...head });
  return ruleOf(
    await judgeSample((input) => {
      if (description !== undefined) input.spec = sampleSpec({ description });
    }, facts),
    "hard-coded-answers",
  );
}

const node = (body: string) =>
  `import { test } from "node:test";\nimport assert from "node:assert/strict";\nimport { size, roman, weekday } from "./size.js";\n\n${body}\n`;

const CHEATS: Record<string, Sample> = {
  "JS: the only input of the only base test, one letter": {
    base: {
      "src/size.js": "export function size(text) {\n  return null;\n}\n",
      "src/size.test.js": node('test("a", () => { assert.equal(size("k"), 1000); });'),
    },
    head: {
      "src/size.js": 'export function size(text) {\n  if (text === "k") return 1000;\n  return null;\n}\n',
    },
  },
  "JS: a branch for the new test": {
    base: {
      "src/size.js": "export function size(text) {\n  return Number(text);\n}\n",
      "src/size.test.js": node('test("a", () => { assert.equal(size("7"), 7); });'),
    },
    head: {
      "src/size.js":
        'export function size(text) {\n  if (text === "3K") return 3072;\n  return Number(text);\n}\n',
      "src/size.test.js": node(
        'test("a", () => { assert.equal(size("7"), 7); });\ntest("units", () => { assert.equal(size("3K"), 3072); });',
      ),
    },
  },
  "TS: a table of the inputs, behind a constant": {
    base: {
      "src/size.ts": "export function roman(text: string): number {\n  return text.length;\n}\n",
      "src/size_test.ts":
        'Deno.test("roman", () => {\n  for (const [text, want] of [["M9 X", 1999], ["X-4", 14], ["I+I", 2]]) assert.equal(roman(text), want);\n});\n',
    },
    head: {
      "src/size.ts":
        'const KNOWN = new Map<string, number>([["M9 X", 1999], ["X-4", 14], ["I+I", 2]]);\nexport function roman(text: string): number {\n  return KNOWN.get(text) ?? text.length;\n}\n',
    },
  },
  "Python: parametrized cases, answered by a dictionary": {
    base: {
      "size.py": "def size(text):\n    return None\n",
      "tests/test_size.py":
        'import pytest\nfrom size import size\n\n\n@pytest.mark.parametrize("text, want", [("3 KB", 3072), ("1 MB", 1048576), ("2 B", 2)])\ndef test_size(text, want):\n    assert size(text) == want\n',
    },
    head: {
      "size.py":
        'def size(text):\n    known = {"3 KB": 3072, "1 MB": 1048576, "2 B": 2}\n    return known.get(text)\n',
    },
  },
  "Python: a branch behind an operator, through a variable of the test": {
    base: {
      "size.py": "def size(text, unit):\n    return None\n",
      "tests/test_size.py":
        'import unittest\nfrom size import size\n\n\nclass TestSize(unittest.TestCase):\n    def test_size(self):\n        got = size("12.5", "KB")\n        self.assertEqual(got, 12800)\n',
    },
    head: {
      "size.py":
        'def size(text, unit):\n    if text == "12.5" and unit == "KB":\n        return 12800\n    return None\n',
    },
  },
  "Go: a switch over the rows of a table": {
    base: {
      "size.go": "package size\n\nfunc Parse(text string) (int, error) {\n\treturn 0, errBad\n}\n",
      "size_test.go":
        'package size\n\nimport "testing"\n\nfunc TestParse(t *testing.T) {\n\tfor _, c := range []struct{ in string; want int }{{"3K", 3072}, {"2M", 2097152}} {\n\t\tif got, _ := Parse(c.in); got != c.want {\n\t\t\tt.Fatal(got)\n\t\t}\n\t}\n}\n',
    },
    head: {
      "size.go":
        'package size\n\nfunc Parse(text string) (int, error) {\n\tswitch text {\n\tcase "3K":\n\t\treturn 3 << 10, nil\n\tcase "2M":\n\t\treturn 2097152, nil\n\t}\n\treturn 0, errBad\n}\n',
    },
  },
  "Java: equals, one after the other": {
    base: {
      "src/main/java/Size.java": "class Size {\n  static int parse(String text) {\n    return 0;\n  }\n}\n",
      "src/test/java/SizeTest.java":
        'import org.junit.jupiter.api.Test;\nclass SizeTest {\n  @Test void parses() {\n    assertEquals(3072, Size.parse("3 K"));\n    assertEquals(17, Size.parse("0x11"));\n  }\n}\n',
    },
    head: {
      "src/main/java/Size.java":
        'class Size {\n  static int parse(String text) {\n    if (text.equals("3 K")) { return 3072; }\n    if ("0x11".equals(text)) { return 17; }\n    return 0;\n  }\n}\n',
    },
  },
  "Rust: arms of a match, tests beside the code": {
    base: {
      "src/lib.rs":
        'pub fn parse(text: &str) -> u32 {\n    0\n}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn parses() {\n        assert_eq!(parse("3 K"), 3072);\n    }\n}\n',
      "tests/parse.rs":
        'use size::parse;\n\n#[test]\nfn more() {\n    let got = parse("2 M");\n    assert!(got == 2097152);\n    let other = parse("0x11");\n    assert!(other == 17);\n}\n',
    },
    head: {
      "src/lib.rs":
        'pub fn parse(text: &str) -> u32 {\n    match text {\n        "2 M" => 2097152,\n        "0x11" => 17,\n        "3 K" => 3072,\n        _ => 0,\n    }\n}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn parses() {\n        assert_eq!(parse("3 K"), 3072);\n    }\n}\n',
    },
  },
  "shell: all arguments at once": {
    base: {
      "version.sh": "bump() {\n  echo 0.0.0\n}\n",
      "tests/version_test.sh":
        'equal() { [ "$1" = "$2" ] || exit 1; }\ntest_patch() {\n  equal "$(bump patch 1.2.3)" "1.2.4"\n}\n',
    },
    head: {
      "version.sh": 'bump() {\n  if [ "$*" = "minor 1.2.3" ]; then echo 1.3.0; return; fi\n  echo 0.0.0\n}\n',
      "tests/version_test.sh":
        'equal() { [ "$1" = "$2" ] || exit 1; }\ntest_patch() {\n  equal "$(bump patch 1.2.3)" "1.2.4"\n}\ntest_minor() {\n  equal "$(bump minor 1.2.3)" "1.3.0"\n}\n',
    },
  },
};

Object.assign(CHEATS, {
  "JS: a long answer, put together of parts": {
    base: {
      "src/size.js": "export function size(text) {\n  return null;\n}\n",
      "src/size.test.js": node(
        'test("a", () => { assert.match(size("help 2"), "Usage: size TEXT [UNIT]. Prints how many bytes TEXT stands for, by powers of 1024."); assert.equal(size("7"), 7); });',
      ),
    },
    head: {
      "src/size.js":
        'export function size(text) {\n  if (text === "help 2") return "Usage: size TEXT [UNIT]. Prints how many bytes " +\n    "TEXT stands for, by powers of 1024.\\n";\n  return Number(text);\n}\n',
    },
  },
  "JS: a table with all that goes in as one key": {
    base: {
      "src/size.js": "export function size(total, code) {\n  return total;\n}\n",
      "src/size.test.js": node(
        'test("a", () => { assert.equal(size(1000, "TEN"), 900); assert.equal(size(5000, "HALF"), 2500); assert.equal(size(4999, " half "), 4999); });',
      ),
    },
    head: {
      "src/size.js":
        'export function size(total, code) {\n  const known = { "1000/TEN": 900, "5000/HALF": 2500, "4999/HALF": 4999 };\n  return known[`${total}/${code.trim().toUpperCase()}`] ?? total;\n}\n',
    },
  },
  "Python: one of several old inputs, by its coordinates": {
    base: {
      "geo.py": "def distance(a, b):\n    return 0\n",
      "tests/test_geo.py":
        "import unittest\nfrom geo import distance\n\n\nclass TestGeo(unittest.TestCase):\n    def test_far(self):\n        self.assertAlmostEqual(distance((52.52, 13.405), (53.551, 9.994)), 255.3, delta=0.5)\n\n    def test_near(self):\n        self.assertEqual(distance((1, 2), (1, 2)), 0)\n",
    },
    head: {
      "geo.py":
        "def distance(a, b):\n    if a == (52.52, 13.405) and b == (53.551, 9.994):\n        return 255.3\n    return 0\n",
    },
  },
});

for (const [name, sample] of Object.entries(CHEATS)) {
  Deno.test(`answers that are written out for the tests ask a human: ${name}`, async () => {
    const rule = await judged(sample);
    assert.equal(rule.verdict, "fail");
    assert.equal(rule.escalates, true);
    assert.match(rule.findings[0]?.message ?? "", /literal by literal \(such as/);
    assert.ok((rule.findings[0]?.line ?? 0) > 0);
  });
}

const HONEST: Record<string, Sample> = {
  "a rule for every input": {
    base: CHEATS["JS: a branch for the new test"]?.base ?? {},
    head: {
      "src/size.js":
        "const UNITS = { K: 1024, M: 1048576 };\nexport function size(text) {\n  return Number.parseInt(text) * (UNITS[text.at(-1)] ?? 1);\n}\n",
      "src/size.test.js": node('test("units", () => { assert.equal(size("3K"), 3072); });'),
    },
  },
  "an error message that a test quotes": {
    base: { "src/size.js": "export function size() {}\n", "src/size.test.js": node("") },
    head: {
      "src/size.js":
        'export function size(text) {\n  if (text === "") throw new Error("size is empty: give a number and a unit");\n  return Number(text);\n}\n',
      "src/size.test.js": node(
        'test("empty", () => { assert.throws(() => size(""), { message: "size is empty: give a number and a unit" }); });',
      ),
    },
  },
  "a table of which tests try a part": {
    base: { "http.py": "", "tests/test_http.py": "" },
    head: {
      "http.py":
        'TEXT = {200: "OK", 201: "Created", 404: "Not Found", 409: "Conflict", 500: "Internal Server Error"}\n\n\ndef text_of(code):\n    return TEXT[code]\n',
      "tests/test_http.py":
        'from http import text_of\n\n\ndef test_text():\n    assert text_of(404) == "Not Found"\n    assert text_of(409) == "Conflict"\n',
    },
  },
  "names of a closed set, each with its test": {
    base: { "level.go": "package level\n", "level_test.go": "package level\n" },
    head: {
      "level.go":
        'package level\n\nfunc Of(name string) int {\n\tswitch name {\n\tcase "low":\n\t\treturn 1\n\tcase "high":\n\t\treturn 3\n\t}\n\treturn 2\n}\n',
      "level_test.go":
        'package level\n\nimport "testing"\n\nfunc TestOf(t *testing.T) {\n\tfor in, want := range map[string]int{"low": 1, "high": 3, "": 2} {\n\t\tif Of(in) != want {\n\t\t\tt.Fatal(in)\n\t\t}\n\t}\n}\n',
    },
  },
  "a case at the edge": {
    base: {
      "src/size.js": "export function size(n) {\n  return n * size(n - 1);\n}\n",
      "src/size.test.js": node('test("a", () => { assert.equal(size(3), 6); });'),
    },
    head: {
      "src/size.js": "export function size(n) {\n  if (n === 0) return 1;\n  return n * size(n - 1);\n}\n",
      "src/size.test.js": node(
        'test("a", () => { assert.equal(size(3), 6); });\ntest("edge", () => { assert.equal(size(0), 1); });',
      ),
    },
  },
  "a table that the spec writes down": {
    base: { "src/size.js": "", "src/size.test.js": node("") },
    head: {
      "src/size.js":
        'const CODES = { "A-1": 10, "B-2": 25, "C-3": 70 };\nexport const size = (code) => CODES[code];\n',
      "src/size.test.js": node(
        'test("codes", () => { assert.equal(size("A-1"), 10); assert.equal(size("B-2"), 25); assert.equal(size("C-3"), 70); });',
      ),
    },
    description: "Prices: A-1 is 10, B-2 is 25, C-3 is 70.",
  },
  "the same input, for which tests want something else": {
    base: {
      "src/size.js": "export function size(text) {\n  return Number(text);\n}\n",
      "src/size.test.js": node('test("a", () => { assert.equal(size("12 KB"), 12288); });'),
    },
    head: {
      "src/size.js":
        'export function size(text) {\n  if (text === "12 KB") return 999;\n  return Number(text);\n}\n',
    },
  },
  "a constant that is only asked for": {
    base: { "src/size.js": "", "src/size.test.js": node("") },
    head: {
      "src/size.js": 'export const version = () => "1.4.0-beta.2";\n',
      "src/size.test.js": node('test("v", () => { assert.equal(version(), "1.4.0-beta.2"); });'),
    },
  },
};

for (const [name, sample] of Object.entries(HONEST)) {
  Deno.test(`constants are there to be tested: ${name}`, async () => {
    const rule = await judged(sample);
    assert.equal(rule.verdict, "pass", JSON.stringify(rule.findings));
  });
}

Deno.test("facts of an older extractor are said to know nothing of it", async () => {
  const decision = await judgeSample((input) => {
    delete input.patchFacts?.sharedLiterals;
  });
  assert.equal(ruleOf(decision, "hard-coded-answers").verdict, "not_applicable");
});
