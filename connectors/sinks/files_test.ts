import assert from "node:assert/strict";
import type { Sink } from "../data/sink_port.ts";
import { DataFailure } from "../data/port.ts";
import { csvSink, formulaBack, formulaSafe } from "./csv.ts";
import type { FileSinkOptions } from "./files.ts";
import { jsonlSink } from "./jsonl.ts";
import { parquetSink } from "./parquet.ts";
import { rowsIn, sinkConformance } from "./testing/conformance.ts";
import { rowOf, stagedLoad } from "./testing/staged.ts";

type Make = (path: string, options: FileSinkOptions) => Sink;
const MAKERS: [string, Make][] = [
  ["jsonl", jsonlSink],
  ["csv", csvSink],
  ["parquet", (path, options) => parquetSink(path, { ...options, rowGroup: 2 })],
];
const never = new AbortController().signal;

async function withDir(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "sink-" });
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

for (const [name, make] of MAKERS) {
  sinkConformance(`${name} sink`, {
    session: (test) =>
      withDir((dir) => test({ open: (fault) => make(`${dir}/out`, fault === undefined ? {} : { fault }) })),
    faults: { before: ["begin", "staged", "renamed", "parts", "manifest"], after: ["committed"] },
  });
}

for (const [name, make] of MAKERS) {
  Deno.test(`${name} sink: the manifest names every part with its size and hash, and nothing else is left`, () =>
    withDir(async (dir) => {
      const sink = make(`${dir}/out`, {});
      await sink.publish(await stagedLoad(dir, "k1", [rowOf(1), rowOf(2), rowOf(3)]), never);
      await sink.publish(await stagedLoad(dir, "k2", [rowOf(4)], { after: "k1" }), never);
      const table = `${dir}/out/orders`;
      const manifest = JSON.parse(await Deno.readTextFile(`${table}/_manifest.json`));
      assert.deepEqual([manifest.rows, manifest.generation, manifest.loads.length], [4, 2, 2]);
      for (const part of manifest.resources) {
        const bytes = await Deno.readFile(`${table}/${part.path}`);
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
        assert.deepEqual([part.bytes, part.hash], [bytes.length, `sha256:${digest}`]);
      }
      const names = [...Deno.readDirSync(table)].map((entry) => entry.name).sort();
      assert.deepEqual(
        names,
        [".lock", "_manifest.json", ...manifest.resources.map((part: { path: string }) => part.path)].sort(),
      );
    }));

  Deno.test(`${name} sink: a full disk is a conflict that leaves no staging and moves no state`, () =>
    withDir(async (dir) => {
      await make(`${dir}/out`, {}).publish(await stagedLoad(dir, "k1", [rowOf(1)]), never);
      const full = () => {
        throw Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" });
      };
      for (const point of ["staged", "renamed", "manifest"]) {
        const sink = make(`${dir}/out`, { fault: (at) => at === point ? full() : undefined });
        await assert.rejects(
          sink.publish(await stagedLoad(dir, "k2", [rowOf(2)], { after: "k1" }), never),
          (error) => error instanceof DataFailure && error.kind === "conflict" && /full/.test(error.message),
        );
        assert.equal((await sink.state("shop", "orders"))?.load, "k1");
        const names = [...Deno.readDirSync(`${dir}/out/orders`)].map((entry) => entry.name);
        assert.equal(names.length, 3, names.join());
      }
    }));

  Deno.test(`${name} sink: what a process left that was killed in the middle is removed by the next load`, () =>
    withDir(async (dir) => {
      const sink = make(`${dir}/out`, {});
      await sink.publish(await stagedLoad(dir, "k1", [rowOf(1)]), never);
      const table = `${dir}/out/orders`;
      await Deno.mkdir(`${table}/.staging-2`);
      await Deno.writeTextFile(`${table}/.staging-2/0.jsonl`, "half");
      await Deno.writeTextFile(`${table}/part-000002-abc-00000.${name}`, "whole, but never committed");
      await Deno.writeTextFile(`${table}/_manifest.json.1234.tmp`, "{");
      await Deno.writeTextFile(`${table}/notes.txt`, "somebody's own");
      assert.equal((await rowsIn(sink)).length, 1);
      await sink.publish(await stagedLoad(dir, "k2", [rowOf(2)], { after: "k1" }), never);
      const names = [...Deno.readDirSync(table)].map((entry) => entry.name);
      assert.ok(names.includes("notes.txt"));
      assert.equal(names.length, 5, names.join());
      assert.equal((await rowsIn(sink)).length, 2);
    }));
}

Deno.test("jsonl sink: a staged segment that is not what it was is not published", () =>
  withDir(async (dir) => {
    const sink = jsonlSink(`${dir}/out`);
    const load = await stagedLoad(dir, "k1", [rowOf(1), rowOf(2)]);
    await Deno.writeTextFile(load.segments[0]?.path ?? "", '{"id":7}\n');
    await assert.rejects(
      sink.publish(load, never),
      (error) => error instanceof DataFailure && error.kind === "contract",
    );
    assert.equal(await sink.state("shop", "orders"), null);
  }));

