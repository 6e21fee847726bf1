import assert from "node:assert/strict";
import type { FileFacts } from "../../specs/mod.ts";
import { hiddenText } from "./hidden_text.ts";

const file: FileFacts = {
  path: "src/a.ts",
  language: "ecmascript",
  kind: "code",
  status: "M",
  oldMode: "100644",
  newMode: "100644",
  binary: false,
  added: 1,
  removed: 0,
  executableBit: "unchanged",
};

async function found(head: string, base: string | null = null, over: Partial<FileFacts> = {}) {
  const contents = {
    base: () => Promise.resolve(base),
    head: () => Promise.resolve(head),
  } as unknown as Parameters<typeof hiddenText>[1];
  return (await hiddenText([{ ...file, ...over }], contents)).map(({ line, character }) =>
    `${line} ${character}`
  );
}

Deno.test("bidirectional, zero-width and tag characters in added lines are found, with their line", async () => {
  assert.deepEqual(await found("a\nif (x) {\u202e // y\n"), ["2 U+202E"]);
  assert.deepEqual(await found("na\u200bme"), ["1 U+200B"]);
  assert.deepEqual(await found(`a${String.fromCodePoint(0xe0041)}`), ["1 U+E0041"]);
});

Deno.test("ordinary text, a byte order mark, other scripts and what was there before are not", async () => {
  assert.deepEqual(await found("\ufeffconst a = 'äöü 日本語 😀';\r\n\tb();\n"), []);
  assert.deepEqual(await found("a\u202eb\nnew", "a\u202eb"), []);
});

const LOCALE: Partial<FileFacts> = { path: "locales/ar.json", language: null, kind: "data" };
const DOCS: Partial<FileFacts> = { path: "README.md", language: null, kind: "docs" };

Deno.test("translations into Arabic, Hebrew and Persian pass with their marks of direction", async () => {
  for (
    const line of [
      '"greeting": "\u0645\u0631\u062d\u0628\u0627 {name}\u200f!"',
      '"price": "\u200f\u05de\u05d7\u05d9\u05e8: \u200e-5\u200f"',
      '"user": "\u05e9\u05dc\u05d5\u05dd \u2068{name}\u2069, \u05d1\u05e8\u05d5\u05da \u05d4\u05d1\u05d0"',
      '"quoted": "\u202b\u0645\u0631\u062d\u0628\u0627\u202c"',
      '"want": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"',
    ]
  ) {
    assert.deepEqual(await found(`{\n  ${line}\n}\n`, null, LOCALE), [], line);
    assert.deepEqual(await found(`export const text = {\n  ${line},\n};\n`), [], line);
  }
  const hebrew = '"title": "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd \u05d8\u05d5\u05d1"';
  assert.deepEqual(await found(`{\n  ${hebrew},\n  "minus": "\u200e-"\n}\n`, null, LOCALE), []);
});

Deno.test("emoji sequences, flags, Thai, soft hyphens and variants of Han characters are spelling", async () => {
  for (
    const text of [
      "\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u2764\ufe0f 1\ufe0f\u20e3",
      "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
      "\u0e2a\u0e27\u0e31\u200b\u0e2a\u0e14\u0e35",
      "Donau\u00addampf\u00adschiff",
      "\u845b\u{e0100}",
    ]
  ) {
    assert.deepEqual(await found(`${text}\n`, null, DOCS), [], text);
    assert.deepEqual(await found(`const text = "${text}";\n`), [], text);
  }
});

Deno.test("in code, in comments, without the script that needs it, or left open, none of it is spelling", async () => {
  const arabic = "\u0645\u0631\u062d\u0628\u0627";
  for (
    const line of [
      `if (user\u200f) { // ${arabic}`,
      `// ${arabic} \u2067 return; \u2069`,
      `const a = "${arabic} \u2067 x";`,
      `const a = "${arabic} \u202e x\u202c";`,
      'const a = "admin\u200f";',
      'const a = "ad\u200bmin";',
      "const ad\u00admin = 1;",
      "const a = 'x\u{1f3f4}\u{e0061}\u{e0062}\u{e007f}';",
    ]
  ) assert.equal((await found(line)).length, 1, line);
  for (
    const line of [
      "see \u202edocs",
      "hid\u200bden",
      `${arabic} \u2067`,
      `${arabic} \u202e${arabic}\u202c`,
      `a\u{e0041}`,
    ]
  ) {
    assert.equal((await found(line, null, DOCS)).length, 1, line);
  }
});

Deno.test("a name of Latin letters with a Cyrillic one is found, names of one script are not", async () => {
  assert.deepEqual(await found("const p\u0430ssword = 1;"), ["1 U+0430 in a name of Latin letters"]);
  assert.deepEqual(
    await found("const \u0446\u0435\u043d\u0430 = 1; // \u0446\u0435\u043d\u0430 price\n"),
    [],
  );
  assert.deepEqual(await found('const text = "\u0446\u0435\u043d\u0430 price";'), []);
  assert.deepEqual(await found("const \u0394x = 2, \u00b5s = 1;"), []);
});
