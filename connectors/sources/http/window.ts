/** The window of a read, as it is sent, and as it ends a walk through rows that come newest first. */
import type { Json } from "../../../specs/mod.ts";
import type { Cursor, Row } from "../../../specs/foundry/mod.ts";
import { DataFailure } from "../../data/port.ts";
import type { HttpParams } from "./params.ts";
import { at, parsePath } from "./path.ts";

/** A bound as the API wants it; null when it is open. */
export function bound(value: Json, format: HttpParams["cursorFormat"]): string | null {
  if (value === null || value === undefined) return null;
  if (format === "as-is") return String(value);
  const ms = instant(value);
  if (ms === null) {
    throw new DataFailure(
      "invalid",
      `The window's bound ${JSON.stringify(value)} cannot be sent as ${format}: it is no date`,
      "Leave `cursorFormat` out, or give the cursor the type date or datetime.",
    );
  }
  switch (format) {
    case "iso":
      return new Date(ms).toISOString();
    case "date":
      return new Date(ms).toISOString().slice(0, 10);
    case "epoch":
      return String(Math.floor(ms / 1000));
    case "epoch-ms":
      return String(ms);
  }
}

/** Whether all rows of a page are older than the window, so that nothing newer follows where rows come newest first. */
export function isBefore(rows: readonly Row[], cursor: Cursor | null, from: Json): boolean {
  if (cursor === null || cursor.order !== "descending" || from === null || rows.length === 0) return false;
  const path = parsePath(cursor.path);
  if (path === null) return false;
  return rows.every((row) => {
    const value = at(row, path);
    if (value === undefined || value === null) return false;
    return older(value, from, cursor.type);
  });
}

function older(value: Json, from: Json, type: Cursor["type"]): boolean {
  switch (type) {
    case "integer":
    case "decimal":
      return Number(value) < Number(from);
    case "date":
    case "datetime": {
      const [one, other] = [instant(value), instant(from)];
      return one !== null && other !== null && one < other;
    }
    case "string":
      return typeof value === "string" && typeof from === "string" && value < from;
  }
}

/** Dates and date-times without a zone are UTC. */
function instant(value: Json): number | null {
  if (typeof value === "number") {
    return Number.isFinite(value) ? (Math.abs(value) < 1e11 ? value * 1000 : value) : null;
  }
  if (typeof value !== "string") return null;
  const zoned = /^\d{4}-\d\d-\d\d$|Z$|[+-]\d\d:?\d\d$/i.test(value) ? value : `${value.replace(" ", "T")}Z`;
  const ms = Date.parse(zoned);
  return Number.isNaN(ms) ? null : ms;
}
