import assert from "node:assert/strict";
import fc from "fast-check";
import { DataFailure } from "../../data/port.ts";
import { fileSource } from "./source.ts";
import { type Collected, type Folder, withFolder } from "./testing.ts";
import type { Json } from "../../../specs/mod.ts";

const bytes = (...parts: (string | number[])[]): Uint8Array =>
  new Uint8Array(
    parts.flatMap((part) => typeof part === "string" ? [...new TextEncoder().encode(part)] : part),
  );

/** Reads one CSV file. */
async function csv(
  folder: Folder,
  content: string | Uint8Array,
  params: Record<string, Json> = {},
): Promise<Collected> {
  await folder.write("t.csv", content);
  return await folder.collect(fileSource(), "csv", { path: "t.csv", ...params });
}

const test = (name: string, run: (folder: Folder) => Promise<void>) =>
  Deno.test(`csv: ${name}`, () => withFolder(run));
const failure = (kind: string, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof DataFailure, String(error));
  assert.equal(error.kind, kind, error.message);
  assert.match(`${error.message} ${error.remedy}`, pattern);
  return true;
};

test("values stay text as they are written, and empty ones are missing", async (folder) => {
  const { rows, bad, places } = await csv(
    folder,
    'id,n,e,big,iso,empty,quoted\n007,1e5,TRUE,9007199254740993,2026-01-02T03:04:05Z,,""\n',
  );
  assert.deepEqual(rows, [{
    id: "007",
    n: "1e5",
    e: "TRUE",
    big: "9007199254740993",
    iso: "2026-01-02T03:04:05Z",
    empty: null,
    quoted: null,
  }]);
  assert.deepEqual(bad, []);
  assert.deepEqual(places, ["t.csv#line=2"]);
});

test("a value that goes on after its closing quote costs its line only, not the rest of the file", async (folder) => {
  const { rows, bad } = await csv(folder, 'a,b\n1,ok\n2,"x"y\n3,ok\n4,"fine, too"\n');
  assert.deepEqual(rows.map((row) => row.a), ["1", "3", "4"]);
  assert.deepEqual(bad.map((row) => [row.rule, row.locator]), [["parse", "t.csv#line=3"]]);
  assert.deepEqual(bad[0]?.row, { line: '2,"x"y' });
});

test("a quote that is never closed costs its line only", async (folder) => {
  const { rows, bad } = await csv(folder, 'a,b\n1,ok\n2,"open\n3,ok\n4,ok\n');
  assert.deepEqual(rows.map((row) => row.a), ["1", "3", "4"]);
  assert.deepEqual(bad.map((row) => row.locator), ["t.csv#line=3"]);
});

test("an open quote that meets the next quoted value costs its line only", async (folder) => {
  const { rows, bad } = await csv(folder, 'a,b\n1,"open\n2,"fine, here"\n3,"also ""fine"""\n');
  assert.deepEqual(rows, [{ a: "2", b: "fine, here" }, { a: "3", b: 'also "fine"' }]);
  assert.deepEqual(bad.map((row) => row.locator), ["t.csv#line=2"]);
});

test("a stray quote behind a value of several lines makes no false row", async (folder) => {
  const { rows, bad } = await csv(folder, 'a,b\n"two\nlines"y,z\n3,ok\n');
  assert.deepEqual(rows, [{ a: "3", b: "ok" }]);
  assert.deepEqual(bad.map((row) => row.locator), ["t.csv#line=2", "t.csv#line=3"]);
});

test("a thousand lines with stray quotes are a thousand bad rows", async (folder) => {
  const { rows, bad } = await csv(folder, `a,b\n1,ok\n${'"x"y,1\n'.repeat(1000)}9,ok\n`);
  assert.deepEqual(rows.map((row) => row.a), ["1", "9"]);
  assert.equal(bad.length, 1000);
  assert.equal(bad.at(-1)?.locator, "t.csv#line=1002");
});

