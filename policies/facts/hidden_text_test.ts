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

async function found(head: string, base: string | null = null) {
  const contents = {
    base: () => Promise.resolve(base),
    head: () => Promise.resolve(head),
  } as unknown as Parameters<typeof hiddenText>[1];
  return (await hiddenText([file], contents)).map(({ line, character }) => `${line} ${character}`);
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
