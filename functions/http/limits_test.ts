import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_LIMITS, meter } from "./limits.ts";

const limits = { ...DEFAULT_LIMITS, requestsPerSecond: 2, burst: 3, concurrent: 2, streams: 1 };

Deno.test("an account may burst, then goes on at its rate", () => {
  let now = 0;
  const counted = meter({ ...limits, concurrent: 100 }, () => now);
  const enter = () => counted.enter("a").ok;
  assert.deepEqual([enter(), enter(), enter(), enter()], [true, true, true, false]);
  now = 499;
  assert.equal(enter(), false);
  now = 1000;
  assert.deepEqual([enter(), enter(), enter()], [true, true, false]);
});

Deno.test("Retry-After says when one more is possible", () => {
  const counted = meter({ ...limits, requestsPerSecond: 0.1, burst: 1 }, () => 0);
  counted.enter("a");
  const refused = counted.enter("a");
  assert.equal(!refused.ok && refused.trouble.headers?.["retry-after"], "10");
});

Deno.test("one account does not use up another's", () => {
  const counted = meter({ ...limits, burst: 1 }, () => 0);
  assert.equal(counted.enter("a").ok, true);
  assert.equal(counted.enter("a").ok, false);
  assert.equal(counted.enter("b").ok, true);
});

Deno.test("open requests are bounded, and leaving twice gives one place back", () => {
  const counted = meter({ ...limits, burst: 100 }, () => 0);
  const first = counted.enter("a");
  counted.enter("a");
  assert.equal(counted.enter("a").ok, false);
  assert.ok(first.ok);
  first.leave();
  first.leave();
  assert.equal(counted.enter("a").ok, true);
  assert.equal(counted.enter("a").ok, false);
});

Deno.test("event streams are bounded by themselves", () => {
  const counted = meter(limits, () => 0);
  const stream = counted.stream("a");
  assert.equal(counted.stream("a").ok, false);
  assert.equal(counted.streams(), 1);
  assert.ok(stream.ok);
  stream.leave();
  assert.equal(counted.streams(), 0);
  assert.equal(counted.stream("a").ok, true);
});

Deno.test("however the clock jumps, no more than burst plus rate times forward time gets in", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: -2000, max: 2000 }), { maxLength: 60 }), (jumps) => {
    let now = 10_000;
    let forward = 0;
    const counted = meter({ ...limits, concurrent: 1000 }, () => now);
    let let_in = 0;
    for (const jump of jumps) {
      now += jump;
      forward += Math.max(0, jump);
      if (counted.enter("a").ok) let_in += 1;
    }
    assert.ok(let_in <= limits.burst + forward * limits.requestsPerSecond / 1000 + 1e-6);
  }));
});
