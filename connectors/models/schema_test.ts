import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import type { Json } from "../../specs/mod.ts";
import { shapeSchema } from "./schema.ts";

const schemaOf = (type: z.ZodType): Json => JSON.parse(JSON.stringify(z.toJSONSchema(type, { io: "input" })));

Deno.test("every property is required, what was optional may be null, and what cannot be said is told in words", () => {
  const shaped = shapeSchema(
    schemaOf(
      z.object({ id: z.string().min(3), note: z.string().optional(), kind: z.enum(["a", "b"]).optional() }),
    ),
    "required",
  );
  assert.deepEqual(shaped?.schema, {
    type: "object",
    properties: {
      id: { type: "string", description: "(minLength: 3)" },
      note: { type: ["string", "null"] },
      kind: { type: ["string", "null"], enum: ["a", "b", null] },
    },
    required: ["id", "note", "kind"],
    additionalProperties: false,
  });
});

Deno.test("where optional properties may stay so, they do", () => {
  const shaped = shapeSchema(schemaOf(z.object({ id: z.string(), note: z.string().optional() })), "kept");
  assert.deepEqual(shaped?.schema.required, ["id"]);
  assert.deepEqual(shaped?.restore({ id: "x", note: null }), { id: "x", note: null });
});

Deno.test("nulls for what was left out are taken out, nulls that were meant stay", () => {
  const type = z.object({
    a: z.string().nullable(),
    b: z.string().optional(),
    c: z.string().nullable().optional(),
    list: z.array(z.discriminatedUnion("t", [
      z.object({ t: z.literal("x"), n: z.number().optional() }),
      z.object({ t: z.literal("y"), n: z.number().nullable() }),
    ])),
  });
  const shaped = shapeSchema(schemaOf(type), "required");
  assert.deepEqual(
    shaped?.restore({ a: null, b: null, c: null, list: [{ t: "x", n: null }, { t: "y", n: null }] }),
    { a: null, c: null, list: [{ t: "x" }, { t: "y", n: null }] },
  );
});

Deno.test("schemas that refer to themselves keep their definitions", () => {
  interface Tree {
    name: string;
    children?: Tree[] | undefined;
  }
  const tree: z.ZodType<Tree> = z.lazy(() =>
    z.object({ name: z.string(), children: z.array(tree).optional() })
  );
  const shaped = shapeSchema(schemaOf(z.object({ tree })), "required");
  assert.ok(shaped);
  assert.deepEqual(
    shaped.restore({ tree: { name: "a", children: [{ name: "b", children: null }] } }),
    { tree: { name: "a", children: [{ name: "b" }] } },
  );
});

Deno.test("what no strict mode can say is not said by one", () => {
  for (
    const type of [
      z.record(z.string(), z.number()),
      z.object({ a: z.record(z.string(), z.string()) }),
      z.object({ a: z.unknown() }),
      z.array(z.string()),
      z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]),
      z.object({ a: z.tuple([z.string(), z.number()]) }),
    ]
  ) {
    assert.equal(shapeSchema(schemaOf(type), "required"), null, JSON.stringify(schemaOf(type)));
  }
  assert.equal(
    shapeSchema({ type: "object", properties: { a: { $ref: "https://elsewhere.example/x" } } }, "required"),
    null,
  );
  assert.equal(
    shapeSchema({ type: "object", properties: { a: { allOf: [{ type: "string" }] } } }, "required"),
    null,
  );
  assert.equal(shapeSchema(true, "required"), null);
});

const Answer = z.strictObject({
  verdict: z.enum(["pass", "fail"]),
  note: z.string().optional(),
  score: z.number().nullable(),
  findings: z.array(
    z.strictObject({
      path: z.string(),
      line: z.number().int().optional(),
      tags: z.array(z.string()).optional(),
    }),
  ).optional(),
  by: z.union([
    z.strictObject({ kind: z.literal("human"), name: z.string() }),
    z.strictObject({ kind: z.literal("model"), id: z.string().optional() }),
  ]),
});

Deno.test("an answer that a strict model can give becomes the answer that was meant", () => {
  const shaped = shapeSchema(schemaOf(Answer), "required");
  assert.ok(shaped);
  const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
  const answers = fc.record({
    verdict: fc.constantFrom("pass", "fail"),
    note: optional(fc.string()),
    score: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one === 0 ? 0 : one), {
      nil: null,
    }),
    findings: optional(
      fc.array(
        fc.record({ path: fc.string(), line: optional(fc.integer()), tags: optional(fc.array(fc.string())) }),
      ),
    ),
    by: fc.oneof(
      fc.record({ kind: fc.constant("human"), name: fc.string() }),
      fc.record({ kind: fc.constant("model"), id: optional(fc.string()) }),
    ),
  });
  fc.assert(fc.property(answers, (meant) => {
    // What a strict model writes: every property is there, null where it was left out.
    const written = JSON.parse(
      JSON.stringify(meant, (_, value) => value === undefined ? null : value),
    ) as Json;
    const restored = shaped.restore(written);
    assert.deepEqual(restored, JSON.parse(JSON.stringify(meant)));
    assert.ok(Answer.safeParse(restored).success);
  }));
});
