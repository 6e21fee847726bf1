/** JSON lines: each line an object. A line that is none is set aside with its number. */
import type { BadRow } from "../../data/port.ts";
import { DataFailure } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { NotJson, parseJson } from "../../net/lossless_json.ts";
import { ByteWindow } from "./bytes.ts";
import type { TextPlace } from "./csv.ts";
import type { Batch, TextUnit } from "./unit.ts";

export interface JsonOptions {
  readonly maxRecordBytes: number;
  readonly batchRows: number;
}

const CHUNK = 512 * 1024;
const lossy = new TextDecoder();

/** Reads a unit from the start of a line on. */
export async function* readNdjson(
  unit: TextUnit,
  options: JsonOptions,
  from: TextPlace | null,
): AsyncGenerator<Batch> {
  const input = await unit.open(from?.at ?? 0);
  try {
    const window = new ByteWindow(input, from?.at ?? 0);
    let line = from?.line ?? 1;
    for (;;) {
      await window.fill(CHUNK);
      const rows: Row[] = [];
      const bad: BadRow[] = [];
      const lines: number[] = [];
      let used = 0;
      let wanted = CHUNK;
      while (rows.length + bad.length < options.batchRows) {
        const bytes = window.bytes;
        const end = bytes.indexOf(10, used);
        if (end === -1 && !window.ended) {
          if (used > 0) break;
          if (bytes.length >= options.maxRecordBytes) {
            throw new DataFailure(
              "contract",
              `Line ${line} of ${unit.name} is longer than ${options.maxRecordBytes} bytes (it starts at byte ${window.offset})`,
              "Raise `maxRecordBytes` if such a line is meant; one big JSON array is read as `json`, not `ndjson`.",
              { locator: `${unit.name}#line=${line}` },
            );
          }
          wanted = Math.min(Math.max(wanted, bytes.length) * 2, options.maxRecordBytes);
          await window.fill(wanted);
          continue;
        }
        if (used >= bytes.length) break;
        const text = bytes.subarray(used, end === -1 ? bytes.length : end);
        used = end === -1 ? bytes.length : end + 1;
        const found = objectOf(text, unit.transcoded);
        if (found !== null && "row" in found) {
          rows.push(found.row);
          lines.push(line);
        } else if (found !== null) {
          const shown = lossy.decode(text.subarray(0, 10_000));
          bad.push({ ...found, locator: `${unit.name}#line=${line}`, row: { line: shown } });
        }
        line++;
      }
      window.consume(used);
      const isLast = window.ended && window.length === 0;
      const next: TextPlace = { at: window.offset, line };
      yield {
        rows,
        bad,
        locate: (index) => `line=${lines[index]}`,
        next: isLast ? null : next as unknown as Json,
      };
      if (isLast) return;
    }
  } finally {
    input.close();
  }
}

type Found = { row: Row } | { rule: string; reason: string };

/** A line as an object; null for a blank one. */
function objectOf(line: Uint8Array, isTranscoded: boolean): Found | null {
  let end = line.length;
  while (end > 0 && (line[end - 1] === 13 || line[end - 1] === 32 || line[end - 1] === 9)) end--;
  if (end === 0) return null;
  return rowOf(line.subarray(0, end), isTranscoded);
}

/** One JSON value as a row, or why it is none. */
export function rowOf(bytes: Uint8Array, isTranscoded: boolean): Found {
  let value: Json;
  try {
    value = parseJson(bytes);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    const rule = error.message.includes("UTF-8") ? "encoding" : "parse";
    return { rule, reason: `it is no JSON: ${error.message}` };
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    const what = value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;
    return { rule: "shape", reason: `it is ${what}, not an object` };
  }
  if (Object.hasOwn(value, "__proto__")) return { rule: "shape", reason: "it has a column named __proto__" };
  if (isTranscoded && lossy.decode(bytes).includes("\ufffd")) {
    return { rule: "encoding", reason: "it has bytes that are no text in the file's encoding" };
  }
  return { row: value as Row };
}
