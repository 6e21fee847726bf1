import assert from "node:assert/strict";
import fc from "fast-check";
import { redact, scanSecrets } from "../secrets.ts";
import { hasCrc32 } from "./checksum.ts";
import { FORMATS } from "./formats.ts";
import type { TokenFormat } from "./formats/format.ts";
import { isPlaceholder, madeByChance } from "./placeholder.ts";
import { knownTokens } from "./scan.ts";

/** The literal of a format that begins a token, and the token without it. */
function bodyOf(token: string, format: TokenFormat): string {
  const literal = format.starts.find((start) => token.startsWith(start, format.back ?? 0)) ?? "";
  const at = format.back ?? 0;
  return token.slice(0, at) + token.slice(at + literal.length);
}

/** Tokens are made from the pattern, at run time: a whole one in a file would stop other people's scanners. */
function tokensOf(format: TokenFormat, pattern: string, count: number): string[] {
  return fc.sample(
    fc.stringMatching(new RegExp(`^(?:${pattern})$`)).filter((token) =>
      token.length < 700 && /^[ -~]+$/.test(token) && !isPlaceholder(token) &&
      madeByChance(bodyOf(token, format), format.checksum ? 2 : format.chance ?? 0)
    ),
    { numRuns: count, seed: 5 },
  );
}

/** The pattern with each repetition at its least, so that no shorter token matches. */
const shortest = ({ pattern }: TokenFormat) =>
  pattern.replace(/\{(\d+),\d*\}/g, "{$1}").replace(/(\)|\])\?/g, "$1{0}");

for (const format of FORMATS) {
  Deno.test(`format ${format.id} ${format.starts[0]}…: found and taken out; not found when damaged or a placeholder`, () => {
    for (const token of tokensOf(format, format.pattern, 2)) {
      for (const text of [token, `const key = "${token}";`, `{"k":"${token}"}`]) {
        assert.ok(scanSecrets(text).length > 0, `${format.id} in ${text.slice(0, 12)}…`);
        const clean = redact(text);
        assert.deepEqual(scanSecrets(clean), [], format.id);
        assert.ok(!clean.includes(token), format.id);
      }
    }
    for (const token of tokensOf(format, shortest(format), 2)) {
      // A broader format may name it.
      assert.ok(knownTokens(`"${token}"`).length > 0, "the shortest token of the pattern");
      // A near miss: the last character that counts is gone, or a sign stands in the middle of the value.
      const middle = Math.floor((token.length + (format.back ?? 0)) / 2);
      for (const near of [token.slice(0, -1), `${token.slice(0, middle)}!${token.slice(middle + 1)}`]) {
        const cut = knownTokens(`"${near}"`).find(({ rule }) => rule === format.id);
        assert.ok(cut === undefined || cut.end - cut.start < token.length, near.slice(0, 8));
        if (format.id !== "salesforce-session") assert.equal(cut, undefined, near.slice(0, 8));
      }
    }
  });
}

Deno.test("a token of any format that holds what only placeholders hold is let go", () => {
  const fillers = ["000000000000", "xxxxxxxxxxxx", "EXAMPLE", "XXXXXXXXXXXX"];
  const checked = new Set<string>();
  for (const format of FORMATS) {
    const program = new RegExp(`^(?:${format.pattern})$`);
    for (const token of tokensOf(format, format.pattern, 2)) {
      for (const filler of fillers) {
        for (let at = token.length - filler.length; at > 0; at--) {
          const filled = token.slice(0, at) + filler + token.slice(at + filler.length);
          if (!program.test(filled)) continue;
          assert.ok(!knownTokens(`"${filled}"`).some(({ rule }) => rule === format.id), format.id);
          checked.add(format.id);
          break;
        }
      }
    }
  }
  const unchecked = new Set(FORMATS.map(({ id }) => id).filter((id) => !checked.has(id)));
  // Those that are too short, or whose alphabet has no filler.
  assert.ok(unchecked.size <= 6, [...unchecked].join(", "));
});

Deno.test("a right checksum makes a token of whatever it spells; with a wrong one, a letter over and over is none", () => {
  const body = "AbC1" + "x".repeat(26);
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const right = (prefix: string) => {
    // The checksum, found by its own rule: CRC-32 by long division.
    let crc = 0xffffffffn;
    for (const byte of new TextEncoder().encode(body)) {
      crc ^= BigInt(byte);
      for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xedb88320n : crc >> 1n;
    }
    let left = Number(crc ^ 0xffffffffn);
    let sum = "";
    for (let count = 0; count < 6; count++, left = Math.floor(left / 62)) sum = digits[left % 62] + sum;
    return prefix + body + sum;
  };
  for (const prefix of ["gh" + "p_", "np" + "m_"]) {
    assert.ok(hasCrc32(right(prefix)));
    assert.equal(knownTokens(right(prefix)).length, 1);
    assert.equal(knownTokens(`${prefix}${body}aaaaaa`).length, 0);
    assert.equal(knownTokens(prefix + "a1".repeat(18)).length, 0);
    assert.equal(knownTokens(prefix + "a".repeat(36)).length, 0);
  }
});

Deno.test("every pattern means the same to a linear-time engine, on tokens and on damaged ones", async () => {
  const { RE2JS } = await import("re2js");
  for (const { id, pattern } of FORMATS) {
    const [native, linear] = [new RegExp(`^(?:${pattern})`), RE2JS.compile(pattern)];
    for (
      const token of fc.sample(fc.stringMatching(new RegExp(`^(?:${pattern})$`)), { numRuns: 3, seed: 9 })
    ) {
      for (
        const text of [
          token,
          token.slice(0, -1),
          token.slice(1),
          `${token}x`,
          token.replace(/.$/s, "!"),
          token.toLowerCase(),
        ]
      ) {
        const matcher = linear.matcher(text);
        assert.equal(native.exec(text)?.[0] ?? null, matcher.lookingAt() ? matcher.group() : null, id);
      }
    }
  }
});

Deno.test("there are at least 120 formats, each begins with its literal, and no two share a pattern", () => {
  assert.ok(new Set(FORMATS.map(({ id }) => id)).size >= 120);
  assert.equal(new Set(FORMATS.map(({ pattern }) => pattern)).size, FORMATS.length);
  for (const { id, starts, back = 0, pattern } of FORMATS) {
    for (
      const token of fc.sample(fc.stringMatching(new RegExp(`^(?:${pattern})$`)), { numRuns: 5, seed: 3 })
    ) {
      assert.ok(starts.some((start) => token.startsWith(start, back)), id);
      // Shorter ones would be missed where pieces are joined.
      assert.ok(token.length >= 12, id);
    }
  }
});
