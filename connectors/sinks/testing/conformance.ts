/** What every sink must do, whatever is behind it. One suite, run against each adapter. */
import assert from "node:assert/strict";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { DataFailure } from "../../data/port.ts";
import type { Sink } from "../../data/sink_port.ts";
import { COLUMNS, EMPTY_STATE, rowOf, stagedLoad } from "./staged.ts";

export interface SinkSubject {
  /** Runs a test over an empty place: each call of `open` gives another sink over it, as after a restart. */
  session(
    test: (place: { open(fault?: (point: string) => void | Promise<void>): Sink }) => Promise<void>,
  ): Promise<void>;
  /** What the adapter does not do, so that its tests are left out by name. */
  readonly without?:
    readonly ("merge" | "scd2" | "deletes" | "read" | "origins" | "overlap" | "set-state" | "empty-texts")[];
  /** What it is run against is not installed here. */
  readonly ignore?: boolean;
  /** Points of `fault`, in order, at which a crash is tried; the ones from `committed` on lie behind the commit. */
  readonly faults?: { readonly before: readonly string[]; readonly after: readonly string[] };
}

interface Place {
  open(fault?: (point: string) => void | Promise<void>): Sink;
  /** Directory for segments. */
  readonly dir: string;
}

const never = new AbortController().signal;
const isConflict = (error: unknown) => error instanceof DataFailure && error.kind === "conflict";

/** Rows of a table, all batches together, in order of their id. */
export async function rowsIn(sink: Sink, table = "orders"): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of sink.read(table)) rows.push(...batch);
  return rows.sort((a, b) => Number(a.id) - Number(b.id));
}

const shown = (rows: readonly Row[]): Json[] => rows.map((row) => [row.id ?? null, row.name ?? null]);

