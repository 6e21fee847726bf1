/**
 * Parquet by hyparquet, one stretch of a row group at a time. Decimals and 64-bit integers keep every digit, times keep their
 * microseconds; what a page may unpack to is capped.
 */
import { Buffer, isUtf8 } from "node:buffer";
import type { AsyncBuffer, Compressors, FileMetaData, SchemaElement } from "hyparquet";
import { DataFailure, type FileReader } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { NotJson, parseJson } from "../../net/lossless_json.ts";
import type { Batch } from "./unit.ts";

export interface ParquetOptions {
  readonly batchRows: number;
}

/** Decoded bytes that are held at a time. */
const STRETCH = 128 * 1024 * 1024;
const MAX_PAGE = 512 * 1024 * 1024;
const MAX_GROUP_ROWS = 1 << 26;

/** Reads the rows from an index on. */
export async function* readParquet(
  reader: FileReader,
  name: string,
  options: ParquetOptions,
  from: number | null,
): AsyncGenerator<Batch> {
  const { parquetMetadataAsync, parquetScan } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const file = bufferOf(reader, name);
  const metadata = await guarded(name, () => opened(reader, name, () => parquetMetadataAsync(file)));
  const columns = columnsOf(metadata, name);
  const scan = await guarded(name, () =>
    parquetScan({
      file,
      metadata,
      utf8: false,
      geoparquet: false,
      compressors: capped(compressors, name),
      parsers: PARSERS,
    }));
  const total = scan.ranges.at(-1)?.rowEnd ?? 0;
  let start = from ?? 0;
  if (start >= total) {
    yield { rows: [], bad: [], locate: () => "", next: null };
    return;
  }
  for (const [group, range] of scan.ranges.entries()) {
    if (range.rowEnd <= start) continue;
    const size = Number(metadata.row_groups[group]?.total_byte_size ?? 0n);
    const rows = range.rowEnd - range.rowStart;
    if (rows > MAX_GROUP_ROWS) {
      throw new DataFailure(
        "refused",
        `Row group ${group} of ${name} says it has ${rows} rows`,
        "Write smaller groups.",
      );
    }
    const stretch = Math.max(options.batchRows, Math.ceil(rows / Math.max(1, Math.ceil(size / STRETCH))));
    while (start < range.rowEnd) {
      const rowStart = start;
      const rowEnd = Math.min(range.rowEnd, rowStart + stretch);
      const data: ArrayLike<unknown>[] = [];
      for (const column of columns) {
        data.push(await guarded(name, () => scan.readColumn({ column: column.name, rowStart, rowEnd })));
      }
      for (const [index, values] of data.entries()) {
        if (values.length !== rowEnd - rowStart) {
          throw new DataFailure(
            "contract",
            `Column ${columns[index]?.name} of ${name} has ${values.length} values for ${
              rowEnd - rowStart
            } rows (row group ${group})`,
            "It is damaged; write it again.",
          );
        }
      }
      for (let at = rowStart; at < rowEnd; at += options.batchRows) {
        const end = Math.min(rowEnd, at + options.batchRows);
        const batch: Row[] = [];
        for (let index = at; index < end; index++) {
          const row: Row = {};
          for (const [place, column] of columns.entries()) {
            row[column.name] = column.value((data[place] as ArrayLike<unknown>)[index - rowStart]);
          }
          batch.push(row);
        }
        yield {
          rows: batch,
          bad: [],
          locate: (index) => `row=${at + index}`,
          next: end < total ? end : null,
        };
      }
      start = rowEnd;
    }
  }
}

function bufferOf(reader: FileReader, name: string): AsyncBuffer {
  return {
    byteLength: reader.size,
    async slice(start, end = reader.size) {
      const from = start < 0 ? reader.size + start : start;
      if (from < 0 || end > reader.size || end < from) {
        throw new DataFailure(
          "contract",
          `${name} points beyond its own end`,
          "It is damaged; write it again.",
        );
      }
      const bytes = new Uint8Array(end - from);
      await reader.read(bytes, from);
      return bytes.buffer;
    },
  };
}

