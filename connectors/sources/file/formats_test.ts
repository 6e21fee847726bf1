import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync as nodeGzip } from "node:zlib";
import { gzipSync, zipSync } from "fflate";
import { DataFailure } from "../../data/port.ts";
import { fileSource } from "./source.ts";
import { type Folder, withFolder } from "./testing.ts";
import type { Json } from "../../../specs/mod.ts";

const test = (name: string, run: (folder: Folder) => Promise<void>) =>
  Deno.test(`file: ${name}`, () => withFolder(run));
const failure = (kind: string, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof DataFailure, String(error));
  assert.equal(error.kind, kind, error.message);
  assert.match(`${error.message} ${error.remedy}`, pattern);
  return true;
};
const source = fileSource();
const utf8 = (text: string) => new TextEncoder().encode(text);

test("JSON: an array of records, at the root or at a path, with exact numbers", async (folder) => {
  await folder.write("a.json", '[{"id":9007199254740993,"x":0.1,"n":null},\n {"id":2,"deep":{"a":[1,2]}}]');
  const { rows, places } = await folder.collect(source, "json", { path: "a.json" });
  assert.deepEqual(rows, [{ id: "9007199254740993", x: 0.1, n: null }, { id: 2, deep: { a: [1, 2] } }]);
  assert.deepEqual(places, ["a.json#row=0", "a.json#row=1"]);
  await folder.write(
    "b.json",
    '{"meta":{"items":[1]},"s":"]}\\"","data":{"x":1,"items":[{"a":1},{"a":2}],"y":[{}]},"z":0}',
  );
  for (const records of ["data.items", "$.data.items", "$.data.items[*]"]) {
    const nested = await folder.collect(source, "json", { path: "b.json", records });
    assert.deepEqual(nested.rows, [{ a: 1 }, { a: 2 }]);
  }
  await folder.write("c.json", " [ ] ");
  assert.deepEqual((await folder.collect(source, "json", { path: "c.json" })).rows, []);
});

test("JSON: what is no record is set aside, what is no document is refused", async (folder) => {
  await folder.write("a.json", '[{"a":1}, 7, {b:2}, [1], {"a":3}]');
  const { rows, bad } = await folder.collect(source, "json", { path: "a.json" });
  assert.deepEqual(rows, [{ a: 1 }, { a: 3 }]);
  assert.deepEqual(bad.map((row) => [row.rule, row.locator]), [
    ["shape", "a.json#row=1"],
    ["parse", "a.json#row=2"],
    ["shape", "a.json#row=3"],
  ]);
  for (
    const [text, pattern] of [
      ['[{"a":1},{"a":', /middle/],
      ['[{"a":1}', /ends before/],
      ['[{"a":1}] x', /follows its end/],
      ['[{"a":1} {"a":2}]', /comma/],
      ['[{"a":1},]', /comma/],
      ['{"a":1}', /object.*records/],
      ["", /ends before/],
      ["<html>", /no array/],
    ] as const
  ) {
    await folder.write("x.json", text);
    await assert.rejects(
      folder.collect(source, "json", { path: "x.json" }),
      failure("contract", pattern),
      text,
    );
  }
  await assert.rejects(
    folder.collect(source, "json", { path: "a.json", records: "x.y" }),
    failure("contract", /no object/),
  );
});

test("JSON: a record beyond the cap is refused, a big value beside the records is not", async (folder) => {
  const big = `"${"x".repeat(3_000_000)}"`;
  await folder.write("a.json", `{"skip":${big},"items":[{"a":1}],"more":[${big}]}`);
  const options = { path: "a.json", records: "items", maxRecordBytes: 1_000_000 };
  assert.deepEqual((await folder.collect(source, "json", options)).rows, [{ a: 1 }]);
  await folder.write("b.json", `[{"a":${big}}]`);
  await assert.rejects(
    folder.collect(source, "json", { path: "b.json", maxRecordBytes: 1_000_000 }),
    failure("contract", /record 0.*longer/),
  );
});

test("JSON lines: each line an object; bad ones are told by their line", async (folder) => {
  const deep = `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`;
  await folder.write(
    "a.ndjson",
    `{"a":1}\r\n\n{"a":}\n[1]\n{"a":12345678901234567890}\n${deep}\n{"__proto__":{"x":1}}\n{"a":2}`,
  );
  const { rows, bad, places } = await folder.collect(source, "ndjson", { path: "a.ndjson" });
  assert.deepEqual(rows, [{ a: 1 }, { a: "12345678901234567890" }, { a: 2 }]);
  assert.deepEqual(places, ["a.ndjson#line=1", "a.ndjson#line=5", "a.ndjson#line=8"]);
  assert.deepEqual(bad.map((row) => row.locator), [3, 4, 6, 7].map((line) => `a.ndjson#line=${line}`));
});

