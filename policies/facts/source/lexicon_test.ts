import assert from "node:assert/strict";
import fc from "fast-check";
import type { CodeLanguage } from "../../../specs/mod.ts";
import { tokensOf } from "./lexicon.ts";

const LANGUAGES: CodeLanguage[] = ["ecmascript", "python", "go", "java", "rust", "shell"];
const code = (text: string, language: CodeLanguage) =>
  tokensOf(text, language).filter(({ kind }) => kind !== "comment").map(({ text }) => text).join(" ");
const strings = (text: string, language: CodeLanguage) =>
  tokensOf(text, language).filter(({ kind }) => kind === "string").map(({ value }) => value);

Deno.test("TypeScript: comments, templates with code in them, regular expressions and divisions are told apart", () => {
  assert.deepEqual(strings("a('it\\'s', \"b\", `x ${f(`y ${1}`)} z`) // 'no'\n/* 'no' */", "ecmascript"), [
    "it\\'s",
    "b",
    "x ${f(`y ${1}`)} z",
  ]);
  assert.equal(
    code("x = a / b / c; y = /['\"]/g.test(z)", "ecmascript"),
    "x = a / b / c ; y = /['\"]/ g . test ( z )",
  );
  assert.equal(code("return /[/]'/ + 1", "ecmascript"), "return /[/]'/ + 1");
  assert.deepEqual(strings("<p>Don't</p>\nconst a = 'x'", "ecmascript").at(-1), "x");
});

Deno.test("Python: prefixes, triple quotes over lines, comments", () => {
  assert.deepEqual(strings("a = rb'x' + f\"y\" + '''one\n'two'\n''' # 'no'\nb = uf'z'", "python"), [
    "x",
    "y",
    "one\n'two'\n",
    "z",
  ]);
  assert.equal(tokensOf("s = '''a\nb'''\nx", "python").at(-1)?.line, 3);
});

Deno.test("Go raw strings, Java text blocks, Rust raw strings, lifetimes and nested comments", () => {
  assert.deepEqual(strings('a := `x \\` + "y\\"" + \'z\'', "go"), ["x \\", 'y\\"', "z"]);
  assert.deepEqual(strings('a = """\n  "x"\n""" + "y" + \'c\';', "java"), ['\n  "x"\n', "y", "c"]);
  assert.deepEqual(strings("let a = r#\"x \"y\" \"# ; fn f<'a>(b: &'a str) { 'c'; b\"d\"; '\\'' }", "rust"), [
    'x "y" ',
    "c",
    "d",
    "\\'",
  ]);
  assert.equal(code("a /* x /* y */ z */ b", "rust"), "a b");
});

Deno.test("shell: comments only at the start of a word, here-documents as one string", () => {
  assert.equal(code("echo a#b # c", "shell"), "echo a # b");
  assert.deepEqual(strings("cat <<'EOF'\nskip\ntest_x() {\nEOF\necho 'y'", "shell"), [
    "skip\ntest_x() {\n",
    "y",
  ]);
});

Deno.test("lines and columns are those of the text, also behind pieces that span lines", () => {
  fc.assert(fc.property(fc.string({ maxLength: 80 }), fc.constantFrom(...LANGUAGES), (text, language) => {
    const lines = text.split("\n");
    for (const token of tokensOf(text, language)) {
      const line = lines[token.line - 1];
      assert.ok(line !== undefined);
      assert.ok(line.slice(token.column).startsWith(token.text.split("\n")[0] ?? ""));
    }
  }));
});

Deno.test("no text makes it throw or lose a character that is not white space", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 120 }),
      fc.constantFrom(...LANGUAGES),
      (text, language) => {
        const kept = tokensOf(text, language).reduce(
          (sum, token) => sum + token.text.replace(/[\s\ufeff]/g, "").length,
          0,
        );
        const all = text.replace(/[\s\ufeff]/g, "").length;
        // The body of a here-document begins on the line below: what stands behind the operator is given up.
        if (language !== "shell") assert.equal(kept, all);
      },
    ),
  );
});

Deno.test("a megabyte of brackets, quotes, slashes or prefixes is read in linear time", () => {
  for (const language of LANGUAGES) {
    for (
      const piece of ["(/[", "'", '"', "`${", "/*", "r#", "b'", "<<A\n", "\\", "((((", "a.b", "'''", "é"]
    ) {
      const start = performance.now();
      tokensOf(piece.repeat(Math.ceil(300_000 / piece.length)), language);
      assert.ok(performance.now() - start < 4000, `${language} ${piece}`);
    }
  }
});

Deno.test("a slash begins an expression at the start of a file and after a keyword, and divides after a name, a number or a string", () => {
  assert.equal(tokensOf("/a'b/.test(x)", "ecmascript")[0]?.kind, "regex");
  assert.equal(code("typeof /a'/", "ecmascript"), "typeof /a'/");
  for (const text of ["a /b/ c", "1 /b/ c", "'s' /b/ c", "f() /b/ c"]) {
    assert.ok(tokensOf(text, "ecmascript").every(({ kind }) => kind !== "regex"), text);
  }
});

Deno.test("quotes inside a text block, characters beyond the basic plane, and white space of every kind", () => {
  assert.deepEqual(strings('a = """\n x \\""" y\n""";', "java"), ['\n x \\""" y\n']);
  assert.deepEqual(strings("let a = '😀'; let b: &'x str = \"y\";", "rust"), ["😀", "y"]);
  assert.equal(code("\ufeffa\u00a0b\tc\r\n\fd", "ecmascript"), "a b c d");
  assert.equal(tokensOf("/* open", "go").length, 1);
});