test("LF, CRLF and CR may be mixed, and none of them ends up in a value", async (folder) => {
  const { rows, bad } = await csv(folder, 'a,b\r\n1,x\n2,y\r\n3,z\r4,"q"\r\n5,"r"\n');
  assert.deepEqual(rows.map((row) => `${row.a}${row.b}`), ["1x", "2y", "3z", "4q", "5r"]);
  assert.deepEqual(bad, []);
});

test("a line break within quotes is part of the value, and lines are still counted right", async (folder) => {
  const { rows, places } = await csv(
    folder,
    'a,b\r\n1,"two\nlines"\r\n2,"three\r\nmore\r\nlines"\r\n3,x\r\n',
  );
  assert.deepEqual(rows.map((row) => row.b), ["two\nlines", "three\r\nmore\r\nlines", "x"]);
  assert.deepEqual(places, ["t.csv#line=2", "t.csv#line=4", "t.csv#line=7"]);
});

test("files of CR alone are read", async (folder) => {
  const { rows, places } = await csv(folder, "a,b\r1,x\r2,y");
  assert.deepEqual(rows, [{ a: "1", b: "x" }, { a: "2", b: "y" }]);
  assert.deepEqual(places, ["t.csv#line=2", "t.csv#line=3"]);
});

test("a `sep=` line names the delimiter and is no header", async (folder) => {
  const { rows, places } = await csv(folder, "sep=;\r\na;b\r\n1,5;2,5\r\n");
  assert.deepEqual(rows, [{ a: "1,5", b: "2,5" }]);
  assert.deepEqual(places, ["t.csv#line=3"]);
});

test("rows with too many or too few values are bad rows with their line, never shifted", async (folder) => {
  const { rows, bad } = await csv(folder, "a,b,c\n1,2,3\n1,2,3,4\n1,2\n\n4,5,6\n7,8,9,\n");
  assert.deepEqual(rows.map((row) => row.a), ["1", "4"]);
  assert.deepEqual(bad.map((row) => [row.rule, row.locator, row.row]), [
    ["ragged", "t.csv#line=3", ["1", "2", "3", "4"]],
    ["ragged", "t.csv#line=4", ["1", "2"]],
    ["ragged", "t.csv#line=7", ["7", "8", "9", ""]],
  ]);
});

test("a delimiter at the end of every line is no column", async (folder) => {
  const both = await csv(folder, "a,b,\n1,2,\n3,4,\n");
  assert.deepEqual(both.rows, [{ a: "1", b: "2" }, { a: "3", b: "4" }]);
  const rows = await csv(folder, "a,b\n1,2,\n3,4,\n");
  assert.deepEqual(rows.rows, both.rows);
  assert.deepEqual(rows.bad, []);
});

test("repeated and blank names are told apart, and said", async (folder) => {
  const { rows } = await csv(folder, "a,a,,a_2,__proto__\n1,2,3,4,5\n");
  assert.deepEqual(rows, [{ a: "1", a_3: "2", column_3: "3", a_2: "4", ["__proto___2"]: "5" }]);
  assert.equal(Object.getPrototypeOf(rows[0]), Object.prototype);
  assert.equal(
    folder.progress.filter((line) => line.includes("repeats") || line.includes("no name")).length,
    3,
  );
});

test("a byte order mark is no part of the first name", async (folder) => {
  const { rows } = await csv(folder, bytes([0xef, 0xbb, 0xbf], "a,b\n1,2\n"));
  assert.deepEqual(rows, [{ a: "1", b: "2" }]);
});

test("UTF-16 is read with and without its mark, in both byte orders", async (folder) => {
  for (const big of [false, true]) {
    for (const mark of [false, true]) {
      const text = `${mark ? "\ufeff" : ""}näme,b\nZoë,2\n`;
      const wide = new Uint8Array(text.length * 2);
      const view = new DataView(wide.buffer);
      for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), !big);
      assert.deepEqual((await csv(folder, wide)).rows, [{ näme: "Zoë", b: "2" }], `big ${big}, mark ${mark}`);
    }
  }
});

