import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { cellRooms, cellRows } from "../../data/cells.ts";
import type { BadRow } from "../../data/port.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { type CsvOptions, readCsv, type TextPlace } from "./csv.ts";
import { plainForm, plainReader, readStretch, recordsEnd } from "./csv_cells.ts";
import { chunkParser } from "./csv_parse.ts";
import type { Dialect } from "./csv_scan.ts";
import type { Batch, TextUnit } from "./unit.ts";

const DIALECT = { delimiter: ",", quote: '"', escape: '"', comment: null };

/** Bytes as a unit of text, given in pieces of a size. */
function unitOf(bytes: Uint8Array, piece = 1 << 20): TextUnit {
  return {
    name: "t.csv",
    head: { bytes, whole: true },
    transcoded: false,
    notes: [],
    open: (from) => {
      let at = from;
      return Promise.resolve({
        read(into) {
          const part = bytes.subarray(at, at + Math.min(piece, into.length));
          into.set(part);
          at += part.length;
          return Promise.resolve(part.length);
        },
        close() {},
      });
    },
  };
}

interface Read {
  readonly rows: Row[];
  readonly bad: BadRow[];
  readonly places: string[];
  /** Where to go on after each batch, and how many rows were given until there. */
  readonly nexts: { next: TextPlace | null; rows: number }[];
  /** Rows that came as cells. */
  readonly plain: number;
}

async function read(
  bytes: Uint8Array,
  more: Partial<CsvOptions> & { from?: TextPlace | null; piece?: number } = {},
): Promise<Read> {
  const { from = null, piece, ...options } = more;
  const all: Read = { rows: [], bad: [], places: [], nexts: [], plain: 0 };
  let plain = 0;
  const given = {
    maxRecordBytes: 1 << 20,
    batchRows: 4,
    header: true,
    delimiter: ",",
    quote: '"',
    ...options,
  };
  for await (const batch of readCsv(unitOf(bytes, piece), given, from, () => {})) {
    if (batch.cells !== undefined) plain += batch.cells.rows;
    all.rows.push(...batch.rows);
    all.bad.push(...batch.bad);
    all.places.push(...batch.rows.map((_, index) => batch.locate(index)));
    all.nexts.push({ next: batch.next as unknown as TextPlace | null, rows: all.rows.length });
  }
  return { ...all, plain };
}

/** What a file may hold, sound and not: rows are cut from such pieces without regard for what makes a row. */
const hostile = fc.array(
  fc.oneof(
    { arbitrary: fc.constantFrom("1,2,3\n", "a,b,c\n", '"x","y, z",\n', "4,,6\n", "p q,r,s\n"), weight: 6 },
    {
      arbitrary: fc.constantFrom(
        '"a ""b"" c",d,e\n',
        '"l\nm",n,o\n',
        "\\,\t,x\n",
        "ä,€,\u{1f600}\n",
        '"ü""",ö,\n',
        '"","",""\n',
        "\u0001,\u007f,\u2028\n",
      ),
      weight: 4,
    },
    {
      arbitrary: fc.constantFrom(
        ",",
        "\n",
        "\r\n",
        "\r",
        '"',
        '""',
        " ",
        "\0",
        "1,2\n",
        "1,2,3,4\n",
        '"open\n',
        'a"b,c,d\n',
        '"a" ,b,c\n',
        '"a\r\nb",c,d\n',
        '"a\rb",c,d\n',
        "1,2,3\r\n",
        "1,2,3",
        "\u{ff}",
      ),
      weight: 2,
    },
  ),
  { maxLength: 40 },
).map((pieces) => pieces.join(""));

Deno.test("cells of hostile CSV are the rows, faults and lines that are read without cells", async () => {
  let plain = 0;
  await fc.assert(
    fc.asyncProperty(hostile, fc.constantFrom("utf8", "latin1"), fc.integer({ min: 1, max: 64 }), async (
      text,
      encoding,
      piece,
    ) => {
      const bytes = Buffer.from(`a,b,c\n${text}`, encoding as "utf8");
      const expected = await read(bytes);
      const found = await read(bytes, { cells: true, piece });
      assert.deepEqual(found.rows, expected.rows);
      assert.deepEqual(found.bad, expected.bad);
      assert.deepEqual(found.places, expected.places);
      plain += found.plain;
      for (const { next, rows } of found.nexts) {
        if (next === null) continue;
        const rest = await read(bytes, { from: next });
        assert.deepEqual(rest.rows, expected.rows.slice(rows));
        assert.deepEqual(rest.places, expected.places.slice(rows));
      }
    }),
    { numRuns: 300 },
  );
  // Otherwise nothing was compared.
  assert.ok(plain > 200, String(plain));
});

Deno.test("pages of cells in rooms of their own are whole while others are read, wherever a page is cut", async () => {
  let plain = 0;
  await fc.assert(
    fc.asyncProperty(hostile, fc.integer({ min: 1, max: 40 }), async (text, pageBytes) => {
      const bytes = Buffer.from(`a,b,c\n${text}`);
      const expected = await read(bytes);
      const rooms = cellRooms(2, pageBytes);
      const given = { maxRecordBytes: 1 << 20, batchRows: 4, header: true, delimiter: ",", quote: '"' };
      const batches: Batch[] = [];
      for await (const batch of readCsv(unitOf(bytes), { ...given, cells: true, rooms }, null, () => {})) {
        plain += batch.cells?.rows ?? 0;
        batches.push(batch);
      }
      // Looked at when all have been read.
      assert.deepEqual(batches.flatMap(({ rows }) => rows), expected.rows);
      assert.deepEqual(batches.flatMap(({ bad }) => bad), expected.bad);
      assert.deepEqual(
        batches.flatMap(({ rows, locate }) => rows.map((_, index) => locate(index))),
        expected.places,
      );
    }),
    { numRuns: 200 },
  );
  assert.ok(plain > 100, String(plain));
});

