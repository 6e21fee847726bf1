import { type Json } from "../../specs/mod.ts";
import { compareValues, type Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { StagedLoad } from "../data/sink_port.ts";
import type { CopyIn, Session } from "./postgres_session.ts";
import { copyField, type Physical, rowRefusal, wider, written } from "./postgres_values.ts";
import { tombstoneOf } from "./tombstone.ts";

/** The temporary table that takes a load's rows: their number, their origin, whether they are gone, may be there, or stay behind. */
export const STAGE = "pg_temp._forge_stage";

/** Characters of one message to the server. */
const CHUNK = 128 * 1024;

export interface Staged {
  /** Rows that the server counted. */
  readonly rows: number;
  /** Types of the load's columns, as wide as their values are. */
  readonly types: readonly Physical[];
}

/** Copies the rows of a load into a temporary table of the transaction. Memory holds one message at a time. */
export async function stageRows(
  session: Session,
  load: StagedLoad,
  initial: readonly Physical[],
  origins: ReadonlyMap<string, string>,
  abort: AbortSignal,
): Promise<Staged> {
  const names = Object.keys(load.columns);
  const types = [...initial];
  const columns = types.map((type, at) => `c${at} ${type}`);
  await session.run(
    `CREATE TEMP TABLE _forge_stage (n bigint, o bigint, g boolean, k boolean, s boolean DEFAULT false${
      columns.map((column) => `, ${column}`).join("")
    }) ON COMMIT DROP`,
  );
  const target = `${STAGE} (n, o, g, k${names.map((_, at) => `, c${at}`).join("")})`;
  const begin = () => session.copy(`COPY ${target} FROM STDIN`);
  const marks = marksOf(load, origins);
  const encoder = new TextEncoder();
  let copy: CopyIn = await begin();
  let text = "";
  let n = 0;
  const flush = async () => {
    if (text === "") return;
    const bytes = encoder.encode(text);
    text = "";
    await copy.write(bytes);
  };
  for await (const rows of load.rows()) {
    for (const row of rows) {
      n++;
      let line = lineOf(row, names, types);
      if (typeof line !== "string") {
        refuseRow(load, row, n);
        // A value that outgrows its column: what was staged until now is widened, and the copy goes on behind it.
        await flush();
        await copy.end();
        while (typeof line !== "string") {
          const { at, needs } = line;
          const type = wider(types[at] as Physical, needs);
          await session.run(
            `ALTER TABLE ${STAGE} ALTER COLUMN c${at} TYPE ${type} USING c${at}::text::${type}`,
          );
          types[at] = type;
          line = lineOf(row, names, types);
        }
        copy = await begin();
      }
      if (line.includes("\u0000")) refuseRow(load, row, n);
      text += `${n}\t${marks(row)}${line}\n`;
      if (text.length >= CHUNK) await flush();
    }
    if (abort.aborted) throw abort.reason;
  }
  await flush();
  await copy.end();
  const [counted] = await session.rows(`SELECT count(*)::text AS n FROM ${STAGE}`);
  await session.run(`ANALYZE ${STAGE}`);
  return { rows: Number(counted?.n ?? 0), types };
}

/** The fields of a row, or the first column whose type is too narrow. */
function lineOf(
  row: Row,
  names: readonly string[],
  types: readonly Physical[],
): string | { at: number; needs: Physical } {
  let line = "";
  for (let at = 0; at < names.length; at++) {
    const value = row[names[at] as string];
    if (value === null || value === undefined) {
      line += "\t\\N";
      continue;
    }
    const field = written(value, types[at] as Physical);
    if ("needs" in field) return { at, needs: field.needs };
    line += `\t${copyField(field.text)}`;
  }
  return line;
}

/** Origin, whether the row says that its record is gone, and whether the table may have it already. */
function marksOf(load: StagedLoad, origins: ReadonlyMap<string, string>): (row: Row) => string {
  const isGone = tombstoneOf(load);
  const overlap = load.overlap ?? null;
  const column = overlap !== null && Object.hasOwn(load.columns, overlap.column) ? overlap.column : null;
  const mayBeThere = (row: Row): boolean => {
    if (overlap === null) return false;
    // A cursor within a nested value, or one that transforms left out, is no column: any row may be meant.
    const value: Json = column === null ? null : row[column] ?? null;
    return value === null || overlap.from === null || compareValues(value, overlap.from) >= 0;
  };
  let segment = -1;
  let left = 0;
  return (row) => {
    while (left === 0 && segment + 1 < load.segments.length) left = load.segments[++segment]?.rows ?? 0;
    left--;
    const origin = load.segments[segment]?.origin;
    const id = origin === undefined ? undefined : origins.get(origin);
    return `${id ?? "\\N"}\t${isGone !== null && isGone(row) ? "t" : "f"}\t${mayBeThere(row) ? "t" : "f"}`;
  };
}

function refuseRow(load: StagedLoad, row: Row, n: number): void {
  const refusal = rowRefusal(row);
  if (refusal === null) return;
  throw new DataFailure(
    "contract",
    `Cannot write row ${n} of ${load.stream} to ${load.table}: ${refusal.reason}`,
    "Set such rows aside by a quality rule, or mend the text by a transform",
  );
}
