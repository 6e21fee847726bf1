import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { CELL } from "../cells.ts";
import { compiled, moduleText } from "./build.ts";
import { type CellShape, isOddOf, readCells } from "./cell_memory.ts";

Deno.test("the module is what the pinned compiler makes of its source, byte by byte", async () => {
  const source = await Deno.readTextFile(new URL("./cells.as", import.meta.url));
  const text = await Deno.readTextFile(new URL("./cells_wasm.ts", import.meta.url));
  assert.equal(moduleText(await compiled(source)), text, "run: deno task wasm");
  const other = source.replace("const LEAST: f64 = 1e-6;", "const LEAST: f64 = 1e-7;");
  assert.notEqual(moduleText(await compiled(other)), text);
});

interface Read {
  readonly starts: number[];
  readonly ends: number[];
  readonly marks: number[];
  readonly before: number[];
  readonly rows: number;
  readonly consumed: number;
  readonly lines: number;
}

/** What a page is, byte by byte. */
function expected(bytes: Uint8Array, { width, delimiter, quote }: CellShape, most: number): Read {
  const [LF, CR, BACKSLASH] = [10, 13, 92];
  const isCrlf = bytes[bytes.indexOf(LF) - 1] === CR;
  const found = {
    starts: [] as number[],
    ends: [] as number[],
    marks: [] as number[],
    before: [] as number[],
  };
  const whole = { rows: 0, consumed: 0, lines: 0 };
  let at = 0;
  const value = (): { start: number; end: number; mark: number; breaks: number } | null => {
    let [mark, breaks] = [0, 0];
    const isQuoted = bytes[at] === quote;
    const start = isQuoted ? ++at : at;
    for (;; at++) {
      const code = bytes[at] ?? 0;
      if (code === quote) {
        if (!isQuoted) return null;
        if (bytes[at + 1] !== quote) return { start, end: at++, mark, breaks };
        mark |= CELL.PAIRS;
        at++;
      } else if (!isQuoted && [delimiter, LF, CR].includes(code)) return { start, end: at, mark, breaks };
      else if (code === 0) return null;
      else if (code >= 128) mark |= CELL.WIDE;
      else if (code < 32 || code === BACKSLASH) {
        mark |= CELL.ESCAPES;
        if (code === CR && bytes[at + 1] !== LF) return null;
        if (code === LF) breaks++;
        if (code === LF && at + 1 === bytes.length) return null;
      }
    }
  };
  while (at < bytes.length && whole.rows < most) {
    const row = [];
    for (let column = 0; column < width; column++) {
      const one = value();
      const end = column < width - 1 ? [delimiter] : isCrlf ? [CR, LF] : [LF];
      if (one === null || end.some((code) => bytes[at++] !== code)) break;
      row.push(one);
    }
    if (row.length < width) break;
    found.before.push(whole.lines);
    for (const { start, end, mark } of row) {
      found.starts.push(start);
      found.ends.push(end);
      found.marks.push(mark);
    }
    whole.rows++;
    whole.consumed = at;
    whole.lines += row.reduce((sum, { breaks }) => sum + breaks, 1);
  }
  return { ...found, ...whole };
}

function found(bytes: Uint8Array<ArrayBuffer>, shape: CellShape, most: number): Read {
  const { starts, ends, marks, before, rows, consumed, lines } = readCells(bytes, shape, most);
  return {
    ...{ starts: [...starts], ends: [...ends], marks: [...marks], before: [...before] },
    ...{ rows, consumed, lines },
  };
}

