/** Hostile files, each as a whole run: a clear class, exit code 1, and nothing half published. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import { cells, dialectServer, handMade } from "../../../connectors/testing/mod.ts";
import { DOCTYPE, type End, fails } from "./hostile.ts";
import { pipelineOf, room } from "./room.ts";

const zeros = (megabytes: number) => new Uint8Array(megabytes * 1024 * 1024);
const file = (id: string, name: string, params: Record<string, unknown> = {}) =>
  /\.(xlsx|ods)$/.test(name)
    ? pipelineOf(id, { connector: "excel", resource: "sheet", params: { path: name, ...params } })
    : pipelineOf(id, { connector: "file", resource: "csv", params: { path: name, settleMs: 0, ...params } });

const sheetWith = (doctype: string) =>
  `<?xml version="1.0"?>${doctype}<worksheet><sheetData><row><c t="str"><v>a</v></c></row><row><c t="str"><v>&b;&c;</v></c></row></sheetData></worksheet>`;

const FILES: readonly [string, string, () => Uint8Array, readonly End[], RegExp][] = [
  ["a zip bomb", "a.zip", () => zipSync({ "a.csv": [zeros(68), { level: 1 }] }), ["refused"], /bomb/],
  [
    "an archive within an archive",
    "a.zip",
    () => zipSync({ "b.zip": zipSync({ "a.csv": strToU8("a\n1\n") }) }),
    [
      "refused",
    ],
    /archive/,
  ],
  ["a name that leads out of the archive", "a.zip", () => zipSync({ "../../a.csv": strToU8("a\n1\n") }), [
    "refused",
  ], /outside/],
  [
    "a gzip bomb",
    "a.csv.gz",
    () => gzipSync(Buffer.alloc(68 * 1024 * 1024, `${"x".repeat(999)}\n`)),
    ["refused"],
    /bomb/,
  ],
  [
    "a workbook that is a bomb",
    "a.xlsx",
    () =>
      handMade({
        sheets: [{ name: "S", xml: Buffer.alloc(34 * 1024 * 1024, "<row></row>").toString("latin1") }],
      }),
    ["refused"],
    /bomb/,
  ],
  [
    "a workbook with entities of its own",
    "a.xlsx",
    () => handMade({ sheets: [{ name: "S", xml: sheetWith(DOCTYPE) }] }),
    ["refused"],
    /entities/,
  ],
  [
    "a table of OpenDocument with entities of its own",
    "a.ods",
    () =>
      zipSync({
        mimetype: strToU8("application/vnd.oasis.opendocument.spreadsheet"),
        "content.xml": strToU8(`<?xml version="1.0"?>${DOCTYPE}<office:document-content/>`),
      }),
    ["refused"],
    /entities/,
  ],
  [
    "bytes that are no table at all",
    "a.csv",
    () => Uint8Array.from({ length: 5000 }, (_, n) => (n * 7919) % 256),
    ["contract"],
    /./,
  ],
];

for (const [what, name, build, ends, words] of FILES) {
  Deno.test(`hostile: ${what} fails the run`, async () => {
    await using at = await room();
    await at.write(name, build());
    await fails(at, file("hostile", name), "", ends, words);
  });
}

Deno.test("hostile: a line of a gigabyte fails the run, and is not read to its end", async () => {
  await using at = await room();
  await at.write("a.csv", "id,name\n1,");
  // A hole in the file: it takes no room on the disk.
  await Deno.truncate(join(at.dir, "a.csv"), 1024 ** 3);
  const began = performance.now();
  await fails(at, file("line", "a.csv", { header: true, delimiter: ",", encoding: "utf-8" }), "", [
    "contract",
    "refused",
    "limit",
  ], /line|record|row/);
  assert.ok(performance.now() - began < 20_000);
});

Deno.test("hostile: NUL bytes, ragged rows and stray bytes cost their rows only, each with its address", async () => {
  await using at = await room();
  const lines = ["id,name", "1,ok", "2,\u0000", "3", "4,a,b,c", "5,ok", '6,"open', "7,ok"];
  await at.write(
    "a.csv",
    new Uint8Array([
      ...strToU8(lines.join("\n")),
      0x0a,
      0x38,
      0x2c,
      0xff,
      0xfe,
      0x0a,
      0x39,
      0x2c,
      0x6f,
      0x0a,
    ]),
  );
  const { exit, stream, document } = await at.run(file("rows", "a.csv", { encoding: "utf-8" }));
  assert.equal(exit, 0, JSON.stringify(document.failure));
  const { read, accepted, quarantined, written } = stream();
  assert.deepEqual([read, accepted + quarantined, written], [9, 9, accepted]);
  assert.deepEqual((await at.rows()).map(({ id }) => id), ["1", "5", "7", "9"]);
  const places = (await at.quarantine()).map(({ locator }) => Number(/line=(\d+)/.exec(locator)?.[1]));
  assert.deepEqual(places.toSorted((a, b) => a - b), [3, 4, 5, 7, 9]);
});

Deno.test("hostile: Latin-1 that is declared as UTF-8 is never turned into wrong letters: its rows are set aside", async () => {
  await using at = await room();
  await at.write(
    "a.csv",
    Uint8Array.from("id,name\n1,ok\n2,\xe9t\xe9\n3,ok\n", (char) => char.charCodeAt(0)),
  );
  const { exit, stream } = await at.run(file("latin", "a.csv", { encoding: "utf-8" }));
  assert.deepEqual([exit, stream().written, stream().quarantined], [0, 2, 1]);
  assert.deepEqual((await at.rows()).map(({ id }) => id), ["1", "3"]);
  assert.match((await at.quarantine())[0]?.reason ?? "", /no text in the file's encoding/);
});

Deno.test("hostile: UTF-16 without a mark is read as what it is", async () => {
  await using at = await room();
  const text = `id,name\n${Array.from({ length: 50 }, (_, n) => `${n},Zürich ${n}\n`).join("")}`;
  await at.write("a.csv", new Uint8Array(Buffer.from(text, "utf16le")));
  const { exit, stream } = await at.run(file("wide", "a.csv"));
  assert.deepEqual([exit, stream().written, (await at.rows())[1]?.name], [0, 50, "Zürich 1"]);
});

Deno.test("hostile: links of a workbook to other workbooks are not followed", async () => {
  await using at = await room();
  await using server = dialectServer(() => ({ body: "stolen" }));
  const type = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLink";
  const moreLinks =
    `<Relationship Id="e" Type="${type}" Target="${server.url}/x.xlsx" TargetMode="External"/>`;
  const xml = `${cells([["a"]])}<row><c t="str"><f>[1]S!A1</f><v>kept</v></c></row>`;
  await at.write("a.xlsx", handMade({ sheets: [{ name: "S", xml }], moreLinks }));
  const { exit } = await at.run(file("links", "a.xlsx"));
  assert.deepEqual([exit, await at.rows(), server.seen.length], [0, [{ a: "kept" }], 0]);
});

Deno.test("hostile: a cell that a spreadsheet would run is text in every CSV that is written", async () => {
  await using at = await room();
  const bad = ["=cmd|' /C calc'!A0", "+1+1", "-2+3+cmd", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"];
  await at.write("a.json", JSON.stringify(bad.map((name, id) => ({ id, name }))));
  const pipeline = JSON.stringify({
    id: "formulas",
    streams: [{
      id: "items",
      source: { connector: "file", resource: "json", params: { path: "a.json", settleMs: 0 } },
      write: { disposition: "append", sink: "sheets", table: "items" },
    }],
  });
  const { exit } = await at.run(pipeline, "sinks: { sheets: { type: csv, path: out } }\n");
  assert.equal(exit, 0);
  let parts = 0;
  for await (const entry of Deno.readDir(join(at.dir, "out/items"))) {
    if (!entry.name.endsWith(".csv")) continue;
    parts++;
    const text = await Deno.readTextFile(join(at.dir, "out/items", entry.name));
    // A value begins behind a separator, perhaps in quotes; what comes then must not be what begins a formula.
    const [, ...lines] = text.split("\r\n");
    assert.ok(lines.length >= bad.length);
    assert.doesNotMatch(text, /(^|[,\n])"?[=+@\t\r＝]/);
    assert.doesNotMatch(text, /(^|[,\n])"?-(?!\d+(\.\d+)?"?([,\r]|$))/);
  }
  assert.equal(parts, 1);
});

Deno.test("hostile: names of columns that are words of the language or of SQL are names, and `__proto__` is none", async () => {
  await using at = await room();
  const names = ["constructor", "toString", "select", 'a"b', "x; DROP TABLE items", "ünï", "  spaced  "];
  const row = (more: readonly string[]) =>
    `{${[...more, ...names].map((name, n) => `${JSON.stringify(name)}:${n}`).join(",")}}`;
  await at.write("a.json", `[${row([])},${row(["__proto__"])}]`);
  const { exit, stream } = await at.run(
    pipelineOf("names", { connector: "file", resource: "json", params: { path: "a.json", settleMs: 0 } }),
  );
  assert.deepEqual([exit, stream().written, stream().quarantined], [0, 1, 1]);
  assert.deepEqual(await at.rows(), [Object.fromEntries(names.map((name, n) => [name, n]))]);
  assert.match((await at.quarantine())[0]?.reason ?? "", /__proto__/);
});
