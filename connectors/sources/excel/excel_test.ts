import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { strToU8, unzipSync, zipSync } from "fflate";
import fc from "fast-check";
import { DataFailure } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import { type Collected, type Folder, withFolder } from "../file/testing.ts";
import { excelSource } from "./source.ts";
import { cells, handMade } from "./testing.ts";

const source = excelSource();
const test = (name: string, run: (folder: Folder) => Promise<void>) =>
  Deno.test(`excel: ${name}`, () => withFolder(run));
const failure = (kind: string, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof DataFailure, String(error));
  assert.equal(error.kind, kind, error.message);
  assert.match(`${error.message} ${error.remedy}`, pattern);
  return true;
};

async function read(
  folder: Folder,
  bytes: Uint8Array,
  params: Record<string, Json> = {},
): Promise<Collected> {
  await folder.write("b.xlsx", bytes);
  // The helper's own parameter is one of files.
  const request = { params: { path: "b.xlsx", ...params } };
  return await folder.collect(source, "sheet", {}, request);
}

/** A workbook with one sheet of these rows. */
const book = (rows: Parameters<typeof cells>[0]) => handMade({ sheets: [{ name: "S", xml: cells(rows) }] });

test("numbers, texts and truth values keep their types; leading zeros and empty cells stay what they are", async (folder) => {
  const { rows, places, end, origins } = await read(
    folder,
    book([["id", "n", "ok", "x"], ["007", 1.5, true, null], ["9", 0.1, false, "text"]]),
  );
  assert.deepEqual(rows, [{ id: "007", n: 1.5, ok: true, x: null }, {
    id: "9",
    n: 0.1,
    ok: false,
    x: "text",
  }]);
  assert.deepEqual(places, ["b.xlsx#S!A2", "b.xlsx#S!A3"]);
  assert.deepEqual([end.status, origins[0]], ["complete", "b.xlsx"]);
});

test("shared, inline and rich texts, escapes, CDATA and references are text; phonetic help is not", async (folder) => {
  const { rows } = await read(
    folder,
    handMade({
      sheets: [{
        name: "S",
        xml:
          '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="str"><f>A1</f><v>x</v></c><c t="inlineStr"><is><r><t>c</t></r></is></c></row>' +
          '<row><c t="s"><v>2</v></c><c t="s"><v>3</v></c><c t="str"><v>a &lt;b&gt; &#x41;&#66;</v></c>' +
          '<c t="inlineStr"><is><r><rPr><b/></rPr><t>ri</t></r><r><t xml:space="preserve">ch </t></r><rPh sb="0" eb="1"><t>no</t></rPh></is></c></row>',
      }],
      strings:
        "<si><t>a</t></si><si><t>b</t></si><si><r><t>one </t></r><r><t>two</t></r><rPh><t>no</t></rPh></si>" +
        "<si><t>line_x000D_\nnext <![CDATA[<&]]></t></si>",
    }),
  );
  assert.deepEqual(rows, [{ a: "one two", b: "line\r\nnext <&", x: "a <b> AB", c: "rich " }]);
});

