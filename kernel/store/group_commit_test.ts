import assert from "node:assert/strict";
import fc from "fast-check";
import { setImmediate } from "node:timers";
import { groupCommit } from "./group_commit.ts";
import { LIMITS } from "./limits.ts";
import type { Commit, Key, Store } from "./port.ts";
import { simulatedBackend } from "./simulated.ts";

const write = (name: string, value: string | number = name): Commit => ({ sets: [{ key: [name], value }] });
const quiet = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A store whose commits wait until they are let through, and are noted. */
function slow() {
  const inner = simulatedBackend().open();
  const seen: Commit[] = [];
  const waiting: (() => void)[] = [];
  let open = false;
  const store: Store = {
    ...inner,
    async commit(commit) {
      seen.push(commit);
      if (!open) await new Promise<void>((resolve) => waiting.push(resolve));
      return await inner.commit(commit);
    },
  };
  return {
    inner,
    seen,
    grouped: groupCommit(store),
    /** Lets everything through, now and from now on. */
    release() {
      open = true;
      for (const go of waiting.splice(0)) go();
    },
    /** Lets what waits now through. */
    step() {
      for (const go of waiting.splice(0)) go();
    },
    keys: () => seen.map((commit) => (commit.sets ?? []).map(({ key }) => key.join("/"))),
  };
}

Deno.test("commits that wait at the same time become few, and each is told its outcome", async () => {
  const { grouped, release, seen, inner } = slow();
  const outcomes = Array.from({ length: 60 }, (_, i) => grouped.commit(write(`k${i}`, i)));
  await quiet();
  release();
  assert.ok((await Promise.all(outcomes)).every((outcome) => outcome.ok));
  assert.ok(seen.length <= 4, `${seen.length} commits for 60`);
  for (let i = 0; i < 60; i++) assert.equal((await inner.get([`k${i}`]))?.value, i);
  assert.deepEqual(grouped.stats, { asked: 60, made: seen.length, split: 0 });
});

Deno.test("a commit alone goes out at once, as it is", async () => {
  const { grouped, release, seen } = slow();
  const commit = write("a");
  const outcome = grouped.commit(commit);
  await quiet();
  assert.deepEqual(seen, [commit]);
  release();
  assert.ok((await outcome).ok);
});

Deno.test("one whose check fails does not take the others with it", async () => {
  const { grouped, release, inner } = slow();
  await inner.commit(write("taken"));
  const outcomes = Array.from({ length: 20 }, (_, i) =>
    grouped.commit(
      i === 13 || i === 4
        ? { checks: [{ key: ["taken"], version: null }], sets: [{ key: [`k${i}`], value: i }] }
        : write(`k${i}`, i),
    ));
  await quiet();
  release();
  const failed = (await Promise.all(outcomes)).flatMap((outcome, i) => outcome.ok ? [] : [i]);
  assert.deepEqual(failed, [4, 13]);
  assert.equal(await inner.get(["k13"]), null);
  assert.equal((await inner.get(["k12"]))?.value, 12);
  assert.ok(grouped.stats.split > 0);
});

Deno.test("a commit that checks what another one of the group writes waits for it, and fails as it would alone", async () => {
  const { grouped, release, seen, inner } = slow();
  const first = grouped.commit({
    checks: [{ key: ["x"], version: null }],
    sets: [{ key: ["x"], value: "first" }],
  });
  const second = grouped.commit({
    checks: [{ key: ["x"], version: null }],
    sets: [{ key: ["x"], value: "second" }],
  });
  const reader = grouped.commit({
    checks: [{ key: ["x"], version: null }],
    sets: [{ key: ["y"], value: 1 }],
  });
  const free = grouped.commit(write("z"));
  await quiet();
  release();
  assert.deepEqual(
    [(await first).ok, (await second).ok, (await reader).ok, (await free).ok],
    [true, false, false, true],
  );
  assert.equal((await inner.get(["x"]))?.value, "first");
  assert.ok(seen.length >= 2);
});

