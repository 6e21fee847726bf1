import assert from "node:assert/strict";
import { isTailOfCrc32 } from "./checksum_tail.ts";
import { disguisedTokens } from "./disguise.ts";

// A token that npm printed to show its format, in pieces.
const body = ["qkJaB6MffYVzZXWq", "mcoF49yrUxP3wf", "0LsakP"].join("");
const rot13 = (text: string): string =>
  text.replace(/[A-Za-z]/g, (char) => {
    const start = char <= "Z" ? 65 : 97;
    return String.fromCharCode((char.charCodeAt(0) - start + 13) % 26 + start);
  });
const rules = (text: string): string[] => disguisedTokens(text).map(({ rule }) => rule);
/** Letters and digits that stand for nothing, as many as are asked for. */
function* random(length: number, count: number): Iterable<string> {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  let seed = 20260101;
  for (; count > 0; count--) {
    let run = "";
    while (run.length < length) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      run += digits[(seed >>> 8) % 62];
    }
    yield run;
  }
}

Deno.test("the body of a token is known by its checksum, whole or without its first characters", () => {
  for (const cut of [0, 1, 2, 3]) assert.equal(isTailOfCrc32(body.slice(cut)), true, `${cut} cut off`);
  assert.equal(isTailOfCrc32(body.slice(4)), false);
  assert.equal(isTailOfCrc32(`${body}a`), false);
  assert.equal(isTailOfCrc32(""), false);
  for (const cut of [0, 1, 2, 3]) {
    const tail = body.slice(cut);
    for (let at = 0; at < tail.length; at++) {
      const other = tail.slice(0, at) + (tail[at] === "a" ? "b" : "a") + tail.slice(at + 1);
      assert.equal(isTailOfCrc32(other), false, `${cut} cut off, another character at ${at}`);
    }
  }
});

Deno.test("random letters and digits are no rest of a token", () => {
  for (const length of [33, 34, 35, 36]) {
    for (const run of random(length, 2000)) assert.equal(isTailOfCrc32(run), false, run);
  }
});

Deno.test("a token whose start stands elsewhere is told; hashes, parts of longer values and names are none", () => {
  assert.deepEqual(rules(`const prefix = "np" + "m_", rest = "${body}";`), ["token-with-checksum:tail"]);
  assert.deepEqual(rules(`const rest = "${body.slice(3)}";`), ["token-with-checksum:tail"]);
  assert.deepEqual(rules(`rest: ${body.slice(2)}\n`), ["token-with-checksum:tail"]);
  assert.deepEqual(rules(`"integrity": "sha512-${body}=="`), []);
  assert.deepEqual(rules(`x = "abc/${body.slice(1)}"`), []);
  assert.deepEqual(rules("const commit = 'd41d8cd98f00b204e9800998ecf8427e1234';"), []);
});

Deno.test("a token with its letters turned is told by its checksum, or where the text speaks of turning", () => {
  const turned = rot13(`np${"m_"}${body}`);
  assert.deepEqual(rules(`KEY = codecs.decode("${turned}", "rot13")`), ["npm-token:rot13"]);
  assert.deepEqual(rules(`KEY = back("${turned}")`), ["npm-token:rot13"]);
  const aws = rot13(["AKIA", "Z7QWXM4NT2RBVKLD"].join(""));
  assert.deepEqual(rules(`KEY=$(echo ${aws} | tr 'A-Za-z' 'N-ZA-Mn-za-m')`).length, 1);
  assert.deepEqual(rules(`name = "${aws}"`), []);
  assert.deepEqual(rules('codecs.encode("uryyb jbeyq, guvf vf n grkg", "rot13")'), []);
});