test("dates are ISO text by their number format, whatever their place in the calendar of 1900 or 1904", async (folder) => {
  const formats = [
    "yyyy-mm-dd",
    "dd.mm.yyyy hh:mm",
    "h:mm AM/PM",
    "[h]:mm",
    "0.00%",
    '"day" 0',
    "mmm-yy",
    "[$-409]d/m/yy;@",
    "0.00E+00",
    "[Red]0",
  ];
  const cell = (style: number, value: number) => `<c s="${style}"><v>${value}</v></c>`;
  const xml = `${
    cells([["date", "at", "time", "long", "percent", "number", "month", "short", "e", "red"]])
  }<row r="2">${
    [
      cell(1, 45000),
      cell(2, 45000.5),
      cell(3, 0.75),
      cell(4, 1.0625),
      cell(5, 0.25),
      cell(6, 45000),
      cell(7, 45000),
      cell(8, 45000),
      cell(9, 45000),
      cell(10, 45000),
    ].join("")
  }</row><row r="3">${
    [
      cell(1, 60),
      cell(2, 1),
      cell(3, 1.5),
      cell(4, -0.5),
      cell(5, 0),
      cell(6, 1),
      cell(7, 61),
      cell(8, 59),
      cell(9, 1),
      cell(10, 1),
    ].join("")
  }</row>`;
  const { rows } = await read(folder, handMade({ sheets: [{ name: "S", xml }], formats }));
  assert.deepEqual(rows, [
    {
      date: "2023-03-15",
      at: "2023-03-15T12:00:00",
      time: "18:00:00",
      long: "25:30:00",
      percent: 0.25,
      number: 45000,
      month: "2023-03-15",
      short: "2023-03-15",
      e: 45000,
      red: 45000,
    },
    {
      date: "1900-02-29",
      at: "1900-01-01T00:00:00",
      time: "1900-01-01T12:00:00",
      long: "-12:00:00",
      percent: 0,
      number: 1,
      month: "1900-03-01",
      short: "1900-02-28",
      e: 1,
      red: 1,
    },
  ]);
  const mac = await read(
    folder,
    handMade({ sheets: [{ name: "S", xml }], formats, workbookPr: ' date1904="1"' }),
  );
  assert.deepEqual([mac.rows[0]?.date, mac.rows[1]?.date, mac.rows[1]?.at], [
    "2027-03-16",
    "1904-03-01",
    "1904-01-02T00:00:00",
  ]);
});

test("a row with an error, or a formula without a value, is set aside with its cell; or null where that is asked for", async (folder) => {
  const xml = `${cells([["a", "b"]])}<row r="2"><c><v>1</v></c><c t="e"><f>1/0</f><v>#DIV/0!</v></c></row>` +
    '<row r="3"><c><v>2</v></c><c><f>SUM(A1)</f></c></row><row r="4"><c><v>3</v></c><c><f>A4</f><v>7</v></c></row>';
  const bytes = handMade({ sheets: [{ name: "S", xml }], calcPr: '<calcPr fullCalcOnLoad="1"/>' });
  const { rows, bad } = await read(folder, bytes);
  assert.deepEqual(rows, [{ a: 3, b: 7 }]);
  assert.deepEqual(bad.map((row) => [row.rule, row.locator, row.reason]), [
    ["cell-error", "b.xlsx#S!B2", "B2 is #DIV/0!"],
    ["cell-error", "b.xlsx#S!B3", "B3 is a formula without a value"],
  ]);
  assert.deepEqual(bad[0]?.row, { a: 1, b: "#DIV/0!" });
  assert.ok(folder.progress.some((line) => line.includes("last values")));
  const nulls = await read(folder, bytes, { errors: "null" });
  assert.deepEqual(nulls.rows, [{ a: 1, b: null }, { a: 2, b: null }, { a: 3, b: 7 }]);
});

test("sheets are chosen by name or place; the first visible one is the default; charts have no cells", async (folder) => {
  const bytes = handMade({
    sheets: [
      { name: "Hidden", xml: cells([["a"], [1]]), state: "hidden" },
      { name: "Budget 'A' & B", xml: cells([["a"], [2]]) },
      { name: "2026", xml: cells([["a"], [3]]) },
      { name: "Chart", xml: cells([]), type: "chartsheet" },
    ],
  });
  const value = async (params: Record<string, Json>) => (await read(folder, bytes, params)).rows[0]?.a;
  assert.equal(await value({}), 2);
  assert.equal(await value({ sheet: 1 }), 1);
  assert.equal(await value({ sheet: "budget 'a' & b" }), 2);
  assert.equal(await value({ sheet: "2026" }), 3);
  await assert.rejects(value({ sheet: 9 }), failure("not-found", /4 sheets/));
  await assert.rejects(value({ sheet: "None" }), failure("not-found", /Hidden, Budget/));
  await assert.rejects(value({ sheet: "Chart" }), failure("contract", /chart/));
});

test("titles above the table are passed over, blank rows are left out, totals stay rows", async (folder) => {
  const { rows, places } = await read(
    folder,
    book([["Budget 2026"], [], ["dept", "amount"], ["IT", 5], [null, null], ["HR", 6], ["Total", 11]]),
  );
  assert.deepEqual(rows.map((row) => row.dept), ["IT", "HR", "Total"]);
  assert.deepEqual(places, ["b.xlsx#S!A4", "b.xlsx#S!A6", "b.xlsx#S!A7"]);
});

