/** Rows that are set aside, as they may be kept. */
import { createHash } from "node:crypto";
import type { BadRow } from "../../connectors/data/mod.ts";
import type { Json } from "../../specs/mod.ts";
import type { QuarantinedRow, Row } from "../../specs/foundry/mod.ts";
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

/** Rules of rows whose bytes say nothing; a row of the wrong width is one that was read. */
const UNDECODED: readonly string[] = ["encoding", "parse", "shape"];

export const isUndecodedRow = ({ rule }: BadRow): boolean => UNDECODED.includes(rule.replace(/@\d+$/, ""));

/** The rule of rows that a sink's other side refused: they are kept as they were to be written. */
export const REFUSED = "refused@1";

/** Whether a row that was set aside can be taken in again: what steps over the whole set have made is no row of the source. */
export const canReplay = (held: { rule: string; row: Json }, hasSetSteps: boolean): boolean =>
  isObject(held.row) && !(hasSetSteps && held.rule === REFUSED);

export function isObject(value: Json): value is { [name: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A row that was set aside, as the records keep it. */
export function quarantined(
  line: { stream: string; reason: string; rule: string; locator: string; row: Json; at: string },
  run: string,
): QuarantinedRow {
  const text = JSON.stringify([line.stream, line.locator, line.rule, line.row]);
  return { ...line, run, key: `sha256:${createHash("sha256").update(text).digest("hex")}` };
}