test("Windows-1252 is found, said with its confidence, and can be declared", async (folder) => {
  const latin = bytes("name,price\nM", [0xfc], "ller,5 ", [0x80], "\nAndr", [0xe9], ",6\n");
  const expected = [{ name: "Müller", price: "5 €" }, { name: "André", price: "6" }];
  assert.deepEqual((await csv(folder, latin)).rows, expected);
  assert.ok(folder.progress.some((line) => /windows-1252 \(confidence 0\.\d+\)/.test(line)));
  assert.deepEqual((await csv(folder, latin, { encoding: "windows-1252" })).rows, expected);
});

test("bytes that are not in the declared encoding make bad rows, and their neighbours stay", async (folder) => {
  const { rows, bad } = await csv(folder, bytes("a,b\n1,Zoë\n2,M", [0xfc], "ller\n3,ok\n"), {
    encoding: "utf-8",
  });
  assert.deepEqual(rows, [{ a: "1", b: "Zoë" }, { a: "3", b: "ok" }]);
  assert.deepEqual(bad.map((row) => [row.rule, row.locator]), [["encoding", "t.csv#line=3"]]);
});

test("a declaration that the bytes contradict is refused instead of turned into wrong letters", async (folder) => {
  await assert.rejects(
    csv(folder, "a,b\n1,Zoë\n2,Müller\n", { encoding: "latin1" }),
    failure("contract", /declared as latin1.*UTF-8/),
  );
  await assert.rejects(
    csv(folder, "a,b\n1,plain text\n", { encoding: "utf-16le" }),
    failure("contract", /UTF-8/),
  );
  await assert.rejects(
    csv(folder, bytes([0xff, 0xfe], [0x61, 0], [0x0a, 0]), { encoding: "utf-8" }),
    failure("contract", /byte order mark says utf-16le/),
  );
});

test("a few broken bytes in a UTF-8 file do not make it another encoding", async (folder) => {
  const { rows, bad } = await csv(folder, bytes(`a,b\n${"1,Zoë\n".repeat(20)}2,M`, [0xfc], "ller\n"));
  assert.equal(rows.length, 20);
  assert.deepEqual(bad.map((row) => row.rule), ["encoding"]);
});

test("NUL bytes make a bad row", async (folder) => {
  const { rows, bad } = await csv(folder, "a,b\n1,x\0y\n2,ok\n");
  assert.deepEqual(rows, [{ a: "2", b: "ok" }]);
  assert.deepEqual(bad.map((row) => [row.rule, row.locator]), [["nul-byte", "t.csv#line=2"]]);
});

test("delimiters are found, and a given one wins", async (folder) => {
  assert.deepEqual((await csv(folder, "a;b\n1,5;x\n2,5;y\n")).rows[0], { a: "1,5", b: "x" });
  assert.deepEqual((await csv(folder, "a\tb\n1\tx, y\n")).rows[0], { a: "1", b: "x, y" });
  assert.deepEqual((await csv(folder, "a|b\n1|x\n")).rows[0], { a: "1", b: "x" });
  assert.deepEqual((await csv(folder, "a;b\n1;x\n", { delimiter: "," })).rows[0], { "a;b": "1;x" });
  assert.deepEqual((await csv(folder, "a||b\n1||x\n", { delimiter: "||" })).rows[0], { a: "1", b: "x" });
  assert.deepEqual((await csv(folder, "name\nAnn\nBob\n")).rows, [{ name: "Ann" }, { name: "Bob" }]);
});

test("quotes: single ones are found, backslashes are asked for, none are plain text", async (folder) => {
  assert.deepEqual((await csv(folder, "a,b\n1,'x, y'\n2,'z'\n")).rows[0], { a: "1", b: "x, y" });
  assert.deepEqual((await csv(folder, 'a,b\n1,"x \\"y\\", z"\n', { escape: "\\" })).rows[0], {
    a: "1",
    b: 'x "y", z',
  });
  assert.deepEqual((await csv(folder, 'a,b\n1,6" pipe\n')).rows[0], { a: "1", b: '6" pipe' });
  assert.deepEqual((await csv(folder, 'a,b\n1,"x\n2,y\n', { quote: "" })).rows, [{ a: "1", b: '"x' }, {
    a: "2",
    b: "y",
  }]);
});