test("the header's row and the table's area can be given, also where there are no names", async (folder) => {
  const bytes = book([["x", "y", "z"], ["p", "q", "r"], [1, 2, 3], [4, 5, 6]]);
  assert.deepEqual((await read(folder, bytes, { headerRow: 2 })).rows, [{ p: 1, q: 2, r: 3 }, {
    p: 4,
    q: 5,
    r: 6,
  }]);
  assert.deepEqual((await read(folder, bytes, { headerRow: 2, range: "B2:C3" })).rows, [{ q: 2, r: 3 }]);
  assert.deepEqual((await read(folder, bytes, { range: "B:B", headerRow: 1 })).rows.map((row) => row.y), [
    "q",
    2,
    5,
  ]);
  assert.deepEqual((await read(folder, bytes, { headerRow: 0, range: "A3:C4" })).rows[0], {
    column_1: 1,
    column_2: 2,
    column_3: 3,
  });
  assert.deepEqual((await read(folder, bytes, { headerRow: 2, range: "B2:C3" })).places, ["b.xlsx#S!B3"]);
  await assert.rejects(read(folder, bytes, { headerRow: 90 }), failure("contract", /Row 90.*blank/));
  await assert.rejects(read(folder, bytes, { range: "nonsense" }), failure("invalid", /no area/));
});

test("names may be years or a mix; a row of texts below is no header; numbers alone are none", async (folder) => {
  const years = await read(folder, book([["dept", 2025, 2026], ["IT", 1, 2], ["HR", "n/a", "n/a"]]));
  assert.deepEqual(years.rows, [{ dept: "IT", "2025": 1, "2026": 2 }, {
    dept: "HR",
    "2025": "n/a",
    "2026": "n/a",
  }]);
  const bare = await read(folder, book([[1, 2.5], [3, 4.5]]));
  assert.deepEqual(bare.rows, [{ column_1: 1, column_2: 2.5 }, { column_1: 3, column_2: 4.5 }]);
  assert.ok(folder.progress.some((line) => line.includes("headerRow")));
});

test("names over several rows are joined, merged ones counting for all their columns", async (folder) => {
  const sheet =
    '<worksheet><sheetData><row r="1"><c t="inlineStr"><is><t>Who</t></is></c><c t="inlineStr"><is><t>2026</t></is></c><c/></row>' +
    '<row r="2"><c/><c t="inlineStr"><is><t>plan</t></is></c><c t="inlineStr"><is><t>real</t></is></c></row>' +
    '<row r="3"><c t="inlineStr"><is><t>IT</t></is></c><c><v>1</v></c><c><v>2</v></c></row>' +
    '<row r="4"><c/><c><v>3</v></c><c><v>4</v></c></row></sheetData>' +
    '<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:C1"/><mergeCell ref="A3:A4"/></mergeCells></worksheet>';
  const bytes = handMade({ sheets: [{ name: "S", xml: sheet }] });
  const { rows } = await read(folder, bytes, { headerRow: [1, 2] });
  assert.deepEqual(rows, [{ Who: "IT", "2026 plan": 1, "2026 real": 2 }, {
    Who: null,
    "2026 plan": 3,
    "2026 real": 4,
  }]);
  const filled = await read(folder, bytes, { headerRow: [1, 2], fillMerged: true });
  assert.deepEqual(filled.rows.map((row) => row.Who), ["IT", "IT"]);
});

test("hidden rows and columns are left out where that is asked for", async (folder) => {
  const sheet = '<worksheet><cols><col min="2" max="2" hidden="1"/></cols><sheetData>' +
    cells([["a", "b", "c"], [1, 2, 3], [4, 5, 6]]).replace('<row r="2">', '<row r="2" hidden="1">') +
    "</sheetData></worksheet>";
  const bytes = handMade({ sheets: [{ name: "S", xml: sheet }] });
  assert.equal((await read(folder, bytes)).rows.length, 2);
  assert.deepEqual((await read(folder, bytes, { visibleOnly: true })).rows, [{ a: 4, c: 6 }]);
});

