import assert from "node:assert/strict";
import fc from "fast-check";
import { sampleChange } from "../testing/trees.ts";
import { scanPatchSecrets } from "./patch_secrets.ts";
import { redact, scanSecrets } from "./secrets.ts";
import { FORMATS } from "./secrets/formats.ts";

// Tokens are made here, at run time: a whole one in this file would stop other people's scanners.
const random = (
  length: number,
  alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789",
): string => {
  let seed = length * 7919 + alphabet.length;
  return Array.from({ length }, () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return alphabet[((mixed ^ (mixed >>> 14)) >>> 0) % alphabet.length];
  }).join("");
};
const HEX = "0123456789abcdef";
const GITHUB = "gh" + "p_" + random(36);
const AWS = "AK" + "IA" + random(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
const SAMPLES: Record<string, string> = {
  GITHUB,
  AWS,
  SLACK: "xox" + "b-" + random(12, "0123456789") + "-" + random(24),
};

const rules = (text: string, path?: string) => scanSecrets(text, path).map(({ rule }) => rule);

Deno.test("a finding tells rule, path and line, and nothing of the value", () => {
  const found = scanSecrets(`one\ntwo ${GITHUB}\n`, "src/a.ts");
  assert.deepEqual(found, [{ rule: "github-token", path: "src/a.ts", line: 2 }]);
  assert.ok(!JSON.stringify(found).includes(GITHUB.slice(4, 12)));
});

Deno.test("bytes that are not UTF-8 around a token do not hide it", () => {
  const bytes = Uint8Array.from([0xff, 0xfe, 0x20, ...new TextEncoder().encode(GITHUB), 0x20, 0xff]);
  assert.deepEqual(scanSecrets(bytes).map(({ rule }) => rule), ["github-token"]);
});

Deno.test("known tokens are found backwards, in base 64 at any offset, in hexadecimal and percent-encoded", () => {
  for (const token of Object.values(SAMPLES)) {
    const hex = [...token].map((char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");
    const percent = [...token].map((char) => `%${char.charCodeAt(0).toString(16)}`).join("");
    for (const text of [[...token].reverse().join(""), btoa(token), hex, percent]) {
      assert.ok(rules(`x = "${text}"`).length > 0, text.slice(0, 6));
      assert.deepEqual(scanSecrets(redact(`x = "${text}"`)), []);
    }
  }
  assert.ok(rules(btoa(`{"user":"a","token":"${GITHUB}"}`)).includes("github-token:base64"));
});

Deno.test("private keys are found with their material, in PEM, inside a string, and line by line in a diff", () => {
  const head = ["-----BEGIN", "RSA PRIVATE", "KEY-----"].join(" ");
  const foot = ["-----END", "RSA PRIVATE", "KEY-----"].join(" ");
  const body = Array.from({ length: 4 }, (_, at) => random(60 + at, "ABCDEFGHabcdefgh0123456789+/"));
  for (
    const text of [
      [head, ...body, foot].join("\n"),
      `key = "${[head, ...body, foot].join("\\n")}"`,
      [head, ...body, foot].map((line) => `+${line}`).join("\n"),
    ]
  ) {
    assert.deepEqual(rules(text), ["private-key"]);
    const clean = redact(text);
    assert.equal(clean.split("\n").length, text.split("\n").length);
    for (const line of body) assert.ok(!clean.includes(line));
  }
  assert.deepEqual(rules(`A PEM file begins with ${head} and ends with ${foot}.`), []);
});

Deno.test("JSON web tokens, passwords in URLs and assigned random values are found", () => {
  const jwt = [btoa('{"alg":"HS256"}'), btoa('{"sub":"12345","admin":true}'), random(43)].map((part) =>
    part.replace(/=+$/, "")
  ).join(".");
  assert.deepEqual(rules(`Authorization: Bearer ${jwt}`), ["json-web-token"]);
  assert.deepEqual(rules(`postgres://app:${random(20)}@db.corp.io/main`), ["url-password"]);
  const value = random(28);
  for (
    const text of [
      `password = "${value}"`,
      `API_KEY=${value}\n`,
      `"client_secret": "${value}"`,
      `token: '${value}',`,
      `auth_key => "${value}"`,
      `const dbPassword: string = \`${value}\`;`,
    ]
  ) {
    assert.deepEqual(rules(text), ["assigned-secret"], text.slice(0, 14));
  }
});

Deno.test("what only looks like a secret is let go", () => {
  const published = ["AKIAIOSFODNN7", "EXAMPLE"].join("");
  for (
    const text of [
      `aws_access_key_id = ${published}`,
      `ghp_${"x".repeat(36)}`,
      'token = "your-token-goes-here-please"',
      "password = process.env.DATABASE_PASSWORD",
      'const secret = getSecretFromVault("prod/db/password")',
      "postgres://user:password@localhost:5432/test",
      "postgres://postgres:postgres@db/app",
      "https://user:hunter2@example.com/",
      'secret: "correct horse battery staple is a phrase"',
      'apiKey: "test-key-for-the-unit-tests-1"',
      'password: "<PASSWORD>"',
      `"integrity": "sha512-${random(86)}=="`,
      'id: "550e8400-e29b-41d4-a716-446655440000"',
      'token: "550e8400-e29b-41d4-a716-446655440000"',
      "const tokenKind = SyntaxKind.PrivateIdentifierOrKeyword2",
      `commit ${random(40, HEX)}`,
      "export function parseTokenStream(input: ReadableStream<Uint8Array>): TokenStream {}",
    ]
  ) assert.deepEqual(rules(text), [], text.slice(0, 60));
});

Deno.test("what is public or a digest is let go: certificates, public keys, images, hashes of policies and of files", () => {
  const base64 = (length: number) =>
    random(length, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  const pem = (label: string, begin: string) =>
    [
      `-----BEGIN ${label}-----`,
      begin + base64(60),
      ...Array.from({ length: 12 }, (_, at) => base64(64 - (at % 2))),
      `-----END ${label}-----`,
    ]
      .join("\n");
  for (
    const text of [
      pem("CERTIFICATE", "MIID"),
      pem("PUBLIC KEY", "MIIBIjANBgkqhkiG9w0BAQEFAAOC"),
      `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${base64(43)} ana@example.com`,
      `data:image/png;base64,iVBORw0KGgo${base64(6000)}==`,
      `Content-Security-Policy: script-src 'sha256-${base64(43)}=' 'nonce-${base64(22)}'`,
      `<script integrity="sha384-${base64(64)}" crossorigin="anonymous"></script>`,
      Array.from({ length: 6 }, (_, at) => `${random(64, HEX)}  file-${at}.tar.gz`).join("\n"),
      `h1:${base64(43)}=`,
      '!function(e,t){"use strict";var n=t.createElement("div"),r={token:e,key:t};n.id="a"+e.key+"b"}(this,document);',
      `const id = "${random(8, HEX)}-${random(4, HEX)}-4${random(3, HEX)}-a${random(3, HEX)}-${
        random(12, HEX)
      }";`,
    ]
  ) assert.deepEqual(rules(text), [], text.slice(0, 50));
});

Deno.test("a name and a random value mean nothing in a lockfile, a known token does", () => {
  assert.deepEqual(rules(`"token": "${random(30)}"`, "web/package-lock.json"), []);
  assert.deepEqual(rules(`"x": "${GITHUB}"`, "deno.lock"), ["github-token"]);
});

Deno.test("a longer run of the same characters is not a token", () => {
  assert.deepEqual(rules(`A${AWS}B`), []);
  assert.deepEqual(rules(`${AWS}${AWS}`), []);
});

Deno.test("in a patch only what it brings in counts: added lines, names and the text before, not removed or shown lines", async () => {
  const tree = (line: string) => ({ "src/a.ts": `first\n${line}\nlast\n` });
  const secret = `const k = "${GITHUB}";`;
  const added = await sampleChange(tree("x"), tree(secret));
  assert.deepEqual(scanPatchSecrets(added.patch), [{ rule: "github-token", path: "src/a.ts", line: 2 }]);
  const removed = await sampleChange(tree(secret), tree("x"));
  assert.deepEqual(scanPatchSecrets(removed.patch), []);
  const named = await sampleChange({}, { [`keys/${GITHUB}.txt`]: "x\n" });
  const [finding] = scanPatchSecrets(named.patch);
  assert.equal(finding?.rule, "github-token");
  assert.ok(!finding?.path?.includes(GITHUB));
  const before = new TextEncoder().encode(
    `Subject: use ${GITHUB}\n\n${new TextDecoder().decode(removed.patch)}`,
  );
  assert.deepEqual(scanPatchSecrets(before), [{ rule: "github-token" }]);
  const moved = await sampleChange({ "a.ts": "x\n" }, { "b.ts": `x\n${secret}\n` }, { "a.ts": "b.ts" });
  assert.deepEqual(scanPatchSecrets(moved.patch), [{ rule: "github-token", path: "b.ts", line: 2 }]);
});

Deno.test("a patch that does not parse is scanned whole", () => {
  assert.deepEqual(scanPatchSecrets(new TextEncoder().encode(`garbage\n-${GITHUB}\n`)), [{
    rule: "github-token",
    line: 2,
  }]);
});

Deno.test("a redacted diff keeps its shape and still parses", async () => {
  const { patch } = await sampleChange({ "a.ts": "x\n" }, { "a.ts": `x\nconst k = "${GITHUB}";\ny\n` });
  const clean = new TextEncoder().encode(redact(new TextDecoder().decode(patch)));
  assert.deepEqual(scanPatchSecrets(clean), []);
  assert.equal(
    new TextDecoder().decode(clean).split("\n").length,
    new TextDecoder().decode(patch).split("\n").length,
  );
});

Deno.test("whatever is redacted holds no finding, keeps its line count, and redacting again changes nothing", () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom(...Object.values(SAMPLES), `password="${random(24)}"`, "\n", "token: ", "-----BEGIN "),
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
    const text = pieces.join("");
    const clean = redact(text);
    assert.deepEqual(scanSecrets(clean), []);
    assert.equal(clean.split("\n").length, text.split("\n").length);
    assert.equal(redact(clean), clean);
  }));
});

// req: N4-20
Deno.test("a megabyte of whatever begins a token is scanned in linear time", () => {
  const starts = [...new Set(FORMATS.flatMap((format) => format.starts))];
  const lines = [
    "password=",
    "eyJ",
    "eyJ" + random(20) + ".eyJ",
    "://a:b",
    "-----BEGIN ",
    "%41",
    "A".repeat(50),
    'token="' + random(15),
    ...starts,
  ];
  for (const line of lines) {
    const text = line.repeat(Math.ceil(30_000 / line.length));
    const start = performance.now();
    scanSecrets(text);
    const small = performance.now() - start;
    assert.ok(small < 1500, `${line.slice(0, 12)}: ${small.toFixed(0)} ms for 30 kB`);
  }
  const mixed = lines.join(" ").repeat(Math.ceil(1_000_000 / lines.join(" ").length));
  const start = performance.now();
  scanSecrets(mixed);
  assert.ok(performance.now() - start < 10_000);
});
