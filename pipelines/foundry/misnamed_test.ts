import assert from "node:assert/strict";
import type { Row } from "../../specs/foundry/mod.ts";
import { onStage, type Stage } from "./testing.ts";

const people = (stream: Record<string, unknown> = {}) => ({
  id: "people",
  streams: [{
    id: "people",
    source: { connector: "http", resource: "people" },
    primaryKey: ["id"],
    write: { disposition: "merge" },
    ...stream,
  }],
});
const ada: Row = { id: 1, email: "ada@example.org", age: 36 };
const bob: Row = { id: 2, email: "bob@example.org", age: -1 };

/** Whether any file below a directory holds a text. */
async function holds(dir: string, text: string): Promise<boolean> {
  for await (const entry of Deno.readDir(dir)) {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory ? await holds(path, text) : (await Deno.readTextFile(path)).includes(text)) {
      return true;
    }
  }
  return false;
}

async function denied(stage: Stage, pipeline: Record<string, unknown>, rule: string, words: RegExp) {
  const document = await stage.run(pipeline);
  assert.equal(document.status, "denied", JSON.stringify(document));
  assert.deepEqual(document.denials.map((one) => one.rule), [rule]);
  assert.match(JSON.stringify(document.denials), words);
  return document;
}

for (const treatment of ["hash", "mask", "drop"]) {
  Deno.test(`a misspelt column to ${treatment} is denied: nothing is published, set aside or left in staging`, () =>
    onStage({ people: [[ada, bob]] }, async (stage) => {
      const pipeline = people({
        pii: { emial: treatment },
        quality: [{ rule: "range", column: "age", min: 0, severity: "quarantine" }],
      });
      const document = await denied(
        stage,
        pipeline,
        "core/D-PERSONAL",
        /pii names emial.*Did you mean email\?/,
      );
      assert.deepEqual(await stage.rows("people"), []);
      assert.deepEqual(await stage.ports.records.quarantine.list({}), []);
      await assert.rejects(Deno.stat(stage.ports.room(document.run)), Deno.errors.NotFound);
      assert.equal(await holds(`${stage.dir}/evidence`, "ada@example.org"), false);
    }));
}

Deno.test("a misspelt way into a nested value is denied, and one through empty values is not", () =>
  onStage({
    people: [[{ id: 1, user: { login: "ada" } }]],
    none: [[{ id: 1, user: null }, { id: 2, user: [] }]],
  }, async (stage) => {
    await denied(
      stage,
      people({ pii: { "user.name": "hash" } }),
      "core/D-PERSONAL",
      /user\.name.*Did you mean user\?/,
    );
    const none = people({ source: { connector: "http", resource: "none" }, pii: { "user.name": "hash" } });
    assert.equal((await stage.run(none)).status, "completed");
    assert.equal((await stage.run(people({ pii: { "user.login": "hash" } }))).status, "completed");
  }));

Deno.test("a column without a near name is denied as well, and one that the contract agrees on may be missing", () =>
  onStage({ people: [[ada]] }, async (stage) => {
    await denied(stage, people({ pii: { phone: "hash" } }), "core/D-PERSONAL", /add it to contract\.schema/);
    for (const treatment of ["hash", "drop"]) {
      const agreed = people({
        pii: { phone: treatment, email: "hash" },
        contract: { schema: { phone: { type: "string" } } },
      });
      const document = await stage.run(agreed);
      assert.equal(document.status, "completed", JSON.stringify(document));
    }
  }));

Deno.test("an empty source completes, and a column that an earlier load had may be missing from the next", () =>
  onStage({ people: [[]] }, async (stage) => {
    const pipeline = people({ pii: { Phone: "drop", email: "hash" } });
    assert.equal((await stage.run(pipeline)).status, "completed");
    stage.source.pages.people = [[{ ...ada, phone: "1" }]];
    assert.equal((await stage.run(pipeline)).status, "completed");
    stage.source.pages.people = [[ada]];
    assert.equal((await stage.run(pipeline)).status, "completed");
    assert.equal((await stage.run(pipeline, { mode: "reprocess" })).status, "completed");
    const renamed = people({ pii: { phnoe: "drop", email: "hash" } });
    await denied(stage, renamed, "core/D-PERSONAL", /phnoe/);
  }));

Deno.test("a column that only a later page has is found", () =>
  onStage({ people: [[{ id: 1 }], [{ id: 2, email: "x@example.org" }]] }, async (stage) => {
    assert.equal((await stage.run(people({ pii: { email: "mask" } }))).status, "completed");
  }));

Deno.test("a key that no row has is denied and told with the nearest column", () =>
  onStage({ people: [[ada, bob]] }, async (stage) => {
    await denied(stage, people({ primaryKey: ["ids"] }), "core/D-KEY", /names ids.*Did you mean id\?/);
    // A part of a key that nobody has would make one of what are two.
    await denied(stage, people({ primaryKey: ["id", "region"] }), "core/D-KEY", /names region/);
    assert.deepEqual(await stage.rows("people"), []);
    const agreed = people({
      primaryKey: ["id", "region"],
      contract: { schema: { region: { type: "string" } } },
    });
    assert.equal((await stage.run(agreed)).status, "completed");
  }));

Deno.test("rows that all lack their key are no completed run, and some that do are set aside", () =>
  onStage({ people: [[{ ...ada, id: null }, { ...bob, id: "" }, { id: null }]] }, async (stage) => {
    stage.source.pages.people = [[{ ...ada, id: null }, { ...bob, id: null }]];
    await denied(stage, people(), "core/D-KEY", /all 2 rows were set aside/);
    stage.source.pages.people = [[ada, { ...bob, id: null }]];
    const partial = await stage.run(people());
    assert.equal(partial.status, "completed", JSON.stringify(partial));
    assert.deepEqual([partial.streams[0]?.accepted, partial.streams[0]?.quarantined], [1, 1]);
    stage.source.pages.people = [[]];
    assert.equal((await stage.run(people())).status, "completed");
  }));

Deno.test("a cursor that no row has is denied, and a row without its value is set aside", () =>
  onStage({ people: [[{ ...ada, updated_at: "2026-01-01T00:00:00Z" }, bob]] }, async (stage) => {
    const cursor = (path: string) => people({ cursor: { path } });
    await denied(stage, cursor("updated"), "core/D-KEY", /all 2 rows were set aside.*cursor's column/);
    assert.equal((await stage.run(cursor("updated_at"))).status, "completed");
  }));
