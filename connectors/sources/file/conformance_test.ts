import { gzipSync, zipSync } from "fflate";
import type { Row } from "../../../specs/foundry/mod.ts";
import { fileConformance } from "../testing/file_conformance.ts";
import { fileSource } from "./source.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const lines = (rows: readonly Row[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const delimited = (by: string) => (rows: readonly Row[]) =>
  `id${by}name\n${rows.map(({ id, name }) => `${id}${by}${name}\n`).join("")}`;
const csv = delimited(",");
/** Values of a delimited file are texts. */
const texts = (row: Row): Row => ({ id: String(row.id), name: row.name ?? null });
const source = fileSource;

fileConformance({ name: "csv", source, resource: "csv", file: "a.csv", bytes: csv, shown: texts });
fileConformance({
  name: "tsv",
  source,
  resource: "tsv",
  file: "a.tsv",
  bytes: delimited("\t"),
  shown: texts,
});
fileConformance({ name: "json", source, resource: "json", file: "a.json", bytes: JSON.stringify });
fileConformance({ name: "ndjson", source, resource: "ndjson", file: "a.ndjson", bytes: lines });
fileConformance({
  name: "csv in gzip",
  source,
  resource: "csv",
  file: "a.csv.gz",
  bytes: (rows) => gzipSync(utf8(csv(rows))),
  shown: texts,
});
fileConformance({
  name: "ndjson in a zip",
  source,
  resource: "ndjson",
  file: "a.zip",
  bytes: (rows) => zipSync({ "a.ndjson": utf8(lines(rows)) }),
});
fileConformance({
  name: "parquet",
  source,
  resource: "parquet",
  file: "a.parquet",
  bytes: async (rows) => {
    const { parquetWriteBuffer } = await import("hyparquet-writer");
    return new Uint8Array(parquetWriteBuffer({
      columnData: [
        { name: "id", data: rows.map(({ id }) => Number(id)), type: "INT32" },
        { name: "name", data: rows.map(({ name }) => String(name)), type: "STRING" },
      ],
    }));
  },
});
