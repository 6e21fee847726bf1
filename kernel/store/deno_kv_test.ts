import assert from "node:assert/strict";
import { kvStore, openKvStore } from "./deno_kv.ts";
import type { Store } from "./port.ts";

async function withFile(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "kernel-kv-" });
  try {
    await use(`${folder}/kv.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

// SQLite under two processes throws "database is locked" at once, and Deno does not wait.
Deno.test("two processes that write to one file at once lose nothing and see no error", async () => {
  await withFile(async (path) => {
    const store = await openKvStore(path);
    const times = 250;
    const children = [1, 2].map(() =>
      new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "--no-check",
          new URL("./tests/contender.ts", import.meta.url).pathname,
          path,
          `${times}`,
        ],
        cwd: new URL("../..", import.meta.url).pathname,
        stdout: "piped",
        stderr: "piped",
      }).output()
    );
    let mine = 0;
    let others = 2;
    for (const child of children) void child.finally(() => others--);
    while (others > 0) {
      const entry = await store.get(["n"]);
      const outcome = await store.commit({
        checks: [{ key: ["n"], version: entry?.version ?? null }],
        sets: [{ key: ["n"], value: Number(entry?.value ?? 0) + 1 }],
      });
      if (outcome.ok) mine++;
    }
    for (const { success, stderr } of await Promise.all(children)) {
      assert.ok(success, new TextDecoder().decode(stderr));
    }
    assert.equal((await store.get(["n"]))?.value, 2 * times + mine);
    assert.ok(mine > 0);
    await store.close();
  });
});

/** A Deno KV that notes what is asked of it and throws as told. */
function pretending(kv: Deno.Kv, errors: Error[]) {
  const calls = { commits: 0, expiring: 0 };
  const proxy = {
    get: (key: Deno.KvKey) => kv.get(key),
    getMany: (keys: Deno.KvKey[]) => kv.getMany(keys),
    list: (selector: Deno.KvListSelector, options: Deno.KvListOptions) => kv.list(selector, options),
    close: () => kv.close(),
    atomic() {
      const atomic = kv.atomic();
      const wrapped = {
        check: (...checks: Deno.AtomicCheck[]) => (atomic.check(...checks), wrapped),
        set(key: Deno.KvKey, value: unknown, options?: { expireIn?: number }) {
          if (options?.expireIn !== undefined) calls.expiring++;
          atomic.set(key, value);
          return wrapped;
        },
        delete: (key: Deno.KvKey) => (atomic.delete(key), wrapped),
        async commit() {
          calls.commits++;
          const error = errors.shift();
          if (error !== undefined) throw error;
          return await atomic.commit();
        },
      };
      return wrapped;
    },
  };
  return { kv: proxy as unknown as Deno.Kv, calls };
}

async function withPretence(
  errors: Error[],
  use: (store: Store, calls: { commits: number; expiring: number }) => Promise<void>,
  lockedMs?: number,
): Promise<void> {
  const { kv, calls } = pretending(await Deno.openKv(":memory:"), errors);
  const store = kvStore(kv, "kv-memory", lockedMs === undefined ? {} : { lockedMs });
  await use(store, calls);
  await store.close();
}

Deno.test("a commit is tried again while the database is locked, for as long as it was told", async () => {
  const locked = () => new TypeError("database is locked");
  await withPretence([locked(), locked(), locked()], async (store, calls) => {
    assert.ok((await store.commit({ sets: [{ key: ["a"], value: 1 }] })).ok);
    assert.equal(calls.commits, 4);
  });
  await withPretence(Array.from({ length: 1_000 }, locked), async (store) => {
    await assert.rejects(store.commit({ sets: [{ key: ["a"], value: 1 }] }), /database is locked/);
  }, 30);
});

Deno.test("another error is the caller's at once", async () => {
  await withPretence([new Error("disk I/O error")], async (store, calls) => {
    await assert.rejects(store.commit({ sets: [{ key: ["a"], value: 1 }] }), /disk I\/O/);
    assert.equal(calls.commits, 1);
  });
});

// A throw inside atomic() leaves the mutations before it written on SQLite: nothing may reach it that could throw.
Deno.test("what the backend would throw at never reaches it", async () => {
  await withPretence([], async (store, calls) => {
    const good = { key: ["good"], value: 1 };
    const bad = { key: ["bad"], value: "x".repeat(70_000) };
    await assert.rejects(store.commit({ sets: [good, bad] }), RangeError);
    assert.equal(calls.commits, 0);
    assert.equal(await store.get(["good"]), null);
  });
});

// `expireIn` is up to a minute late.
Deno.test("no key is ever given to the backend to expire", async () => {
  await withPretence([], async (store, calls) => {
    await store.commit({ sets: [{ key: ["a"], value: 1 }, { key: ["b"], value: "text" }], deletes: [["c"]] });
    assert.equal(calls.expiring, 0);
  });
  const source = await Deno.readTextFile(new URL("./deno_kv.ts", import.meta.url));
  assert.ok(!source.includes("expireIn"));
});

Deno.test("what is on a file is there after it was closed and opened again", async () => {
  await withFile(async (path) => {
    const first = await openKvStore(path);
    assert.equal(first.name, "kv-file");
    await first.commit({
      sets: [{ key: ["a"], value: { n: 1 } }, { key: ["b"], value: "日".repeat(19_000) }],
    });
    await first.close();
    const second = await openKvStore(path);
    assert.deepEqual((await second.get(["a"]))?.value, { n: 1 });
    assert.equal((await second.get(["b"]))?.value, "日".repeat(19_000));
    await second.close();
  });
});

Deno.test("a store is never opened without saying where", async () => {
  await assert.rejects(openKvStore(""), /location is empty/);
});

Deno.test("wake-ups over the queue of Deno KV reach another store on the same database", async () => {
  await withFile(async (path) => {
    const kv = await Deno.openKv(path);
    const hinted = kvStore(kv, "kv-file", { queueHints: true });
    let own = 0;
    hinted.subscribe("work", () => own++);
    // As another process would send it.
    await kv.enqueue({ kind: "wake", topic: "work", from: "somebody else" });
    await kv.enqueue({ kind: "other" });
    await kv.enqueue(null);
    for (let i = 0; i < 200 && own === 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(own, 1);
    hinted.wake("work");
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(own, 2, "one's own wake-up comes once: at once, and not again over the queue");
    await hinted.close();
  });
});
