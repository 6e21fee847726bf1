import assert from "node:assert/strict";
import fc from "fast-check";
import { EventBody, type Json } from "../specs/mod.ts";
import { schemaOf } from "./event_schema.ts";

const finished = (output: unknown, effects?: unknown): EventBody =>
  ({
    type: "phase.finished",
    v: 1,
    payload: {
      phase: "a",
      visit: 1,
      outcome: "ok",
      output,
      ms: 3,
      ...(effects === undefined ? {} : { effects }),
    },
  }) as EventBody;

function parsed(body: EventBody): { success: boolean; data?: EventBody } {
  const schema = schemaOf(body.type);
  assert.ok(schema !== undefined);
  const { success, data } = schema.safeParse(body);
  return success ? { success, data } : { success };
}

// req: N3-02
Deno.test("there is a schema for every event that the contract knows, and none for another", () => {
  for (const { shape } of EventBody.options) assert.ok(schemaOf(shape.type.value) !== undefined);
  assert.equal(schemaOf("run.invented" as EventBody["type"]), undefined);
});

// req: N3-02
Deno.test("a body passes exactly when the contract lets it pass, and comes out the same", () => {
  const odd = fc.constantFrom<unknown>(
    undefined,
    NaN,
    Infinity,
    1n,
    new Date(0),
    () => 1,
    Symbol.iterator,
    new Map(),
  );
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 4 }),
    odd,
    fc.array(odd),
    fc.record({ a: odd, b: fc.jsonValue() }),
  );
  fc.assert(fc.property(anything, (value) => {
    const bodies = [
      finished(value),
      finished(null, [{ key: "k", kind: "x", args: value }]),
      { type: "signal.received", v: 1, payload: { id: "i", name: "n", payload: value } },
      { type: "phase.progress", v: 1, payload: { phase: "a", message: "m", data: value } },
      { type: "output.copied", v: 1, payload: { phase: "a", output: null, more: value } },
      { type: "run.ended", v: 1, payload: { status: value } },
    ] as EventBody[];
    for (const body of bodies) {
      const due = EventBody.safeParse(body);
      assert.deepEqual(parsed(body), due.success ? { success: true, data: due.data } : { success: false });
    }
  }));
});

Deno.test("limits of lists hold, and the error names the place", () => {
  const effects = (n: number) =>
    Array.from({ length: n }, (_, i) => ({ key: `k${i}`, kind: "x", args: null }));
  assert.ok(parsed(finished(null, effects(100))).success);
  assert.ok(!parsed(finished(null, effects(101))).success);
  const result = schemaOf("phase.finished")?.safeParse(
    finished(null, [{ key: "k", kind: "x", args: { a: 1n } }]),
  );
  assert.deepEqual(result?.error?.issues[0]?.path.slice(0, 4), ["payload", "effects", 0, "args"]);
});

Deno.test("what comes out is a copy: its giver may change his own afterwards", () => {
  const output: { [key: string]: Json } = { list: [1] };
  const { data } = parsed(finished(output));
  output.list = "changed";
  assert.deepEqual(data, finished({ list: [1] }));
});
