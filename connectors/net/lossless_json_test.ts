import assert from "node:assert/strict";
import fc from "fast-check";
import { changesAsDouble, MAX_DEPTH, NotJson, parseJson } from "./lossless_json.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseJson(bytes(text));

Deno.test("integers beyond 2^53 and decimals that a double would change come as text, all else as numbers", () => {
  assert.deepEqual(
    parse(
      '{"safe":9007199254740991,"big":9007199254740993,"neg":-12345678901234567890,"dec":0.12345678901234567890,"same":0.30000000000000004,"e":1e400,"small":1e-400,"f":1.10,"exp":1.5e10,"z":0.0000000000000000000}',
    ),
    {
      safe: 9007199254740991,
      big: "9007199254740993",
      neg: "-12345678901234567890",
      dec: "0.12345678901234567890",
      same: 0.30000000000000004,
      e: "1e400",
      small: "1e-400",
      f: 1.1,
      exp: 15000000000,
      z: 0,
    },
  );
  assert.deepEqual(parse("[ 12345678901234567890 , 1 ]"), ["12345678901234567890", 1]);
  assert.equal(parse("12345678901234567890"), "12345678901234567890");
});

Deno.test("digits inside texts and keys are left alone, also behind escaped quotes", () => {
  const text = '{"a\\"12345678901234567890":"x\\\\","b":"é 12345678901234567890","c":12345678901234567890}';
  assert.deepEqual(parse(text), {
    'a"12345678901234567890': "x\\",
    b: "é 12345678901234567890",
    c: "12345678901234567890",
  });
});

Deno.test("what is no JSON stays no JSON, however long its numbers are", () => {
  for (
    const text of [
      "",
      " ",
      "{",
      '{"a":1',
      "<html></html>",
      "[1 2]",
      "[012345678901234567890]",
      "{12345678901234567890:1}",
      '{"a":1,12345678901234567890:2}',
      "[12345678901234567890x]",
      "[1234567890.1234567890.1]",
      '["a"12345678901234567890]',
      "[12345678901234567890",
      "NaN",
      "[--12345678901234567890]",
    ]
  ) assert.throws(() => parse(text), NotJson, text);
  assert.throws(() => parseJson(new Uint8Array([0x22, 0xff, 0x22])), /not UTF-8/);
});

Deno.test("nesting beyond any API's is refused before it can overflow a stack", () => {
  assert.throws(() => parse("[".repeat(100_000) + "]".repeat(100_000)), /nested 100000 levels/);
  assert.throws(() => parse('{"a":'.repeat(MAX_DEPTH + 1) + "1" + "}".repeat(MAX_DEPTH + 1)), /levels deep/);
  assert.doesNotThrow(() => parse("[".repeat(MAX_DEPTH) + "]".repeat(MAX_DEPTH)));
  assert.doesNotThrow(() => parse(`["${"[".repeat(5000)}"]`));
});

Deno.test("a byte order mark is no fault", () => {
  assert.deepEqual(parse('\ufeff{"a":1}'), { a: 1 });
});

Deno.test("whatever JSON.stringify writes is read back as it was", () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
    const text = JSON.stringify(value);
    const plain = JSON.parse(
      text,
      (_, v) =>
        typeof v === "number" && Number.isInteger(v) && !Number.isSafeInteger(v) && !/e/.test(String(v))
          ? String(v)
          : v,
    );
    assert.deepEqual(parse(text), plain);
  }));
});

Deno.test("a decimal of any length is kept as a number only when the double prints the same digits", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 30n }),
      fc.integer({ min: 1, max: 30 }),
      (digits, places) => {
        const text = digits.toString().padStart(places + 1, "0");
        const source = `${text.slice(0, -places)}.${text.slice(-places)}`;
        const back = parse(`[${source}]`) as (string | number)[];
        if (typeof back[0] === "string") assert.equal(back[0], source);
        else {
          // What is a number must be exactly the decimal: compared as big integers at 40 places.
          const scaled = (plain: string) => {
            const [whole = "0", fraction = ""] = plain.split(".");
            return BigInt(whole + fraction.padEnd(40, "0"));
          };
          const [mantissa = "0", exponent = "0"] = String(back[0]).split("e");
          const shown = exponent === "0" ? mantissa : Number(back[0]).toFixed(40);
          if (exponent === "0") assert.equal(scaled(shown), scaled(source));
        }
      },
    ),
  );
  assert.equal(changesAsDouble("100.10000000000000000000"), false);
  assert.equal(changesAsDouble("100.10000000000000000001"), true);
});
