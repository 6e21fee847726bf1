import assert from "node:assert/strict";
import { Operation } from "../operation.ts";
import { Spec } from "../spec.ts";
import { specTable } from "./field_table.ts";

Deno.test("every field of a spec has its row with type, default and a meaning", () => {
  const rows = specTable().split("\n").filter((line) => line.startsWith("| `"));
  for (const name of Object.keys(Spec.shape)) {
    const row = rows.find((line) => line.startsWith(`| \`${name}\` |`));
    assert.ok(row !== undefined, name);
    const [, , type, fallback, meaning] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
    assert.ok(type !== "" && fallback !== "" && meaning !== "", row);
  }
  assert.ok(
    rows.includes(
      "| `verify.timeoutSeconds` | whole number (1 to 7200) | `600` | seconds after which a command is ended and counts as failed |",
    ),
  );
  assert.ok(rows.some((row) => row.startsWith("| `acceptance[].check.files` |")));
});

Deno.test("every operation has a section with its sentence", () => {
  const table = specTable();
  for (const option of Operation.options) {
    const name = [...option.shape.op.values][0];
    assert.match(table, new RegExp(`### \`${name}\`\n\n[A-Z][^\n]+\\.\n`));
  }
});