test("a missing header is found where the first line looks like the others, and years stay names", async (folder) => {
  assert.deepEqual((await csv(folder, "1,2.5,x\n2,3.5,y\n")).rows, [
    { column_1: "1", column_2: "2.5", column_3: "x" },
    { column_1: "2", column_2: "3.5", column_3: "y" },
  ]);
  assert.deepEqual((await csv(folder, "name,2024,2025\nA,5,6\nB,7,8\n")).rows[0], {
    name: "A",
    "2024": "5",
    "2025": "6",
  });
  assert.deepEqual((await csv(folder, "1,2\n3,4\n", { header: true })).rows, [{ "1": "3", "2": "4" }]);
  assert.deepEqual((await csv(folder, "x,y\nz,w\n", { header: ["p", "q"] })).rows.length, 2);
});

test("comments in front of the header are left out; others are when they are declared", async (folder) => {
  const { rows, places } = await csv(folder, "# made by a tool\n\na,b\n1,2\n");
  assert.deepEqual([rows, places], [[{ a: "1", b: "2" }], ["t.csv#line=4"]]);
  const declared = await csv(folder, '% c\na,b\n1,2\n% "not, a row\n3,4\n', { comment: "%" });
  assert.deepEqual(declared.rows.map((row) => row.a), ["1", "3"]);
  assert.equal(declared.places[1], "t.csv#line=5");
});

test("a preamble that is no header is refused with the way out", async (folder) => {
  const text = `Report of today\na,b,c\n${"1,2,3\n".repeat(20)}`;
  await assert.rejects(csv(folder, text), failure("contract", /skipLines/));
  assert.equal((await csv(folder, text, { skipLines: 1 })).rows.length, 20);
});

test("a file without even a header is refused; a header without rows is an empty table", async (folder) => {
  await assert.rejects(csv(folder, ""), failure("contract", /empty/));
  const { rows, end } = await csv(folder, "a,b\n");
  assert.deepEqual([rows, end.status], [[], "complete"]);
});

test("one endless line is refused with its place, within bounded memory", async (folder) => {
  const path = `${folder.dir}/t.csv`;
  await Deno.writeTextFile(path, "a,b\n1,2\n");
  // A sparse gigabyte: zeros without a line end.
  await Deno.truncate(path, 1024 * 1024 * 1024);
  const before = Deno.memoryUsage().rss;
  await assert.rejects(
    folder.collect(fileSource(), "csv", { path: "t.csv", maxRecordBytes: 4 * 1024 * 1024 }),
    failure("contract", /line 3, byte 8/),
  );
  assert.ok(Deno.memoryUsage().rss - before < 300 * 1024 * 1024);
});

test("a quote that stays open for longer than a record may be costs its line only", async (folder) => {
  const many = "5,six\n".repeat(2000);
  const { rows, bad } = await csv(folder, `a,b\n1,"open\n${many}`, { maxRecordBytes: 4096 });
  assert.equal(rows.length, 2000);
  assert.deepEqual(bad.map((row) => row.locator), ["t.csv#line=2"]);
});

