/** Rows that are set aside, as they may be kept. */
import type { BadRow } from "../../connectors/mod.ts";
import { digestOf, type Json, type QuarantinedRow, type Row } from "../../specs/mod.ts";
import type { Fault } from "./contract.ts";

export function badFault(bad: BadRow, personal: boolean): Fault {
  const rule = bad.rule.includes("@") ? bad.rule : `${bad.rule}@1`;
  // The source's reason may quote the row.
  return { rule, reason: personal ? `the source could not read the row (${bad.rule})` : bad.reason };
}

export function badRow(bad: BadRow, treat: ((row: Row) => void) | null): Json {
  if (treat === null) return bad.row;
  if (!isObject(bad.row)) {
    return "withheld: the stream has personal data, and this row has no columns to treat";
  }
  const row = { ...bad.row };
  treat(row);
  return row;
}

export function isObject(value: Json): value is { [name: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A row that was set aside, as the records keep it. */
export async function quarantined(
  line: { stream: string; reason: string; rule: string; locator: string; row: Json; at: string },
  run: string,
): Promise<QuarantinedRow> {
  const key = await digestOf(JSON.stringify([line.stream, line.locator, line.rule, line.row]));
  return { ...line, run, key };
}
