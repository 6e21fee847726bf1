import assert from "node:assert/strict";
import fc from "fast-check";
import type { ModelEntry, ModelPrice } from "../../specs/mod.ts";
import { actualCost, priceAt, tiersAt, worstCase } from "./price.ts";
import { AT_MS, entry, price, used } from "./testing/desk.ts";

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(text);
const bounds = (promptTokens: number, outputTokens: number, timeoutMs = 0) => ({
  promptTokens,
  outputTokens,
  timeoutMs,
});

const haiku = entry("haiku", {
  wire: "anthropic-messages",
  prices: [price(0.1, 0.5, {
    tiers: [
      {
        abovePromptTokens: 0,
        input: 0.1,
        output: 0.5,
        cacheRead: 0.01,
        cacheWrite5m: 0.125,
        cacheWrite1h: 0.2,
      },
      {
        abovePromptTokens: 100_000,
        input: 0.5,
        output: 2.5,
        cacheRead: 0.05,
        cacheWrite5m: 0.625,
        cacheWrite1h: 1,
      },
    ],
  })],
});

Deno.test("the tier of a prompt holds for the whole request, and cached tokens are part of the prompt", () => {
  assert.equal(actualCost(haiku, used(100_000, 1_000), AT_MS, AT_MS), 10_000 + 500);
  assert.equal(actualCost(haiku, used(100_001, 1_000), AT_MS, AT_MS), Math.ceil(50_000.5 + 2_500));
  assert.equal(
    actualCost(haiku, used(1, 0, { cacheRead: 60_000, cacheWrite5m: 40_000 }), AT_MS, AT_MS),
    Math.ceil(0.5 + 3_000 + 25_000),
  );
});

// req: N7-04
Deno.test("a cost is rounded up to a whole micro-dollar, and a tenth is a tenth", () => {
  assert.equal(actualCost(haiku, used(1, 0), AT_MS, AT_MS), 1);
  assert.equal(actualCost(haiku, used(30, 0), AT_MS, AT_MS), 3);
  assert.equal(actualCost(haiku, used(0, 0), AT_MS, AT_MS), 0);
});

Deno.test("the hours of a price count in UTC, over midnight too, and every hour that a call may touch", () => {
  const peak = entry("peak", {
    prices: [price(1, 0, { hours: [{ from: 1, to: 4, factor: 2 }, { from: 22, to: 1, factor: 3 }] })],
  });
  const cost = (time: string, timeoutMs = 0) => worstCase(peak, bounds(1_000, 0, timeoutMs), at(time));
  assert.equal(cost("2026-11-23T00:59:59.999Z"), 3_000);
  assert.equal(cost("2026-11-23T01:00:00.000Z"), 2_000);
  assert.equal(cost("2026-11-23T03:59:59.999Z"), 2_000);
  assert.equal(cost("2026-11-23T04:00:00.000Z"), 1_000);
  assert.equal(cost("2026-11-23T21:59:00.000Z", 120_000), 3_000);
  assert.equal(
    actualCost(peak, used(1_000, 0), at("2026-11-23T21:59:00.000Z"), at("2026-11-23T21:59:30.000Z")),
    1_000,
  );
});

Deno.test("a price that has ended, or not begun, is no price; a promotion ends on its day", () => {
  const promoted = entry("promoted", {
    prices: [
      price(1, 2, { from: "2026-09-02T00:00:00.000Z", until: "2027-01-01T00:00:00.000Z" }),
      price(2, 4, { from: "2027-01-01T00:00:00.000Z", until: "2027-06-01T00:00:00.000Z" }),
    ],
  });
  assert.equal(worstCase(promoted, bounds(1_000, 0), at("2026-09-01T23:59:59.999Z")), null);
  assert.equal(worstCase(promoted, bounds(1_000, 0), at("2026-12-31T23:59:59.999Z")), 1_000);
  assert.equal(worstCase(promoted, bounds(1_000, 0), at("2027-01-01T00:00:00.000Z")), 2_000);
  assert.equal(worstCase(promoted, bounds(1_000, 0, 60_000), at("2026-12-31T23:59:30.000Z")), 2_000);
  assert.equal(worstCase(promoted, bounds(1_000, 0), at("2027-06-01T00:00:00.000Z")), null);
  assert.equal(priceAt(promoted, at("2027-06-01T00:00:00.000Z")), null);
});

