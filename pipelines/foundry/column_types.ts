/** Types of values, and of columns that hold several. */
import { fitted } from "../../policies/mod.ts";
import type { Json } from "../../specs/mod.ts";
import type { ColumnType } from "../../specs/foundry/mod.ts";

/** Types of which a text is, or may be, a value as it stands. */
export const TEXTUAL: ReadonlySet<ColumnType> = new Set(["string", "json", "date", "datetime"]);

/** The type of a value as it comes. */
export function typeOf(value: Json): ColumnType {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "number":
      return Number.isInteger(value) ? "integer" : "decimal";
    default:
      return "json";
  }
}

/** The type that holds both. Long numbers come as text and are still numbers in a column of numbers. */
export function joined(type: ColumnType, value: Json): ColumnType {
  const found = typeOf(value);
  if (found === type) return type;
  if (
    found === "string" && (type === "integer" || type === "decimal") && fitted(type, value) !== undefined &&
    isLong(value)
  ) return type;
  if (found === "string" && (type === "date" || type === "datetime") && fitted(type, value) !== undefined) {
    return type;
  }
  if (type === "decimal" && found === "integer") return type;
  if (type === "integer" && found === "decimal") return "decimal";
  return type === "json" || found === "json" ? "json" : "string";
}

/** Text of a number that a double would change, which is how such numbers arrive. */
function isLong(value: Json): boolean {
  return typeof value === "string" && typeof fitted("decimal", value) === "string";
}
