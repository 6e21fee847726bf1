import assert from "node:assert/strict";
import fc from "fast-check";
import type { Json } from "../../specs/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import { compare, decimalOf, minus, plus, times } from "./decimal.ts";
import { compileExpression } from "./expression.ts";

async function valueOf(text: string, row: Row): Promise<Json | Error> {
  const compiled = await compileExpression(text);
  assert.ok(compiled.ok, text);
  const value = compiled.value(row);
  return value.ok ? value.value : new Error(value.error);
}

Deno.test("a division says the same of whole numbers, of doubles and of texts", async () => {
  for (const [a, b] of [[7, 2], ["7", "2"], ["7", 2], [7, "2"], ["7.0", 2]]) {
    assert.equal(await valueOf("a / b", { a: a ?? null, b: b ?? null }), 3.5, JSON.stringify([a, b]));
  }
  const values: [string, Row, Json][] = [
    ["a / b", { a: 8, b: 2 }, 4],
    ["int(a / b)", { a: 7, b: 2 }, 3],
    ["a / 2 * 2", { a: 7 }, 7],
    ["a / b", { a: 1, b: 3 }, 1 / 3],
    ["a / b", { a: -10, b: 4 }, -2.5],
    ["a / b", { a: "9007199254740993", b: 1 }, "9007199254740993"],
    ["a / b", { a: 0.3, b: 0.1 }, 3],
    ["a % b", { a: 7, b: 2 }, 1],
  ];
  for (const [text, row, expected] of values) {
    assert.deepEqual(await valueOf(text, row), expected, `${text} ${JSON.stringify(row)}`);
  }
  for (const row of [{ a: 1, b: 0 }, { a: "1", b: "0" }, { a: 1.5, b: 0 }, { a: 1.5, b: "0.0" }]) {
    assert.match(String(await valueOf("a / b", row)), /zero/);
  }
  assert.match(String(await valueOf("a / (b * 1.5)", { a: 2.5, b: 0 })), /zero/);
});

Deno.test("digits beyond a double's are kept, or the row has an error: never another number", async () => {
  const values: [string, Row, Json][] = [
    ["a + 1", { a: "9007199254740993" }, "9007199254740994"],
    ["a - b", { a: "9007199254740993", b: "9007199254740992" }, 1],
    ["a * 3", { a: "3002399751580331" }, "9007199254740993"],
    ["a * b", { a: "0.1", b: "3" }, 0.3],
    ["a * 100", { a: "19.99" }, 1999],
    ["0 + a + b", { a: "0.1", b: "0.2" }, 0.3],
    ["a - b", { a: "0.3", b: "0.1" }, 0.2],
    ["a > b", { a: "9007199254740993", b: 9007199254740992 - 1 }, true],
    ["a > 0.1", { a: "0.10000000000000000001" }, true],
    ["a <= 0.1", { a: "0.10000000000000000001" }, false],
    ["a + b", { a: 0.5, b: 1 }, 1.5],
    ["a * b", { a: 0.1234567890123456, b: 3 }, 0.1234567890123456 * 3],
  ];
  for (const [text, row, expected] of values) {
    assert.deepEqual(await valueOf(text, row), expected, `${text} ${JSON.stringify(row)}`);
  }
  const faults: [string, Row, RegExp][] = [
    ["a * b", { a: "999999999999.99", b: "1000001" }, /more digits than a number holds/],
    ["a + 1", { a: "0.1234567890123456789" }, /more digits than a number holds/],
    ["a * a", { a: "9223372036854775807" }, /more digits than a number holds/],
    ["a + 1", { a: "1,000" }, /no number/],
    ["a + 1", { a: "1e999" }, /no number/],
    ["a * 1e308", { a: 1e308 }, /no finite number/],
  ];
  for (const [text, row, fault] of faults) {
    assert.match(String(await valueOf(text, row)), fault, `${text} ${JSON.stringify(row)}`);
  }
});

Deno.test("what arithmetic over decimal texts gives is the exact value", async () => {
  const sums = await Promise.all(["a - b", "a * b", "0 + a"].map((text) => compileExpression(text)));
  const number = fc.tuple(
    fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
    fc.integer({ min: 0, max: 8 }),
  ).map(([digits, scale]) => {
    const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, "0");
    const point = text.length - scale;
    return `${digits < 0n ? "-" : ""}${text.slice(0, point)}${scale === 0 ? "" : `.${text.slice(point)}`}`;
  });
  let exact = 0;
  fc.assert(fc.property(number, number, (a, b) => {
    const [x, y] = [decimalOf(a), decimalOf(b)];
    assert.ok(x !== null && y !== null);
    const expected = [minus(x, y), times(x, y), plus(x, { digits: 0n, scale: 0 })];
    sums.forEach((compiled, at) => {
      assert.ok(compiled.ok);
      const given = compiled.value({ a, b });
      if (!given.ok) return assert.match(given.error, /more digits/);
      const [value, wanted] = [decimalOf(given.value), expected[at]];
      assert.ok(value !== null && wanted !== undefined);
      assert.equal(compare(value, wanted), 0, `${a} ${b}: ${String(given.value)}`);
      exact++;
    });
  }));
  assert.ok(exact > 0);
});
