/** What fills a memory elsewhere, through the command line in a process of its own: the process' peak is read from the system. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type Answer, dialectServer, handMade } from "../../../connectors/testing/mod.ts";
import { PipelineDocument } from "../../../specs/foundry/mod.ts";

const MAIN = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
/** How people start it: `deno task etl` says how soon memory is looked through. */
const { tasks } = JSON.parse(
  await Deno.readTextFile(new URL("../../../deno.json", import.meta.url)),
) as { tasks: { etl: string } };
const FLAGS = /--v8-flags=\S+/.exec(tasks.etl)?.[0] ?? "";
const LIMIT_MB = 450;
const linux = Deno.build.os === "linux";

/** A gigabyte without an end of a line. */
function* gigabyte(): Generator<Uint8Array> {
  const chunk = new Uint8Array(1024 * 1024).fill(0x61);
  for (let n = 0; n < 1024; n++) yield chunk;
}

/** A gigabyte of spaces, packed: one member of gzip after the other. */
function* packed(): Generator<Uint8Array> {
  const member = new Uint8Array(gzipSync(Buffer.alloc(16 * 1024 * 1024, 0x20)));
  for (let n = 0; n < 64; n++) yield member;
}

Deno.test({
  name:
    `hostile: a gigabyte in one line, packed, sparse or in a workbook stays below ${LIMIT_MB} MB of memory (needs /proc)`,
  ignore: !linux,
  async fn() {
    const dir = await Deno.makeTempDir({ prefix: "memory-" });
    await using server = dialectServer((seen): Answer => {
      if (seen.path === "/line") return { chunks: gigabyte(), headers: { "content-type": "text/csv" } };
      return {
        chunks: packed(),
        headers: { "content-type": "application/json", "content-encoding": "gzip" },
      };
    });
    try {
      await Deno.writeTextFile(join(dir, "a.csv"), "id,name\n1,");
      await Deno.truncate(join(dir, "a.csv"), 1024 ** 3);
      const xml = Buffer.alloc(40 * 1024 * 1024, "<row></row>").toString("latin1");
      await Deno.writeFile(join(dir, "a.xlsx"), handMade({ sheets: [{ name: "S", xml }] }));
      const stream = (id: string, connector: string, resource: string, params: Record<string, unknown>) => ({
        id,
        source: { connector, resource, params },
        write: { disposition: "append", table: id },
      });
      await Deno.writeTextFile(
        join(dir, "p.yaml"),
        JSON.stringify({
          id: "memory",
          concurrency: 1,
          onFailure: { retries: 0, park: true },
          streams: [
            stream("line", "http", "line", { path: "/line", format: "csv" }),
            stream("packed", "http", "packed", { path: "/packed" }),
            stream("sparse", "file", "csv", {
              path: "a.csv",
              settleMs: 0,
              header: true,
              delimiter: ",",
              encoding: "utf-8",
            }),
            stream("workbook", "excel", "sheet", { path: "a.xlsx" }),
          ],
        }),
      );
      await Deno.writeTextFile(
        join(dir, "env.yaml"),
        `connectors: { http: { baseUrl: "${server.url}" } }\nnetwork: { allowPrivate: true }\nsinks: { warehouse: { type: sqlite, path: warehouse.db } }\n`,
      );
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          FLAGS,
          "-A",
          "--no-check",
          MAIN,
          "etl",
          "run",
          "p.yaml",
          "--env",
          "env.yaml",
          "--data",
          "data",
          "--json",
        ],
        cwd: dir,
        // `deno task` says there where it was called, and relative paths would resolve against that.
        env: { NO_COLOR: "1", INIT_CWD: dir },
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const output = new Response(child.stdout).text();
      const peak = peakOf(child);
      const { code } = await child.status;
      const document = PipelineDocument.parse(JSON.parse(await output));
      assert.deepEqual([code, document.status], [1, "failed"]);
      assert.deepEqual(document.streams.map(({ status, written }) => [status, written]), [
        ["incomplete", 0],
        ["failed", 0],
        ["failed", 0],
        ["failed", 0],
      ]);
      const megabytes = await peak;
      assert.ok(megabytes > 30 && megabytes < LIMIT_MB, `${megabytes} MB`);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

/** The most memory that a process had at once, in megabytes, as the system counted it until shortly before its end. */
async function peakOf(child: Deno.ChildProcess): Promise<number> {
  let peak = 0;
  let ended = false;
  child.status.then(() => ended = true);
  while (!ended) {
    const status = await Deno.readTextFile(`/proc/${child.pid}/status`).catch(() => "");
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return Math.round(peak);
}