test("JSON lines: bytes that are no UTF-8 make a bad row; an endless line is refused", async (folder) => {
  await folder.write(
    "a.ndjson",
    new Uint8Array([...utf8('{"a":"ä"}\n{"a":"'), 0xe4, ...utf8('"}\n{"a":"é"}\n')]),
  );
  const { rows, bad } = await folder.collect(source, "ndjson", { path: "a.ndjson" });
  assert.deepEqual(rows, [{ a: "ä" }, { a: "é" }]);
  assert.deepEqual(bad.map((row) => [row.rule, row.locator]), [["encoding", "a.ndjson#line=2"]]);
  await folder.write("b.ndjson", `{"a":1}\n{"a":"${"x".repeat(3_000_000)}"}\n`);
  await assert.rejects(
    folder.collect(source, "ndjson", { path: "b.ndjson", maxRecordBytes: 1_000_000 }),
    failure("contract", /Line 2/),
  );
});

test("JSON and JSON lines go on at any page", async (folder) => {
  const rows = Array.from({ length: 12_000 }, (_, i) => ({ i, t: `ä${i}` }));
  await folder.write("a.json", JSON.stringify(rows));
  await folder.write("a.ndjson", rows.map((row) => JSON.stringify(row)).join("\n"));
  for (const resource of ["json", "ndjson"]) {
    const params = { path: `a.${resource}` };
    const all = await folder.collect(source, resource, params);
    assert.deepEqual(all.rows, rows);
    for (let pages = 1; pages < all.pages; pages++) {
      const first = await folder.collect(source, resource, params, { pages });
      const rest = await folder.collect(source, resource, params, { resume: first.nexts.at(-1) ?? null });
      assert.deepEqual([...first.places, ...rest.places], all.places);
      assert.deepEqual(rest.end.state, all.end.state);
    }
  }
});

test("Parquet: types keep their digits, and a read goes on at any page", async (folder) => {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const rows = 12_000;
  const all = <T>(make: (i: number) => T) => Array.from({ length: rows }, (_, i) => make(i));
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: "id", data: all((i) => 9007199254740993n + BigInt(i)), type: "INT64" },
      { name: "small", data: all((i) => i), type: "INT32" },
      { name: "x", data: all((i) => i % 3 === 0 ? null : i / 4), type: "DOUBLE", nullable: true },
      { name: "name", data: all((i) => `ä${i % 10}`), type: "STRING" },
      { name: "ok", data: all((i) => i % 2 === 0), type: "BOOLEAN" },
      { name: "at", data: all((i) => new Date(Date.UTC(2026, 0, 1, 0, 0, i, 5))), type: "TIMESTAMP" },
      { name: "nested", data: all((i) => ({ a: [i, "x"] })), type: "JSON" },
    ],
    rowGroupSize: 5_000,
  });
  await folder.write("a.parquet", new Uint8Array(bytes));
  const read = await folder.collect(source, "parquet", { path: "a.parquet" });
  assert.equal(read.rows.length, rows);
  assert.deepEqual(read.rows[0], {
    id: "9007199254740993",
    small: 0,
    x: null,
    name: "ä0",
    ok: true,
    at: "2026-01-01T00:00:00.005Z",
    nested: { a: [0, "x"] },
  });
  assert.equal(read.places[11_999], "a.parquet#row=11999");
  for (let pages = 1; pages < read.pages; pages++) {
    const first = await folder.collect(source, "parquet", { path: "a.parquet" }, { pages });
    const rest = await folder.collect(source, "parquet", { path: "a.parquet" }, {
      resume: first.nexts.at(-1) ?? null,
    });
    assert.deepEqual([...first.rows, ...rest.rows], read.rows);
  }
});

test("Parquet: decimals are exact, as numbers where they fit and as text where they do not", async (folder) => {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: "price", data: [0.35, -1.01, 12345.67] },
      { name: "big", data: [123456789012345678n, -5n, 0n] },
    ],
    schema: [
      { name: "root", num_children: 2 },
      {
        name: "price",
        type: "INT64",
        converted_type: "DECIMAL",
        scale: 2,
        precision: 15,
        repetition_type: "REQUIRED",
      },
      { name: "big", type: "INT64", repetition_type: "REQUIRED" },
    ],
  });
  await folder.write("a.parquet", new Uint8Array(bytes));
  const { rows } = await folder.collect(source, "parquet", { path: "a.parquet" });
  assert.deepEqual(rows, [
    { price: 0.35, big: "123456789012345678" },
    { price: -1.01, big: -5 },
    { price: 12345.67, big: 0 },
  ]);
});

