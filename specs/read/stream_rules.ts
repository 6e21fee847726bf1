/** Streams whose parts contradict each other: keys, cursors and personal data that cannot do what they are declared for. */
import type { Stream } from "../foundry/pipeline.ts";
import type { SpecFault } from "./check.ts";
import { nearest, type Path } from "./wording.ts";

export function streamFaults(stream: Stream, at: Path): SpecFault[] {
  return [
    ...keyFaults(stream, at),
    ...cursorFaults(stream, at),
    ...deadSteps(stream, at),
    ...misspeltPersonal(stream, at),
  ];
}

/** Steps that leave every column under its name. */
const KEEPS_COLUMNS: ReadonlySet<string> = new Set(["filter", "derive", "cast", "join"]);

/** A key that names a column twice, or whose values are gone or alike once personal data was treated. */
function keyFaults({ primaryKey = [], pii, transforms }: Stream, at: Path): SpecFault[] {
  return primaryKey.flatMap((column, index): SpecFault[] => {
    const path = [...at, "primaryKey", index];
    if (primaryKey.indexOf(column) !== index) {
      return [{
        code: "spec.key",
        message: "The key names the column twice.",
        path,
        value: column,
        remedy: "name each column once; another one may be meant",
      }];
    }
    const treated = Object.entries(pii).find(([name]) => name.toLowerCase() === column.toLowerCase())?.[1];
    const isMadeAnew = transforms.some((step) => !KEEPS_COLUMNS.has(step.op) || makes(step, column));
    if (treated === undefined || treated === "hash" || isMadeAnew) return [];
    return [{
      code: "spec.key",
      message: treated === "drop"
        ? "The key's column is dropped as personal data: every row would be set aside without its key."
        : "The key's column is masked as personal data: all rows would have the same key, and one would be left.",
      path,
      value: column,
      remedy: `write pii: { ${column}: hash }, which keeps keys apart`,
    }];
  });
}

const makes = (step: Stream["transforms"][number], column: string): boolean =>
  (step.op === "derive" && step.column === column) || (step.op === "join" && step.columns.includes(column));

/** Types whose values can be ordered as each type of cursor orders them. */
const ORDERED: Readonly<Record<NonNullable<Stream["cursor"]>["type"], readonly string[]>> = {
  date: ["date", "datetime", "string", "integer", "decimal"],
  datetime: ["date", "datetime", "string", "integer", "decimal"],
  integer: ["integer", "decimal", "string"],
  decimal: ["integer", "decimal", "string"],
  string: ["string", "date", "datetime"],
};

/** A cursor whose values have no order, or not the one that it is read in. */
function cursorFaults({ cursor, pii, contract, transforms, write }: Stream, at: Path): SpecFault[] {
  if (cursor === undefined) return [];
  const faults: SpecFault[] = [];
  const treated = Object.keys(pii).find((name) =>
    name.toLowerCase() === cursor.path.toLowerCase() ||
    cursor.path.toLowerCase().startsWith(`${name.toLowerCase()}.`)
  );
  if (treated !== undefined) {
    faults.push({
      code: "spec.cursor",
      message:
        "The cursor's column is treated as personal data before it is read: what is left has no order.",
      path: [...at, "cursor", "path"],
      value: cursor.path,
      remedy: "use another column, or take this one out of pii and drop it in transforms",
    });
  }
  const declared = contract.schema?.[cursor.path]?.type;
  const isAsRead = transforms.every(({ op }) => op === "filter");
  if (declared !== undefined && isAsRead && !ORDERED[cursor.type].includes(declared)) {
    faults.push({
      code: "spec.cursor",
      message: `The cursor is read as ${cursor.type}, and the agreed column is ${declared}: ${
        declared === "integer" || declared === "decimal"
          ? "as text, 10 comes before 9"
          : "its values have no such order"
      }.`,
      path: [...at, "cursor", "type"],
      value: cursor.type,
      remedy: declared === "integer" || declared === "decimal"
        ? `write type: ${declared}`
        : "use a column that only grows, such as an update time",
    });
  }
  // A merge puts a row that is read again in its place; an append has nothing but the order to tell old rows from new ones.
  if (cursor.type === "string" && cursor.order === "none" && write.disposition === "append") {
    faults.push({
      code: "spec.cursor",
      message:
        "Texts have no order of their own, and this append tells new rows from old ones by the order of its cursor.",
      path: [...at, "cursor", "order"],
      remedy:
        "write order: ascending (or descending) if the source gives its texts in their order; else another type, or a merge by a primaryKey",
    });
  }
  return faults;
}

/** A filter that nothing passes: what comes behind it is never reached. */
function deadSteps({ transforms }: Stream, at: Path): SpecFault[] {
  return transforms.flatMap((step, index): SpecFault[] =>
    step.op === "filter" && /^\(*\s*false\s*\)*$/.test(step.expression.trim())
      ? [{
        code: "spec.unreachable",
        message: "No row passes this filter: what comes after it, and the table, is never reached.",
        path: [...at, "transforms", index, "expression"],
        value: step.expression,
        remedy: "write a condition over columns, such as amount > 0, or take the stream out",
      }]
      : []
  );
}

/**
 * Columns with personal data that the agreed columns do not have. Where new columns may come, only one whose name is nearly that of
 * an agreed column is surely misspelt.
 */
function misspeltPersonal({ pii, contract, transforms }: Stream, at: Path): SpecFault[] {
  const agreed = Object.keys(contract.schema ?? {});
  if (agreed.length === 0 || !transforms.every(({ op }) => KEEPS_COLUMNS.has(op))) return [];
  const folded = new Set(agreed.map((name) => name.toLowerCase()));
  const free = agreed.filter((name) =>
    !Object.keys(pii).some((one) => one.toLowerCase() === name.toLowerCase())
  );
  return Object.entries(pii).flatMap(([column, treatment]): SpecFault[] => {
    const [root = column] = column.split(".");
    if (folded.has(column.toLowerCase()) || folded.has(root.toLowerCase())) return [];
    const near = nearest(root, free);
    const isClosed = contract.columns !== "evolve" && treatment !== "drop";
    const isSlip = near !== undefined && Math.abs(near.length - root.length) <= 1 &&
      near.replaceAll(/[0-9]/g, "") !== root.replaceAll(/[0-9]/g, "");
    if (!isClosed && !isSlip) return [];
    return [{
      code: "spec.personal",
      message:
        "The agreed columns (contract.schema) have no such column: what it was meant for would be stored as it comes.",
      path: [...at, "pii", column],
      value: column,
      remedy: near === undefined
        ? `use columns of the schema: ${agreed.join(", ")}`
        : `did you mean ${near}?`,
    }];
  });
}
