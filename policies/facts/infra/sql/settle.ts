import { keyOf } from "./cursor.ts";
import { effect, hazard, type SqlReading } from "./reading.ts";
import type { Tables } from "./schema.ts";

/** `DROP TABLE IF EXISTS t` right before `CREATE TABLE t`, of a table that nothing at base declares: a script that can be run twice. */
export function settleFirstMade(reading: SqlReading, before: Tables): void {
  for (
    const gone of reading.effects.filter((one) =>
      one.action === "delete" && one.kind === "table" && one.line !== undefined
    )
  ) {
    const key = keyOf(gone.name);
    const made = reading.effects.some((one) =>
      one.action === "create" && one.kind === "table" && one.path === gone.path && keyOf(one.name) === key &&
      (one.line ?? 0) > (gone.line ?? 0)
    );
    if (!made || before.has(key) || !reading.guarded.has(`${gone.path}\n${key}`)) continue;
    reading.effects = reading.effects.filter((one) => one !== gone);
    for (const one of reading.hazards) {
      if (one.kind === "drop-table" && one.path === gone.path && keyOf(one.name) === key) one.certain = false;
    }
  }
}

/** SQLite changes a table by copying it: new one, all rows, the old one dropped, the new one takes its name. */
export function settleRebuilds(reading: SqlReading, before: Tables): void {
  for (const rename of reading.effects.filter((one) => one.kind === "fresh-table")) {
    const [from, to] = [keyOf(rename.name), keyOf(rename.to ?? "")];
    const created = reading.effects.find((one) =>
      one.action === "create" && one.kind === "table" && keyOf(one.name) === from
    );
    const dropped = reading.effects.find((one) =>
      one.path === rename.path && one.action === "delete" && one.kind === "table" && keyOf(one.name) === to
    );
    if (!dropped || !reading.copies.has(`${from}<-${to}`)) {
      if (created) created.name = rename.to ?? created.name;
      continue;
    }
    dropped.action = "update";
    reading.effects = reading.effects.filter((one) => one !== created);
    reading.hazards = reading.hazards.filter((one) =>
      !(one.kind === "drop-table" && one.path === rename.path && keyOf(one.name) === to)
    );
    const now = reading.tables.get(to);
    for (const column of before.get(to)?.keys() ?? []) {
      if (now?.has(column) !== false) continue;
      const name = `${dropped.name}.${column}`;
      reading.path = rename.path;
      reading.line = rename.line ?? 1;
      effect(reading, "delete", "column", name);
      hazard(reading, "drop-column", name, `the table is made anew without the column ${name}`);
    }
  }
}

/** A table that one file no longer declares and another one does has moved. */
export function settleMoves(reading: SqlReading): void {
  for (
    const gone of reading.effects.filter((one) =>
      one.action === "delete" && one.line === undefined && one.kind === "table"
    )
  ) {
    const come = reading.effects.find((one) =>
      one.action === "create" && one.kind === "table" && one.path !== gone.path &&
      keyOf(one.name) === keyOf(gone.name)
    );
    if (!come) continue;
    reading.effects = reading.effects.filter((one) => one !== gone && one !== come);
    reading.hazards = reading.hazards.filter((one) =>
      !(one.kind === "drop-table" && one.path === gone.path && keyOf(one.name) === keyOf(gone.name))
    );
  }
}