test("a value beside the table is told, not lost", async (folder) => {
  const { rows, bad } = await read(folder, book([["a", "b"], [1, 2, null, "note"], [3, 4]]));
  assert.deepEqual(rows, [{ a: 3, b: 4 }]);
  assert.deepEqual(bad.map((row) => [row.rule, row.locator]), [["ragged", "b.xlsx#S!D2"]]);
  assert.equal(
    (await read(folder, book([["a", "b"], [1, 2, null, "note"]]), { range: "A:B" })).rows.length,
    1,
  );
});

test("integers that no double holds keep their digits", async (folder) => {
  const { rows } = await read(
    folder,
    handMade({
      sheets: [{
        name: "S",
        xml: `${
          cells([["id"]])
        }<row><c><v>9007199254740993</v></c></row><row><c><v>0.30000000000000004</v></c></row>`,
      }],
    }),
  );
  assert.deepEqual(rows.map((row) => row.id), ["9007199254740993", 0.30000000000000004]);
});

test("a read goes on behind any page", async (folder) => {
  const bytes = book([["id", "v"], ...Array.from({ length: 12_000 }, (_, at) => [at, `v${at}`])]);
  const all = await read(folder, bytes);
  assert.equal(all.rows.length, 12_000);
  for (let pages = 1; pages < all.pages; pages++) {
    const first = await folder.collect(source, "sheet", {}, { params: { path: "b.xlsx" }, pages });
    const rest = await folder.collect(source, "sheet", {}, {
      params: { path: "b.xlsx" },
      resume: first.nexts.at(-1) ?? null,
    });
    assert.deepEqual([...first.places, ...rest.places], all.places);
    assert.deepEqual([...first.rows, ...rest.rows], all.rows);
  }
});

test("document types and entities are refused, in .xlsx and .ods", async (folder) => {
  const bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>';
  const sheet =
    `<?xml version="1.0"?>${bomb}<worksheet><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>`;
  await assert.rejects(
    read(folder, handMade({ sheets: [{ name: "S", xml: sheet }] })),
    failure("refused", /entities/),
  );
  const ods = zipSync({
    mimetype: strToU8("application/vnd.oasis.opendocument.spreadsheet"),
    "content.xml": strToU8(`<?xml version="1.0"?>${bomb}<office:document-content/>`),
  });
  await assert.rejects(read(folder, ods), failure("refused", /entities/));
});

test("an undeclared reference is text, and links to other workbooks are not followed", async (folder) => {
  const xml = `${cells([["a"]])}<row><c t="str"><v>&amp;x; &unknown;</v></c></row>`;
  const moreLinks =
    '<Relationship Id="e" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLink" Target="externalLinks/externalLink1.xml" TargetMode="External"/>';
  const { rows } = await read(folder, handMade({ sheets: [{ name: "S", xml }], moreLinks }));
  assert.deepEqual(rows, [{ a: "&x; &unknown;" }]);
  assert.ok(folder.progress.some((line) => line.includes("other workbooks")));
});

test("bombs are refused by the archive's directory, and while they unpack when that lies", async (folder) => {
  const rows = Buffer.alloc(60 * 1024 * 1024, "<row></row>").toString("latin1");
  const honest = handMade({ sheets: [{ name: "S", xml: rows }] });
  await assert.rejects(read(folder, honest), failure("refused", /bomb/));
  const lying = new Uint8Array(honest);
  const view = new DataView(lying.buffer);
  for (let at = 0; at + 46 < lying.length; at++) {
    const size = view.getUint32(at, true) === 0x02014b50 ? view.getUint32(at + 24, true) : 0;
    if (size > 1_000_000) view.setUint32(at + 24, 1000, true);
  }
  await assert.rejects(read(folder, lying), failure("refused", /more than 1000 bytes/));
});

