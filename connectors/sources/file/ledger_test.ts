import assert from "node:assert/strict";
import { DataFailure } from "../../data/port.ts";
import { fileSource } from "./source.ts";
import { type Collected, type Folder, withFolder } from "./testing.ts";
import type { Json } from "../../../specs/mod.ts";

const test = (name: string, run: (folder: Folder) => Promise<void>) =>
  Deno.test(`file ledger: ${name}`, () => withFolder(run));
const source = fileSource();
const ids = (read: Collected) => read.rows.map((row) => row.id);

/** One run after another: each gets the state of the one before. */
function runs(folder: Folder, params: Record<string, Json> = { glob: "in/*.csv" }) {
  let state: Json = null;
  return async (more: { partial?: boolean | undefined; resume?: Json; pages?: number } = {}) => {
    const read = await folder.collect(source, "csv", params, { partial: true, state, ...more });
    if (more.pages === undefined && read.end.state !== undefined) state = read.end.state;
    return read;
  };
}

test("a second run reads new files only, a changed one again, and says whose rows it replaces", async (folder) => {
  const run = runs(folder);
  await folder.write("in/a.csv", "id\na1\n");
  await folder.write("in/b.csv", "id\nb1\n");
  assert.deepEqual(ids(await run()), ["a1", "b1"]);
  const same = await run();
  assert.deepEqual([ids(same), same.end.status], [[], "unchanged"]);
  await folder.write("in/c.csv", "id\nc1\n");
  const added = await run();
  assert.deepEqual([ids(added), added.end.replaces], [["c1"], undefined]);
  await folder.write("in/a.csv", "id\na1\na2\n");
  const changed = await run();
  assert.deepEqual([ids(changed), changed.end.replaces], [["a1", "a2"], ["in/a.csv"]]);
  assert.deepEqual(new Set(changed.origins), new Set(["in/a.csv"]));
});

test("a file that was only touched is not read again; one of the same size with other bytes is", async (folder) => {
  const run = runs(folder);
  await folder.write("in/a.csv", "id\na1\n");
  await run();
  await Deno.utime(`${folder.dir}/in/a.csv`, 1_700_000_000, 1_700_000_000);
  assert.equal((await run()).end.status, "unchanged");
  await folder.write("in/a.csv", "id\nz9\n");
  const changed = await run();
  assert.deepEqual([ids(changed), changed.end.replaces], [["z9"], ["in/a.csv"]]);
});

test("without leave to leave out, every file is read, and known ones replace their rows", async (folder) => {
  const run = runs(folder);
  await folder.write("in/a.csv", "id\na1\n");
  await run();
  const all = await run({ partial: false });
  assert.deepEqual([ids(all), all.end.replaces], [["a1"], ["in/a.csv"]]);
});

test("one file by its path is read again when it changed, in place of its earlier rows", async (folder) => {
  const run = runs(folder, { path: "a.csv" });
  await folder.write("a.csv", "id\na1\n");
  assert.equal((await run()).end.replaces, undefined);
  assert.deepEqual((await run()).end.status, "unchanged");
  await folder.write("a.csv", "id\na2\n");
  const again = await run();
  assert.deepEqual([ids(again), again.end.replaces], [["a2"], ["a.csv"]]);
});

test("a file of the same size and time with other bytes is read again", async (folder) => {
  const run = runs(folder);
  await folder.write("in/a.csv", "id\na1\n");
  await Deno.utime(`${folder.dir}/in/a.csv`, 1_700_000_000, 1_700_000_000);
  await run();
  await folder.write("in/a.csv", "id\nz9\n");
  await Deno.utime(`${folder.dir}/in/a.csv`, 1_700_000_000, 1_700_000_000);
  assert.deepEqual(ids(await run()), ["z9"]);
});

test("without leave to leave out a part, it is all files or none", async (folder) => {
  const run = runs(folder);
  await folder.write("in/a.csv", "id\na1\n");
  await folder.write("in/b.csv", "id\nb1\n");
  await run({ partial: undefined });
  const same = await run({ partial: undefined });
  assert.deepEqual([same.end.status, same.end.unchanged], ["unchanged", 2]);
  await folder.write("in/b.csv", "id\nb2\n");
  assert.deepEqual(ids(await run({ partial: undefined })), ["a1", "b2"]);
  await Deno.remove(`${folder.dir}/in/b.csv`);
  assert.deepEqual(ids(await run({ partial: undefined })), ["a1"]);
});

test("rows of a vanished file are kept, or removed when that is asked for", async (folder) => {
  await folder.write("in/a.csv", "id\na1\n");
  await folder.write("in/b.csv", "id\nb1\n");
  const keep = runs(folder);
  const remove = runs(folder, { glob: "in/*.csv", onVanished: "delete" });
  await keep();
  await remove();
  await Deno.remove(`${folder.dir}/in/b.csv`);
  const kept = await keep();
  assert.deepEqual([kept.end.status, kept.end.replaces], ["complete", undefined]);
  const removed = await remove();
  assert.deepEqual([ids(removed), removed.end.replaces], [[], ["in/b.csv"]]);
  await folder.write("in/b.csv", "id\nb1\n");
  assert.equal((await keep()).end.status, "unchanged", "its rows were kept, so that they are not read twice");
  assert.deepEqual(ids(await remove()), ["b1"]);
});