/** Pieces of records, sound and not, among them some that go over blocks of 16 and 64 bytes. */
const piece = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("1,2,3\n", "a,b,c\n", '"x","y, z",\n', ",,\n", "4,,6\n") },
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      '"a ""b"" c",d,e\n',
      '"l\nm",n,o\n',
      '"l\r\nm",n,o\n',
      "\\,\t,x\n",
      "ä,€,\u{1f600}\n",
      '"ü""","ö","\u0001"\n',
      '"","",""\n',
      '"""","""""",x\n',
      "\u0001,\u007f,\u2028\n",
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constantFrom("x", "é", '""', "\\", ","), fc.integer({ min: 1, max: 90 })).map((
      [letter, count],
    ) => `1,"${letter.repeat(count)}",3\n`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[",", "\n", "\r\n", "\r", '"', '""', " ", "\0", "1,2\n", "1,2,3,4\n", '"open\n', 'a"b,c,d\n'],
      ...['"a" ,b,c\n', '"a\rb",c,d\n', "1,2,3\r\n", "1,2,3", '"a"', "'", ";"],
    ),
  },
);
const text = fc.tuple(fc.array(piece, { maxLength: 40, size: "max" }), fc.boolean()).map(
  ([pieces, isCrlf]) => {
    const all = pieces.join("");
    return isCrlf ? all.replaceAll(/\r?\n/g, "\r\n") : all;
  },
);
const shape = fc.record({
  width: fc.constantFrom(3, 3, 3, 2),
  delimiter: fc.constantFrom(44, 44, 44, 59, 9),
  quote: fc.constantFrom(34, 34, 34, 39),
});

Deno.test("places, marks and lines of hostile pages are those that are found byte by byte", () => {
  let [rows, cut] = [0, 0];
  fc.assert(
    fc.property(text, shape, fc.integer({ min: 1, max: 40 }), (text, shape, most) => {
      const all = new Uint8Array(Buffer.from(text));
      const bytes = all.subarray(0, all.lastIndexOf(10) + 1);
      const read = found(bytes, shape, most);
      assert.deepEqual(read, expected(bytes, shape, most));
      rows += read.rows;
      if (read.rows > 0 && read.rows < most && read.consumed < bytes.length) cut++;
    }),
    { numRuns: 1500 },
  );
  // Otherwise nothing was compared.
  assert.ok(rows > 3000 && cut > 200, `${rows} ${cut}`);
});

Deno.test("a record is found wherever it lies against blocks of bytes, up to the last byte of the memory", () => {
  const shape = { width: 2, delimiter: 44, quote: 34 };
  for (let before = 0; before < 140; before++) {
    for (const value of ["x", '"y"', '"y""z"', "é", ""]) {
      const bytes = new Uint8Array(Buffer.from(`${"a".repeat(before)},b\n${value},${value}\n`));
      assert.deepEqual(found(bytes, shape, 9), expected(bytes, shape, 9));
      assert.equal(found(bytes, shape, 9).rows, 2);
    }
  }
});

Deno.test("bytes that are no UTF-8, and pages that are too long for places, have no records", () => {
  const shape = { width: 2, delimiter: 44, quote: 34 };
  assert.equal(readCells(new Uint8Array([0xff, 44, 97, 10]), shape, 9).rows, 0);
  assert.equal(readCells(new Uint8Array(0), shape, 9).rows, 0);
  const long = new Uint8Array(65 * 1024 * 1024).fill(97);
  long.set([44], 5);
  long.set([10], long.length - 1);
  assert.equal(readCells(long, shape, 9).rows, 0);
});

Deno.test("a large page is read, and the memory that it took is not kept", () => {
  const shape = { width: 2, delimiter: 44, quote: 34 };
  const bytes = new Uint8Array(Buffer.from("ab,cd\n".repeat(500_000)));
  const read = readCells(bytes, shape, 1_000_000);
  assert.deepEqual([read.rows, read.starts.at(-1)], [500_000, bytes.length - 3]);
  assert.ok(read.code.memory.buffer.byteLength > 16 * 1024 * 1024);
  const { code } = readCells(bytes.subarray(0, 60), shape, 10);
  assert.ok(code.memory.buffer.byteLength < 1024 * 1024);
});

Deno.test("quotes are counted as they are one by one", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(34, 34, 33, 35, 162), { maxLength: 200 }), (codes) => {
      const isOdd = codes.filter((code) => code === 34).length % 2 === 1;
      assert.equal(isOddOf(Uint8Array.from(codes), 34), isOdd);
    }),
    { numRuns: 500 },
  );
});