async function opened<T>(reader: FileReader, name: string, read: () => Promise<T>): Promise<T> {
  const mark = new Uint8Array(4);
  if (reader.size < 12) {
    throw new DataFailure("contract", `${name} is too short for Parquet`, "Fetch it again.");
  }
  await reader.read(mark, reader.size - 4);
  const text = new TextDecoder("latin1").decode(mark);
  if (text === "PARE") {
    throw new DataFailure("contract", `The footer of ${name} is encrypted`, "Write it without encryption.");
  }
  if (text !== "PAR1") {
    throw new DataFailure(
      "contract",
      `${name} does not end as a Parquet file does`,
      "It is cut off, or no Parquet.",
    );
  }
  return await read();
}

/** What the library says about a damaged file is the file's fault, not ours. */
async function guarded<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DataFailure) throw error;
    throw new DataFailure(
      "contract",
      `${name} cannot be read as Parquet: ${error instanceof Error ? error.message : String(error)}`,
      "It is damaged, or uses what this reader does not know.",
      { cause: error },
    );
  }
}

function capped(all: Compressors, name: string): Compressors {
  const wrapped: Compressors = {};
  for (
    const [codec, unpack] of Object.entries(all) as [keyof Compressors, NonNullable<Compressors["GZIP"]>][]
  ) {
    wrapped[codec] = (input, length) => {
      if (length > MAX_PAGE) {
        throw new DataFailure(
          "refused",
          `A page of ${name} unpacks to ${length} bytes, and ${MAX_PAGE} is the limit`,
          "Write it with pages of about a megabyte.",
        );
      }
      return unpack(input, length);
    };
  }
  return wrapped;
}

interface Column {
  readonly name: string;
  value(raw: unknown): Json;
}

/** Top-level columns and how their values become JSON. Takes decimals off the schema, so that they arrive as they are stored. */
function columnsOf(metadata: FileMetaData, name: string): Column[] {
  const columns: Column[] = [];
  const seen = new Set<string>();
  const [root, ...rest] = metadata.schema;
  let at = 0;
  const subtree = (): SchemaElement[] => {
    const element = rest[at++];
    if (element === undefined) {
      throw new DataFailure("contract", `The schema of ${name} breaks off`, "Write it again.");
    }
    const below: SchemaElement[] = [element];
    for (let child = 0; child < (element.num_children ?? 0); child++) below.push(...subtree());
    return below;
  };
  for (let child = 0; child < (root?.num_children ?? 0); child++) {
    const elements = subtree();
    const element = elements[0] as SchemaElement;
    if (seen.has(element.name) || element.name === "__proto__") {
      throw new DataFailure(
        "contract",
        `${name} has the column ${element.name} twice, or it is no name`,
        "Rename it.",
      );
    }
    seen.add(element.name);
    if (elements.length === 1 && element.repetition_type !== "REPEATED") {
      columns.push({ name: element.name, value: leaf(element) });
      continue;
    }
    for (const part of elements) {
      if (isDecimal(part) && (part.precision ?? 38) > 15) {
        throw new DataFailure(
          "contract",
          `${element.name} of ${name} has decimals of ${part.precision} digits within a nested value, which would lose some`,
          "Write it as a column of its own, or as text.",
        );
      }
    }
    columns.push({ name: element.name, value: (raw) => jsonOf(raw) });
  }
  return columns;
}

const isDecimal = (element: SchemaElement): boolean =>
  element.converted_type === "DECIMAL" || element.logical_type?.type === "DECIMAL";

function leaf(element: SchemaElement): (raw: unknown) => Json {
  if (isDecimal(element)) {
    const scale = element.scale ??
      (element.logical_type?.type === "DECIMAL" ? element.logical_type.scale : 0);
    delete element.converted_type;
    delete element.logical_type;
    return (raw) => raw === null || raw === undefined ? null : decimal(raw, scale);
  }
  const logical = element.logical_type;
  if (
    logical?.type === "TIME" || element.converted_type === "TIME_MILLIS" ||
    element.converted_type === "TIME_MICROS"
  ) {
    const unit = logical?.type === "TIME"
      ? logical.unit
      : element.converted_type === "TIME_MILLIS"
      ? "MILLIS"
      : "MICROS";
    return (raw) => raw === null || raw === undefined ? null : time(BigInt(raw as number | bigint), unit);
  }
  if (logical?.type === "TIMESTAMP" && !logical.isAdjustedToUTC) {
    return (raw) => typeof raw === "string" ? raw.replace(/Z$/, "") : jsonOf(raw);
  }
  return jsonOf;
}