Deno.test("writes of one key keep the order in which they were asked for, also behind one that is on its way", async () => {
  const { grouped, release, inner } = slow();
  const all = [grouped.commit(write("k", 1))];
  await quiet();
  all.push(
    grouped.commit(write("k", 2)),
    grouped.commit({ deletes: [["k"]] }),
    grouped.commit(write("k", 3)),
  );
  all.push(grouped.commit({ sets: [{ key: ["k"], value: 4 }, { key: ["other"], value: 4 }] }));
  all.push(grouped.commit(write("other", 5)));
  release();
  await Promise.all(all);
  assert.equal((await inner.get(["k"]))?.value, 4);
  assert.equal((await inner.get(["other"]))?.value, 5);
});

Deno.test("a group stays within what one commit may hold", async () => {
  const { grouped, release, seen } = slow();
  const big = Array.from(
    { length: 40 },
    (_, i) => grouped.commit({ sets: [{ key: ["big", i], value: new Uint8Array(50_000) }] }),
  );
  const checked = Array.from(
    { length: 250 },
    (_, i) =>
      grouped.commit({ checks: [{ key: ["c", i], version: null }], sets: [{ key: ["c", i], value: i }] }),
  );
  await quiet();
  release();
  const outcomes = await Promise.all([...big, ...checked]);
  assert.ok(outcomes.every((outcome) => outcome.ok));
  for (const commit of seen) {
    assert.ok((commit.checks?.length ?? 0) <= LIMITS.checks);
    const bytes = (commit.sets ?? []).reduce(
      (sum, { value }) => sum + (value instanceof Uint8Array ? value.length : 9),
      0,
    );
    assert.ok(bytes <= LIMITS.totalBytes);
  }
});

Deno.test("what no commit may hold is refused for its caller alone", async () => {
  const { grouped, release } = slow();
  const good = grouped.commit(write("good"));
  await assert.rejects(grouped.commit(write("bad", "x".repeat(60_001))), RangeError);
  release();
  assert.ok((await good).ok);
});

Deno.test("when the backend throws, every caller of the group hears it, and the next group goes on", async () => {
  const inner = simulatedBackend().open();
  let broken = true;
  const grouped = groupCommit({
    ...inner,
    commit: (commit) => broken ? Promise.reject(new Error("disk full")) : inner.commit(commit),
  });
  const outcomes = await Promise.allSettled([1, 2, 3].map((i) => grouped.commit(write(`k${i}`))));
  assert.ok(outcomes.every((o) => o.status === "rejected" && /disk full/.test(String(o.reason))));
  broken = false;
  assert.ok((await grouped.commit(write("k1"))).ok);
});

Deno.test("any mix of commits leaves what they would leave one after the other", async () => {
  const key = fc.constantFrom<Key>(["a"], ["b"], ["c"], ["d"]);
  const commitArb = fc.record({
    check: fc.option(key),
    sets: fc.array(fc.record({ key, value: fc.nat(99) }), { maxLength: 2 }),
    deletes: fc.array(key, { maxLength: 1 }),
    wait: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(commitArb, { maxLength: 25 }), async (commits) => {
      const backend = simulatedBackend();
      const log: Commit[] = [];
      const inner = backend.open({ before: () => quiet() });
      const grouped = groupCommit(inner);
      const all: Promise<unknown>[] = [];
      for (const { check, sets, deletes, wait } of commits) {
        const commit: Commit = {
          checks: check === null ? [] : [{ key: check, version: null }],
          sets,
          deletes,
        };
        all.push(grouped.commit(commit).then((outcome) => outcome.ok && log.push(commit)));
        if (wait) await quiet();
      }
      await Promise.all(all);
      // One after the other, in the order in which they were told that they are through.
      const alone = simulatedBackend();
      const store = alone.open();
      for (const commit of log) assert.ok((await store.commit({ ...commit, checks: [] })).ok);
      const plain = (b: typeof backend) => b.dump().map(({ key, value }) => [key, value]);
      assert.deepEqual(plain(backend), plain(alone));
    }),
    { numRuns: 150 },
  );
});
