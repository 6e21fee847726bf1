import assert from "node:assert/strict";
import { join } from "node:path";
import { DataFailure } from "../../connectors/data/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import { onStage, type Stage } from "./testing.ts";

const CANARY = "canary-9f1c7d2e5b8a";
const secret = (reference: string) => {
  if (reference === "env:CANARY") return CANARY;
  if (reference === "env:SHORT") return "abc";
  throw new DataFailure("auth", `${reference} is not set`, "Set the variable.");
};
const pipeline = (more: Record<string, unknown> = {}) => ({
  id: "people",
  streams: [{
    id: "people",
    source: { connector: "http", resource: "people" },
    primaryKey: ["id"],
    write: { disposition: "merge" },
    ...more,
  }],
});
const environment = (stage: Stage, canaries: string[] = ["env:CANARY"]) => ({
  sinks: { warehouse: { type: "sqlite", path: join(stage.dir, "warehouse.db") } },
  canaries,
});

/** Files of a directory that hold a text; the store of the engine is in memory. */
async function holding(dir: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory) found.push(...await holding(path, text));
    else if (new TextDecoder("latin1").decode(await Deno.readFile(path)).includes(text)) found.push(path);
  }
  return found;
}

const places: Record<string, [Row, Record<string, unknown>]> = {
  "a value": [{ id: 2, note: `see ${CANARY}` }, {}],
  "a nested value": [{ id: 2, note: { a: [CANARY] } }, {}],
  "a column's name": [{ id: 2, [CANARY]: 1 }, {}],
  "base64": [{ id: 2, note: btoa(CANARY) }, {}],
  "a row that a filter leaves out": [{ id: 2, note: CANARY }, {
    transforms: [{ op: "filter", expression: "id == 1" }],
  }],
  "a row that is set aside": [{ note: CANARY }, {}],
  "a column that is dropped": [{ id: 2, note: CANARY }, { pii: { note: "drop" } }],
};
for (const [place, [row, more]] of Object.entries(places)) {
  Deno.test(`a canary in ${place} denies the run, stops the reading and is kept nowhere`, () =>
    onStage({ people: [[{ id: 1, note: "" }], [row], [{ id: 3 }]] }, async (stage) => {
      const document = await stage.run(pipeline(more), { environment: environment(stage) });
      assert.equal(document.status, "denied", JSON.stringify(document));
      assert.deepEqual([...new Set(document.denials.map(({ rule }) => rule))], ["core/D-SECRET"]);
      assert.match(JSON.stringify(document.denials), /a canary of the environment came/);
      assert.equal(stage.source.requests, 2);
      assert.deepEqual(await stage.rows("people"), []);
      assert.ok(!JSON.stringify(document).includes(CANARY));
      assert.ok(!JSON.stringify(await stage.ports.records.quarantine.list({})).includes(CANARY));
      assert.deepEqual(await holding(stage.dir, CANARY), []);
    }, { secret }));
}

Deno.test("a canary in a failure of the source denies the run, and the failure does not repeat it", () =>
  onStage({ people: [[{ id: 1 }], [{ id: 2 }]] }, async (stage) => {
    stage.source.before = (page) => {
      if (page === 1) throw new DataFailure("permanent", `the server answers 400: ${CANARY}`, "look");
    };
    const document = await stage.run(pipeline(), { environment: environment(stage) });
    assert.equal(document.status, "denied", JSON.stringify(document));
    assert.ok(!JSON.stringify(document).includes(CANARY));
    assert.deepEqual(await holding(stage.dir, CANARY), []);
  }, { secret }));

Deno.test("a run that meets no canary completes; one that cannot be used fails it closed", () =>
  onStage({ people: [[{ id: 1, note: "canary" }]] }, async (stage) => {
    assert.equal((await stage.run(pipeline(), { environment: environment(stage) })).status, "completed");
    for (
      const [reference, why] of [["env:NONE", /env:NONE is not set/], [
        "env:SHORT",
        /has 3 characters/,
      ]] as const
    ) {
      const document = await stage.run(pipeline(), { environment: environment(stage, [reference]) });
      assert.equal(document.status, "failed", JSON.stringify(document));
      assert.match(document.failure?.message ?? "", why);
    }
  }, { secret }));

Deno.test("a canary in the definition itself is refused before anything is read", () =>
  onStage({ people: [[{ id: 1 }]] }, async (stage) => {
    const document = await stage.run(pipeline({ description: `see ${CANARY}` }), {
      environment: environment(stage),
    });
    assert.equal(document.status, "failed", JSON.stringify(document));
    assert.match(document.failure?.message ?? "", /canary of the environment stands in the pipeline/);
    assert.equal(stage.source.requests, 0);
  }, { secret }));

Deno.test("a canary that is given as a value is refused and not repeated", () =>
  onStage({ people: [[]] }, async (stage) => {
    await assert.rejects(
      stage.run(pipeline(), { environment: environment(stage, [CANARY]) }),
      (error: Error) => /environment\.secret/.test(error.message) && !error.message.includes(CANARY),
    );
  }, { secret }));
