import assert from "node:assert/strict";
import { z } from "zod";
import { EventBody } from "./ledger/mod.ts";
import { SENSITIVE, sensitiveTexts } from "./sensitive.ts";

const said = z.string().meta(SENSITIVE);
const shout = (text: string) => text.toUpperCase();

Deno.test("marked fields are found below objects, lists, choices and records, and nothing else is changed", () => {
  const visit = sensitiveTexts(z.strictObject({
    id: z.string(),
    list: z.array(z.strictObject({ note: said.nullable() })),
    byName: z.record(z.string(), said),
    one: z.union([z.number(), z.strictObject({ why: said })]).optional(),
  }));
  const value = { id: "a", list: [{ note: "b" }, { note: null }], byName: { c: "d" }, one: { why: "e" } };
  assert.deepEqual(visit?.(value, shout), {
    id: "a",
    list: [{ note: "B" }, { note: null }],
    byName: { c: "D" },
    one: { why: "E" },
  });
  assert.equal(visit?.(value, (text) => text), value, "what is not changed is the same value");
});

Deno.test("a contract of a kind that nobody has thought of is refused: a mark below it would be missed", () => {
  assert.throws(() => sensitiveTexts(z.strictObject({ all: z.map(z.string(), said) })), /of the kind 'map'/);
  for (const event of EventBody.options) sensitiveTexts(event.shape.payload);
});
