/**
 * A process that dies at any point of a run over fifty pages. While a run goes on, its directory is copied as it is at each durable
 * write and at each point of reading and publishing: that is what a killed process leaves behind. Each copy is then gone on with by a
 * new process, and must come to the golden set with no page asked for twice but the one that was under way.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { csvSink, jsonlSink, type Sink, sqliteSink } from "../../../connectors/data/mod.ts";
import { type DialectServer, dialectServer } from "../../../connectors/testing/mod.ts";
import { linked } from "./dialects.ts";
import { pipelineOf, pointing, room, type RoomOptions } from "./room.ts";

const PAGES = 50;
const ROWS = 4;
/** Ties within and over pages; in each page a row that must be set aside. */
const pageOf = (page: number) =>
  Array.from({ length: ROWS }, (_, at) => ({
    id: page * ROWS + at,
    name: at === 2 ? null : `item ${page * ROWS + at}`,
    updated_at: new Date(Date.UTC(2024, 0, 1 + Math.floor(page / 2))).toISOString(),
  }));
const GOLDEN = Array.from({ length: PAGES }, (_, page) => pageOf(page)).flat()
  .filter(({ name }) => name !== null).map(({ id }) => id);
const LAST = "2024-01-25T00:00:00.000Z";

function serving(): DialectServer {
  const server: DialectServer = dialectServer((seen) => {
    const page = Number(seen.query.get("page") ?? 0);
    return linked(pageOf(page), page + 1 < PAGES ? `${server.url}/items?page=${page + 1}` : null);
  });
  return server;
}

const pipelineFor = (disposition: string) =>
  pipelineOf("crash", {
    connector: "http",
    params: { path: "/items", pagination: { type: "link-header" } },
    cursor: { path: "updated_at" },
    ...(disposition === "merge" ? { key: ["id"] } : {}),
    more: { quality: [{ rule: "required", columns: ["name"], severity: "quarantine" }] },
  });

type SinkKind = "sqlite" | "jsonl" | "csv";
/** Of what comes often, these are enough: the first ones, one in the middle, the last ones. */
const CHOSEN = new Set([1, 2, 25, 49, 50]);
/** Of what comes with each page, too. */
const OFTEN = /page|blob/;

/** Each of the four goes on from another 24th of its points, which takes seconds; all of them take two minutes. */
const STEP = Deno.env.get("FORGE_CRASH_POINTS") === "all" ? 1 : 24;

