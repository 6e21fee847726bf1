import assert from "node:assert/strict";
import { join } from "node:path";
import { fileAccess, sources } from "../../connectors/data/mod.ts";
import { Pipeline } from "../../specs/foundry/mod.ts";
import { onStage, type Stage } from "./testing.ts";
import { leavesOf } from "./unchanged.ts";

const fileSource = await sources["file"]?.();

const folder = (more: Record<string, unknown> = {}) => ({
  id: "folder",
  streams: [{
    id: "rows",
    source: { connector: "file", resource: "csv", params: { glob: "in/*.csv", settleMs: 0 } },
    primaryKey: ["id"],
    write: { disposition: "merge" },
    ...more,
  }],
});

interface Files extends Stage {
  file(name: string, text: string): Promise<void>;
}

/** A stage with the real source of files. */
const onFiles = (use: (stage: Files) => Promise<void>) =>
  onStage({}, async (stage) => {
    await Deno.mkdir(join(stage.dir, "in"));
    await use(Object.assign(stage, {
      file: (name: string, text: string) => Deno.writeTextFile(join(stage.dir, "in", name), text),
    }));
  }, {
    ...(fileSource === undefined ? {} : { sources: { file: fileSource } }),
    files: (base, scratch) => fileAccess({ base, scratch }),
  });

const unmarked = async (stage: Stage) =>
  (await stage.rows("rows")).filter((row) => row._forge_deleted_at == null).map(({ id }) => id).sort();

async function counts(stage: Stage, pipeline: Record<string, unknown>, mode?: "full") {
  const { status, streams: [stream] } = await stage.run(pipeline, mode === undefined ? {} : { mode });
  assert.equal(status, "completed");
  return [stream?.status, stream?.read, stream?.written, stream?.skipped?.unchanged ?? 0];
}

Deno.test("an incremental run leaves unchanged files out and says how many", () =>
  onFiles(async (stage) => {
    await stage.file("a.csv", "id,v\n1,x\n2,x\n");
    await stage.file("b.csv", "id,v\n3,x\n");
    assert.deepEqual(await counts(stage, folder()), ["complete", 3, 3, 0]);
    assert.deepEqual(await counts(stage, folder()), ["complete", 0, 0, 2]);
    await stage.file("c.csv", "id,v\n4,x\n");
    assert.deepEqual(await counts(stage, folder()), ["complete", 1, 1, 2]);
    await stage.file("a.csv", "id,v\n1,y\n2,x\n");
    assert.deepEqual(await counts(stage, folder()), ["complete", 2, 1, 2]);
    assert.deepEqual(await counts(stage, folder(), "full"), ["complete", 4, 4, 0]);
    assert.deepEqual((await stage.rows("rows")).map(({ id, v }) => [id, v]), [["1", "y"], ["2", "x"], [
      "3",
      "x",
    ], ["4", "x"]]);
  }));

Deno.test("an append takes in new files only, and a changed one in place of its earlier rows", () =>
  onFiles(async (stage) => {
    const appending = folder({ write: { disposition: "append" }, primaryKey: undefined });
    await stage.file("a.csv", "id\n1\n");
    await stage.file("b.csv", "id\n2\n");
    await counts(stage, appending);
    await stage.file("a.csv", "id\n1\n9\n");
    assert.deepEqual(await counts(stage, appending), ["complete", 2, 2, 1]);
    assert.deepEqual((await stage.rows("rows")).map(({ id }) => id).sort(), ["1", "2", "9"]);
  }));

Deno.test("another definition reads everything again: unchanged files have other rows then", () =>
  onFiles(async (stage) => {
    await stage.file("a.csv", "id,v\n1,x\n");
    await counts(stage, folder());
    const upper = folder({ transforms: [{ op: "derive", column: "v", expression: "v + '!'" }] });
    assert.deepEqual(await counts(stage, upper), ["complete", 1, 1, 0]);
    assert.deepEqual((await stage.rows("rows")).map(({ v }) => v), ["x!"]);
    assert.deepEqual(await counts(stage, upper), ["complete", 0, 0, 1]);
  }));

Deno.test("what replaces a table is read whole, unchanged files or not", () =>
  onFiles(async (stage) => {
    const replacing = folder({ write: { disposition: "replace" } });
    await stage.file("a.csv", "id\n1\n");
    await stage.file("b.csv", "id\n2\n");
    await counts(stage, replacing);
    assert.deepEqual(await counts(stage, replacing), ["complete", 2, 2, 0]);
    await stage.file("b.csv", "id\n3\n");
    assert.deepEqual(await counts(stage, replacing), ["complete", 2, 2, 0]);
    assert.deepEqual((await stage.rows("rows")).map(({ id }) => id), ["1", "3"]);
  }));

