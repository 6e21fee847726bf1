/**
 * Parquet as a table of files, by row groups. A column gets its own type where every value comes back from it as it was, and is text
 * where not (long decimals, times with offsets): nothing is rounded. A part whose later rows need another type ends there.
 */
import type { SchemaElement } from "hyparquet";
import type { Json } from "../../specs/mod.ts";
import type { ColumnType, PinnedSchema, Row } from "../../specs/foundry/mod.ts";
import type { Sink } from "../data/sink_port.ts";
import { DataFailure } from "../data/port.ts";
import { hashedFile } from "./files_disk.ts";
import { PART_BYTES, type PartFormat, type PartWriter, READ_ROWS } from "./files_part.ts";
import { type FileSinkOptions, filesSink } from "./files.ts";

export function parquetSink(path: string, options: FileSinkOptions & { rowGroup?: number } = {}): Sink {
  return filesSink(path, parquetFormat(options.rowGroup ?? 20_000), options);
}

/** How a value lies in a column. `put` gives undefined for a value that would not come back as it was. */
interface Kind {
  readonly name: string;
  readonly element: Omit<SchemaElement, "name">;
  put(value: Json): unknown;
}

const text: Kind = {
  name: "text",
  element: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  put: (value) => typeof value === "string" ? value : JSON.stringify(value),
};
const integer: Kind = {
  name: "integer",
  element: { type: "INT64" },
  put(value) {
    if (typeof value === "number") {
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : undefined;
    }
    if (typeof value !== "string" || !/^-?[1-9]\d{15,18}$/.test(value)) return undefined;
    const number = BigInt(value);
    // Integers that a double holds are numbers in a row, the others are text.
    const isLong = number > BigInt(Number.MAX_SAFE_INTEGER) || number < BigInt(Number.MIN_SAFE_INTEGER);
    return isLong && number === BigInt.asIntN(64, number) ? number : undefined;
  },
};
const decimal: Kind = {
  name: "decimal",
  element: { type: "DOUBLE" },
  put: (value) => typeof value === "number" && !Object.is(value, -0) ? value : undefined,
};
const truth: Kind = {
  name: "boolean",
  element: { type: "BOOLEAN" },
  put: (value) => typeof value === "boolean" ? value : undefined,
};
const date: Kind = {
  name: "date",
  element: { type: "INT32", converted_type: "DATE" },
  put(value) {
    if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return undefined;
    const ms = Date.parse(value);
    return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== value
      ? undefined
      : ms / 86_400_000;
  },
};
const millis: Kind = {
  name: "milliseconds",
  element: { type: "INT64", converted_type: "TIMESTAMP_MILLIS" },
  put(value) {
    if (typeof value !== "string" || !/^\d{4}-.*\.\d{3}Z$/.test(value)) return undefined;
    const ms = Date.parse(value);
    return Number.isNaN(ms) || new Date(ms).toISOString() !== value ? undefined : BigInt(ms);
  },
};
const micros: Kind = {
  name: "microseconds",
  element: { type: "INT64", converted_type: "TIMESTAMP_MICROS" },
  put(value) {
    const parts = typeof value === "string"
      ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z$/.exec(value)
      : null;
    if (parts === null || parts[2]?.endsWith("0") === true) return undefined;
    const ms = Date.parse(`${parts[1]}Z`);
    if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== parts[1]) return undefined;
    return BigInt(ms) * 1000n + BigInt((parts[2] ?? "").padEnd(6, "0"));
  },
};
const nested: Kind = {
  name: "json",
  element: { type: "BYTE_ARRAY", converted_type: "JSON" },
  put: (value) => value,
};

const KINDS: Readonly<Record<ColumnType, readonly Kind[]>> = {
  string: [text],
  integer: [integer],
  decimal: [decimal],
  boolean: [truth],
  date: [date],
  datetime: [micros, millis],
  json: [nested],
};

/** The first kind that keeps all of these values, or text. Text in a column of texts is kept; another value in one is told apart. */
function kindFor(type: ColumnType, values: readonly Json[]): Kind {
  return KINDS[type].find((kind) =>
    values.every((value) => value === null || kind.put(value) !== undefined)
  ) ?? text;
}

export function parquetFormat(rowGroup: number): PartFormat {
  return {
    kind: "parquet",
    extension: ".parquet",
    adopts: false,
    writer: (path, columns) => writer(path, columns, rowGroup),
    read,
  };
}