test("what is damaged, encrypted or no workbook is told by name", async (folder) => {
  const plain = book([["a"], [1]]);
  const entries = unzipSync(plain);
  const without = (name: string) =>
    zipSync(Object.fromEntries(Object.entries(entries).filter(([key]) => key !== name)));
  const compound = (text: string) =>
    new Uint8Array([
      0xd0,
      0xcf,
      0x11,
      0xe0,
      0xa1,
      0xb1,
      0x1a,
      0xe1,
      ...new Uint8Array(600),
      ...Buffer.from(text, "utf16le"),
    ]);
  const cases: [string, Uint8Array, string, RegExp][] = [
    ["empty", new Uint8Array(), "contract", /empty/],
    ["text", strToU8("a,b\n1,2\n"), "contract", /no workbook.*file/],
    ["cut off", plain.subarray(0, plain.length - 40), "contract", /directory/],
    ["no workbook part", without("xl/workbook.xml"), "contract", /no workbook/],
    ["no sheet part", without("xl/worksheets/sheet1.xml"), "contract", /no cells/],
    ["other archive", zipSync({ "a.txt": strToU8("x") }), "contract", /archive without a workbook/],
    ["encrypted", compound("EncryptedPackage"), "contract", /password/],
    ["document", compound("WordDocument"), "contract", /document/],
    ["broken .xls", compound("Workbook"), "contract", /cannot be read/],
    [
      "unknown text",
      handMade({ sheets: [{ name: "S", xml: '<row><c t="s"><v>5</v></c></row>' }] }),
      "contract",
      /text 5 of 0/,
    ],
    [
      "no number",
      handMade({ sheets: [{ name: "S", xml: "<row><c><v>x1</v></c></row>" }] }),
      "contract",
      /no number/,
    ],
    [
      "rows out of order",
      handMade({ sheets: [{ name: "S", xml: '<row r="5"/><row r="2"/>' }] }),
      "contract",
      /follows/,
    ],
    [
      "a row that is not closed",
      handMade({ sheets: [{ name: "S", xml: cells([["a"], [1], [2]]).replace("</row>", "") }] }),
      "contract",
      /not closed/,
    ],
    [
      "unfinished",
      handMade({ sheets: [{ name: "S", xml: "<worksheet><sheetData><row><c" }] }),
      "contract",
      /middle of a tag/,
    ],
  ];
  for (const [what, bytes, kind, pattern] of cases) {
    await assert.rejects(read(folder, bytes), failure(kind, pattern), what);
  }
});

/** SheetJS, for writing workbooks of other kinds. */
interface Writer {
  utils: {
    aoa_to_sheet(rows: unknown[][], options?: unknown): Record<string, unknown>;
    book_new(): unknown;
    book_append_sheet(book: unknown, sheet: unknown, name: string): void;
  };
  write(book: unknown, options: { type: "array"; bookType: string; compression?: boolean }): ArrayBuffer;
}

async function written(
  rows: unknown[][],
  bookType: string,
  formats: Record<string, string> = {},
): Promise<Uint8Array> {
  const { utils, write } = await import("xlsx") as unknown as Writer;
  const workbook = utils.book_new();
  const sheet = utils.aoa_to_sheet(rows);
  for (const [place, z] of Object.entries(formats)) (sheet[place] as { z: string }).z = z;
  utils.book_append_sheet(workbook, sheet, "S");
  return new Uint8Array(write(workbook, { type: "array", bookType, compression: true }));
}

test(".xls, .xlsb and .ods are told by their content and give the same rows as .xlsx", async (folder) => {
  const rows = [["id", "n", "ok", "at", "text"], ["007", 1.5, true, 45000.5, "Zoë"], [
    "8",
    -2,
    false,
    45001,
    'a "b", <c>',
  ]];
  const formats = { D2: "yyyy-mm-dd hh:mm", D3: "yyyy-mm-dd hh:mm" };
  const expected = [
    { id: "007", n: 1.5, ok: true, at: "2023-03-15T12:00:00", text: "Zoë" },
    { id: "8", n: -2, ok: false, at: "2023-03-16T00:00:00", text: 'a "b", <c>' },
  ];
  for (const bookType of ["xlsx", "xlsm", "xlsb", "biff8", "ods"]) {
    const bytes = await written(rows, bookType, formats);
    const found = await read(folder, bytes);
    if (bookType === "ods") {
      // ODS keeps a date's value; its format is written as the program likes.
      assert.deepEqual(
        found.rows.map(({ id, n, ok, text }) => ({ id, n, ok, text })),
        expected.map(({ id, n, ok, text }) => ({ id, n, ok, text })),
      );
    } else assert.deepEqual(found.rows, expected, bookType);
  }
});

test("a workbook that takes too long is stopped", async (folder) => {
  const rows = Array.from({ length: 300 }, (_, at) => [at, `text ${at}`, at / 3]);
  const bytes = await written(rows, "xlsb");
  await assert.rejects(
    read(folder, bytes, { timeoutSeconds: 0.001 }),
    failure("refused", /longer than 0.001 s/),
  );
});