Deno.test("rules over the set and steps over the set see all files, or none when none changed", () =>
  onFiles(async (stage) => {
    const summed = folder({
      primaryKey: ["g"],
      transforms: [{ op: "aggregate", by: ["g"], values: { n: { function: "count" } } }],
      quality: [{ rule: "row-count", min: 1, drift: 5 }],
    });
    await stage.file("a.csv", "id,g\n1,x\n");
    await stage.file("b.csv", "id,g\n2,x\n");
    await counts(stage, summed);
    assert.deepEqual(await counts(stage, summed), ["complete", 0, 0, 2]);
    await stage.file("b.csv", "id,g\n2,x\n3,x\n");
    assert.deepEqual(await counts(stage, summed), ["complete", 3, 1, 0]);
    assert.deepEqual((await stage.rows("rows")).map(({ n }) => Number(n)), [3]);
  }));

Deno.test("a census marks what a changed or vanished file no longer has, and spares what another file has", () =>
  onFiles(async (stage) => {
    const counted = folder({ write: { disposition: "merge", deletes: "census" } });
    await stage.file("a.csv", "id\n1\n2\n3\n");
    await stage.file("b.csv", "id\n3\n4\n");
    await counts(stage, counted);
    await stage.file("a.csv", "id\n1\n");
    const { streams: [stream] } = await stage.run(counted);
    assert.deepEqual([stream?.read, stream?.deleted], [3, 1]);
    assert.deepEqual(await unmarked(stage), ["1", "3", "4"]);
    await stage.file("a.csv", "id\n1\n2\n");
    await stage.run(counted);
    assert.deepEqual(await unmarked(stage), ["1", "2", "3", "4"]);
    await Deno.remove(join(stage.dir, "in", "b.csv"));
    assert.equal((await stage.run(counted)).streams[0]?.deleted, 2);
  }));

Deno.test("after a run that published nothing, the file is read again", () =>
  onFiles(async (stage) => {
    const strict = folder({ quality: [{ rule: "required", columns: ["v"], severity: "block" }] });
    await stage.file("a.csv", "id,v\n1,x\n");
    await counts(stage, strict);
    await stage.file("b.csv", "id,v\n2,\n");
    for (let n = 0; n < 2; n++) {
      const denied = await stage.run(strict);
      assert.deepEqual([denied.status, denied.streams[0]?.read], ["denied", 1]);
    }
  }));

Deno.test("what a load may leave out follows from all that its rows and verdicts hang on", () => {
  const leaves = (more: Record<string, unknown>, load = {}, streams: unknown[] = []) => {
    const pipeline = Pipeline.parse({ id: "p", streams: [...folder(more).streams, ...streams] });
    const [stream] = pipeline.streams;
    assert.ok(stream !== undefined);
    return leavesOf(pipeline, stream, {
      mode: "incremental",
      isKnown: true,
      disposition: stream.write.disposition,
      census: stream.write.deletes === "census",
      ...load,
    });
  };
  assert.equal(leaves({}), "parts");
  assert.equal(leaves({}, { mode: "full" }), "nothing");
  assert.equal(leaves({}, { isKnown: false }), "nothing");
  assert.equal(leaves({ write: { disposition: "replace" } }), "nothing");
  const github = { source: { connector: "github", resource: "issues", params: { repos: ["a/b"] } } };
  assert.equal(leaves({ ...github, write: { disposition: "replace" } }), "all");
  assert.equal(leaves({ write: { disposition: "merge", deletes: "census" } }), "all");
  assert.equal(
    leaves({ transforms: [{ op: "join", table: "t", on: { id: "id" }, columns: ["x"] }] }),
    "nothing",
  );
  assert.equal(leaves({ quality: [{ rule: "freshness", column: "at", maxAge: "P1D" }] }), "nothing");
  assert.equal(leaves({ quality: [{ rule: "unique", columns: ["id"] }] }), "all");
  assert.equal(leaves({ quality: [{ rule: "required", columns: ["id"], blockAbove: 0.5 }] }), "all");
  assert.equal(
    leaves({ quality: [{ rule: "required", columns: ["id"] }, { rule: "row-count", min: 1 }] }),
    "parts",
  );
  const child = {
    id: "child",
    source: { connector: "http", resource: "x", parent: { stream: "rows", bind: { key: "id" } } },
    write: { disposition: "append" },
  };
  assert.equal(leaves({}, {}, [child]), "all");
});