Deno.test("a local model without a price costs nothing; a hosted one without a price has no cost at all", () => {
  assert.equal(worstCase(entry("l", { locality: "local", prices: [] }), bounds(1_000, 1_000), AT_MS), 0);
  assert.equal(worstCase(entry("h", { prices: [] }), bounds(1_000, 1_000), AT_MS), null);
  assert.equal(actualCost(entry("h", { prices: [] }), used(1, 1), AT_MS, AT_MS), null);
});

Deno.test("tiers are shown as they hold at the hour", () => {
  const one = price(0.15, 0.6, { hours: [{ from: 1, to: 4, factor: 2 }] });
  assert.deepEqual(tiersAt(one, at("2026-11-23T02:00:00.000Z")).map(({ input, output }) => [input, output]), [
    [
      0.3,
      1.2,
    ],
  ]);
});

const rate = fc.integer({ min: 0, max: 100_000_000 }).map((n) => n / 1_000_000);
const maybe = fc.option(rate, { nil: null });
const tiers = fc.uniqueArray(fc.integer({ min: 1, max: 300_000 }), { maxLength: 3 }).chain((steps) =>
  fc.tuple(...[0, ...steps.sort((a, b) => a - b)].map((abovePromptTokens) =>
    fc.record({
      abovePromptTokens: fc.constant(abovePromptTokens),
      input: rate,
      output: rate,
      cacheRead: maybe,
      cacheWrite5m: maybe,
      cacheWrite1h: maybe,
    })
  ))
);
const hours = fc.array(
  fc.record({
    from: fc.integer({ min: 0, max: 23 }),
    to: fc.integer({ min: 1, max: 24 }),
    factor: fc.integer({ min: 0, max: 5_000 }).map((n) => n / 1_000),
  }),
  { maxLength: 3 },
);
const priced: fc.Arbitrary<ModelEntry> = fc.record({
  wire: fc.constantFrom("anthropic-messages" as const, "openai-chat" as const),
  early: fc.tuple(tiers, hours),
  late: fc.tuple(tiers, hours),
}).map(({ wire, early, late }) => {
  const of = ([tiers, hours]: typeof early, from: string, until: string | null): ModelPrice =>
    price(0, 0, { tiers, hours, from, until });
  return entry("any", {
    wire,
    prices: [
      of(early, "2026-01-01T00:00:00.000Z", "2026-11-23T12:30:00.000Z"),
      of(late, "2026-11-23T12:30:00.000Z", null),
    ],
  });
});

Deno.test("what is reserved is never less than what is paid, for any usage within the bounds, at any hour", () => {
  fc.assert(
    fc.property(
      priced,
      fc.tuple(fc.nat(200_000), fc.nat(200_000), fc.nat(50_000), fc.nat(50_000)),
      fc.nat(100_000),
      fc.nat(1_000),
      fc.integer({ min: -30 * HOUR, max: 30 * HOUR }),
      fc.nat(3 * HOUR),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (model, [input, cacheRead, cacheWrite5m, cacheWrite1h], output, spare, shift, timeoutMs, share) => {
        const start = AT_MS + shift;
        const usage = used(input, output, { cacheRead, cacheWrite5m, cacheWrite1h });
        const worst = worstCase(
          model,
          bounds(input + cacheRead + cacheWrite5m + cacheWrite1h + spare, output + spare, timeoutMs),
          start,
        );
        const actual = actualCost(model, usage, start, start + Math.floor(timeoutMs * share));
        assert.ok(worst !== null && actual !== null);
        assert.ok(Number.isSafeInteger(worst) && Number.isSafeInteger(actual));
        assert.ok(worst >= actual, `reserved ${worst}, paid ${actual}`);
      },
    ),
    { numRuns: 2_000 },
  );
});
