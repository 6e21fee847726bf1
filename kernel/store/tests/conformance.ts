import assert from "node:assert/strict";
import { LIMITS } from "../limits.ts";
import type { Key, Store } from "../port.ts";

/** A store that was opened for one test, and how to get rid of it. */
export interface Opened {
  store: Store;
  dispose(): Promise<void>;
}

/** What every Store must do, whatever is behind it. Registers the tests of one adapter. */
export function storeConformance(name: string, open: () => Promise<Opened>): void {
  const test = (behaviour: string, body: (store: Store) => Promise<void>) =>
    Deno.test(`${name}: ${behaviour}`, async () => {
      const { store, dispose } = await open();
      try {
        await body(store);
      } finally {
        await dispose();
      }
    });
  const set = (store: Store, ...keys: Key[]) =>
    store.commit({ sets: keys.map((key) => ({ key, value: key[key.length - 1] ?? 0 })) });
  const listed = async (store: Store, range: Parameters<Store["list"]>[0], limit = 100) =>
    (await store.list(range, limit)).map((entry) => entry.key);

  test("an absent key is null", async (store) => {
    assert.equal(await store.get(["none"]), null);
    assert.deepEqual(await store.getMany([["none"], ["neither"]]), [null, null]);
    assert.deepEqual(await store.list({ prefix: ["none"] }, 10), []);
  });

  test("every kind of value comes back as it was", async (store) => {
    const values = [
      null,
      true,
      0,
      -1.5,
      1e300,
      "",
      "plain",
      "j{}",
      "naïve 日本 🦕 \u0000 \n",
      [],
      [1, [2, { a: null }]],
      { b: 1, a: { "": "x" } },
      new Uint8Array([0, 255, 1]),
      new Uint8Array(),
    ];
    for (const [i, value] of values.entries()) {
      assert.equal((await store.commit({ sets: [{ key: ["v", i], value }] })).ok, true);
      assert.deepEqual((await store.get(["v", i]))?.value, value);
    }
  });

  test("a stored value does not change with the object that was passed", async (store) => {
    const value = { list: [1] };
    const bytes = new Uint8Array([1]);
    await store.commit({ sets: [{ key: ["a"], value }, { key: ["b"], value: bytes }] });
    value.list.push(2);
    bytes[0] = 9;
    assert.deepEqual((await store.get(["a"]))?.value, { list: [1] });
    assert.deepEqual((await store.get(["b"]))?.value, new Uint8Array([1]));
  });

  test("text as long as the limit comes back, whatever script it is in", async (store) => {
    for (const text of ["x".repeat(59_000), "日".repeat(19_900), "é".repeat(29_900), "🦕".repeat(14_900)]) {
      await store.commit({ sets: [{ key: ["long"], value: text }] });
      assert.equal((await store.get(["long"]))?.value, text);
    }
  });

  test("the version changes with every write and is the one that the commit told", async (store) => {
    const first = await store.commit({ sets: [{ key: ["a"], value: 1 }] });
    const second = await store.commit({ sets: [{ key: ["a"], value: 1 }] });
    assert.ok(first.ok && second.ok);
    assert.notEqual(first.version, second.version);
    assert.equal((await store.get(["a"]))?.version, second.version);
  });

  test("a commit with a check that holds is written", async (store) => {
    const first = await store.commit({
      checks: [{ key: ["a"], version: null }],
      sets: [{ key: ["a"], value: 1 }],
    });
    assert.ok(first.ok);
    const second = await store.commit({
      checks: [{ key: ["a"], version: first.version }],
      sets: [{ key: ["a"], value: 2 }],
    });
    assert.ok(second.ok);
    assert.equal((await store.get(["a"]))?.value, 2);
  });

  test("one check that fails leaves nothing written and nothing deleted", async (store) => {
    await set(store, ["a"], ["kept"]);
    for (const version of [null, "00000000000000000001x"]) {
      const outcome = await store.commit({
        checks: [{ key: ["b"], version: null }, { key: ["a"], version }],
        sets: [{ key: ["b"], value: 1 }, { key: ["a"], value: "changed" }],
        deletes: [["kept"]],
      }).catch(() => ({ ok: false as const }));
      assert.equal(outcome.ok, false);
    }
    assert.equal(await store.get(["b"]), null);
    assert.equal((await store.get(["a"]))?.value, "a");
    assert.equal((await store.get(["kept"]))?.value, "kept");
  });

  test("a check of an absent key fails once the key is there", async (store) => {
    await set(store, ["a"]);
    assert.equal((await store.commit({ checks: [{ key: ["a"], version: null }] })).ok, false);
  });

  test("a deleted key is gone, and deleting an absent one is fine", async (store) => {
    await set(store, ["a"]);
    assert.equal((await store.commit({ deletes: [["a"], ["never"]] })).ok, true);
    assert.equal(await store.get(["a"]), null);
    assert.equal((await store.commit({ checks: [{ key: ["a"], version: null }] })).ok, true);
  });

  test("a key that is deleted and set in one commit is set", async (store) => {
    await set(store, ["a"]);
    await store.commit({ sets: [{ key: ["a"], value: "moved onto itself" }], deletes: [["a"]] });
    assert.equal((await store.get(["a"]))?.value, "moved onto itself");
  });

  test("list is in key order: text before numbers, by bytes and by value", async (store) => {
    const ordered: Key[] = [
      ["l", ""],
      ["l", "A"],
      ["l", "a"],
      ["l", "a", "b"],
      ["l", "aa"],
      ["l", "é"],
      ["l", "日"],
      ["l", "🦕"],
      ["l", -5],
      ["l", 0],
      ["l", 2],
      ["l", 10],
      ["l", 1e12],
    ];
    await set(store, ...[...ordered].reverse());
    assert.deepEqual(await listed(store, { prefix: ["l"] }), ordered);
    assert.deepEqual(await listed(store, { prefix: ["l"], reverse: true }), [...ordered].reverse());
  });

  test("list by prefix leaves out the prefix itself and its neighbours", async (store) => {
    await set(store, ["p"], ["p", 1], ["p", 2], ["pp", 1], ["o", 1]);
    assert.deepEqual(await listed(store, { prefix: ["p"] }), [["p", 1], ["p", 2]]);
  });

  test("start is inside the range and end is not", async (store) => {
    await set(store, ...[1, 2, 3, 4, 5].map((n): Key => ["r", n]));
    assert.deepEqual(await listed(store, { start: ["r", 2], end: ["r", 4] }), [["r", 2], ["r", 3]]);
    assert.deepEqual(await listed(store, { prefix: ["r"], start: ["r", 4] }), [["r", 4], ["r", 5]]);
    assert.deepEqual(await listed(store, { prefix: ["r"], end: ["r", 2] }), [["r", 1]]);
    assert.deepEqual(await listed(store, { prefix: ["r"], start: ["r", 2], end: ["r", 3] }), [["r", 2]]);
    assert.deepEqual(await listed(store, { start: ["r", 4] }), [["r", 4], ["r", 5]]);
    assert.deepEqual(await listed(store, { start: ["r", 1], end: ["r", 5], reverse: true }, 1), [["r", 4]]);
  });

  test("list stops at the limit, also beyond one batch", async (store) => {
    const keys = Array.from({ length: 1200 }, (_, n): Key => ["m", n]);
    for (let i = 0; i < keys.length; i += 400) await set(store, ...keys.slice(i, i + 400));
    assert.equal((await store.list({ prefix: ["m"] }, 7)).length, 7);
    assert.deepEqual(await listed(store, { prefix: ["m"] }, 5000), keys);
    assert.deepEqual(await store.list({ prefix: ["m"] }, 0), []);
  });

  test("getMany keeps the order of many keys, with null for the absent", async (store) => {
    await set(store, ...Array.from({ length: 12 }, (_, n): Key => ["g", 2 * n]));
    const found = await store.getMany(Array.from({ length: 24 }, (_, n): Key => ["g", n]));
    assert.deepEqual(
      found.map((entry) => entry?.value ?? null),
      Array.from({ length: 24 }, (_, n) => n % 2 ? null : n),
    );
  });

  // req: N1-10
  // A throwing atomic() leaves the mutations before the bad one written on SQLite.
  test("a commit that cannot be stored throws before anything of it is written", async (store) => {
    const good = { key: ["good"], value: 1 };
    const bad: { key: Key; value: unknown }[] = [
      { key: ["bad"], value: "x".repeat(LIMITS.valueBytes + 1) },
      { key: ["bad"], value: "日".repeat(25_000) + "x".repeat(6_000) },
      { key: ["bad"], value: { text: "y".repeat(LIMITS.valueBytes) } },
      { key: ["bad"], value: new Uint8Array(LIMITS.valueBytes + 1) },
      { key: ["bad"], value: undefined },
      { key: ["bad"], value: () => 1 },
      { key: ["k".repeat(LIMITS.keyBytes + 1)], value: 1 },
      { key: [], value: 1 },
      { key: ["n", NaN], value: 1 },
    ];
    for (const wrong of bad) {
      await assert.rejects(
        store.commit({ sets: [good, wrong as typeof good] }),
        /^(RangeError|TypeError): Cannot/,
      );
      assert.equal(await store.get(["good"]), null);
    }
  });

  test("a commit with too much in it throws before anything of it is written", async (store) => {
    const many = (n: number) => Array.from({ length: n }, (_, i) => ["many", i] as Key);
    const sets = many(LIMITS.mutations + 1).map((key) => ({ key, value: 0 }));
    await assert.rejects(store.commit({ sets }), /mutations must be at most/);
    const checks = many(LIMITS.checks + 1).map((key) => ({ key, version: null }));
    await assert.rejects(
      store.commit({ checks, sets: [{ key: ["one"], value: 1 }] }),
      /checks must be at most/,
    );
    const big = many(15).map((key) => ({ key, value: new Uint8Array(59_000) }));
    await assert.rejects(store.commit({ sets: big }), /totalBytes must be at most/);
    const wide = many(60).map((key) => ({ key: [...key, "w".repeat(1_500)], value: 0 }));
    await assert.rejects(store.commit({ sets: wide }), /keyBytes must be at most/);
    assert.deepEqual(await store.list({ prefix: ["many"] }, 10), []);
  });

  test("of many who write at the same version one is first", async (store) => {
    await set(store, ["x"]);
    const version = (await store.get(["x"]))?.version ?? null;
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        store.commit({
          checks: [{ key: ["x"], version }],
          sets: [{ key: ["x"], value: i }, { key: ["won", i], value: i }],
        })),
    );
    assert.equal(outcomes.filter((outcome) => outcome.ok).length, 1);
    const won = await store.list({ prefix: ["won"] }, 50);
    assert.equal(won.length, 1);
    assert.equal((await store.get(["x"]))?.value, won[0]?.value);
  });

  test("a counter that many raise by check and set loses nothing", async (store) => {
    await store.commit({ sets: [{ key: ["n"], value: 0 }] });
    await Promise.all(Array.from({ length: 15 }, async () => {
      for (;;) {
        const entry = await store.get(["n"]);
        assert.ok(entry !== null);
        const next = Number(entry.value) + 1;
        const outcome = await store.commit({
          checks: [{ key: ["n"], version: entry.version }],
          sets: [{ key: ["n"], value: next }],
        });
        if (outcome.ok) return;
      }
    }));
    assert.equal((await store.get(["n"]))?.value, 15);
  });

  test("a commit is seen by every read after it", async (store) => {
    for (let i = 0; i < 20; i++) {
      const writes = [store.commit({ sets: [{ key: ["s", i], value: i }] }), set(store, ["other", i])];
      await Promise.all(writes);
      assert.equal((await store.get(["s", i]))?.value, i);
      assert.equal((await store.list({ prefix: ["s"] }, 100)).length, i + 1);
    }
  });

  test("a wake-up reaches who subscribed, and nobody after", async (store) => {
    const heard: string[] = [];
    const unsubscribe = store.subscribe("topic", () => heard.push("first"));
    const unsubscribeSecond = store.subscribe("topic", () => heard.push("second"));
    store.wake("other");
    store.wake("topic");
    await new Promise((resolve) => setTimeout(resolve, 5));
    unsubscribe();
    store.wake("topic");
    await new Promise((resolve) => setTimeout(resolve, 5));
    unsubscribeSecond();
    assert.deepEqual(heard, ["first", "second", "second"]);
  });
}
