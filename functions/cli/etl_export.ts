import { isAbsolute } from "node:path";
import type { Sink } from "../../connectors/data/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import { type Answer, type Handler, usage } from "./command.ts";
import { pathOf } from "./data_dir.ts";
import { foundryOf, withTable } from "./etl_data.ts";
import { notFound, withService } from "./session.ts";

const FORMATS = ["jsonl", "csv", "parquet"];
const ROW_GROUP = 50_000;

/** `forge etl export TABLE --format jsonl|csv|parquet` */
export const exportTable: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service): Promise<Answer> => {
    const { operands: [table = ""], options, io } = invocation;
    const format = String(options.format ?? "jsonl");
    if (!FORMATS.includes(format)) {
      throw usage(`There is no export as '${format}'`, `One of: ${FORMATS.join(", ")}`, { value: format });
    }
    const ports = foundryOf(service);
    const known = (await ports.records.tables.list()).filter((one) =>
      one.table === table && (options.pipeline === undefined || one.pipeline === options.pipeline)
    );
    const places = new Set(known.map(({ environment, sink, folder }) => `${environment} ${sink} ${folder}`));
    const [first] = known;
    if (first === undefined) throw notFound("table", table, "See: forge etl list");
    if (places.size > 1) {
      throw usage(
        `Several pipelines have a table ${table}`,
        `Give --pipeline, one of: ${known.map(({ pipeline }) => pipeline).join(", ")}`,
      );
    }
    const out = typeof options.out === "string" ? pathOf(io, options.out) : null;
    if (out !== null && !isAbsolute(out)) throw new Error(`Cannot write to ${out}`);
    if (format === "parquet") {
      if (out === null) throw usage("Parquet is no text for a terminal", "Name a file: --out FILE");
      const rows = await withTable(ports, first, (sink) => writeParquet(sink, table, out));
      return {
        exit: 0,
        document: { table, format, rows, path: out },
        text: `${rows} rows of ${table} in ${out}`,
      };
    }
    let rows = 0;
    const file = out === null
      ? null
      : await Deno.open(`${out}.part`, { write: true, create: true, truncate: true });
    const write = async (text: string) => {
      if (file === null) return io.out(text);
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    };
    try {
      await withTable(ports, first, async (sink) => {
        const schema = await sink.schema(table);
        const columns = Object.keys(schema ?? {});
        if (format === "csv") await write(`${columns.map(cell).join(",")}\r\n`);
        for await (const batch of sink.read(table)) {
          rows += batch.length;
          await write(
            batch.map((row) => format === "csv" ? `${line(row, columns)}\r\n` : `${JSON.stringify(row)}\n`)
              .join(""),
          );
        }
      });
      if (file !== null && out !== null) {
        await file.sync();
        await Deno.rename(`${out}.part`, out);
      }
    } catch (error) {
      if (out !== null) await Deno.remove(`${out}.part`).catch(() => {});
      throw error;
    } finally {
      file?.close();
    }
    // Rows on stdout are the answer; a document would be among them.
    if (out === null) return { exit: 0, document: undefined, text: "" };
    return {
      exit: 0,
      document: { table, format, rows, path: out },
      text: `${rows} rows of ${table} in ${out}`,
    };
  });

/** One Parquet file, typed as the table is. */
async function writeParquet(sink: Sink, table: string, out: string): Promise<number> {
  const { parquetFormat } = await import("../../connectors/data/mod.ts");
  const writer = await parquetFormat(ROW_GROUP).writer(`${out}.part`, await sink.schema(table) ?? {});
  try {
    for await (const batch of sink.read(table)) {
      if (await writer.add(batch)) continue;
      throw usage(
        `Cannot write ${table} as one Parquet file: a column's values are not of one type`,
        "Export it as jsonl, or declare the column's type in the pipeline's contract",
      );
    }
    const { rows } = await writer.end();
    await Deno.rename(`${out}.part`, out);
    return rows;
  } catch (error) {
    writer.abandon();
    await Deno.remove(`${out}.part`).catch(() => {});
    throw error;
  }
}

function line(row: Row, columns: readonly string[]): string {
  return columns.map((column) => {
    const value = row[column];
    if (value === null || value === undefined) return "";
    return cell(typeof value === "string" ? value : JSON.stringify(value), typeof value === "string");
  }).join(",");
}

/** Quoted where CSV needs it; a text that a spreadsheet would take for a formula is led by an apostrophe. */
function cell(text: string, isText: unknown = true): string {
  const safe = isText !== false && /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(\.\d+)?$/.test(text)
    ? `'${text}`
    : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
