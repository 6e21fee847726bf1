import assert from "node:assert/strict";
import fc from "fast-check";
import { optionsAt, parseScript, programName, shellQuote } from "./command_line.ts";

const words = (text: string) => parseScript(text)?.words.map((word) => word.value) ?? null;

Deno.test("a script gives its last command, what runs before it, and the variables set for it", () => {
  const script = parseScript(`tsc -p . && NODE_ENV=test FOO='a b' jest --ci "x y" a\\ b`);
  assert.equal(script?.prefix, "tsc -p . &&");
  assert.deepEqual(script?.assigns.map(({ name, word }) => [name, word.value]), [
    ["NODE_ENV", "test"],
    ["FOO", "a b"],
  ]);
  assert.deepEqual(script?.words.map((word) => word.value), ["jest", "--ci", "x y", "a b"]);
});

Deno.test("words that the shell would expand are marked, quoted patterns are not", () => {
  const script = parseScript(`mocha test/*.js 'test/**' "$X" ~/a`);
  assert.deepEqual(script?.words.map((word) => word.plain), [true, false, true, false, false]);
});

Deno.test("what only a shell understands is left to it", () => {
  for (
    const text of [
      "",
      "   ",
      "a | b",
      "a || b",
      "a &",
      "a > out",
      "a < in",
      "a $(b)",
      "a `b`",
      "(a)",
      "if a; then b; fi",
      "a # comment",
      "cd x && jest",
      "a && && b",
      "a 'b",
      'a "b',
      "a <<E\nx\nE",
      "FOO=1",
    ]
  ) assert.equal(parseScript(text), null, text);
});

Deno.test("quoting a word and reading it back gives the word, whatever it holds", () => {
  fc.assert(fc.property(fc.string({ minLength: 1, maxLength: 20 }), (word) => {
    fc.pre(!/[`\0]|\$\(|<</.test(word));
    assert.deepEqual(words(`run ${shellQuote(word)}`), ["run", word]);
  }));
});

Deno.test("reading never throws", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 60 }), (text) => {
    parseScript(text);
  }));
});

Deno.test("options are found with their values, and nothing after a bare -- is one", () => {
  const line = ["x", "--out", "a", "--out=b", "-q", "--", "--out", "c", "-q"];
  assert.deepEqual(optionsAt(line, 1, { plain: ["-q"], valued: ["--out"] }), [1, 2, 3, 4]);
  assert.equal(programName("/usr/bin/node.EXE"), "node");
});
