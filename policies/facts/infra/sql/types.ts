import type { SqlToken } from "./lexer.ts";

interface SqlType {
  family:
    | "integer"
    | "decimal"
    | "float"
    | "text"
    | "binary"
    | "date"
    | "timestamp"
    | "time"
    | "boolean"
    | "other";
  /** More holds more; Infinity has no limit. */
  size: number;
  scale: number;
  name: string;
}

const INTEGERS: Readonly<Record<string, number>> = {
  tinyint: 1,
  smallint: 2,
  int2: 2,
  smallserial: 2,
  mediumint: 3,
  int: 4,
  integer: 4,
  int4: 4,
  serial: 4,
  bigint: 8,
  int8: 8,
  bigserial: 8,
};
const TEXTS: Readonly<Record<string, number>> = {
  text: Infinity,
  citext: Infinity,
  clob: Infinity,
  ntext: Infinity,
  string: Infinity,
  longtext: 4e9,
  mediumtext: 16_777_215,
  tinytext: 255,
};

/** Words after which a column's type has ended. */
const ENDS = new Set([
  ...[
    "not",
    "null",
    "default",
    "primary",
    "unique",
    "references",
    "check",
    "constraint",
    "collate",
    "generated",
  ],
  ...["as", "auto_increment", "autoincrement", "comment", "identity", "using", "on", "first", "after", "key"],
  ...["storage", "compression", "invisible", "virtual", "stored"],
]);

/** The tokens of the type at the beginning of a column's definition. */
export function typeTokens(tokens: readonly SqlToken[]): SqlToken[] {
  const depth = tokens[0]?.depth ?? 0;
  const end = tokens.findIndex((token, at) =>
    at > 0 && token.depth === depth &&
    (ENDS.has(token.word) || (token.word === "character" && tokens[at + 1]?.word === "set"))
  );
  return end < 0 ? [...tokens] : tokens.slice(0, end);
}

export const typeText = (tokens: readonly SqlToken[]): string =>
  typeTokens(tokens).map((token) => token.word || token.text).join(" ").replace(/ ?([(),]) ?/g, "$1").slice(
    0,
    100,
  );

function readType(text: string): SqlType {
  const name = text.trim().toLowerCase();
  const head = /^[a-z_0-9]+(?: varying| precision)?/.exec(name)?.[0] ?? "";
  const numbers = /\(([^)]*)\)/.exec(name)?.[1]?.split(",").map((part) =>
    part.trim() === "max" ? Infinity : Number(part)
  );
  const first = numbers?.[0] ?? NaN;
  const of = (family: SqlType["family"], size: number, scale = 0): SqlType => ({ family, size, scale, name });
  if (name.includes("[") || name.includes("unsigned")) return of("other", 0);
  const integer = INTEGERS[head];
  if (integer !== undefined) return of(head === "tinyint" && first === 1 ? "boolean" : "integer", integer);
  if (head === "bool" || head === "boolean" || head === "bit") return of("boolean", 1);
  const text8 = TEXTS[head];
  if (text8 !== undefined) return of("text", text8);
  if (/^(?:n?varchar2?|character varying|n?char|character|bpchar)$/.test(head)) {
    const open = /var|varying/.test(head);
    return of("text", Number.isNaN(first) ? (open ? Infinity : 1) : first);
  }
  if (/^(?:decimal|numeric|number|dec)$/.test(head)) {
    return of(
      "decimal",
      Number.isNaN(first) ? Infinity : first,
      Number.isNaN(first) ? Infinity : numbers?.[1] ?? 0,
    );
  }
  if (/^(?:real|float4)$/.test(head)) return of("float", 4);
  if (/^(?:double precision|double|float8|float)$/.test(head)) return of("float", 8);
  if (/^(?:bytea|blob|longblob|varbinary|image)$/.test(head)) {
    return of("binary", Number.isNaN(first) ? Infinity : first);
  }
  if (head === "date") return of("date", 1);
  if (/^(?:timestamp|timestamptz|datetime|datetime2|datetimeoffset)$/.test(head)) return of("timestamp", 1);
  if (/^(?:time|timetz)$/.test(head)) return of("time", 1);
  return of("other", 0);
}

/** The values that MySQL's ENUM and SET name. */
function listed(type: string): string[] | null {
  const inside = /^(?:enum|set)\((.*)\)/.exec(type)?.[1];
  return inside === undefined ? null : inside.split(",").map((one) => one.trim());
}

/** Whether every value of the one type fits the other. */
export function typeChange(before: string | null, after: string): "same" | "wider" | "narrower" | "unknown" {
  const to = readType(after);
  // Whatever was there can be told as text without a limit.
  if (before === null) return to.family === "text" && to.size === Infinity ? "wider" : "unknown";
  const from = readType(before);
  if (from.name === to.name) return "same";
  const [few, many] = [listed(from.name), listed(to.name)];
  if (few !== null && many !== null) return few.every((one) => many.includes(one)) ? "wider" : "narrower";
  if (from.family === to.family && from.family !== "other") {
    if (from.family === "decimal") {
      const whole = (type: SqlType) => type.size === Infinity ? Infinity : type.size - type.scale;
      return whole(to) >= whole(from) && to.scale >= from.scale ? "wider" : "narrower";
    }
    return to.size === from.size ? "same" : to.size > from.size ? "wider" : "narrower";
  }
  if (to.family === "text") {
    return to.size === Infinity ? "wider" : from.family === "other" ? "unknown" : "narrower";
  }
  if (from.family === "integer" && to.family === "decimal") {
    const digits = [0, 3, 5, 8, 10, 0, 0, 0, 19][from.size] ?? 19;
    return to.size === Infinity || to.size - to.scale >= digits ? "wider" : "narrower";
  }
  if (from.family === "boolean" && to.family === "integer") return "wider";
  if (from.family === "date" && to.family === "timestamp") return "wider";
  return from.family === "other" || to.family === "other" ? "unknown" : "narrower";
}
