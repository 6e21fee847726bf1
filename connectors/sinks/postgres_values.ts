import type { Json } from "../../specs/mod.ts";
import type { ColumnType, PinnedSchema } from "../../specs/foundry/mod.ts";

/**
 * How a column lies in the table. Dates, times and nested values are text as they came: their zones and digits are part of what was
 * said. A column whose values outgrow its type is widened: bigint to numeric, anything to text.
 */
export type Physical = "bigint" | "numeric" | "boolean" | "text";

export const isPhysical = (type: string): type is Physical =>
  type === "bigint" || type === "numeric" || type === "boolean" || type === "text";

export function physicalOf(type: ColumnType): Physical {
  switch (type) {
    case "integer":
      return "bigint";
    case "decimal":
      return "numeric";
    case "boolean":
      return "boolean";
    case "string":
    case "date":
    case "datetime":
    case "json":
      return "text";
  }
}

/** The narrowest type that holds the values of both. */
export function wider(a: Physical, b: Physical): Physical {
  if (a === b) return a;
  return (a === "bigint" || a === "numeric") && (b === "bigint" || b === "numeric") ? "numeric" : "text";
}

const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;
/** Of a numeric: PostgreSQL keeps 131,072 digits before the point and 16,383 behind it. */
const MOST_DIGITS = 5_000;
const LEAST = -(2n ** 63n);
const GREATEST = 2n ** 63n - 1n;

/** A value as PostgreSQL reads it in a column of this type, or the type that it needs. Never through a double. */
export function written(value: Json, physical: Physical): { text: string } | { needs: Physical } {
  switch (physical) {
    case "bigint": {
      if (typeof value === "number") {
        if (Number.isSafeInteger(value)) return { text: String(value) };
      } else if (typeof value === "string" && INTEGER.test(value)) {
        if (value.length <= 18 || isLong(value)) return { text: value };
      }
      return { needs: isNumeric(value) ? "numeric" : "text" };
    }
    case "numeric":
      return isNumeric(value) ? { text: String(value) } : { needs: "text" };
    case "boolean":
      return typeof value === "boolean" ? { text: value ? "t" : "f" } : { needs: "text" };
    case "text":
      return { text: typeof value === "string" ? value : textOf(value) };
  }
}

function isLong(digits: string): boolean {
  if (digits.length > 40) return false;
  const value = BigInt(digits.replace(/^\+/, ""));
  return value >= LEAST && value <= GREATEST;
}

function isNumeric(value: Json): boolean {
  if (typeof value === "number") return true;
  return typeof value === "string" && value.length <= MOST_DIGITS && DECIMAL.test(value);
}

function textOf(value: Json): string {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : JSON.stringify(value);
}

/** Turns the text of a column back into the value that was written. Columns of no known type stay text. */
export function readerOf(type: ColumnType | undefined): (text: string | null) => Json {
  switch (type) {
    case "integer":
      return (text) => text !== null && isShortInteger(text) ? Number(text) : text;
    case "decimal":
      return (text) => {
        if (text === null) return null;
        const value = Number(text);
        return Number.isFinite(value) && text !== "" && plain(value) === text ? value : text;
      };
    case "boolean":
      return (text) => text === "true" ? true : text === "false" ? false : text;
    case "json":
      return (text) => text === null ? null : parsed(text);
    default:
      return (text) => text;
  }
}

const isShortInteger = (text: string): boolean =>
  /^(?:0|-?[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(Number(text));

/** A double in digits alone, as numeric shows it. */
function plain(value: number): string {
  const text = String(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
  const digits = whole + fraction;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // A plain text in a column of nested values was written as it is.
    return text;
  }
}

/** A field of `COPY` in its text form. */
export const copyField = (text: string): string =>
  /[\\\n\r\t]/.test(text)
    ? text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t")
    : text;

/** Identifiers are data here: quoted, with their quotes doubled. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text within a statement, whatever the server takes a backslash for. */
export const literal = (text: string): string =>
  text.includes("\\")
    ? ` E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`;

/** Why PostgreSQL cannot take a row: it has no place for the character U+0000 in a text. Null when it can. */
export function rowRefusal(row: Readonly<Record<string, Json>>): { column: string; reason: string } | null {
  for (const column in row) {
    const value = row[column];
    // Within nested values JSON writes it as an escape.
    if (typeof value === "string" && value.includes("\u0000")) {
      return {
        column,
        reason: `${column} holds the character U+0000 at ${
          value.indexOf("\u0000")
        }, which PostgreSQL cannot keep`,
      };
    }
  }
  return null;
}

export const NAME_BYTES = 63;
const SYSTEM_COLUMNS: ReadonlySet<string> = new Set(["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]);
const encoder = new TextEncoder();

/** Why a table with these columns cannot be: PostgreSQL would cut a long name without a word. */
export function nameRefusal(table: string, columns: PinnedSchema): { reason: string; remedy: string } | null {
  if (/^_forge_/i.test(table)) {
    return { reason: `the table name ${table} is reserved`, remedy: "Choose another name in write.table" };
  }
  if (encoder.encode(table).length > NAME_BYTES || table.includes("\u0000") || table === "") {
    return {
      reason: `the table name ${
        table.slice(0, 80)
      } is empty, longer than ${NAME_BYTES} bytes, or holds U+0000`,
      remedy: "Choose another name in write.table",
    };
  }
  for (const name of Object.keys(columns)) {
    const bytes = encoder.encode(name).length;
    const reason = bytes > NAME_BYTES
      ? `the column name ${name.slice(0, 80)} has ${bytes} bytes, and PostgreSQL keeps ${NAME_BYTES}`
      : name === ""
      ? "a column has no name"
      : name.includes("\u0000")
      ? `the column name ${JSON.stringify(name)} holds the character U+0000`
      : name.toLowerCase().startsWith("_forge_") || SYSTEM_COLUMNS.has(name)
      ? `the column name ${name} is reserved`
      : null;
    if (reason !== null) {
      return { reason, remedy: "Rename it: transforms: [{ op: rename, columns: ... }]" };
    }
  }
  return null;
}