test("a big ledger is kept beside the state by its digest, and old ones are let go", async (folder) => {
  const run = runs(folder);
  for (let i = 0; i < 500; i++) await folder.write(`in/file-${String(i).padStart(4, "0")}.csv`, `id\n${i}\n`);
  const first = await run();
  assert.equal(first.rows.length, 500);
  assert.ok(JSON.stringify(first.end.state).length < 1_000);
  assert.ok(first.nexts.every((next) => JSON.stringify(next).length < 16_000));
  for (let round = 0; round < 4; round++) {
    await folder.write(`in/new-${round}.csv`, `id\nn${round}\n`);
    assert.deepEqual(ids(await run()), [`n${round}`]);
  }
  const ledgers = [...folder.vault.values()].filter((value) => value.startsWith("{"));
  assert.ok(ledgers.length <= 3, `${ledgers.length} ledgers are kept`);
  folder.vault.clear();
  await assert.rejects(run(), (error) => error instanceof DataFailure && error.kind === "contract");
});

test("a read that goes on reads the files that it began with; newer ones are for the next run", async (folder) => {
  const run = runs(folder);
  for (const name of ["a", "c", "d"]) await folder.write(`in/${name}.csv`, `id\n${name}1\n`);
  const whole = await folder.collect(source, "csv", { glob: "in/*.csv" });
  for (let pages = 1; pages < whole.pages; pages++) {
    const first = await run({ pages });
    await folder.write("in/b.csv", "id\nb1\n");
    const rest = await folder.collect(source, "csv", { glob: "in/*.csv" }, {
      partial: true,
      resume: first.nexts.at(-1) ?? null,
    });
    assert.deepEqual([...ids(first), ...ids(rest)], ["a1", "c1", "d1"], `after ${pages} pages`);
    assert.deepEqual(rest.end.state, whole.end.state);
    await Deno.remove(`${folder.dir}/in/b.csv`);
  }
});

test("a file that changed between a crash and going on is refused", async (folder) => {
  await folder.write("in/a.csv", "id\na1\n");
  await folder.write("in/b.csv", "id\nb1\n");
  const first = await folder.collect(source, "csv", { glob: "in/*.csv" }, { pages: 2 });
  await folder.write("in/b.csv", "id\nb1\nb2\n");
  await assert.rejects(
    folder.collect(source, "csv", { glob: "in/*.csv" }, { resume: first.nexts.at(-1) ?? null }),
    (error) =>
      error instanceof DataFailure && error.kind === "contract" && /changed since/.test(error.message),
  );
});

test("a file that is being written to is left for the next run", async (folder) => {
  await folder.write("in/a.csv", "id\na1\n");
  await folder.write("in/b.csv", "id\nb1\n");
  await Deno.utime(`${folder.dir}/in/a.csv`, 1_700_000_000, 1_700_000_000);
  const writing = setInterval(
    () => Deno.writeTextFileSync(`${folder.dir}/in/b.csv`, "more\n", { append: true }),
    20,
  );
  try {
    const read = await folder.collect(source, "csv", { glob: "in/*.csv", settleMs: 300 });
    assert.deepEqual(ids(read), ["a1"]);
    assert.ok(folder.progress.some((line) => line.includes("is being written to")));
  } finally {
    clearInterval(writing);
  }
});

// S24: the snapshot has the file as it was, and a line that was cut off by it is no row.
test("a file that grows while it is read gives whole lines of its snapshot only", async (folder) => {
  const rows = Array.from({ length: 12_000 }, (_, i) => `${i},x`).join("\n");
  await folder.write("a.csv", `id,v\n${rows}\n99999,ha`);
  const reading = source.read(
    {
      stream: "s",
      resource: "csv",
      params: { path: "a.csv", settleMs: 0 },
      mode: "full",
      cursor: null,
      window: { from: null, to: null },
      resume: null,
      state: null,
    },
    folder.context,
  );
  const seen: Json[] = [];
  for (let step = await reading.next(); step.done !== true; step = await reading.next()) {
    if (seen.length === 0) {
      await Deno.writeTextFile(`${folder.dir}/a.csv`, "lf\n100000,y\n", { append: true });
    }
    seen.push(...step.value.rows.map((row) => row.id ?? null));
  }
  assert.equal(seen.length, 12_000);
  assert.ok(!seen.includes("99999"));
});

test("a file that is replaced while it is read is refused", async (folder) => {
  await folder.write("a.csv", `id\n${"x\n".repeat(20_000)}`);
  const first = folder.collect.bind(folder);
  const reading = source.read(
    {
      stream: "s",
      resource: "csv",
      params: { path: "a.csv", settleMs: 0 },
      mode: "full",
      cursor: null,
      window: { from: null, to: null },
      resume: null,
      state: null,
    },
    folder.context,
  );
  await reading.next();
  await folder.write("b.csv", "id\nother\n");
  await Deno.rename(`${folder.dir}/b.csv`, `${folder.dir}/a.csv`);
  await assert.rejects(
    async () => {
      for await (const _ of reading);
    },
    (error) => error instanceof DataFailure && error.kind === "contract",
  );
  assert.deepEqual(ids(await first(source, "csv", { path: "a.csv" })), ["other"]);
});
