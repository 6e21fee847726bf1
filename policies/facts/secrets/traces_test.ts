import assert from "node:assert/strict";
import fc from "fast-check";
import { disguisedTokens } from "./disguise.ts";
import { FORMATS } from "./formats.ts";
import { jsonWebTokens, knownTokens, privateKeys } from "./scan.ts";
import { reverse, rot13 } from "./starts.ts";
import { mayHoldToken } from "./traces.ts";

// Put together at run time, as all tokens of these tests.
const TOKEN = "gh" + "p_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5";
const JWT = ["eyJhbGciOiJIUzI1NiJ9", "eyJsb2dnZWRJbkFzIjoiYWRtaW4ifQ", "gzSraSYS8EXBxLN_oWnFSRgCzcmJmMjL"]
  .join(".");
const SHORT_JWT = ["eyJhbGciOiJub", "eyJzdWIiOjV9x", "gzSraSYS8EXBxLN_oWnF"].join(".");
const KEY = "-----BEGIN " +
  "PRIVATE KEY-----\naB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5\n-----END PRIVATE KEY-----";
// Without its first characters, its checksum tells.
const TAIL = "GhUOmgsEo8I9jK1lM3nO5pQ7rS9tU1vW1";
const codes = (text: string) => [...text].map((char) => char.charCodeAt(0).toString(16).padStart(2, "0"));

const WAYS: Record<string, (text: string) => string> = {
  "as it stands": (text) => text,
  "backwards": reverse,
  "turned": (text) => `rot13 ${rot13(text)}`,
  "in base 64": btoa,
  "in base 64 twice": (text) => btoa(btoa(text)),
  "in base 64 over lines": (text) => btoa(`${text} `.repeat(3)).replace(/(.{60})/g, "$1\n") + "\n",
  "in hexadecimal": (text) => codes(text).join(""),
  "in hexadecimal with spaces": (text) => codes(text).join(" "),
  "in hexadecimal with colons": (text) => codes(text).join(":"),
  "percent-encoded": (text) => codes(text).map((code) => `%${code}`).join(""),
  "as entities": (text) => [...text].map((char) => `&#${char.charCodeAt(0)};`).join(""),
};

const found = (text: string) =>
  [
    ...knownTokens(text),
    ...jsonWebTokens(text),
    ...privateKeys(text),
    ...disguisedTokens(text),
  ].length;

for (const [how, write] of Object.entries(WAYS)) {
  Deno.test(`a token leaves a trace: ${how}`, () => {
    assert.ok(found(write(TOKEN)) > 0, "it is one that is found");
    for (const secret of [TOKEN, JWT, SHORT_JWT, KEY]) {
      const text = write(secret);
      assert.ok(found(text) === 0 || mayHoldToken(text, () => true), text);
    }
  });
}

Deno.test("what leaves no trace holds no token, whatever it is made of", () => {
  const characters = fc.string({ unit: fc.constantFrom(..."aZ09+/_-=%:,. \n&#;"), maxLength: 70 });
  const start = fc.constantFrom(...FORMATS.flatMap(({ starts }) => starts));
  const part = fc.oneof(
    characters,
    start,
    fc.constantFrom(TOKEN, JWT, SHORT_JWT, KEY, TAIL),
    fc.tuple(fc.constantFrom(...Object.values(WAYS)), fc.constantFrom(TOKEN, TOKEN.slice(0, 25), JWT))
      .map(([write, secret]) => write(secret)),
  );
  let without = 0;
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      const text = parts.join("");
      if (mayHoldToken(text, () => true)) return;
      without++;
      assert.equal(found(text), 0, text);
    }),
    { numRuns: 3000 },
  );
  assert.ok(without > 100, "some texts leave none");
});

Deno.test("digests, numbers and words leave none, unless hexadecimal is asked for", () => {
  const digest = codes("0123456789abcdefghij").join("");
  const text = `sha256:${digest} 01a20aee-638d-7022-9546-7f137438bd59 transition of 12 rows`;
  assert.equal(mayHoldToken(text, () => false), false);
  assert.equal(mayHoldToken(text, () => true), true);
});
