import assert from "node:assert/strict";
import { mutex } from "./mutex.ts";

Deno.test("who finds the way free goes at once; the others in the order of asking, one at a time", async () => {
  const lock = mutex();
  const order: number[] = [];
  let inside = 0;
  const late: Promise<void>[] = [];
  const section = async (n: number) => {
    const turn = lock.take();
    assert.equal(turn === null, n === 0);
    await turn;
    assert.equal(++inside, 1);
    order.push(n);
    // Whoever comes while the way goes from one to the next finds it taken.
    if (n === 1) late.push(section(4));
    await Promise.resolve();
    inside--;
    lock.giveBack();
  };
  await Promise.all([0, 1, 2, 3].map(section));
  await Promise.all(late);
  assert.deepEqual(order, [0, 1, 2, 3, 4]);
  assert.equal(lock.take(), null, "the way is free again");
});
