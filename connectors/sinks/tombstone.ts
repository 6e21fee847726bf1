import type { Row } from "../../specs/foundry/mod.ts";
import type { StagedLoad } from "../data/sink_port.ts";

/** Whether a row says that its record is gone. */
export function tombstoneOf(load: StagedLoad): ((row: Row) => boolean) | null {
  const { deletes } = load.write;
  if (deletes === undefined || deletes === "census") return null;
  const { column, equals } = deletes;
  if (equals !== undefined) {
    const wanted = JSON.stringify(equals);
    return (row) =>
      JSON.stringify(row[column] ?? null) === wanted || String(row[column] ?? "") === String(equals);
  }
  return (row) => {
    const value = row[column];
    return value !== undefined && value !== null && value !== false && value !== "" && value !== 0 &&
      value !== "false";
  };
}