test("Parquet: what is cut off, damaged, encrypted or none at all is refused", async (folder) => {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const whole = new Uint8Array(
    parquetWriteBuffer({ columnData: [{ name: "a", data: [1, 2, 3], type: "INT32" }] }),
  );
  const cases: [Uint8Array, RegExp][] = [
    [whole.subarray(0, whole.length - 10), /cut off/],
    [utf8("a,b\n1,2\n3,4\n5,6\n"), /cut off/],
    [new Uint8Array([...whole.subarray(0, -4), ...utf8("PARE")]), /encrypted/],
    [
      new Uint8Array([...whole.subarray(0, -8), 0xff, 0xff, 0xff, 0x7f, ...utf8("PAR1")]),
      /damaged|beyond|cannot be read/,
    ],
    [new Uint8Array(4), /too short/],
  ];
  for (const [bytes, pattern] of cases) {
    await folder.write("a.parquet", bytes);
    await assert.rejects(
      folder.collect(source, "parquet", { path: "a.parquet" }),
      failure("contract", pattern),
    );
  }
});

test("gzip is found by its bytes, several members are one file, and damage is told", async (folder) => {
  const [one, two] = [gzipSync(utf8("a,b\n1,2\n")), gzipSync(utf8("3,4\n"))];
  await folder.write("a.csv", new Uint8Array([...one, ...two]));
  const { rows, raw } = await folder.collect(source, "csv", { path: "a.csv" });
  assert.deepEqual(rows, [{ a: "1", b: "2" }, { a: "3", b: "4" }]);
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array([...one, ...two]));
  assert.equal(
    raw[0]?.digest,
    `sha256:${Buffer.from(digest).toString("hex")}`,
    "the digest is of the file as it lies there",
  );
  await folder.write("a.csv", one.subarray(0, one.length - 6));
  await assert.rejects(folder.collect(source, "csv", { path: "a.csv" }), failure("contract", /unpacked/));
  const broken = new Uint8Array(one);
  broken[broken.length - 6] = (broken[broken.length - 6] ?? 0) ^ 0xff;
  await folder.write("a.csv", broken);
  await assert.rejects(folder.collect(source, "csv", { path: "a.csv" }), failure("contract", /unpacked/));
});

test("a gzip bomb is refused while it unpacks, unless its size is declared", async (folder) => {
  const bomb = new Uint8Array(nodeGzip(Buffer.alloc(100 * 1024 * 1024, `${"x".repeat(999)}\n`)));
  await folder.write("a.csv.gz", bomb);
  await assert.rejects(
    folder.collect(source, "csv", { path: "a.csv.gz", header: true }),
    failure("refused", /bomb/),
  );
  await assert.rejects(
    folder.collect(source, "csv", { path: "a.csv.gz", maxUnpackedBytes: 1_000_000 }),
    failure("refused", /more than 1000000/),
  );
});

test("a zip archive is read entry by entry, or those that are asked for", async (folder) => {
  const zip = zipSync({
    "x.csv": utf8("a\n1\n"),
    "sub/y.csv": [utf8("a\n2\n"), { level: 0 }],
    "__MACOSX/x.csv": utf8("junk"),
    ".DS_Store": utf8("junk"),
  });
  await folder.write("a.zip", zip);
  const all = await folder.collect(source, "csv", { path: "a.zip", header: true });
  assert.deepEqual(all.rows, [{ a: "1" }, { a: "2" }]);
  assert.deepEqual(all.places, ["a.zip!x.csv#line=2", "a.zip!sub/y.csv#line=2"]);
  assert.deepEqual(new Set(all.origins), new Set(["a.zip"]));
  const one = await folder.collect(source, "csv", { path: "a.zip", header: true, entry: "sub/*" });
  assert.deepEqual(one.rows, [{ a: "2" }]);
  await assert.rejects(
    folder.collect(source, "csv", { path: "a.zip", entry: "none" }),
    failure("not-found", /x\.csv/),
  );
  const rest = await folder.collect(source, "csv", { path: "a.zip", header: true }, {
    resume: all.nexts[0] ?? null,
  });
  assert.deepEqual(rest.rows, [{ a: "2" }]);
  assert.deepEqual(rest.end.state, all.end.state);
});

/** Changes bytes of an archive's directory. */
function patched(zip: Uint8Array, signature: number, offset: number, value: number[]): Uint8Array {
  const bytes = new Uint8Array(zip);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 4 < bytes.length; at++) {
    if (view.getUint32(at, true) === signature) bytes.set(value, at + offset);
  }
  return bytes;
}
const ENTRY = 0x02014b50;

