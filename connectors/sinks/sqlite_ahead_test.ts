import assert from "node:assert/strict";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Row } from "../../specs/foundry/mod.ts";
import type { LinesAheadRequest, StagedLoad } from "../data/sink_port.ts";
import { sqliteSink } from "./sqlite.ts";
import { follow, manyRows as some } from "./testing/followed.ts";
import { COLUMNS, stagedLoad } from "./testing/staged.ts";

const never = new AbortController().signal;

/** Stages rows while a sink follows them, a piece at a time, and publishes them; gives by what, and the table. */
async function followed(
  rows: readonly Row[],
  change: (given: { load: StagedLoad; dir: string }) => StagedLoad | Promise<StagedLoad> = ({ load }) => load,
  request: Partial<LinesAheadRequest> = {},
  /** Whether the warehouse is there before rows come. */
  isThere = true,
): Promise<{ by: string; rows: unknown[]; left: string[] }> {
  const dir = await Deno.makeTempDir();
  let by = "";
  const sink = sqliteSink(`${dir}/w.db`, {
    bulk: {
      fewestRows: 0,
      worthBytes: 300,
      tableBytes: 500,
      told: (outcome, from) => by = "unfit" in outcome ? outcome.unfit : from,
    },
  });
  try {
    if (isThere) await sink.setState("other", "stream", null);
    const load = await stagedLoad(dir, "k1", rows, { disposition: "merge" });
    follow(sink, load, dir, request);
    await sink.publish(await change({ load, dir }), never);
    const db = new DatabaseSync(`${dir}/w.db`);
    const there = db.prepare("SELECT rowid, * FROM orders ORDER BY rowid").all().map((row) => ({ ...row }));
    db.close();
    const left = [...Deno.readDirSync(dir)].map(({ name }) => name).filter((name) =>
      name.startsWith("bulk-")
    );
    return { by, rows: there, left };
  } finally {
    await sink.close();
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("lines that were followed while they were staged are published by the tables that came of them", async () => {
  const ahead = await followed(some(0, 200));
  assert.equal(ahead.by, "tables");
  const read = await followed(some(0, 200), ({ load }) => load, {
    write: { disposition: "merge", sink: "w", dedupSort: { column: "id", order: "descending" } },
  });
  assert.equal(read.by, "lines");
  const first = await followed(some(0, 200), ({ load }) => load, {}, false);
  assert.equal(first.by, "warehouse");
  assert.deepEqual(ahead.rows, read.rows);
  assert.deepEqual(first.rows, read.rows);
  assert.equal(ahead.rows.length, 200);
  assert.deepEqual([...ahead.left, ...read.left, ...first.left], []);
});

Deno.test("keys that come twice are looked at row by row, whatever was prepared", async () => {
  for (const isThere of [true, false]) {
    const rows = [...some(0, 100), ...some(50, 120)];
    const twice = await followed(rows, ({ load }) => load, {}, isThere);
    assert.equal(twice.by, "keys come more than once");
    assert.equal(twice.rows.length, 120);
    assert.deepEqual(twice.left, []);
  }
});

/** The file of tables, once it is whole. */
async function madeIn(dir: string): Promise<string> {
  for (;;) {
    const found = [...Deno.readDirSync(dir)].find(({ name }) => name.startsWith("bulk-"));
    const path = `${dir}/${found?.name}`;
    if (found !== undefined && Deno.readTextFileSync(path).startsWith("SQLite")) return path;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("a load of other segments, columns or keys than those that were followed is read from its own", async () => {
  const rows = some(0, 100);
  const plain = (await followed(rows)).rows;
  const others: Parameters<typeof followed>[1][] = [
    async ({ load, dir }) => ({
      ...await stagedLoad(dir, "k1", rows),
      ...load,
      segments: (await stagedLoad(dir, "k1", rows)).segments,
    }),
    ({ load }) => ({
      ...load,
      columns: {
        ...load.columns,
        amount: { type: "decimal", nullable: true },
        more: { type: "string", nullable: true },
      },
    }),
    ({ load }) => ({
      ...load,
      segments: load.segments.map((one) => ({ ...one, origin: "x" })).reverse().reverse(),
      primaryKey: ["id", "name"],
    }),
    async ({ load }) => {
      const dir = dirname(load.segments[0]?.path ?? "");
      const made = await madeIn(dir);
      // Another file takes its place, whenever it is looked at.
      Deno.writeTextFileSync(`${dir}/other`, "x".repeat(100_000));
      Deno.renameSync(`${dir}/other`, made);
      return load;
    },
  ];
  for (const [change, isThere] of others.flatMap((one) => [[one, true], [one, false]] as const)) {
    const outcome = await followed(rows, change, {}, isThere);
    assert.ok(!["tables", "warehouse"].includes(outcome.by), outcome.by);
    assert.deepEqual(
      outcome.rows.map((row) => ({ ...row as object, more: null })),
      plain.map((row) => ({ ...row as object, more: null })),
    );
    assert.deepEqual(outcome.left, []);
  }
});

Deno.test("a row with a column that nobody foresaw, and one of another type, are not lost", async () => {
  const { amount: _, ...fewer } = COLUMNS;
  const more = await followed(some(0, 100), ({ load }) => load, { columns: fewer });
  assert.equal(more.by, "lines");
  const typed = await followed(some(0, 100), ({ load }) => load, {
    columns: { ...COLUMNS, amount: { type: "string", nullable: true } },
  });
  assert.equal(typed.by, "lines");
  assert.deepEqual(more.rows, typed.rows);
});

Deno.test("what is dropped leaves no file, and few lines begin no thread", async () => {
  const dir = await Deno.makeTempDir();
  const sink = sqliteSink(`${dir}/w.db`, { bulk: { worthBytes: 300 } });
  try {
    const load = await stagedLoad(dir, "k1", some(0, 50), { disposition: "merge" });
    const ahead = sink.linesAhead?.({ ...load, dir });
    for (const { path, bytes } of load.segments) ahead?.grown(path, bytes);
    ahead?.dropped();
    const few = sink.linesAhead?.({ ...load, dir });
    few?.grown(load.segments[0]?.path ?? "", 100);
    few?.ended(load.segments);
    assert.equal((await sink.publish(load, never)).written, 50);
    assert.deepEqual([...Deno.readDirSync(dir)].filter(({ name }) => name.startsWith("bulk-")), []);
  } finally {
    await sink.close();
    await Deno.remove(dir, { recursive: true });
  }
});
