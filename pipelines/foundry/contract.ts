import { fitted, shown } from "../../policies/mod.ts";
import type { Json } from "../../specs/mod.ts";
import type { ColumnType, Contract, PinnedSchema, Row, SchemaChange } from "../../specs/foundry/mod.ts";
import { joined, TEXTUAL, typeOf } from "./column_types.ts";

/** Why a row is set aside. */
export interface Fault {
  rule: string;
  reason: string;
}

/** A column while a load goes by. */
interface Column {
  name: string;
  index: number;
  /** Null until the first value of an inferred column. */
  type: ColumnType | null;
  /** Agreed by the pipeline's author: texts are read as this type. */
  declared: boolean;
  /** Known before this load. */
  pinned: boolean;
  nullable: boolean;
  was: ColumnType | null;
  seen: number;
  misfits: number;
  /** Type of a value that did not fit. */
  other: ColumnType | null;
}

/** What of it a checkpoint keeps. */
export interface ContractState {
  rows: number;
  columns: Omit<Column, "index">[];
  changes: SchemaChange[];
}

/** What a column asks of a value that is text, so that a row of such values passes without a look at the row. */
export interface PlainColumn {
  readonly type: ColumnType;
  /** An empty value is a fault. */
  readonly required: boolean;
}

export interface ContractCheck {
  /** Fits the row to its columns, in place; a fault when it is to be set aside. */
  check(row: Row): Fault | null;
  /**
   * What rows of texts in these columns are held against as things stand; null where each has to be looked at. `steady`: rows that do
   * not fit change nothing of it for those behind them.
   */
  plain(names: readonly string[]): { columns: PlainColumn[]; steady: boolean } | null;
  /** Rows that were held against `plain` and passed, and how many of them have a value in each of its columns. */
  passed(names: readonly string[], rows: number, values: ArrayLike<number>): void;
  /** The columns after this load, in order, and what changed. */
  end(): { schema: PinnedSchema; changes: SchemaChange[] };
  state(): ContractState;
}

/**
 * The contract of a stream over one load: columns as declared or as pinned by earlier loads; what is new or different is handled by
 * the contract's modes. Without either the columns are inferred from what comes.
 */
