import assert from "node:assert/strict";
import fc from "fast-check";
import { backoff, limitEnds, LONGEST_WAIT_MS, nothingLeft, reset, retryAfter } from "./waiting.ts";

const now = Date.UTC(2026, 0, 1);
const headers = (init: Record<string, string>) => new Headers(init);

Deno.test("Retry-After is read as seconds and as each form of an HTTP date", () => {
  for (
    const [text, at] of [
      ["2", now + 2000],
      ["0", now],
      ["1.5", now + 1500],
      ["Thu, 01 Jan 2026 00:00:10 GMT", now + 10_000],
      ["Thursday, 01-Jan-26 00:00:10 GMT", now + 10_000],
      ["Thu Jan  1 00:00:10 2026", now + 10_000],
      ["Wed, 31 Dec 2025 00:00:00 GMT", now],
      ["soon", undefined],
      ["-5", undefined],
      ["", undefined],
    ] as const
  ) assert.equal(retryAfter(headers({ "retry-after": text }), now), at, text);
});

Deno.test("resets are read in seconds since the epoch, seconds from now and ISO 8601; other values are not believed", () => {
  for (
    const [text, at] of [
      [String(now / 1000 + 60), now + 60_000],
      ["60", now + 60_000],
      ["2026-01-01T00:01:00Z", now + 60_000],
      ["2026-01-01T00:01Z", now + 60_000],
      ["2026-01-01T01:01:00+01:00", now + 60_000],
      ["2026-01-01T00:01:00", now + 60_000],
      ["Thu, 01 Jan 2026 00:01:00 GMT", now + 60_000],
      [String(now + 60_000), undefined],
      ["1507651200000", undefined],
      [String(now / 1000 + 30 * 86400), undefined],
      ["9".repeat(40), undefined],
      ["never", undefined],
      [String(now / 1000 - 60), now],
    ] as const
  ) assert.equal(reset(headers({ "x-ratelimit-reset": text }), now), at, text);
  assert.equal(reset(headers({ ratelimit: '"default";r=0;t=50' }), now), now + 50_000);
  assert.equal(reset(headers({ ratelimit: "limit=100, remaining=0, reset=50" }), now), now + 50_000);
});

Deno.test("a reset counts only when the quota is used up, Retry-After always; the later of both holds, a day at most", () => {
  const inOne = String(now / 1000 + 60);
  assert.equal(
    limitEnds(headers({ "x-ratelimit-remaining": "10", "x-ratelimit-reset": inOne }), now),
    undefined,
  );
  assert.equal(
    limitEnds(headers({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": inOne }), now),
    now + 60_000,
  );
  assert.equal(limitEnds(headers({ "x-ratelimit-reset": inOne, "retry-after": "5" }), now), now + 60_000);
  assert.equal(limitEnds(headers({ "retry-after": "500000" }), now), now + LONGEST_WAIT_MS);
  assert.equal(limitEnds(headers({}), now), undefined);
  assert.equal(nothingLeft(headers({ "ratelimit-remaining": "0" })), true);
  assert.equal(nothingLeft(headers({ ratelimit: '"default";r=3;t=50' })), false);
});

Deno.test("waits grow, are never above the cap, and are spread over the upper half of their step", () => {
  fc.assert(fc.property(fc.nat(100), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
    const wait = backoff(tries, () => random, 500, 30_000);
    const step = Math.min(500 * 2 ** tries, 30_000);
    assert.ok(wait >= Math.floor(step / 2) && wait <= step);
  }));
});
