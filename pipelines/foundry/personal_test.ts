import assert from "node:assert/strict";
import { onStage } from "./testing.ts";

const people = (stream: Record<string, unknown> = {}) => ({
  id: "people",
  streams: [{
    id: "people",
    source: { connector: "http", resource: "people" },
    primaryKey: ["id"],
    write: { disposition: "merge" },
    pii: { email: "hash", phone: "mask" },
    ...stream,
  }],
});
const ada = { id: 1, email: "ada@example.org", phone: "1", age: 36 };

Deno.test("a reprocess leaves hashes of personal data as they are: a key stays a key", () =>
  onStage({ people: [[ada]] }, async (stage) => {
    await stage.run(people());
    const [before] = await stage.rows("people");
    const again = await stage.run(people(), { mode: "reprocess" });
    assert.equal(again.status, "completed", JSON.stringify(again));
    assert.match(String(before?.email), /^[0-9a-f]{64}$/);
    assert.deepEqual((await stage.rows("people"))[0], before);
  }));

Deno.test("a reprocess treats a column that was declared since", () =>
  onStage({ people: [[{ ...ada, name: "Ada" }]] }, async (stage) => {
    await stage.run(people());
    await stage.run(people({ pii: { email: "hash", phone: "mask", name: "hash" } }), { mode: "reprocess" });
    assert.match(String((await stage.rows("people"))[0]?.name), /^[0-9a-f]{64}$/);
  }));

Deno.test("a replay takes a row in with the hash that it was set aside with, and what it refuses again stays open", () =>
  onStage({ people: [[ada, { ...ada, id: 2, age: -1 }, { ...ada, id: 3, age: -5 }]] }, async (stage) => {
    const above = (min: number) =>
      people({
        quality: [{ rule: "range", column: "age", min, severity: "quarantine" }],
      });
    await stage.run(above(0));
    const replayed = await stage.run(above(-2), { replay: true });
    assert.deepEqual([replayed.streams[0]?.accepted, replayed.streams[0]?.quarantined], [1, 1]);
    const rows = await stage.rows("people");
    assert.deepEqual(rows.map(({ id }) => id), [1, 2]);
    assert.equal(rows[0]?.email, rows[1]?.email);
    const open = await stage.ports.records.quarantine.list({ replayed: false });
    assert.deepEqual(open.map(({ row }) => (row as { id: number }).id), [3]);
  }));

Deno.test("a declared column that a transform makes anew is denied, whichever its treatment", () =>
  onStage({ people: [[{ ...ada, contact: "ada@example.org" }]] }, async (stage) => {
    for (
      const transforms of [
        [{ op: "drop", columns: ["email"] }, { op: "rename", columns: { contact: "email" } }],
        [{ op: "derive", column: "phone", expression: "contact" }],
      ]
    ) {
      const document = await stage.run(people({ transforms }));
      assert.equal(document.status, "denied", JSON.stringify(document));
      assert.deepEqual(document.denials.map(({ rule }) => rule), ["core/D-PERSONAL"]);
    }
    assert.deepEqual(await stage.rows("people"), []);
  }));

Deno.test("what transforms make of treated columns passes", () =>
  onStage({ people: [[ada, { id: 2, email: null, phone: "", age: 1 }]] }, async (stage) => {
    const document = await stage.run(people({
      transforms: [
        { op: "rename", columns: { email: "mail" } },
        { op: "select", columns: ["id", "mail", "phone"] },
        { op: "rename", columns: { mail: "email" } },
      ],
    }));
    assert.equal(document.status, "completed", JSON.stringify(document));
    assert.equal((await stage.rows("people")).length, 2);
  }));
