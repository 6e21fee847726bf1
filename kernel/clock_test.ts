import assert from "node:assert/strict";
import { fakeClock, systemClock } from "./clock.ts";

Deno.test("the system clock sleeps about as long as asked, and rejects with the reason when aborted", async () => {
  const clock = systemClock();
  const began = performance.now();
  await clock.sleep(20);
  assert.ok(performance.now() - began >= 18);
  const abort = new AbortController();
  const long = clock.sleep(60_000, abort.signal);
  abort.abort(new Error("enough"));
  await assert.rejects(long, /enough/);
  await assert.rejects(clock.sleep(1, abort.signal), /enough/);
});

Deno.test("the system clock sleeps longer than a timer can", async () => {
  const abort = new AbortController();
  let woke = false;
  const sleeping = systemClock().sleep(2 ** 40, abort.signal).then(() => woke = true, () => {});
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(woke, false);
  abort.abort();
  await sleeping;
});

Deno.test("a fake clock wakes sleepers in the order of their instants, with the time at that instant", async () => {
  const clock = fakeClock(1_000);
  const woken: [string, number][] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push([name, ms]);
  };
  const all = [sleep("c", 30), sleep("a", 10), sleep("b", 20), sleep("b2", 20)];
  assert.equal(clock.next(), 10);
  clock.advance(20);
  await Promise.all(all.slice(1));
  assert.deepEqual(woken.map(([name]) => name), ["a", "b", "b2"]);
  assert.equal(clock.now(), 1_020);
  clock.advance(100);
  await all[0];
  assert.equal(clock.now(), 1_120);
  assert.equal(clock.next(), null);
});

Deno.test("a fake clock that jumps wakes nobody", async () => {
  const clock = fakeClock(1_000);
  let woke = false;
  const sleeping = clock.sleep(10).then(() => woke = true);
  clock.jump(-500_000);
  clock.jump(1_000_000);
  await Promise.resolve();
  assert.equal(woke, false);
  assert.equal(clock.now(), 501_000);
  assert.equal(clock.steady(), 0);
  clock.advance(10);
  await sleeping;
});

Deno.test("a sleeper of a fake clock that is aborted is forgotten", async () => {
  const clock = fakeClock();
  const abort = new AbortController();
  const sleeping = clock.sleep(10, abort.signal);
  abort.abort(new Error("enough"));
  await assert.rejects(sleeping, /enough/);
  assert.equal(clock.next(), null);
});