Deno.test("excel: the stream reads any workbook that SheetJS writes, cell by cell, as SheetJS reads it", async () => {
  const { utils, write, read: readBook } = await import("xlsx") as unknown as Writer & {
    read(
      bytes: Uint8Array,
      options: unknown,
    ): { Sheets: Record<string, { "!data"?: ({ t: string; v?: unknown } | undefined)[][] }> };
  };
  const text = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom("007", " x ", "a\nb", "<&>\"'", "ä\u{1f600}", "_x0041_", "=1+1", "1e5", "#N/A", "true"),
  ).map((value) => [...value].filter((letter) => letter >= " " || letter === "\n").join("")).filter((value) =>
    value !== ""
  );
  const cell = fc.oneof(
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  await withFolder(async (folder) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 12 }),
        async (table) => {
          const workbook = utils.book_new();
          utils.book_append_sheet(workbook, utils.aoa_to_sheet([["a", "b", "c"], ...table]), "S");
          const bytes = new Uint8Array(
            write(workbook, { type: "array", bookType: "xlsx", compression: true }),
          );
          const found = await read(folder, bytes, { headerRow: 1 });
          const data = readBook(bytes, { type: "array", dense: true }).Sheets.S?.["!data"] ?? [];
          const expected = data.slice(1).map((row) => [0, 1, 2].map((at) => (row?.[at]?.v ?? null) as Json))
            .filter((row) => row.some((value) => value !== null && value !== ""))
            .map(([a, b, c]) => ({ a: a === "" ? null : a, b: b === "" ? null : b, c: c === "" ? null : c }));
          // Integers that no double holds stay text here.
          const plain = found.rows.map((row) =>
            Object.fromEntries(
              Object.entries(row).map(([key, value], _at) => {
                const index = found.rows.indexOf(row);
                const there = (expected[index] as Record<string, Json> | undefined)?.[key];
                return [
                  key,
                  typeof value === "string" && typeof there === "number" && String(BigInt(value)) === value
                    ? Number(value)
                    : value,
                ];
              }),
            )
          );
          assert.deepEqual(plain, expected);
          assert.deepEqual(found.bad, []);
        },
      ),
      { numRuns: 120 },
    );
  });
});

test("a workbook by its URL is fetched into the run's own directory", async (folder) => {
  const bytes = book([["a"], [1]]);
  const asked: string[] = [];
  const context = {
    ...folder.context,
    http: {
      ...folder.context.http,
      stream: (request: { url: string }) => {
        asked.push(request.url);
        return Promise.resolve({
          reply: { status: 200, headers: new Headers(), url: "https://files.example/b.xlsx" },
          body: new Blob([new Uint8Array(bytes)]).stream(),
        });
      },
    },
  };
  const request = {
    stream: "s",
    resource: "sheet",
    params: { url: "https://files.example/b.xlsx?key=1" },
    mode: "full" as const,
    cursor: null,
    window: { from: null, to: null },
    resume: null,
    state: null,
  };
  const rows: Json[] = [];
  for await (const page of source.read(request, context)) {
    rows.push(...page.rows);
    assert.equal(page.origin, "https://files.example/b.xlsx");
  }
  assert.deepEqual([rows, asked], [[{ a: 1 }], ["https://files.example/b.xlsx?key=1"]]);
  const small = { ...context, settings: { maxBytes: 100 } };
  await assert.rejects(async () => {
    for await (const _ of source.read(request, small));
  }, failure("limit", /more than 100/));
});

test("parameters are judged without the outside", () => {
  const check = (resource: string, params: Record<string, Json>) =>
    source.check({ resource, params, cursor: null }).map((problem) => problem.message).join();
  assert.equal(check("sheet", { path: "a.xlsx" }), "");
  assert.match(check("sheets", {}), /no resource/);
  assert.match(check("sheet", {}), /neither/);
  assert.match(check("sheet", { path: "a", range: "1:2:3" }), /no area/);
  assert.match(check("sheet", { path: "a", headerRow: [3, 1] }), /not stand above/);
  assert.match(check("sheet", { path: "a", tab: 1 }), /tab/);
  return Promise.resolve();
});
