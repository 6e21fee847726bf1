import assert from "node:assert/strict";
import { Contract, type PinnedSchema, type Row } from "../../specs/foundry/mod.ts";
import { contractCheck, type ContractState } from "./contract.ts";

function through(given: Record<string, unknown>, pin: PinnedSchema | null, rows: Row[]) {
  const check = contractCheck(Contract.parse(given), pin, null);
  const faults = rows.map((row) => check.check(row)?.rule ?? null);
  const { schema, changes } = check.end();
  return {
    faults,
    schema,
    changes: changes.filter(({ kind }) => kind !== "table-added"),
    state: check.state(),
  };
}

const PIN: PinnedSchema = {
  id: { type: "integer", nullable: false },
  name: { type: "string", nullable: true },
};

Deno.test("the first load tells the columns: types, what may be missing, long numbers as numbers", () => {
  const { schema, faults } = through({}, null, [
    { id: 1, name: "a", amount: 1, tags: ["x"] },
    { id: 2, name: null, amount: 1.5, tags: null },
    { id: 3, name: "c", amount: "12345678901234567890.5", tags: {} },
  ]);
  assert.deepEqual(faults, [null, null, null]);
  assert.deepEqual(schema, {
    id: { type: "integer", nullable: false },
    name: { type: "string", nullable: true },
    amount: { type: "decimal", nullable: false },
    tags: { type: "json", nullable: true },
  });
});

Deno.test("a new column is added, set aside, held, or asked about, as the contract says", () => {
  const row = (): Row[] => [{ id: 1, name: "a", extra: "x" }, { id: 2, name: "b", extra: null }];
  const cases: [string, (string | null)[], [string, string][]][] = [
    ["evolve", [null, null], [["column-added", "evolve"]]],
    ["quarantine", ["contract-columns@1", null], []],
    ["block", [null, null], [["column-added", "block"]]],
    ["freeze", [null, null], [["column-added", "freeze"]]],
  ];
  for (const [columns, faults, changes] of cases) {
    const found = through({ columns }, PIN, row());
    assert.deepEqual(
      [found.faults, found.changes.map(({ kind, mode }) => [kind, mode])],
      [faults, changes],
      columns,
    );
  }
});

Deno.test("a value that does not fit is set aside, widens, or holds the batch", () => {
  const rows = (): Row[] => [{ id: "x", name: "a" }, { id: 2, name: "b" }];
  assert.deepEqual(through({}, PIN, rows()).faults, ["contract-types@1", null]);
  const evolved = through({ types: "evolve" }, PIN, rows());
  assert.deepEqual([evolved.faults, evolved.schema.id?.type, evolved.changes[0]?.kind], [
    [null, null],
    "string",
    "type-changed",
  ]);
  const held = through({ types: "block" }, PIN, rows());
  assert.deepEqual([held.changes[0]?.mode, held.changes[0]?.breaking], ["block", true]);
  const widened = through({}, PIN, [{ id: 1.5, name: "a" }]);
  assert.deepEqual([widened.faults, widened.schema.id?.type, widened.changes[0]?.breaking], [
    [null],
    "decimal",
    false,
  ]);
});

Deno.test("a column whose every value changed its type, or that vanished, breaks readers and asks a human", () => {
  const flipped = through({}, PIN, [{ id: "x", name: "a" }, { id: "y", name: "b" }]);
  assert.ok(
    flipped.changes.some(({ kind, mode, breaking }) =>
      kind === "type-changed" && mode === "freeze" && breaking
    ),
  );
  const gone = through({}, PIN, [{ name: "a" }]);
  assert.deepEqual(gone.changes.map(({ kind, column, breaking }) => [kind, column, breaking]), [[
    "column-missing",
    "id",
    true,
  ]]);
  assert.deepEqual(through({}, PIN, []).changes, [], "nothing says nothing");
});

Deno.test("declared columns read texts as their types, and what must be there is", () => {
  const schema = { id: { type: "integer", nullable: false }, at: { type: "date" }, ok: { type: "boolean" } };
  const rows: Row[] = [{ id: "7", at: "2026-01-01", ok: "true" }, { id: null, at: null, ok: null }, {
    id: "8",
    at: "01/02/2026",
    ok: null,
  }];
  const { faults } = through({ schema }, null, rows);
  assert.deepEqual(faults, [null, "contract-nullable@1", "contract-types@1"]);
  assert.deepEqual(rows[0], { id: 7, at: "2026-01-01", ok: true });
});

Deno.test("a check that is taken up from its state ends like one that was never cut off", () => {
  const rows: Row[] = [{ id: 1, name: "a" }, { id: 2, name: null, more: 1 }, { id: 3, name: "c", more: 1.5 }];
  const whole = contractCheck(Contract.parse({}), PIN, null);
  structuredClone(rows).forEach((row) => whole.check(row));
  const first = contractCheck(Contract.parse({}), PIN, null);
  first.check(structuredClone(rows[0] ?? {}));
  first.check(structuredClone(rows[1] ?? {}));
  const second = contractCheck(
    Contract.parse({}),
    PIN,
    JSON.parse(JSON.stringify(first.state())) as ContractState,
  );
  second.check(structuredClone(rows[2] ?? {}));
  assert.deepEqual(second.end(), whole.end());
});
