/** S24 and S25: files that change while they are read, and sinks that fail at the commit, as whole runs. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DataFailure, jsonlSink } from "../../../connectors/data/mod.ts";
import { nothingPublished, pipelineOf, type Room, room } from "./room.ts";

const lines = (from: number, count: number, mark = "a") =>
  Array.from({ length: count }, (_, n) => `${from + n},${mark}${from + n}\n`).join("");
const csv = (id: string, more: Record<string, unknown> = {}, key?: readonly string[]) =>
  pipelineOf(id, {
    connector: "file",
    resource: "csv",
    params: { glob: "in/*.csv", settleMs: 0, ...more },
    ...(key === undefined ? {} : { key }),
  });
const ids = async (at: Room) => (await at.rows()).map(({ id }) => Number(id)).toSorted((a, b) => a - b);
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, n) => from + n);

Deno.test("S24: a file that grows while it is read gives the snapshot; what was added comes with the next run, and nothing twice", async () => {
  const rows = 20_000;
  let grown = false;
  await using at = await room({
    ports: () => ({
      fault: async (point) => {
        if (point !== "page-read" || grown) return;
        grown = true;
        await Deno.writeTextFile(join(at.dir, "in/a.csv"), lines(rows + 1, 500), { append: true });
      },
    }),
  });
  await at.write("in/a.csv", `id,name\n${lines(1, rows)}`);
  const first = await at.run(csv("grow"));
  assert.equal(first.exit, 0, JSON.stringify(first.document.failure));
  const got = (await at.rows()).length;
  assert.ok(got === rows || got === rows + 500, `${got} rows: neither the snapshot nor the whole`);
  const second = await at.run(csv("grow"));
  assert.equal(second.exit, 0, JSON.stringify(second.document.failure));
  assert.deepEqual(await ids(at), upTo(rows + 500));
});

Deno.test("S24: a file of the same name with other content takes its earlier rows' place, and others stay", async () => {
  await using at = await room();
  await at.write("in/a.csv", `id,name\n${lines(1, 5)}`);
  await at.write("in/b.csv", `id,name\n${lines(100, 2)}`);
  assert.equal((await at.run(csv("swap"))).exit, 0);
  await at.write("in/a.csv", `id,name\n${lines(3, 4, "other")}`);
  const { exit, stream } = await at.run(csv("swap"));
  // Whether what is as it was is read again is the source's matter; the rows are the same.
  assert.deepEqual([exit, stream().written], [0, stream().read]);
  assert.deepEqual(await ids(at), [3, 4, 5, 6, 100, 101]);
  const names = (await at.rows()).map(({ name }) => String(name)).filter((name) => name.startsWith("other"));
  assert.equal(names.length, 4);
});

Deno.test("S24: with a cursor, the rows of a changed file from before its window stay, and what was added comes once", async () => {
  await using at = await room();
  const stamped = (from: number, count: number) =>
    upTo(count, from).map((id) => `${id},2026-01-${String(id).padStart(2, "0")}T00:00:00Z\n`).join("");
  const pipeline = pipelineOf("stamped", {
    connector: "file",
    resource: "csv",
    params: { glob: "in/*.csv", settleMs: 0 },
    cursor: { path: "at", type: "datetime" },
  });
  await at.write("in/a.csv", `id,at\n${stamped(1, 5)}`);
  assert.equal((await at.run(pipeline)).exit, 0);
  await at.write("in/a.csv", `id,at\n${stamped(1, 7)}`);
  const { exit, stream } = await at.run(pipeline);
  assert.deepEqual([exit, stream().read, stream().written, stream().deduped], [0, 7, 2, 1]);
  assert.deepEqual(await ids(at), upTo(7));
});

Deno.test("S24: a file that is replaced in the middle of the read fails the run, and the next one is exact", async () => {
  const rows = 20_000;
  let replaced = false;
  await using at = await room({
    ports: () => ({
      fault: async (point) => {
        if (point !== "page-read" || replaced) return;
        replaced = true;
        await Deno.writeTextFile(join(at.dir, "in/new"), `id,name\n${lines(500_001, rows)}`);
        await Deno.rename(join(at.dir, "in/new"), join(at.dir, "in/a.csv"));
      },
    }),
  });
  await at.write("in/a.csv", `id,name\n${lines(1, rows)}`);
  const first = await at.run(csv("replaced"));
  if (first.exit === 0) assert.deepEqual(await ids(at), upTo(rows), "a mix of both files");
  else {
    assert.deepEqual([first.document.status, first.document.failure?.class], ["failed", "data-integrity"]);
    await nothingPublished(at, "replaced");
  }
  assert.equal((await at.run(csv("replaced"))).exit, 0);
  assert.deepEqual(await ids(at), upTo(rows, 500_001));
});

for (
  const [what, error] of [
    ["disk full", new DataFailure("limit", "No space left on device (os error 28)", "Make room")],
    ["a conflict with another writer", new DataFailure("conflict", "The state has moved on", "Run again")],
  ] as const
) {
  Deno.test(`S25: ${what} at the commit moves no cursor, and the next run is exact`, async () => {
    let broken = true;
    await using at = await room({
      ports: (ports) => ({
        sink(settings, folder) {
          const sink = ports.sink(settings, folder);
          return {
            ...sink,
            publish: (load, abort) => broken ? Promise.reject(error) : sink.publish(load, abort),
          };
        },
      }),
    });
    await at.write("in/a.csv", `id,name\n${lines(1, 50)}`);
    const failed = await at.run(csv("full", {}, ["id"]));
    assert.deepEqual([failed.document.status, failed.exit, failed.stream().written], ["failed", 1, 0]);
    await nothingPublished(at, "full");
    broken = false;
    const { exit, stream } = await at.run(csv("full", {}, ["id"]));
    assert.deepEqual([exit, stream().read, stream().written, stream().deduped], [0, 50, 50, 0]);
    assert.deepEqual(await ids(at), upTo(50));
    assert.deepEqual([...Deno.readDirSync(join(at.data, "foundry", "runs"))], [], "staging was left behind");
  });
}

const HOLD = `
  import { DatabaseSync } from "node:sqlite";
  const db = new DatabaseSync(Deno.args[0]);
  db.exec("BEGIN IMMEDIATE; DELETE FROM items");
  console.log("held");
  await new Promise((resolve) => setTimeout(resolve, 500));
  db.exec("ROLLBACK");
`;

Deno.test("S25: a warehouse that another process writes to is waited for, and what that one takes back is not seen", async () => {
  await using at = await room();
  await at.write("in/a.csv", `id,name\n${lines(1, 50)}`);
  assert.equal((await at.run(csv("lock", {}, ["id"]))).exit, 0);
  await at.write("in/b.csv", `id,name\n${lines(51, 50)}`);
  await at.write("hold.ts", HOLD);
  const other = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--no-config", join(at.dir, "hold.ts"), join(at.dir, "warehouse.db")],
    stdout: "piped",
  }).spawn();
  const told = other.stdout.getReader();
  await told.read();
  const { exit, stream, document } = await at.run(csv("lock", {}, ["id"]));
  await told.cancel();
  assert.equal((await other.status).code, 0);
  assert.equal(exit, 0, JSON.stringify(document.failure));
  assert.equal(stream().written + stream().deduped, stream().accepted);
  assert.deepEqual(await ids(at), upTo(100));
});

Deno.test("S25: a disk that fills up while parts of files are written leaves the table as it was", async () => {
  let broken = false;
  await using at = await room({
    ports: () => ({
      sink: (_settings, folder) =>
        jsonlSink(join(folder, "out"), {
          fault: () => {
            if (broken) throw new Deno.errors.WriteZero("No space left on device (os error 28)");
          },
        }),
    }),
  });
  const pipeline = csv("parts");
  const environment = "sinks: { warehouse: { type: jsonl, path: out } }\n";
  const kept = async () => {
    const sink = jsonlSink(join(at.dir, "out"));
    const rows: number[] = [];
    for await (const batch of sink.read("items")) rows.push(...batch.map(({ id }) => Number(id)));
    const state = await sink.state("parts", "items");
    await sink.close();
    return { rows: rows.toSorted((a, b) => a - b), load: state?.load };
  };
  await at.write("in/a.csv", `id,name\n${lines(1, 50)}`);
  assert.equal((await at.run(pipeline, environment)).exit, 0);
  const before = await kept();
  broken = true;
  await at.write("in/b.csv", `id,name\n${lines(51, 50)}`);
  const failed = await at.run(pipeline, environment);
  assert.deepEqual([failed.document.status, failed.exit], ["failed", 1]);
  assert.deepEqual(await kept(), before);
  broken = false;
  assert.equal((await at.run(pipeline, environment)).exit, 0);
  assert.deepEqual((await kept()).rows, upTo(100));
});