export function contractCheck(
  contract: Contract,
  pin: PinnedSchema | null,
  resumed: ContractState | null,
): ContractCheck {
  const columns: Column[] = [];
  const byName = new Map<string, Column>();
  const changes = new Map<string, SchemaChange>();
  let rows = resumed?.rows ?? 0;
  const isFirst = pin === null;
  const add = (column: Omit<Column, "index">) => {
    const made = { ...column, index: columns.length };
    columns.push(made);
    byName.set(made.name, made);
    return made;
  };
  const fresh = { seen: 0, misfits: 0, other: null };
  if (resumed !== null) {
    resumed.columns.forEach(add);
    for (const change of resumed.changes) changes.set(`${change.kind} ${change.column ?? ""}`, change);
  } else {
    const declared = contract.schema ?? {};
    for (const [name, { type, nullable }] of Object.entries(declared)) {
      add({ ...fresh, name, type, nullable, declared: true, pinned: true, was: pin?.[name]?.type ?? null });
    }
    for (const [name, { type, nullable }] of Object.entries(pin ?? {})) {
      if (!byName.has(name)) {
        add({ ...fresh, name, type, nullable, declared: false, pinned: true, was: type });
      }
    }
  }
  const hasAgreement = columns.length > 0 || !isFirst;
  const required = columns.filter(({ declared, nullable }) => declared && !nullable);
  const note = (change: SchemaChange) => {
    const key = `${change.kind} ${change.column ?? ""}`;
    if (!changes.has(key)) changes.set(key, change);
  };

  const unknown = (name: string, value: Json | undefined): Column | Fault | null => {
    if (hasAgreement) {
      if (contract.columns === "quarantine") {
        if (value === null || value === undefined) return null;
        return { rule: "contract-columns@1", reason: `the column ${name} is not agreed: ${shown(value)}` };
      }
      // On the first load everything is new; only what a mode holds up is worth a word.
      if (!isFirst || contract.columns !== "evolve") {
        note({ kind: "column-added", column: name, breaking: false, mode: contract.columns });
      }
    }
    return add({ ...fresh, name, type: null, nullable: true, declared: false, pinned: false, was: null });
  };

  /** A value that is not plainly of its column's type. */
  const odd = (column: Column, value: Json, row: Row): Fault | null => {
    const { type, name } = column;
    if (type === null) {
      column.type = typeOf(value);
      column.seen++;
      return null;
    }
    if (column.declared) {
      const fit = fitted(type, value);
      if (fit !== undefined) {
        row[name] = fit;
        column.seen++;
        return null;
      }
    } else {
      const wider = joined(type, value);
      if (wider === type) {
        column.seen++;
        return null;
      }
      // What comes first decides nothing yet; a whole number is a decimal that was not seen whole.
      if (
        !column.pinned ||
        (type === "integer" && wider === "decimal" && contract.types !== "block" &&
          contract.types !== "freeze")
      ) {
        if (column.pinned) {
          note({
            kind: "type-widened",
            column: name,
            before: type,
            after: wider,
            breaking: false,
            mode: "evolve",
          });
        }
        column.type = wider;
        column.seen++;
        return null;
      }
    }
    column.misfits++;
    const found = typeOf(value);
    column.other = found;
    switch (contract.types) {
      case "quarantine":
        return { rule: "contract-types@1", reason: `${name} is no ${type}: ${shown(value)}` };
      case "evolve":
        note({
          kind: "type-changed",
          column: name,
          before: type,
          after: found,
          breaking: false,
          mode: "evolve",
        });
        column.type = joined(type, value);
        column.declared = false;
        column.seen++;
        return null;
      case "block":
      case "freeze":
        note({
          kind: "type-changed",
          column: name,
          before: type,
          after: found,
          breaking: true,
          mode: contract.types,
        });
        column.type = joined(type, value);
        column.seen++;
        return null;
    }
  };

  return {
    check(row) {
      rows++;
      let at = 0;
      for (const name in row) {
        const value = row[name];
        let column = columns[at];
        if (column === undefined || column.name !== name) {
          const known = byName.get(name) ?? unknown(name, value);
          if (known === null) {
            delete row[name];
            continue;
          }
          if ("rule" in known) return known;
          column = known;
          at = column.index;
        }
        at++;
        if (value === null || value === undefined) continue;
        switch (column.type) {
          case "string":
            if (typeof value === "string") {
              column.seen++;
              continue;
            }
            break;
          case "integer":
            if (typeof value === "number" && Number.isInteger(value)) {
              column.seen++;
              continue;
            }
            break;
          case "decimal":
            if (typeof value === "number") {
              column.seen++;
              continue;
            }
            break;
          case "boolean":
            if (typeof value === "boolean") {
              column.seen++;
              continue;
            }
            break;
          default:
        }
        const fault = odd(column, value, row);
        if (fault !== null) return fault;
      }
      for (const { name } of required) {
        const value = row[name];
        if (value === null || value === undefined || value === "") {
          if (contract.types === "block" || contract.types === "freeze") {
            note({ kind: "became-nullable", column: name, breaking: true, mode: contract.types });
          } else if (contract.types === "evolve") {
            note({ kind: "became-nullable", column: name, breaking: false, mode: "evolve" });
          } else return { rule: "contract-nullable@1", reason: `${name} is missing` };
        }
      }
      return null;
    },
    plain(names) {
      const plain: PlainColumn[] = [];
      for (const name of names) {
        const column = byName.get(name);
        if (column === undefined || column.type === null) return null;
        if (!column.declared && !TEXTUAL.has(column.type)) return null;
        plain.push({ type: column.type, required: required.includes(column) });
      }
      if (!required.every(({ name }) => names.includes(name))) return null;
      const steady = contract.types === "quarantine" ||
        plain.every(({ type }) => type === "string" || type === "json");
      return { columns: plain, steady };
    },
    passed(names, passed, values) {
      rows += passed;
      names.forEach((name, at) => {
        const column = byName.get(name);
        if (column === undefined) throw new Error(`Cannot count values of ${name}: it is no column`);
        column.seen += values[at] ?? 0;
      });
    },
    end() {
      const schema: PinnedSchema = {};
      if (isFirst) {
        note({
          kind: "table-added",
          breaking: false,
          mode: contract.table === "quarantine" ? "block" : contract.table,
        });
      }
      for (const column of columns) {
        const { name, declared, pinned, seen, misfits } = column;
        if (pinned && !declared && rows > 0) {
          if (!column.nullable && seen === 0 && misfits === 0) {
            const mode = contract.columns === "block" ? "block" : "freeze";
            note({
              kind: "column-missing",
              column: name,
              before: column.type ?? "string",
              breaking: true,
              mode,
            });
            // Once somebody approves, the column is one that may be missing.
            column.nullable = true;
          } else if (!column.nullable && seen + misfits < rows) {
            note({ kind: "became-nullable", column: name, breaking: false, mode: "evolve" });
            column.nullable = true;
          }
        }
        // Every value of a column has another type now: the source has changed, not a row.
        const after = column.other === null ? {} : { after: column.other };
        if (pinned && column.was !== null && contract.types === "quarantine" && misfits > 1 && seen === 0) {
          note({
            kind: "type-changed",
            column: name,
            before: column.was,
            ...after,
            breaking: true,
            mode: "freeze",
          });
          if (!declared && column.other !== null) column.type = column.other === "json" ? "json" : "string";
        }
        const nullable = declared || pinned ? column.nullable : seen < rows;
        schema[name] = { type: column.type ?? "string", nullable };
      }
      return { schema, changes: [...changes.values()] };
    },
    state: () => ({
      rows,
      columns: columns.map(({ index: _, ...column }) => column),
      changes: [...changes.values()],
    }),
  };
}