export function sinkConformance(name: string, subject: SinkSubject): void {
  const without = new Set<string>(subject.without);
  const test = (what: string, run: (place: Place) => Promise<void>, needs: readonly string[] = []) => {
    const missing = needs.filter((need) => without.has(need));
    Deno.test({
      name: `${name}: ${what}${missing.length > 0 ? ` (has no ${missing.join(", ")})` : ""}`,
      ignore: missing.length > 0 || subject.ignore === true,
      fn: async () => {
        const dir = await Deno.makeTempDir({ prefix: "segments-" });
        try {
          await subject.session((place) => run({ ...place, dir }));
        } finally {
          await Deno.remove(dir, { recursive: true });
        }
      },
    });
  };
  /** Opens, uses and closes a sink. */
  const using = async <T>(
    place: Place,
    work: (sink: Sink) => Promise<T>,
    fault?: (point: string) => void,
  ): Promise<T> => {
    const sink = place.open(fault);
    try {
      return await work(sink);
    } finally {
      await sink.close();
    }
  };

  test("before the first load there is no state, no load, no table", (place) =>
    using(place, async (sink) => {
      assert.equal(await sink.state("shop", "orders"), null);
      assert.equal(await sink.find("shop", "orders", "k1"), null);
      assert.equal(await sink.schema("orders"), null);
      assert.deepEqual(await sink.tables(), []);
    }));

  test("an append publishes rows, state and load record together, and a restart sees them", async (place) => {
    const load = await stagedLoad(place.dir, "k1", [rowOf(1, { name: "a" }), rowOf(2), rowOf(3)]);
    const published = await using(place, (sink) => sink.publish(load, never));
    assert.deepEqual(
      [published.written, published.deduped, published.deleted, published.existed],
      [3, 0, 0, false],
    );
    await using(place, async (sink) => {
      const state = await sink.state("shop", "orders");
      assert.deepEqual([state?.load, state?.rows], ["k1", 3]);
      assert.deepEqual(Object.keys(await sink.schema("orders") ?? {}), Object.keys(COLUMNS));
      assert.equal((await sink.tables())[0]?.table, "orders");
      const found = await sink.find("shop", "orders", "k1");
      assert.deepEqual([found?.written, found?.existed], [3, true]);
      assert.equal(await sink.find("shop", "orders", "k2"), null);
    });
  });

  test(
    "every type comes back as it was: exact numbers, texts with anything in them, nested values",
    async (place) => {
      const rows = [
        rowOf(1, {
          name: 'a "quoted", text\nwith lines',
          amount: 0.1,
          ok: true,
          at: "2026-01-02T03:04:05Z",
          deep: { a: [1, null, "x"] },
        }),
        rowOf(2, {
          name: "=1+1",
          amount: "12345678901234567890.12",
          ok: false,
          at: "2026-01-02T03:04:05.123+02:00",
          deep: [1, 2],
        }),
        rowOf(3, { name: "'=1", amount: -5, ok: null, at: "2026-01-02T03:04:05.120Z", deep: null }),
        rowOf(4, { name: "-5", amount: 1e21, at: "not quite a time" }),
        { ...rowOf(5, { name: "Zoë \u{1f600} ,;\t" }), id: "9007199254740993" },
        rowOf(6, { name: "007" }),
        rowOf(7, { name: "@cmd" }),
        rowOf(8, { name: "true" }),
      ];
      const load = await stagedLoad(place.dir, "k1", rows);
      await using(place, async (sink) => {
        await sink.publish(load, never);
        const back = await rowsIn(sink);
        for (const row of rows) {
          const same = back.find((other) => String(other.id) === String(row.id));
          assert.deepEqual(same, row);
        }
      });
    },
    ["read"],
  );

  test("a state that has grown too large is refused, and nothing of its load is published", async (place) => {
    const state = { ...EMPTY_STATE, load: "k1", cursor: "x".repeat(60_000) };
    const load = await stagedLoad(place.dir, "k1", [rowOf(1)], { state });
    await assert.rejects(
      using(place, (sink) => sink.publish(load, never)),
      (error) =>
        error instanceof DataFailure && error.kind === "contract" && /60000 bytes/.test(error.message),
    );
    await using(place, async (sink) => {
      assert.equal(await sink.state("shop", "orders"), null);
      assert.equal(await sink.find("shop", "orders", "k1"), null);
      assert.equal(await sink.schema("orders"), null);
      assert.deepEqual(await sink.tables(), []);
    });
  });

  test("a known key is a no-op that tells the first outcome", async (place) => {
    const load = await stagedLoad(place.dir, "k1", [rowOf(1), rowOf(2)]);
    await using(place, (sink) => sink.publish(load, never));
    const again = await using(place, (sink) => sink.publish(load, never));
    assert.deepEqual([again.existed, again.written], [true, 2]);
    if (!without.has("read")) assert.equal((await using(place, (sink) => rowsIn(sink))).length, 2);
    assert.equal((await using(place, (sink) => sink.state("shop", "orders")))?.rows, 2);
  });

  test("loads follow each other, and whoever began from an older state is refused", async (place) => {
    await using(place, async (sink) => {
      await sink.publish(await stagedLoad(place.dir, "k1", [rowOf(1)]), never);
      await assert.rejects(sink.publish(await stagedLoad(place.dir, "k2", [rowOf(2)]), never), isConflict);
      const next = await stagedLoad(place.dir, "k3", [rowOf(3)], {
        after: "k1",
        state: { ...EMPTY_STATE, load: "k3", loads: 2, rows: 1 },
      });
      await sink.publish(next, never);
      assert.equal((await sink.state("shop", "orders"))?.rows, 2);
      if (!without.has("read")) assert.deepEqual((await rowsIn(sink)).map((row) => row.id), [1, 3]);
      assert.equal(await sink.find("shop", "orders", "k2"), null);
    });
  });

  test("two writers that began from the same state: one is published, the other is refused", async (place) => {
    const [one, two] = [place.open(), place.open()];
    try {
      const first = await stagedLoad(place.dir, "k1", [rowOf(1)]);
      const second = await stagedLoad(place.dir, "k2", [rowOf(2)]);
      const results = await Promise.allSettled([one.publish(first, never), two.publish(second, never)]);
      assert.deepEqual(results.map((result) => result.status).sort(), ["fulfilled", "rejected"]);
      const refused = results.find((result) => result.status === "rejected");
      assert.ok(refused?.status === "rejected" && isConflict(refused.reason));
      if (!without.has("read")) assert.equal((await rowsIn(one)).length, 1);
    } finally {
      await one.close();
      await two.close();
    }
  });

  test("backfills leave the state alone, and need not follow it", async (place) => {
    await using(place, async (sink) => {
      await sink.publish(await stagedLoad(place.dir, "k1", [rowOf(1)]), never);
      const backfill = await stagedLoad(place.dir, "b1", [rowOf(9)], {
        keepsState: true,
        after: "elsewhere",
      });
      assert.equal((await sink.publish(backfill, never)).written, 1);
      assert.equal((await sink.state("shop", "orders"))?.load, "k1");
      assert.equal((await sink.find("shop", "orders", "b1"))?.written, 1);
    });
  });

  test("rows that are not accounted for are not published", async (place) => {
    const load = await stagedLoad(place.dir, "k1", [rowOf(1), rowOf(2)]);
    const short = {
      ...load,
      async *rows() {
        yield [rowOf(1)];
      },
      segments: load.segments.map((part) => ({ ...part, rows: part.rows + 1, path: "" })),
    };
    await using(place, async (sink) => {
      await assert.rejects(
        sink.publish(short, never),
        (error) => error instanceof DataFailure && error.kind === "contract",
      );
      assert.equal(await sink.state("shop", "orders"), null);
      assert.equal(await sink.find("shop", "orders", "k1"), null);
    });
  });

  test("a load that fails in the middle leaves the last version, and the next one is exact", async (place) => {
    await using(place, async (sink) => {
      await sink.publish(await stagedLoad(place.dir, "k1", [rowOf(1)]), never);
      const whole = await stagedLoad(place.dir, "k2", [rowOf(2), rowOf(3)], { after: "k1" });
      const broken = {
        ...whole,
        segments: whole.segments.map((part) => ({ ...part, path: "" })),
        async *rows() {
          yield [rowOf(2)];
          throw new Error("the disk went away");
        },
      };
      await assert.rejects(sink.publish(broken, never), /went away/);
      assert.equal((await sink.state("shop", "orders"))?.load, "k1");
      if (!without.has("read")) assert.deepEqual((await rowsIn(sink)).map((row) => row.id), [1]);
      await sink.publish(whole, never);
      if (!without.has("read")) assert.deepEqual((await rowsIn(sink)).map((row) => row.id), [1, 2, 3]);
    });
  });

  test("an aborted load publishes nothing", async (place) => {
    const abort = new AbortController();
    abort.abort(new Error("stopped"));
    await using(place, async (sink) => {
      await assert.rejects(
        sink.publish(await stagedLoad(place.dir, "k1", [rowOf(1)]), abort.signal),
        /stopped/,
      );
      assert.equal(await sink.state("shop", "orders"), null);
    });
  });

  test("a load without rows moves the state", async (place) => {
    await using(place, async (sink) => {
      const published = await sink.publish(await stagedLoad(place.dir, "k1", []), never);
      assert.equal(published.written, 0);
      assert.equal((await sink.state("shop", "orders"))?.load, "k1");
    });
  });

  test("a replace leaves its own rows only; one that fails leaves the old ones", async (place) => {
    await using(place, async (sink) => {
      await sink.publish(
        await stagedLoad(place.dir, "k1", [rowOf(1), rowOf(2)], { disposition: "replace", primaryKey: [] }),
        never,
      );
      const broken = await stagedLoad(place.dir, "k2", [rowOf(8)], {
        disposition: "replace",
        primaryKey: [],
        after: "k1",
      });
      await assert.rejects(
        sink.publish(
          { ...broken, segments: broken.segments.map((part) => ({ ...part, rows: 5, path: "" })) },
          never,
        ),
      );
      assert.deepEqual((await rowsIn(sink)).map((row) => row.id), [1, 2]);
      await sink.publish(
        await stagedLoad(place.dir, "k3", [rowOf(3), rowOf(4), rowOf(5)], {
          disposition: "replace",
          primaryKey: [],
          after: "k1",
        }),
        never,
      );
      assert.deepEqual((await rowsIn(sink)).map((row) => row.id), [3, 4, 5]);
      const empty = await sink.publish(
        await stagedLoad(place.dir, "k4", [], { disposition: "replace", primaryKey: [], after: "k3" }),
        never,
      );
      assert.equal(empty.written, 0);
      assert.deepEqual(await rowsIn(sink), []);
    });
  }, ["read"]);

  for (const disposition of ["append", "merge", "replace", "scd2"] as const) {
    test(
      `a first load without any row or column is a load, and the next one brings both (${disposition})`,
      async (place) => {
        await using(place, async (sink) => {
          const primaryKey = disposition === "append" ? [] : ["id"];
          const none = await stagedLoad(place.dir, "k1", [], { disposition, primaryKey, columns: {} });
          const empty = await sink.publish(none, never);
          assert.deepEqual([empty.written, empty.deduped, empty.deleted, empty.existed], [0, 0, 0, false]);
          assert.equal((await sink.state(none.pipeline, none.stream))?.load, "k1");
          const full = await sink.publish(
            await stagedLoad(place.dir, "k2", [rowOf(1), rowOf(2)], { disposition, primaryKey, after: "k1" }),
            never,
          );
          assert.equal(full.written, 2);
          assert.deepEqual((await rowsIn(sink)).map((row) => row.id), [1, 2]);
          // Later, too, there may be none.
          const later = await stagedLoad(place.dir, "k3", [], {
            disposition,
            primaryKey,
            columns: {},
            after: "k2",
          });
          assert.equal((await sink.publish(later, never)).written, 0);
        });
      },
      disposition === "merge" || disposition === "scd2"
        ? ["read", disposition]
        : disposition === "replace"
        ? ["read", "merge"]
        : ["read"],
    );
  }

  test("a replace with a key keeps the newest row of each", async (place) => {
    await using(place, async (sink) => {
      await sink.publish(await stagedLoad(place.dir, "k1", [rowOf(7)], { disposition: "replace" }), never);
      const load = await stagedLoad(place.dir, "k2", [
        rowOf(1, { name: "a" }),
        rowOf(2),
        rowOf(1, { name: "b" }),
      ], { disposition: "replace", after: "k1" });
      const published = await sink.publish(load, never);
      assert.deepEqual([published.written, published.deduped], [2, 1]);
      assert.deepEqual(shown(await rowsIn(sink)), [[1, "b"], [2, null]]);
    });
  }, ["read", "merge"]);

  test("a new column is missing in earlier rows", async (place) => {
    await using(place, async (sink) => {
      await sink.publish(await stagedLoad(place.dir, "k1", [rowOf(1)]), never);
      const columns = { ...COLUMNS, extra: { type: "string" as const, nullable: true } };
      await sink.publish(
        await stagedLoad(place.dir, "k2", [{ ...rowOf(2), extra: "x" }], { columns, after: "k1" }),
        never,
      );
      const rows = await rowsIn(sink);
      assert.deepEqual(rows.map((row) => row.extra ?? null), [null, "x"]);
      assert.deepEqual(Object.keys(await sink.schema("orders") ?? {}), Object.keys(columns));
    });
  }, ["read"]);

  test("a merge writes what is new or changed and counts the rest as deduplicated", async (place) => {
    const merge = { disposition: "merge" as const };
    await using(place, async (sink) => {
      const first = await sink.publish(
        await stagedLoad(place.dir, "k1", [
          rowOf(1, { name: "a" }),
          rowOf(2, { name: "b" }),
          rowOf(2, { name: "c" }),
        ], merge),
        never,
      );
      assert.deepEqual([first.written, first.deduped], [2, 1]);
      const second = await sink.publish(
        await stagedLoad(place.dir, "k2", [
          rowOf(1, { name: "a" }),
          rowOf(2, { name: "d" }),
          rowOf(3, { name: "e" }),
        ], { ...merge, after: "k1" }),
        never,
      );
      assert.deepEqual([second.written, second.deduped], [2, 1]);
      assert.deepEqual(shown(await rowsIn(sink)), [[1, "a"], [2, "d"], [3, "e"]]);
    });
  }, ["merge", "read"]);

  test("of two rows with one key the one that sorts later stays, whenever it comes", async (place) => {
    const write = {
      disposition: "merge" as const,
      sink: "warehouse",
      dedupSort: { column: "at", order: "descending" as const },
    };
    await using(place, async (sink) => {
      await sink.publish(
        await stagedLoad(place.dir, "k1", [
          rowOf(1, { name: "new", at: "2026-02-01T00:00:00Z" }),
          rowOf(1, { name: "old", at: "2026-01-01T00:00:00Z" }),
        ], { disposition: "merge", write }),
        never,
      );
      const late = await stagedLoad(place.dir, "k2", [
        rowOf(1, { name: "older", at: "2025-01-01T00:00:00Z" }),
      ], { disposition: "merge", write, after: "k1" });
      const published = await sink.publish(late, never);
      assert.deepEqual([published.written, published.deduped], [0, 1]);
      assert.deepEqual(shown(await rowsIn(sink)), [[1, "new"]]);
    });
  }, ["merge", "read"]);

  test(
    "rows that say they are deleted, and keys that a census misses, are marked and stay",
    async (place) => {
      const census = { disposition: "merge" as const, sink: "warehouse", deletes: "census" as const };
      await using(place, async (sink) => {
        await sink.publish(
          await stagedLoad(place.dir, "k1", [rowOf(1), rowOf(2)], {
            disposition: "merge",
            write: census,
            census: true,
          }),
          never,
        );
        const second = await sink.publish(
          await stagedLoad(place.dir, "k2", [rowOf(2), rowOf(3)], {
            disposition: "merge",
            write: census,
            census: true,
            after: "k1",
            at: "2026-03-01T00:00:00.000Z",
          }),
          never,
        );
        assert.equal(second.deleted, 1);
        assert.deepEqual((await rowsIn(sink)).map((row) => [row.id, row._forge_deleted_at ?? null]), [
          [1, "2026-03-01T00:00:00.000Z"],
          [2, null],
          [3, null],
        ]);
        const back = await sink.publish(
          await stagedLoad(place.dir, "k3", [rowOf(1)], { disposition: "merge", write: census, after: "k2" }),
          never,
        );
        assert.equal(back.written, 1);
        assert.equal((await rowsIn(sink))[0]?._forge_deleted_at ?? null, null);
      });
    },
    ["merge", "deletes", "read"],
  );

  test("scd2 keeps every version of a key with the instants between which it held", async (place) => {
    const scd2 = { disposition: "scd2" as const };
    await using(place, async (sink) => {
      await sink.publish(
        await stagedLoad(place.dir, "k1", [rowOf(1, { name: "a" }), rowOf(2, { name: "x" })], {
          ...scd2,
          at: "2026-01-01T00:00:00.000Z",
        }),
        never,
      );
      const second = await sink.publish(
        await stagedLoad(place.dir, "k2", [rowOf(1, { name: "b" }), rowOf(2, { name: "x" })], {
          ...scd2,
          after: "k1",
          at: "2026-02-01T00:00:00.000Z",
        }),
        never,
      );
      assert.deepEqual([second.written, second.deduped], [1, 1]);
      const versions = (await rowsIn(sink)).map((
        row,
      ) => [row.id, row.name, row._forge_valid_from, row._forge_valid_to ?? null]);
      assert.deepEqual(versions.sort((a, b) => String(a).localeCompare(String(b))), [
        [1, "a", "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"],
        [1, "b", "2026-02-01T00:00:00.000Z", null],
        [2, "x", "2026-01-01T00:00:00.000Z", null],
      ]);
    });
  }, ["scd2", "read"]);

  // One key: what it has after a first load with `a` (or none), and after a second one with these rows. `-` is a tombstone.
  const histories: [first: string, second: string, versions: string[], counts: number[]][] = [
    ["a", "a", ["a 1-"], [0, 1, 0]],
    ["a", "b", ["a 1-2", "b 2-"], [1, 0, 0]],
    ["a", "bc", ["a 1-2", "c 2-"], [1, 1, 0]],
    ["a", "ba", ["a 1-"], [0, 2, 0]],
    ["a", "-", ["a 1-2"], [0, 1, 1]],
    ["a", "b-", ["a 1-2"], [0, 2, 1]],
    ["a", "-a", ["a 1-"], [0, 2, 0]],
    ["a", "-b", ["a 1-2", "b 2-"], [1, 1, 0]],
    ["a", "--", ["a 1-2"], [0, 2, 1]],
    ["", "ab", ["b 2-"], [1, 1, 0]],
    ["", "a-", ["- 2-2"], [1, 1, 0]],
    ["", "-a", ["a 2-"], [1, 1, 0]],
    ["ab", "", ["b 1-"], [0, 0, 0]],
    ["a-", "", ["- 1-1"], [0, 0, 0]],
  ];
  test(
    "scd2 has the versions that held: of rows of one key in one load the last one counts",
    async (place) => {
      const write = {
        disposition: "scd2" as const,
        sink: "warehouse",
        deletes: { column: "ok", equals: true },
      };
      const days = ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"];
      // Rows of the keys take turns, so that those of one key are apart.
      const rows = (which: 0 | 1) =>
        [0, 1].flatMap((turn) =>
          histories.flatMap((history, id) => {
            const name = history[which][turn];
            return name === undefined ? [] : [rowOf(id, { name, ok: name === "-" })];
          })
        );
      const day = (at: Json | undefined) => typeof at === "string" ? String(days.indexOf(at) + 1) : "";
      await using(place, async (sink) => {
        const scd2 = { disposition: "scd2" as const, write };
        await sink.publish(await stagedLoad(place.dir, "k1", rows(0), { ...scd2, at: days[0] ?? "" }), never);
        const second = await stagedLoad(place.dir, "k2", rows(1), {
          ...scd2,
          after: "k1",
          at: days[1] ?? "",
        });
        const { written, deduped, deleted } = await sink.publish(second, never);
        const found = await rowsIn(sink);
        for (const [id, [first, then, versions]] of histories.entries()) {
          const had = found.filter((row) => Number(row.id) === id).map((row) =>
            `${row.name} ${day(row._forge_valid_from)}-${day(row._forge_valid_to)}`
          );
          assert.deepEqual(had.sort(), versions.toSorted(), `${first} then ${then}`);
        }
        const wanted = [0, 1, 2].map((n) =>
          histories.reduce((sum, [, , , counts]) => sum + (counts[n] ?? 0), 0)
        );
        assert.deepEqual([written, deduped, deleted], wanted);
      });
    },
    ["scd2", "read", "deletes"],
  );

  test(
    "an append over a window that was loaded before counts what is there as deduplicated",
    async (place) => {
      const at = (day: number) => `2026-01-0${day}T00:00:00Z`;
      await using(place, async (sink) => {
        await sink.publish(
          await stagedLoad(place.dir, "k1", [
            rowOf(1, { at: at(1) }),
            rowOf(2, { at: at(2) }),
            rowOf(2, { at: at(2) }),
          ]),
          never,
        );
        const load = await stagedLoad(place.dir, "k2", [
          rowOf(2, { at: at(2) }),
          rowOf(2, { at: at(2) }),
          rowOf(2, { at: at(2) }),
          rowOf(3, { at: at(3) }),
        ], {
          after: "k1",
          overlap: { column: "at", from: at(2) },
        });
        const published = await sink.publish(load, never);
        assert.deepEqual([published.written, published.deduped], [2, 2]);
        assert.deepEqual((await rowsIn(sink)).map((row) => row.id), [1, 2, 2, 2, 3]);
      });
    },
    ["overlap", "read"],
  );

  test("rows of an origin are replaced as a whole, and those of others stay", async (place) => {
    await using(place, async (sink) => {
      const origins = {
        "a.csv": [rowOf(1, { name: "a" }), rowOf(2, { name: "a" })],
        "b.csv": [rowOf(3, { name: "b" })],
      };
      await sink.publish(await stagedLoad(place.dir, "k1", [], { origins }), never);
      const changed = await stagedLoad(place.dir, "k2", [], {
        origins: { "a.csv": [rowOf(9, { name: "new" })] },
        replaces: ["a.csv"],
        after: "k1",
      });
      assert.equal((await sink.publish(changed, never)).written, 1);
      assert.deepEqual(shown(await rowsIn(sink)), [[3, "b"], [9, "new"]]);
      const gone = await sink.publish(
        await stagedLoad(place.dir, "k3", [], { origins: {}, replaces: ["b.csv"], after: "k2" }),
        never,
      );
      assert.equal(gone.deleted, 1);
      assert.deepEqual(shown(await rowsIn(sink)), [[9, "new"]]);
    });
  }, ["origins", "read"]);

  test("a state can be set and forgotten by hand", async (place) => {
    await using(place, async (sink) => {
      await sink.setState("shop", "orders", { ...EMPTY_STATE, cursor: "2026-01-01" });
      assert.equal((await sink.state("shop", "orders"))?.cursor, "2026-01-01");
      await sink.publish(await stagedLoad(place.dir, "k1", [rowOf(1)]), never);
      assert.equal((await sink.state("shop", "orders"))?.load, "k1");
      await sink.setState("shop", "orders", { ...EMPTY_STATE, cursor: "2025-01-01", load: "k1" });
      assert.equal((await sink.state("shop", "orders"))?.cursor, "2025-01-01");
      await sink.setState("shop", "orders", null);
      assert.equal(await sink.state("shop", "orders"), null);
      if (!without.has("read")) assert.equal((await rowsIn(sink)).length, 1, "rows stay");
    });
  }, ["set-state"]);

  test("two streams may share a table and keep states of their own", async (place) => {
    await using(place, async (sink) => {
      await sink.publish(await stagedLoad(place.dir, "k1", [rowOf(1)]), never);
      await sink.publish(await stagedLoad(place.dir, "k2", [rowOf(2)], { stream: "returns" }), never);
      assert.deepEqual([
        (await sink.state("shop", "orders"))?.load,
        (await sink.state("shop", "returns"))?.load,
      ], ["k1", "k2"]);
      if (!without.has("read")) assert.deepEqual((await rowsIn(sink)).map((row) => row.id), [1, 2]);
    });
  });

  for (const disposition of ["append", "replace", "merge"] as const) {
    for (const point of [...subject.faults?.before ?? [], ...subject.faults?.after ?? []]) {
      const isBehind = subject.faults?.after.includes(point) === true;
      // S25, and a crash at every step.
      test(
        `${disposition}: a crash at ${point} serves the ${
          isBehind ? "new" : "old"
        } version, and the rerun is exact`,
        async (place) => {
          await using(place, async (sink) =>
            sink.publish(
              await stagedLoad(place.dir, "k1", [rowOf(1, { name: "old" })], { disposition }),
              never,
            ));
          const load = await stagedLoad(place.dir, "k2", [rowOf(1, { name: "new" }), rowOf(2)], {
            disposition,
            after: "k1",
          });
          let isReached = false;
          const crash = (at: string) => {
            if (at !== point) {
              return;
            }
            isReached = true;
            throw new Error("power cut");
          };
          await assert.rejects(using(place, (sink) => sink.publish(load, never), crash), /power cut/);
          assert.ok(isReached);
          const seen = await using(
            place,
            async (sink) => [await sink.state("shop", "orders"), await rowsIn(sink)] as const,
          );
          assert.equal(seen[0]?.load, isBehind ? "k2" : "k1");
          if (!isBehind) {
            assert.deepEqual(shown(seen[1]), [[1, "old"]]);
          }
          const again = await using(place, (sink) => sink.publish(load, never));
          assert.equal(again.existed, isBehind);
          const rows = shown(await using(place, (sink) => rowsIn(sink)));
          const expected = disposition === "append"
            ? [[1, "old"], [1, "new"], [2, null]]
            : [[1, "new"], [2, null]];
          assert.deepEqual(rows, expected);
        },
        disposition === "merge" ? ["merge", "read"] : ["read"],
      );
    }
  }
}
