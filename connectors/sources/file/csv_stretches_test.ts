import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { cellRooms } from "../../data/cells.ts";
import type { FileReader } from "../../data/port.ts";
import { fileInput } from "./bytes.ts";
import { readCsv, type TextPlace } from "./csv.ts";
import type { Batch, TextUnit } from "./unit.ts";

const GIVEN = {
  maxRecordBytes: 1 << 20,
  batchRows: 4,
  header: true,
  delimiter: ",",
  quote: '"',
  cells: true,
};

/** A file in memory, read in pieces; `hash` sees what the one pass over it reads. */
function unitOf(bytes: Uint8Array, hash = createHash("sha256"), piece = 150): TextUnit {
  const reader = {
    size: bytes.length,
    read(into: Uint8Array, at: number) {
      const part = bytes.subarray(at, at + Math.min(piece, into.length));
      into.set(part);
      return Promise.resolve(part.length);
    },
  } as unknown as FileReader;
  return {
    name: "t.csv",
    head: { bytes, whole: true },
    transcoded: false,
    notes: [],
    open(from) {
      hash.update(bytes.subarray(0, from));
      return Promise.resolve(fileInput(reader, from, hash));
    },
  };
}

interface Read {
  readonly rows: unknown[];
  readonly bad: unknown[];
  readonly places: string[];
  /** Where to go on after each batch, and how many rows came until there. */
  readonly nexts: { next: TextPlace | null; rows: number }[];
  readonly stretches: number;
  readonly void: number;
}

/** Takes batches as a reader does that has some ahead: those behind one that was not whole are given back unread. */
async function read(
  unit: TextUnit,
  ahead: number,
  pageBytes: number,
  from: TextPlace | null = null,
): Promise<Read> {
  const rooms = cellRooms(3, pageBytes);
  const found: Read = { rows: [], bad: [], places: [], nexts: [], stretches: 0, void: 0 };
  let [stretches, unread] = [0, 0];
  const queue: Batch[] = [];
  const batches = readCsv(unit, { ...GIVEN, rooms, stretches: ahead > 0 }, from, () => {});
  const take = (batch: Batch | null) => {
    if (batch === null) return;
    found.rows.push(...batch.rows);
    found.bad.push(...batch.bad);
    found.places.push(...batch.rows.map((_, at) => batch.locate(at)));
    found.nexts.push({ next: batch.next as unknown as TextPlace | null, rows: found.rows.length });
    if (batch.cells?.room !== undefined) rooms.give(batch.cells.room);
  };
  const takeAll = (left: number) => {
    while (queue.length > left) {
      const batch = queue.shift() as Batch;
      if (batch.stretch === undefined) {
        take(batch);
        continue;
      }
      stretches++;
      const { stretch } = batch;
      const was = stretch.read();
      take(stretch.found(was, stretch.room));
      if (was.consumed === stretch.length) continue;
      for (const { stretch, cells } of queue.splice(0)) {
        assert.equal(cells, undefined);
        unread++;
        if (stretch !== undefined) rooms.give(stretch.room);
      }
    }
  };
  for await (const batch of batches) {
    if (batch.halt === true) takeAll(0);
    else {
      queue.push(batch);
      takeAll(ahead);
    }
  }
  takeAll(0);
  return { ...found, stretches, void: unread };
}

const row = fc.oneof(
  { weight: 90, arbitrary: fc.constantFrom("1,2,3", "a,b,c", ",,x", "p q,r,\\") },
  { weight: 24, arbitrary: fc.constantFrom('"x","y, z",', '"a ""b""",c,d', '"l\nm",n,"o\n\np"', "ä,€,😀") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "1,2",
      "1,2,3,4",
      'a"b,c,d',
      '"open,b,c',
      '"a"x,b,c',
      "nul\0,b,c",
      "",
      "x,y,z\r",
      "cr\rcr,b,c",
    ),
  },
);
const csv = fc.record({
  rows: fc.array(row, { minLength: 30, maxLength: 160, size: "max" }),
  last: fc.constantFrom("", "\n", "\r\n"),
  end: fc.constantFrom("\n", "\n", "\r\n"),
})
  .map(({ rows, last, end }) => ["a,b,c", ...rows].join(end) + last);

Deno.test("stretches of hostile CSV are the rows, faults, lines and places that are read in order, and the file is hashed once", async () => {
  let [stretches, unread] = [0, 0];
  await fc.assert(
    fc.asyncProperty(
      csv,
      fc.integer({ min: 24, max: 200 }),
      fc.integer({ min: 1, max: 6 }),
      async (text, pageBytes, ahead) => {
        const bytes = Buffer.from(text);
        const expected = await read(unitOf(bytes), 0, pageBytes);
        const hash = createHash("sha256");
        const found = await read(unitOf(bytes, hash), ahead, pageBytes);
        assert.deepEqual(found.rows, expected.rows);
        assert.deepEqual(found.bad, expected.bad);
        assert.deepEqual(found.places, expected.places);
        assert.equal(expected.stretches, 0);
        const whole = createHash("sha256").update(bytes);
        assert.equal(hash.digest("hex"), whole.digest("hex"));
        for (const { next, rows } of found.nexts) {
          if (next === null) continue;
          const rest = await read(unitOf(bytes), 0, pageBytes, next);
          assert.deepEqual(rest.rows, expected.rows.slice(rows));
          assert.deepEqual(rest.places, expected.places.slice(rows));
        }
        stretches += found.stretches;
        unread += found.void;
      },
    ),
    { numRuns: 250 },
  );
  // Otherwise nothing was compared.
  assert.ok(stretches > 200 && unread > 20, `${stretches} ${unread}`);
});

Deno.test("a file in which stretches fail again and again is read in order, and only few of its bytes twice", async () => {
  const bytes = Buffer.from(`a,b,c\n${("1,2,3\n".repeat(40) + "1,2\n").repeat(200)}`);
  const found = await read(unitOf(bytes), 4, 64);
  assert.equal(found.rows.length, 8000);
  assert.equal(found.bad.length, 200);
  assert.ok(found.stretches > 0 && found.void < 40, `${found.stretches} ${found.void}`);
});

Deno.test("what comes from a stream that cannot go back is read in order", async () => {
  const unit = unitOf(Buffer.from(`a,b,c\n${"1,2,3\n".repeat(400)}`));
  const onlyOn = {
    ...unit,
    async open(from: number) {
      const { back: _, ...input } = await unit.open(from);
      return input;
    },
  };
  const found = await read(onlyOn, 4, 64);
  assert.deepEqual([found.rows.length, found.stretches], [400, 0]);
});