async function writer(path: string, columns: PinnedSchema, rowGroup: number): Promise<PartWriter> {
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  const names = Object.keys(columns);
  if (names.length === 0) {
    throw new DataFailure("contract", "Parquet has no tables without columns", "Write it as jsonl.");
  }
  const file = await hashedFile(path);
  const bytes = new ByteWriter();
  let kinds: Kind[] | null = null;
  let parquet: InstanceType<typeof ParquetWriter> | null = null;
  let waiting: Row[] = [];
  let rows = 0;
  const drain = async () => {
    await file.write(bytes.getBytes());
    bytes.index = 0;
  };
  const fits = (batch: readonly Row[]) =>
    kinds === null ||
    names.every((name, at) =>
      batch.every((row) => {
        const value = row[name] ?? null;
        return value === null || (kinds?.[at] as Kind).put(value) !== undefined;
      })
    );
  /** Types are fixed by the rows of the first group and those that came with them. */
  const fix = (sample: readonly Row[]) => {
    const chosen = names.map((name) =>
      kindFor(columns[name]?.type ?? "string", sample.map((row) => row[name] ?? null))
    );
    kinds = chosen;
    parquet = new ParquetWriter({
      writer: bytes,
      schema: [
        { name: "root", num_children: names.length },
        ...names.map((name, at) => ({
          name,
          ...(chosen[at] as Kind).element,
          repetition_type: "OPTIONAL" as const,
        })),
      ],
    });
    return chosen;
  };
  const group = async () => {
    const chosen = kinds ?? fix(waiting);
    if (waiting.length > 0) {
      parquet?.write({
        columnData: names.map((name, at) => ({
          name,
          data: waiting.map((row) => row[name] ?? null).map((value) =>
            value === null ? null : (chosen[at] as Kind).put(value)
          ),
        })),
        rowGroupSize: waiting.length,
      });
    }
    waiting = [];
    await drain();
  };
  return {
    async add(batch) {
      // Rows that need other types begin another part.
      if (bytes.offset > PART_BYTES || !fits(batch)) return false;
      if (kinds === null && waiting.length + batch.length >= rowGroup) fix([...waiting, ...batch]);
      for (const row of batch) {
        waiting.push(row);
        if (waiting.length >= rowGroup) await group();
      }
      rows += batch.length;
      return true;
    },
    async end() {
      await group();
      parquet?.finish();
      await drain();
      return { ...await file.end(), rows };
    },
    abandon: () => file.abandon(),
  };
}

async function* read(path: string, columns: PinnedSchema): AsyncGenerator<Row[]> {
  const { parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const file = await Deno.open(path, { read: true });
  try {
    const size = (await file.stat()).size;
    const source = {
      byteLength: size,
      async slice(start: number, end = size): Promise<ArrayBuffer> {
        const from = start < 0 ? size + start : start;
        const block = new Uint8Array(Math.max(0, end - from));
        // Columns are asked for at the same time; seek and read belong together.
        turn = turn.then(async () => {
          await file.seek(from, Deno.SeekMode.Start);
          for (let at = 0; at < block.length;) {
            const count = await file.read(block.subarray(at));
            if (count === null) throw new DataFailure("contract", `${path} is cut off`, "Restore the part.");
            at += count;
          }
        });
        await turn;
        return block.buffer;
      },
    };
    let turn: Promise<void> = Promise.resolve();
    const metadata = await parquetMetadataAsync(source);
    const kinds = new Map(metadata.schema.slice(1).map((element) => [element.name, element]));
    let at = 0;
    for (const group of metadata.row_groups) {
      const end = at + Number(group.num_rows);
      const rows = await parquetReadObjects({
        file: source,
        metadata,
        rowStart: at,
        rowEnd: end,
        parsers: PARSERS,
      });
      for (let from = 0; from < rows.length; from += READ_ROWS) {
        yield rows.slice(from, from + READ_ROWS).map((row) => {
          const plain: Row = {};
          for (const [name, element] of kinds) plain[name] = valueOf(row[name], element, columns[name]?.type);
          return plain;
        });
      }
      at = end;
    }
  } finally {
    file.close();
  }
}

const PARSERS = {
  timestampFromMilliseconds: (ms: bigint | undefined) =>
    ms === undefined || ms === null ? null : new Date(Number(ms)).toISOString(),
  timestampFromMicroseconds(value: bigint | undefined) {
    if (value === undefined || value === null) return null;
    const rest = ((value % 1_000_000n) + 1_000_000n) % 1_000_000n;
    const seconds = new Date(Number((value - rest) / 1000n)).toISOString().slice(0, 19);
    return rest === 0n ? `${seconds}Z` : `${seconds}.${rest.toString().padStart(6, "0").replace(/0+$/, "")}Z`;
  },
  dateFromDays: (days: number | undefined) =>
    days === undefined || days === null ? null : new Date(days * 86_400_000).toISOString().slice(0, 10),
};

/** A cell as the value that it was: text in a column of another type is text, or what it stands for. */
function valueOf(raw: unknown, element: SchemaElement, type: ColumnType | undefined): Json {
  if (raw === null || raw === undefined) return null;
  if (typeof raw === "bigint") {
    return raw >= BigInt(Number.MIN_SAFE_INTEGER) && raw <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(raw)
      : String(raw);
  }
  if (
    typeof raw === "string" && element.converted_type === "UTF8" && type !== undefined && type !== "string"
  ) {
    // A column that fell back to text holds numbers and truth values as JSON, and texts as they are.
    if (type === "json") return raw;
    if (type !== "date" && type !== "datetime" && /^(true|false|-?\d[\d.eE+-]*)$/.test(raw)) {
      const value = JSON.parse(
        /^(true|false)$/.test(raw) || String(Number(raw)) === raw ? raw : JSON.stringify(raw),
      ) as Json;
      return value;
    }
  }
  return raw as Json;
}
