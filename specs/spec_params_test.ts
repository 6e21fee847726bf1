import assert from "node:assert/strict";
import { Spec } from "./spec.ts";
import { specParamFaults, specWith } from "./spec_params.ts";

const spec = (more: Record<string, unknown> = {}) =>
  Spec.parse({
    title: "Rows: ${params.rows}",
    intent: { type: "UPDATE", scope: ["src/**"] },
    params: { rows: { type: "integer" }, why: { type: "string", default: "none" } },
    operations: [{ op: "set-config-value", file: "a.json", path: "rows", value: "${params.rows}" }],
    description: "Because ${params.why}",
    ...more,
  });

Deno.test("values stand where the spec says, with their type where nothing else is in the text", () => {
  const filled = specWith(spec(), { rows: "12", why: "${params.rows} is data" });
  assert.ok(filled.ok, JSON.stringify(filled));
  assert.deepEqual([filled.value.spec.title, filled.value.spec.description], [
    "Rows: 12",
    "Because ${params.rows} is data",
  ], "a value is never looked into");
  const [operation] = filled.value.spec.operations;
  assert.equal(operation?.op === "set-config-value" ? operation.value : null, 12);
  assert.deepEqual(filled.value.values, { rows: 12, why: "${params.rows} is data" });
  const plain = Spec.parse({ title: "No ${params.rows}", intent: { type: "UPDATE", scope: ["a"] } });
  assert.deepEqual(specWith(plain, {}), { ok: true, value: { spec: plain, values: {} } });
});

Deno.test("missing, unknown and wrong values are told by name", () => {
  for (
    const [given, says] of [
      [{}, /'rows' has no value/],
      [{ rows: "twelve" }, /'rows' is no integer/],
      [{ rows: 1.5 }, /'rows' is no integer/],
      [{ rows: 1, other: 2 }, /no parameter 'other'/],
      [JSON.parse('{"rows":1,"__proto__":2}'), /no parameter '__proto__'/],
    ] as const
  ) {
    const filled = specWith(spec(), given);
    assert.ok(!filled.ok);
    assert.match(filled.error.message, says);
  }
  const long = specWith(spec({ title: "${params.why}" }), { rows: 1, why: "x".repeat(400) });
  assert.ok(!long.ok && /title/.test(long.error.message), "the spec with its values is one as well");
});

Deno.test("parameters do not stand where files, commands and rights are named", () => {
  const faults = (more: Record<string, unknown>) =>
    specParamFaults(spec(more)).map(({ path, message }) => [path[0], message]);
  assert.deepEqual(faults({}), []);
  assert.deepEqual(faults({ intent: { type: "UPDATE", scope: ["${params.why}"] } }), [
    ["intent", "A parameter cannot stand in this field."],
  ]);
  assert.deepEqual(
    faults({
      acceptance: [{ id: "A", text: "${params.rows}", check: { files: [], run: ["sh", "${params.why}"] } }],
    }),
    [["acceptance", "A parameter cannot stand in this field."]],
  );
  assert.deepEqual(faults({ reason: "${params.gone}" }), [["reason", "There is no parameter 'gone'."]]);
  assert.deepEqual(faults({ params: { rows: { type: "integer", default: "x" }, why: { type: "string" } } }), [
    ["params", "The default is no integer."],
  ]);
});
