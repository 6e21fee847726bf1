import assert from "node:assert/strict";
import { HEAD, person, watchRoom } from "./testing.ts";

const approved = { state: "approved" as const, commit: HEAD, at: "", id: "1", author: person("dana") };
const stack = async (more: Parameters<typeof watchRoom>[0] = {}) => {
  const room = await watchRoom({ on: [5], autonomy: "A4", granted: "A4", ...more });
  room.pull = { ...room.pull, base: "forge/t5", reviews: [approved] };
  return room;
};
const continues = (room: Awaited<ReturnType<typeof stack>>) =>
  (room.submitted[0]?.linked.input as { continues: { pushes: boolean; mergesBase: boolean } }).continues;

Deno.test("one that stands on an open pull request is not merged into its branch, however ready it is", async () => {
  const room = await stack();
  room.below.set(5, { state: "open", base: "main" });
  const { outcome, state } = await room.look();
  assert.equal(outcome, "waits");
  assert.ok(
    state.told.some(({ what }) => /own stands on t5, which is not merged/.test(what)),
    JSON.stringify(state.told),
  );
  assert.deepEqual(room.asked.filter((one) => /^(?:merge|retarget)/.test(one)), []);
});

Deno.test("when the one below is merged it goes where that one went, says so once, and is judged again there before it is merged", async () => {
  const room = await stack();
  room.below.set(5, { state: "merged", base: "main" });
  const first = await room.look();
  assert.deepEqual(first.effects.map(({ kind }) => kind), ["watch-retarget", "watch-reply"]);
  assert.deepEqual(room.asked.filter((one) => one.startsWith("retarget")), ["retarget main"]);
  assert.match([...room.replies.values()].join(), /pull request 5.* is merged\. It goes into `main`/);
  room.pull = { ...room.pull, baseHead: "9".repeat(40) };
  await room.look();
  assert.equal(room.submitted.length, 1);
  assert.deepEqual([continues(room).pushes, continues(room).mergesBase], [false, false]);
  await room.ends("completed");
  room.merged = { commit: "c", tree: "x" };
  assert.equal((await room.look()).outcome, "merges");
  assert.equal(room.replies.size, 1);
});

Deno.test("when the one below is closed its changes leave the branch, under all gates, and a person merges what is left", async () => {
  const room = await stack();
  room.below.set(5, { state: "closed", base: "main" });
  await room.look();
  assert.match([...room.replies.values()].join(), /is closed.*without what that one brought/);
  room.pull = { ...room.pull, baseHead: "9".repeat(40) };
  await room.look();
  assert.deepEqual([continues(room).pushes, continues(room).mergesBase], [true, true]);
  const head = await room.ends("completed");
  room.pull = { ...room.pull, reviews: [{ ...approved, commit: head }] };
  const { outcome, state } = await room.look();
  assert.deepEqual([outcome, state.leaves, state.head], ["waits", false, head]);
  assert.ok(state.told.some(({ what }) => /own stands on t5, which is not merged/.test(what)));
});

Deno.test("a forge that has moved it by itself is followed, and every one that it stands on counts", async () => {
  const room = await stack({ on: [4, 5] });
  room.pull = { ...room.pull, base: "main" };
  room.below.set(4, { state: "open", base: "main" });
  room.below.set(5, { state: "merged", base: "main" });
  const { effects, state } = await room.look();
  assert.deepEqual(effects, []);
  assert.ok(state.told.some(({ what }) => /stands on t4, which is not merged/.test(what)));
});