test("zip archives that no honest program makes are refused before they are unpacked", async (folder) => {
  const plain = zipSync({ "a.csv": utf8("a\n1\n") });
  const cases: [string, Uint8Array, string, RegExp][] = [
    ["slip", zipSync({ "../../a.csv": utf8("a\n1\n") }), "refused", /outside/],
    ["absolute", zipSync({ "/etc/a.csv": utf8("a\n1\n") }), "refused", /absolute/],
    ["drive", zipSync({ "C:\\a.csv": utf8("a\n1\n") }), "refused", /absolute/],
    ["backslashes", zipSync({ "..\\a.csv": utf8("a\n1\n") }), "refused", /outside/],
    ["nested", zipSync({ "b.zip": plain }), "refused", /within an archive/],
    ["nested gzip", zipSync({ "b.gz": gzipSync(utf8("a\n1\n")) }), "refused", /within an archive/],
    ["link", patched(plain, ENTRY, 38, [0, 0, 0xff, 0xa1]), "refused", /link/],
    ["encrypted", patched(plain, ENTRY, 8, [1, 0]), "contract", /encrypted/],
    ["huge by its word", patched(plain, ENTRY, 24, [0, 0, 0, 0x40]), "refused", /bomb/],
    ["lying size", patched(plain, ENTRY, 24, [2, 0, 0, 0]), "refused", /more than 2 bytes/],
    ["lying checksum", patched(plain, ENTRY, 16, [1, 2, 3, 4]), "contract", /checksum/],
    ["unknown method", patched(plain, ENTRY, 10, [14, 0]), "contract", /method 14/],
    ["cut off", plain.subarray(0, plain.length - 30), "contract", /directory/],
    [
      "many",
      zipSync(Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`f${i}`, utf8("")]))),
      "refused",
      /10001/,
    ],
  ];
  for (const [what, bytes, kind, pattern] of cases) {
    await folder.write("a.zip", bytes);
    await assert.rejects(
      folder.collect(source, "csv", { path: "a.zip", compression: "zip" }),
      failure(kind, pattern),
      what,
    );
  }
});

test("entries that share their bytes are refused", async (folder) => {
  const two = zipSync({ "a.csv": utf8("a\n1\n"), "b.csv": utf8("a\n1\n") });
  // Both entries of the directory point at the first file.
  await folder.write("a.zip", patched(two, ENTRY, 42, [0, 0, 0, 0]));
  await assert.rejects(
    folder.collect(source, "csv", { path: "a.zip" }),
    failure("refused", /shares its bytes/),
  );
});

test("a zip bomb is refused by what its directory says", async (folder) => {
  await folder.write("a.zip", zipSync({ "a.csv": [new Uint8Array(80 * 1024 * 1024), { level: 1 }] }));
  await assert.rejects(folder.collect(source, "csv", { path: "a.zip" }), failure("refused", /bomb/));
});

test("what is another kind of file is told by name", async (folder) => {
  const cases: [number[], RegExp][] = [
    [[0x28, 0xb5, 0x2f, 0xfd], /zstd/],
    [[0xd0, 0xcf, 0x11, 0xe0], /excel/],
    [[0x25, 0x50, 0x44, 0x46], /PDF/],
    [[0x50, 0x41, 0x52, 0x31], /parquet/],
  ];
  for (const [magic, pattern] of cases) {
    await folder.write("a.csv", new Uint8Array([...magic, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    await assert.rejects(folder.collect(source, "csv", { path: "a.csv" }), failure("contract", pattern));
  }
  const tar = new Uint8Array(1024);
  tar.set(utf8("ustar"), 257);
  await folder.write("a.tgz", gzipSync(tar));
  await assert.rejects(folder.collect(source, "csv", { path: "a.tgz" }), failure("contract", /tar archive/));
});

test("parameters are judged without the outside", () => {
  const check = (resource: string, params: Record<string, Json>) =>
    source.check({ resource, params, cursor: null });
  assert.deepEqual(check("csv", { path: "a.csv" }), []);
  assert.match(check("xml", {})[0]?.message ?? "", /no resource/);
  assert.match(check("csv", {})[0]?.message ?? "", /neither/);
  assert.match(check("csv", { path: "a", glob: "b" })[0]?.message ?? "", /both/);
  assert.match(check("csv", { path: "a", delimeter: ";" })[0]?.message ?? "", /delimeter/);
  assert.deepEqual(source.discover().map((resource) => resource.name), [
    "csv",
    "tsv",
    "json",
    "ndjson",
    "parquet",
  ]);
  return Promise.resolve();
});
