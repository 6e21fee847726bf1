/** Whatever happens to a file's bytes, what reads it gives rows or says what is wrong: no other error, no hang. */
import assert from "node:assert/strict";
import { gzipSync, zipSync } from "fflate";
import fc from "fast-check";
import { DataFailure } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import { excelSource } from "../excel/source.ts";
import { cells, handMade } from "../excel/testing.ts";
import { fileSource } from "./source.ts";
import { withFolder } from "./testing.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const table = `id,name,note\n${
  Array.from({ length: 40 }, (_, at) => `${at},"n ""${at}""",ä${at}\r\n`).join("")
}`;
const records = Array.from({ length: 40 }, (_, at) => ({ id: at, name: `ä${at}`, deep: { a: [at] } }));

async function samples(): Promise<[string, string, Uint8Array][]> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const parquet = new Uint8Array(parquetWriteBuffer({
    columnData: [
      { name: "id", data: records.map((row) => row.id), type: "INT32" },
      { name: "name", data: records.map((row) => row.name), type: "STRING" },
    ],
  }));
  const book = handMade({
    sheets: [{ name: "S", xml: cells([["id", "name"], ...records.map((row) => [row.id, row.name])]) }],
    strings: "<si><t>x</t></si>",
    formats: ["yyyy-mm-dd"],
  });
  return [
    ["csv", "csv", utf8(table)],
    ["csv", "gzip", gzipSync(utf8(table))],
    ["csv", "zip", zipSync({ "a.csv": utf8(table), "b.csv": [utf8(table), { level: 0 }] })],
    ["json", "json", utf8(JSON.stringify(records))],
    ["ndjson", "ndjson", utf8(records.map((row) => JSON.stringify(row)).join("\n"))],
    ["parquet", "parquet", parquet],
    ["sheet", "xlsx", book],
  ];
}

const change = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    byte: fc.integer({ min: 0, max: 255 }),
  }),
  { minLength: 1, maxLength: 6 },
);
const cut = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null, freq: 3 });

for (const kind of ["csv", "gzip", "zip", "json", "ndjson", "parquet", "xlsx"]) {
  Deno.test(`damaged ${kind} gives rows or a failure that says what is wrong`, () =>
    withFolder(async (folder) => {
      const [resource, , whole] = (await samples()).find(([, name]) => name === kind) ?? assert.fail(kind);
      const source = resource === "sheet" ? excelSource() : fileSource();
      const params: Record<string, Json> = resource === "sheet" ? {} : { path: "f" };
      const more = resource === "sheet" ? { params: { path: "f" } } : {};
      await fc.assert(
        fc.asyncProperty(change, cut, async (changes, end) => {
          const bytes = new Uint8Array(end === null ? whole : whole.slice(0, Math.floor(end * whole.length)));
          for (const { at, byte } of changes) {
            if (bytes.length > 0) bytes[Math.floor(at * bytes.length)] = byte;
          }
          await folder.write("f", bytes);
          try {
            const read = await folder.collect(source, resource, params, more);
            assert.ok(read.rows.length + read.bad.length <= 400);
            for (const row of read.rows) JSON.stringify(row);
          } catch (error) {
            if (!(error instanceof DataFailure)) throw error;
            assert.notEqual(error.kind, "transient");
          }
        }),
        { numRuns: 60 },
      );
    }));
}