/** An unscaled integer as the decimal that it stands for: a number where no digit is lost, text otherwise. */
function decimal(raw: unknown, scale: number): Json {
  const value = raw instanceof Uint8Array
    ? BigInt.asIntN(raw.length * 8, unsigned(raw))
    : BigInt(raw as number | bigint);
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const whole = scale <= 0 ? digits + "0".repeat(-scale) : digits.slice(0, -scale);
  const text = `${value < 0n ? "-" : ""}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ""}`;
  return digits.length <= 15 ? Number(text) : text;
}

function unsigned(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function time(value: bigint, unit: "MILLIS" | "MICROS" | "NANOS"): string {
  const perSecond = unit === "MILLIS" ? 1000n : unit === "MICROS" ? 1_000_000n : 1_000_000_000n;
  const seconds = value / perSecond;
  const part = (number: bigint) => number.toString().padStart(2, "0");
  return `${part(seconds / 3600n)}:${part(seconds / 60n % 60n)}:${part(seconds % 60n)}${
    fraction(value % perSecond, String(perSecond).length - 1)
  }`;
}

const fraction = (value: bigint, digits: number): string =>
  value === 0n ? "" : `.${value.toString().padStart(digits, "0").replace(/0+$/, "")}`;

/** An instant since 1970 in a unit, as ISO text with as many digits as it has. */
function instant(value: bigint, perSecond: bigint): string {
  const seconds = value >= 0n ? value / perSecond : -((-value + perSecond - 1n) / perSecond);
  const rest = value - seconds * perSecond;
  const ms = Number(seconds) * 1000;
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return String(value);
  return `${new Date(ms).toISOString().slice(0, -5)}${fraction(rest, String(perSecond).length - 1)}Z`;
}

const orNull = <A>(make: (value: A) => Json) => (value: A | null | undefined): Json =>
  value === null || value === undefined ? null : make(value);

const PARSERS = {
  timestampFromMilliseconds: orNull((value: bigint) => instant(BigInt(value), 1000n)),
  timestampFromMicroseconds: orNull((value: bigint) => instant(BigInt(value), 1_000_000n)),
  timestampFromNanoseconds: orNull((value: bigint) => instant(BigInt(value), 1_000_000_000n)),
  dateFromDays: orNull((days: number) => {
    const ms = days * 86_400_000;
    return Math.abs(ms) > 8.64e15 ? String(days) : new Date(ms).toISOString().slice(0, 10);
  }),
  jsonFromBytes: orNull((bytes: Uint8Array) => {
    try {
      return parseJson(bytes);
    } catch (error) {
      if (!(error instanceof NotJson)) throw error;
      return textOf(bytes);
    }
  }),
};

const textOf = (bytes: Uint8Array): string =>
  isUtf8(bytes) ? new TextDecoder().decode(bytes) : Buffer.from(bytes).toString("base64");

/** Any decoded value as JSON, without losing digits. */
function jsonOf(raw: unknown): Json {
  if (raw === null || raw === undefined) return null;
  switch (typeof raw) {
    case "string":
    case "boolean":
      return raw;
    case "number":
      return Number.isFinite(raw) ? (Object.is(raw, -0) ? 0 : raw) : String(raw);
    case "bigint":
      return raw >= BigInt(Number.MIN_SAFE_INTEGER) && raw <= BigInt(Number.MAX_SAFE_INTEGER)
        ? Number(raw)
        : String(raw);
  }
  if (raw instanceof Uint8Array) return textOf(raw);
  if (raw instanceof Date) return raw.toISOString();
  if (Array.isArray(raw) || ArrayBuffer.isView(raw)) return Array.from(raw as ArrayLike<unknown>, jsonOf);
  return Object.fromEntries(Object.entries(raw as object).map(([key, value]) => [key, jsonOf(value)]));
}
