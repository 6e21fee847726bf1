import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { Published, Sink } from "../data/sink_port.ts";
import { type SqliteOptions, sqliteSink } from "./sqlite.ts";
import { followedLoad, manyRows } from "./testing/followed.ts";
import { type LoadOptions, stagedLoad } from "./testing/staged.ts";

const never = new AbortController().signal;
const ROWS = manyRows(0, 2000);

interface Place {
  readonly dir: string;
  readonly path: string;
  /** What became of each load, as the sink tells it. */
  readonly told: string[];
  open(options?: SqliteOptions): Sink;
  /** Follows a load while it is staged, and publishes it. */
  load(key: string, rows: readonly Row[], options?: LoadOptions): Promise<Published>;
}

async function inPlace(use: (place: Place) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/w.db`;
  const sinks: Sink[] = [];
  const told: string[] = [];
  const open = (options: SqliteOptions = {}) => {
    const sink = sqliteSink(path, {
      bulk: {
        fewestRows: 0,
        worthBytes: 300,
        told: (outcome, from) => void told.push("unfit" in outcome ? outcome.unfit : from),
      },
      ...options,
    });
    sinks.push(sink);
    return sink;
  };
  try {
    await use({
      dir,
      path,
      told,
      open,
      async load(key, rows, options) {
        const sink = open();
        return await sink.publish(await followedLoad(sink, dir, key, rows, options), never);
      },
    });
  } finally {
    for (const sink of sinks) await sink.close();
    await Deno.remove(dir, { recursive: true });
  }
}

const all = (path: string, sql: string): unknown[] => {
  const db = new DatabaseSync(path);
  try {
    return db.prepare(sql).all().map((row) => ({ ...row }));
  } finally {
    db.close();
  }
};
/** All that a reader can tell but the names of indexes. */
const contentOf = (path: string, tables = ["orders"]) => ({
  check: all(path, "PRAGMA integrity_check"),
  mode: all(path, "PRAGMA journal_mode"),
  page: all(path, "PRAGMA page_size"),
  free: all(path, "PRAGMA freelist_count"),
  definitions: all(path, "SELECT type, tbl_name, sql FROM sqlite_master ORDER BY 1, 2").map((one) =>
    JSON.stringify(one).replace(/_[0-9a-f]{8}\\"/, '"')
  ),
  rows: [...tables, "_forge_state", "_forge_loads", "_forge_columns", "_forge_origins"].map((table) =>
    all(path, `SELECT * FROM "${table}"`)
  ),
});
const leftIn = (dir: string) => [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
const stagedIn = (dir: string) =>
  leftIn(dir).filter((name) => name.startsWith("staging-")).flatMap((name) => leftIn(`${dir}/${name}`))
    .filter((
      name,
    ) => !name.endsWith(".jsonl"));

Deno.test("the first load of a warehouse leaves what SQLite itself would have written, whatever its disposition", async () => {
  const shuffled = ROWS.toSorted((a, b) => Number(a.id) * 37 % 2000 - Number(b.id) * 37 % 2000);
  for (
    const [rows, options] of [
      [ROWS, { disposition: "merge" }],
      [shuffled, { disposition: "merge" }],
      [ROWS, { disposition: "append", primaryKey: [] }],
      [ROWS, { disposition: "replace" }],
      [ROWS, { disposition: "merge", primaryKey: ["id", "name"] }],
      [ROWS, { disposition: "merge", keepsState: true }],
    ] as const
  ) {
    await inPlace(async ({ dir, path, told, load }) => {
      const plain = sqliteSink(`${dir}/plain.db`, { bulk: { fewestRows: Infinity } });
      const wantedOf = await plain.publish(await stagedLoad(dir, "k1", rows, options), never);
      await plain.close();
      assert.deepEqual(await load("k1", rows, options), wantedOf);
      assert.deepEqual(told, ["warehouse"]);
      const [made, wanted] = [contentOf(path), contentOf(`${dir}/plain.db`)];
      if (options.disposition === "replace") {
        // There was no table whose place this one takes.
        wanted.definitions = wanted.definitions.map((one) => one.replace("__forge_new_", "_"));
      }
      assert.deepEqual(made, wanted);
      assert.equal((await Deno.stat(path)).mode, (await Deno.stat(`${dir}/plain.db`)).mode);
      assert.deepEqual(stagedIn(dir), []);
    });
  }
});

Deno.test("looking at a warehouse that is not there does not make one, and says so of a place where none can be", () =>
  inPlace(async ({ dir, path, open }) => {
    const sink = open();
    assert.equal(await sink.state("shop", "orders"), null);
    assert.equal(await sink.find("shop", "orders", "k1"), null);
    assert.equal(await sink.schema("orders"), null);
    assert.deepEqual(await sink.tables(), []);
    await assert.rejects(
      Array.fromAsync(sink.read("orders")),
      (error) => error instanceof DataFailure && error.kind === "not-found",
    );
    assert.deepEqual(leftIn(dir), []);
    await sink.setState("shop", "orders", null);
    assert.ok((await Deno.stat(path)).isFile);
    await Deno.mkdir(`${dir}/folder.db`);
    const folder = sqliteSink(`${dir}/folder.db`);
    await assert.rejects(
      folder.state("shop", "orders"),
      (error) => error instanceof DataFailure && error.kind === "refused",
    );
  }));

Deno.test("a load that was made for no warehouse goes into one that is there by then, and none of its rows is lost", () =>
  inPlace(async ({ dir, path, told, open, load }) => {
    const late = open();
    const second = await followedLoad(late, dir, "k2", manyRows(0, 50), {
      stream: "others",
      table: "others",
    });
    const third = await followedLoad(late, dir, "k3", manyRows(7, 90), { stream: "third", table: "orders" });
    await load("k1", ROWS);
    await late.publish(second, never);
    await late.publish(third, never);
    assert.deepEqual(told, ["warehouse", "tables", "tables"]);
    assert.equal(contentOf(path, ["orders", "others"]).rows[0]?.length, 2000);
    assert.deepEqual(contentOf(path).check, [{ integrity_check: "ok" }]);
    assert.deepEqual(all(path, "SELECT count(*) AS n FROM others"), [{ n: 50 }]);
    assert.deepEqual(all(path, "SELECT name FROM orders WHERE id IN (7, 89) ORDER BY id"), [
      { name: "n7" },
      { name: "n89" },
    ]);
    assert.deepEqual(stagedIn(dir), []);
  }));

Deno.test("of two that make the same warehouse at once one makes it, and the other one's load goes into it or is refused", async () => {
  for (const point of ["first-made", "first-synced"] as const) {
    for (const stream of ["orders", "others"]) {
      await inPlace(async ({ dir, path, told, open }) => {
        const faster = open();
        const fast = await followedLoad(faster, dir, "k1", manyRows(0, 100), { stream, table: stream });
        let other: Promise<unknown> = Promise.resolve();
        // As another process would: its sink does not wait for this one.
        const slower = open({
          bulk: {
            fewestRows: 0,
            worthBytes: 300,
            told: (outcome) => void told.push(JSON.stringify(outcome)),
          },
          fault: async (at) => {
            if (at !== point) return;
            const db = `${dir}/./w.db`;
            const sink = sqliteSink(db, { bulk: { fewestRows: 0 } });
            other = sink.publish(fast, never).finally(() => sink.close());
            await other;
          },
        });
        const slow = await followedLoad(slower, dir, "k2", ROWS, {});
        const published = slower.publish(slow, never);
        if (stream === "orders") {
          await assert.rejects(
            published,
            (error) => error instanceof DataFailure && error.kind === "conflict",
          );
          assert.deepEqual(all(path, "SELECT count(*) AS n FROM orders"), [{ n: 100 }]);
        } else {
          assert.equal((await published).written, 2000);
          assert.deepEqual(all(path, "SELECT count(*) AS n FROM orders"), [{ n: 2000 }]);
          assert.deepEqual(all(path, "SELECT count(*) AS n FROM others"), [{ n: 100 }]);
        }
        assert.deepEqual(all(path, "PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
        assert.deepEqual(stagedIn(dir), []);
      });
    }
  }
});

Deno.test("what stands in the way of a new warehouse is left to SQLite: a link, a log of an earlier file, another disk", async () => {
  await inPlace(async ({ dir, path, told, load }) => {
    await Deno.mkdir(`${dir}/far`);
    await Deno.symlink(`${dir}/far/real.db`, path);
    await load("k1", ROWS);
    assert.notEqual(told[0], "warehouse");
    assert.ok((await Deno.lstat(path)).isSymlink);
    assert.deepEqual(all(`${dir}/far/real.db`, "SELECT count(*) AS n FROM orders"), [{ n: 2000 }]);
  });
  for (const end of ["-wal", "-journal"]) {
    await inPlace(async ({ path, told, load }) => {
      await Deno.writeTextFile(`${path}${end}`, "of another file");
      await load("k1", ROWS);
      assert.notEqual(told[0], "warehouse");
      assert.deepEqual(all(path, "SELECT count(*) AS n FROM orders"), [{ n: 2000 }]);
    });
  }
});

Deno.test("a load that is not what a first one is, or is cut off, leaves no warehouse", () =>
  inPlace(async ({ dir, path, open }) => {
    const sink = open();
    const behind = await followedLoad(sink, dir, "k2", ROWS, { after: "k1" });
    await assert.rejects(
      sink.publish(behind, never),
      (error) => error instanceof DataFailure && error.kind === "conflict",
    );
    const stop = new AbortController();
    const cut = open({
      bulk: { fewestRows: 0, worthBytes: 300 },
      fault: (at) => at === "first-synced" ? stop.abort(new Error("stopped")) : undefined,
    });
    const load = await followedLoad(cut, dir, "k1", ROWS);
    await assert.rejects(cut.publish(load, stop.signal), /stopped/);
    const large = await followedLoad(sink, dir, "k1", ROWS, {});
    await assert.rejects(
      sink.publish({ ...large, state: { ...large.state, source: "x".repeat(70_000) } }, never),
      (error) => error instanceof DataFailure && error.kind === "contract",
    );
    assert.equal(await sink.find("shop", "orders", "k1"), null);
    await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
    assert.deepEqual(stagedIn(dir), []);
    // The same load is published by what lies there.
    assert.equal((await sink.publish(load, never)).written, 2000);
  }));

Deno.test("a process that is killed at any point of a first load leaves no warehouse, or all of it with its cursor", async () => {
  for (const point of ["first-made", "first-synced", "first-linked"]) {
    await inPlace(async ({ dir, path, open }) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--no-check", new URL("./testing/first_load.ts", import.meta.url).pathname],
          ...[dir, point],
        ],
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      const reader = child.stdout.getReader();
      const { value } = await reader.read();
      assert.equal(new TextDecoder().decode(value).trim(), point);
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
      const isLinked = point === "first-linked";
      const sink = open();
      assert.equal((await sink.state("shop", "orders"))?.load ?? null, isLinked ? "k1" : null);
      assert.equal((await sink.find("shop", "orders", "k1"))?.written ?? null, isLinked ? 2000 : null);
      // The run goes on, in another process than the one that had made something.
      const again = await sink.publish(
        await stagedLoad(dir, "k1", ROWS, { disposition: "merge" }),
        never,
      );
      assert.deepEqual([again.written, again.existed], [2000, isLinked]);
      assert.deepEqual(all(path, "PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
      assert.deepEqual(all(path, "SELECT count(*) AS n, count(DISTINCT id) AS ids FROM orders"), [
        { n: 2000, ids: 2000 },
      ]);
    });
  }
});
