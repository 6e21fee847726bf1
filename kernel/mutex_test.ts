import assert from "node:assert/strict";
import { mutex } from "./mutex.ts";

Deno.test("who finds the way free goes at once; the others in the order of asking, one at a time", async () => {
  const lock = mutex();
  const order: number[] = [];
  let inside = 0;
  const section = async (n: number) => {
    const turn = lock.take();
    assert.equal(turn === null, n === 0);
    await turn;
    assert.equal(++inside, 1);
    order.push(n);
    await Promise.resolve();
    inside--;
    lock.giveBack();
  };
  const all = Promise.all([0, 1, 2, 3].map(section));
  // The way is still taken while it goes from one to the next.
  await Promise.resolve();
  const late = lock.take();
  assert.notEqual(late, null);
  void late?.then(() => {
    order.push(4);
    lock.giveBack();
  });
  await all;
  await late;
  assert.deepEqual(order, [0, 1, 2, 3, 4]);
  assert.equal(lock.take(), null, "the way is free again");
});