test("more rows than a page are all read, and a read goes on at any page without losing or repeating one", async (folder) => {
  const lines = Array.from({ length: 12_345 }, (_, i) => i % 7 === 0 ? `${i},"ä ""${i}""\nx"` : `${i},v${i}`);
  await folder.write("t.csv", `id,v\n${lines.join("\n")}\n`);
  const all = await folder.collect(fileSource(), "csv", { path: "t.csv" });
  assert.equal(all.rows.length, 12_345);
  assert.equal(new Set(all.rows.map((row) => row.id)).size, 12_345);
  for (let pages = 1; pages < all.pages; pages++) {
    const first = await folder.collect(fileSource(), "csv", { path: "t.csv" }, { pages });
    const rest = await folder.collect(fileSource(), "csv", { path: "t.csv" }, {
      resume: first.nexts.at(-1) ?? null,
    });
    assert.deepEqual([...first.rows, ...rest.rows], all.rows, `after ${pages} pages`);
    assert.deepEqual([...first.places, ...rest.places], all.places);
    assert.deepEqual(rest.end.state, all.end.state, "the file has the same digest in the ledger");
  }
});

test("names of encodings are taken as people write them", async (folder) => {
  const latin = bytes("name\nM", [0xfc], "ller\n");
  for (const encoding of ["latin-1", "ISO-8859-1", "cp1252", "Windows-1252"]) {
    assert.deepEqual((await csv(folder, latin, { encoding })).rows, [{ name: "Müller" }], encoding);
  }
  assert.deepEqual((await csv(folder, bytes([0xef, 0xbb, 0xbf], "a\n1\n"), { encoding: "utf-8-sig" })).rows, [
    { a: "1" },
  ]);
  await assert.rejects(csv(folder, latin, { encoding: "klingon" }), failure("invalid", /klingon/));
});

test("lines of spaces are no rows, and delimiters that are line ends or quotes are refused", async (folder) => {
  assert.deepEqual((await csv(folder, "a,b\n1,2\n   \n3,4\n")).rows.length, 2);
  for (const delimiter of ["\n", '"']) {
    await assert.rejects(csv(folder, "a\n1\n", { delimiter }), failure("invalid", /delimiter/));
  }
});

Deno.test("csv: the careful reader and papaparse agree on all that is written by the rules", async () => {
  const { chunkParser } = await import("./csv_parse.ts");
  const { scanCsv } = await import("./csv_scan.ts");
  const dialect = { delimiter: ",", quote: '"', escape: '"', comment: null };
  const parse = await chunkParser(dialect);
  const cell = fc.oneof(
    fc.stringMatching(/^[a-z0-9 ;.]{0,6}$/),
    fc.constantFrom('"x"', '""', '"a,b"', '"l\nm"', '"q""q"', '6" x'),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 20 }),
      (table) => {
        const text = table.map((cells) => `${cells.join(",")}\n`).join("");
        const lf = text.split("\n").length - 1;
        const options = { final: true, giveUp: false, maxRecords: 1000 };
        const papa = parse(text, { lf, crlf: 0, cr: 0 }, options);
        const scan = scanCsv(text, dialect, { final: true });
        assert.deepEqual(papa.cells, scan.records.map((record) => record.cells));
        assert.deepEqual([papa.consumed, papa.lines], [scan.consumed, scan.lines]);
        assert.deepEqual(
          papa.cells.map((_, at) => papa.lineOf(at)),
          scan.records.map((record) => record.line),
        );
      },
    ),
  );
});

Deno.test("csv: any table that is written by the rules comes back as it was, with any line end", async () => {
  const cell = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom('"', "\n", ",", "\r\n", "ä", "\u{1f600}", " x", "=1"),
  );
  await withFolder(async (folder) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 30 }),
        fc.constantFrom("\n", "\r\n"),
        async (table, end) => {
          const clean = table.map((cells) => cells.map((value) => value.replaceAll("\0", "")));
          const quoted = clean.map((cells) =>
            cells.map((value) => `"${value.replaceAll('"', '""')}"`).join(",")
          );
          const { rows, bad } = await csv(folder, `a,b,c${end}${quoted.join(end)}${end}`, {
            delimiter: ",",
            header: true,
          });
          assert.deepEqual(bad, []);
          assert.deepEqual(
            rows,
            clean.map(([a, b, c]) => ({ a: a || null, b: b || null, c: c || null })),
          );
        },
      ),
      { numRuns: 150 },
    );
  });
});