Deno.test("jsonl sink: segments become parts as they are", () =>
  withDir(async (dir) => {
    const load = await stagedLoad(dir, "k1", [rowOf(1), rowOf(2)]);
    const published = await jsonlSink(`${dir}/out`).publish(
      {
        ...load,
        rows: () => {
          throw new Error("rows are not asked for");
        },
      },
      never,
    );
    assert.deepEqual(
      published.outputs.map((part) => part.digest),
      load.segments.map((segment) => segment.digest),
    );
  }));

Deno.test("a table of one format is not written in another, and names that are no tables are refused", () =>
  withDir(async (dir) => {
    await jsonlSink(`${dir}/out`).publish(await stagedLoad(dir, "k1", [rowOf(1)]), never);
    const isInvalid = (error: unknown) => error instanceof DataFailure && error.kind === "invalid";
    await assert.rejects(
      csvSink(`${dir}/out`).publish(await stagedLoad(dir, "k2", [rowOf(1)]), never),
      isInvalid,
    );
    for (const table of ["../x", "a/b", "", ".hidden", "1x"]) {
      await assert.rejects(
        jsonlSink(`${dir}/out`).publish(await stagedLoad(dir, "k3", [rowOf(1)], { table }), never),
        isInvalid,
      );
    }
    await Deno.writeTextFile(`${dir}/out/orders/_manifest.json`, "{ half");
    await assert.rejects(jsonlSink(`${dir}/out`).state("shop", "orders"), isInvalid);
  }));

Deno.test("a writer that waits too long for another one says so", () =>
  withDir(async (dir) => {
    let release = () => {};
    const held = new Promise<void>((resolve) => release = resolve);
    let reached = () => {};
    const inside = new Promise<void>((resolve) => reached = resolve);
    const slow = jsonlSink(`${dir}/out`, { fault: (at) => at === "staged" ? (reached(), held) : undefined });
    const first = slow.publish(await stagedLoad(dir, "k1", [rowOf(1)]), never);
    await inside;
    const quick = jsonlSink(`${dir}/out`, { waitMs: 60 });
    await assert.rejects(
      quick.publish(await stagedLoad(dir, "k2", [rowOf(2)]), never),
      (error) =>
        error instanceof DataFailure && error.kind === "conflict" && /Another writer/.test(error.message),
    );
    release();
    await first;
  }));

Deno.test("csv: texts that a spreadsheet would run are made safe, numbers stay, and reading gives back the text", () => {
  for (
    const text of [
      "=1+1",
      "+cmd|x",
      "-2+3",
      "@SUM(A1)",
      "\t=1",
      "\r=1",
      "\n=1",
      "＝1",
      "－1+x",
      "＠a",
      "'=1",
      "''+x",
    ]
  ) {
    assert.equal(formulaSafe(text), `'${text}`);
    assert.equal(formulaBack(formulaSafe(text)), text);
  }
  for (const text of ["-5", "+4.5", "-1e5", "plain", "'quoted'", "a=b", ""]) {
    assert.equal(formulaSafe(text), text);
    assert.equal(formulaBack(text), text);
  }
});

Deno.test("csv sink: cells and names are safe in a spreadsheet, also behind another delimiter", () =>
  withDir(async (dir) => {
    const columns = {
      id: { type: "integer", nullable: true },
      "=evil": { type: "string", nullable: true },
    } as const;
    const load = await stagedLoad(dir, "k1", [{ id: -5, "=evil": "=HYPERLINK(1);x" }], { columns });
    const sink = csvSink(`${dir}/out`, { delimiter: ";" });
    const published = await sink.publish(load, never);
    const text = await Deno.readTextFile(`${dir}/out/${published.outputs[0]?.name}`);
    assert.equal(text, `id;'=evil\r\n-5;"'=HYPERLINK(1);x"\r\n`);
    assert.deepEqual(await rowsIn(sink), [{ id: -5, "=evil": "=HYPERLINK(1);x" }]);
    assert.throws(() => csvSink(dir, { delimiter: '"' }), DataFailure);
  }));

Deno.test("parquet sink: rows that need another type begin another part", () =>
  withDir(async (dir) => {
    const sink = parquetSink(`${dir}/out`, { rowGroup: 2 });
    const rows = [
      rowOf(1, { amount: 1.5 }),
      rowOf(2, { amount: 2 }),
      rowOf(3, { amount: "1.00000000000000000001" }),
      rowOf(4, { amount: 4 }),
    ];
    const load = await stagedLoad(dir, "k1", rows);
    const published = await sink.publish(load, never);
    assert.equal(published.outputs.length, 2);
    assert.deepEqual((await rowsIn(sink)).map((row) => row.amount), [1.5, 2, "1.00000000000000000001", 4]);
  }));