Deno.test("rooms are used again where they are large enough, and small ones make way for large ones", () => {
  const rooms = cellRooms(2, 100);
  const small = [rooms.take(10), rooms.take(10)];
  small.forEach((room) => rooms.give(room));
  assert.equal(rooms.take(8), small[1]);
  const large = rooms.take(100);
  assert.equal(large.length, 100);
  rooms.give(large);
  assert.equal(rooms.take(50), large);
});

Deno.test("what is taken as cells is what papaparse reads", async () => {
  const parse = await chunkParser(DIALECT);
  const form = plainForm(DIALECT, ["a", "b", "c"], 1000);
  assert.ok(form !== null);
  const take = plainReader(form);
  fc.assert(
    fc.property(hostile, (text) => {
      const block = take(new Uint8Array(Buffer.from(text)));
      if (block === null) return;
      const taken = Buffer.from(text).subarray(0, block.consumed).toString();
      const ends = {
        lf: taken.split("\n").length - 1,
        crlf: taken.split("\r\n").length - 1,
        cr: taken.split("\r").length - 1,
      };
      const papa = parse(taken, ends, { final: true, giveUp: false, maxRecords: 1000 });
      const rowOf = cellRows(block.cells);
      assert.deepEqual(
        papa.cells.map(([a, b, c]) => ({ a: a || null, b: b || null, c: c || null })),
        Array.from({ length: block.cells.rows }, (_, index) => rowOf(index)),
      );
      assert.equal(block.lines, papa.lines);
    }),
    { numRuns: 500 },
  );
});

Deno.test("other quotes and delimiters are read as cells as well", async () => {
  const bytes = Buffer.from("a;b\n'x;''y''';\"z\"\n\t1;\\\n");
  const options = { delimiter: ";", quote: "'" };
  const found = await read(bytes, { ...options, cells: true });
  assert.deepEqual(found.rows, [{ a: "x;'y'", b: '"z"' }, { a: "\t1", b: "\\" }]);
  assert.equal(found.plain, 2);
  assert.deepEqual((await read(bytes, options)).rows, found.rows);
});

Deno.test("dialects and tables that are not for cells are read without", () => {
  const columns = ["a", "b"];
  const refused: [Partial<Dialect>, string[]][] = [
    [{ comment: "#" }, columns],
    [{ escape: "\\" }, columns],
    [{ quote: "", escape: "" }, columns],
    [{ delimiter: "||" }, columns],
    [{ delimiter: "¦" }, columns],
    [{}, ["a"]],
    [{}, ["a", "a"]],
  ];
  for (const [dialect, names] of refused) {
    assert.equal(plainForm({ ...DIALECT, ...dialect }, names, 10), null);
  }
  assert.notEqual(plainForm(DIALECT, columns, 10), null);
});

Deno.test("a fault costs no more than its chunk: what follows comes as cells again", async () => {
  const bytes = Buffer.from(`a,b\n${"1,2\n".repeat(50)}3\n${"4,5\n".repeat(3000)}`);
  const { plain, rows, bad } = await read(bytes, { cells: true, batchRows: 1000 });
  assert.deepEqual([rows.length, bad.length], [3050, 1]);
  assert.ok(plain >= 2050, String(plain));
});

Deno.test("where records end is told by counting quotes, as the reader finds it, and at no other place", () => {
  let [whole, cut] = [0, 0];
  const form = plainForm(DIALECT, ["a", "b", "c"], 1000);
  assert.ok(form !== null);
  fc.assert(
    fc.property(
      hostile,
      fc.integer({ min: 0, max: 400 }),
      fc.integer({ min: 0, max: 5 }),
      (text, most, skip) => {
        const bytes = Buffer.concat([Buffer.alloc(skip), Buffer.from(text)]);
        const own = new Uint8Array(bytes.length + 8).subarray(skip);
        own.set(bytes.subarray(skip));
        const given = Math.min(most, bytes.length - skip);
        const end = recordsEnd(own, given, 34);
        const isEven = (at: number) => own.subarray(0, at).filter((code) => code === 34).length % 2 === 0;
        const ends = Array.from({ length: given }, (_, at) => at + 1).filter((at) =>
          own[at - 1] === 10 && isEven(at)
        );
        assert.equal(end, ends.at(-1) ?? 0);
        if (end === 0) return;
        const stretch = { ...form, room: own, length: end, most: form.rows };
        const block = plainReader(form)(own.subarray(0, end));
        const { rows, consumed, lines } = readStretch(stretch);
        assert.deepEqual([rows, consumed, lines], [
          block?.cells.rows ?? 0,
          block?.consumed ?? 0,
          block?.lines ?? 0,
        ]);
        if (consumed === end) whole++;
        else cut++;
      },
    ),
    { numRuns: 600 },
  );
  // Otherwise nothing was compared.
  assert.ok(whole > 30 && cut > 30, `${whole} ${cut}`);
});