for (
  const [offset, disposition, kind] of [
    [0, "merge", "sqlite"],
    [6, "append", "jsonl"],
    [12, "merge", "csv"],
    [18, "append", "sqlite"],
  ] as const
) {
  Deno.test(`a process that dies at any durable write of a run over ${PAGES} pages: golden set, no page twice, no cursor ahead of rows (${disposition}, ${kind})`, async () => {
    const base = await Deno.makeTempDir({ prefix: "crash-" });
    const dir = join(base, "installation");
    await using server = serving();
    const sinks = `sinks: { warehouse: { type: ${kind}, path: out } }\n`;
    const environment = pointing("http", server) + sinks;
    let points = 0;
    const counts = new Map<string, number>();
    const snapshots: { name: string; asked: number }[] = [];
    const point = (name: string) => {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      if (OFTEN.test(name) && !CHOSEN.has(count)) return;
      if (points++ % STEP !== offset % STEP) return;
      copyTree(dir, join(base, `${snapshots.length}`));
      snapshots.push({ name: `${name} ${count}`, asked: server.seen.length });
    };
    const options = (onPoint: (name: string) => void): RoomOptions => ({
      dir,
      onWrite: onPoint,
      ports: () => ({ fault: onPoint, sink: (_, folder) => sinkOf(kind, join(folder, "out"), onPoint) }),
    });
    try {
      {
        await using at = await room(options(point));
        const { exit } = await at.run(pipelineFor(disposition), environment);
        assert.equal(exit, 0);
        assert.equal(server.seen.length, PAGES);
      }
      assert.ok(points > 50, `${points} points`);
      for (const [number, { name, asked }] of snapshots.entries()) {
        await Deno.remove(dir, { recursive: true });
        await Deno.rename(join(base, `${number}`), dir);
        tear(join(dir, "data", "foundry", "runs"));
        const isThere = await keptIn(kind, join(dir, "out"));
        assert.equal(isThere.cursor === null, isThere.ids.length === 0, `${name}: cursor ${isThere.cursor}`);
        assert.ok(isThere.ids.length === 0 || isThere.ids.length === GOLDEN.length, `${name}: half a load`);
        const before = server.seen.length;
        await using at = await room(options(() => {}));
        const document = await at.goOn() ?? (await at.run(pipelineFor(disposition), environment)).document;
        assert.equal(document.status, "completed", `${name}: ${JSON.stringify(document.failure)}`);
        const kept = await keptIn(kind, join(dir, "out"));
        assert.deepEqual(kept, { ids: GOLDEN, cursor: LAST, loads: 1 }, name);
        const requests = asked + server.seen.length - before;
        assert.ok(requests <= PAGES + 1, `${name}: ${requests} requests`);
        assert.equal((await at.quarantine()).length, PAGES, name);
        const [stream] = document.streams;
        assert.deepEqual([stream?.read, stream?.accepted, stream?.quarantined], [200, 150, 50], name);
      }
    } finally {
      await Deno.remove(base, { recursive: true });
    }
  });
}

function sinkOf(kind: SinkKind, path: string, onPoint: (name: string) => void): Sink {
  switch (kind) {
    case "sqlite":
      return sqliteSink(`${path}.db`);
    case "jsonl":
      return jsonlSink(path, { fault: (at) => onPoint(`sink ${at}`) });
    case "csv":
      return csvSink(path, { fault: (at) => onPoint(`sink ${at}`) });
  }
}

async function keptIn(kind: SinkKind, path: string) {
  const sink = sinkOf(kind, path, () => {});
  try {
    const ids: number[] = [];
    if (await sink.schema("items") !== null) {
      for await (const rows of sink.read("items")) ids.push(...rows.map(({ id }) => Number(id)));
    }
    const state = await sink.state("crash", "items");
    return { ids: ids.toSorted((a, b) => a - b), cursor: state?.cursor ?? null, loads: state?.loads ?? 0 };
  } finally {
    await sink.close();
  }
}

/** All at once: nothing else of this process runs meanwhile. */
function copyTree(from: string, to: string): void {
  Deno.mkdirSync(to);
  for (const entry of Deno.readDirSync(from)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory) copyTree(source, target);
    // The index of a write-ahead log is made anew by whoever opens it.
    else if (entry.isFile && !entry.name.endsWith("-shm")) Deno.copyFileSync(source, target);
  }
}

/** Lines that were being written behind the last mark, and half a checkpoint: what a kill leaves while a load is read. */
function tear(runs: string): void {
  for (const run of namesIn(runs)) {
    for (const unit of namesIn(join(runs, run))) {
      const dir = join(runs, run, unit);
      const names = namesIn(dir);
      if (!names.includes("checkpoint.json")) continue;
      const text = Deno.readTextFileSync(join(dir, "checkpoint.json"));
      if (JSON.parse(text).end !== null) continue;
      Deno.writeTextFileSync(join(dir, "checkpoint.json.part"), text.slice(0, text.length / 2));
      for (const name of names.filter((one) => one.endsWith(".jsonl"))) {
        Deno.writeTextFileSync(join(dir, name), '{"id":1}\n{"id":"torn', { append: true });
      }
    }
  }
}

function namesIn(dir: string): string[] {
  try {
    return [...Deno.readDirSync(dir)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return [];
    throw error;
  }
}
