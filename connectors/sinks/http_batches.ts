/** Rows in batches as they travel: the same rows always make the same batches. */
import { createHash } from "node:crypto";
import type { Row } from "../../specs/foundry/mod.ts";

export interface BatchBounds {
  readonly rows: number;
  readonly bytes: number;
}

/** A row with its text, which is made once. */
export interface Line {
  readonly row: Row;
  readonly text: string;
}

/** Batches in order; a row that is larger than the bound travels alone. */
export async function* batchesOf(
  source: AsyncIterable<readonly Row[]>,
  bounds: BatchBounds,
): AsyncGenerator<readonly Line[]> {
  let batch: Line[] = [];
  let bytes = 0;
  for await (const rows of source) {
    for (const row of rows) {
      const text = JSON.stringify(row);
      const size = byteLength(text) + 1;
      if (batch.length > 0 && (batch.length >= bounds.rows || bytes + size > bounds.bytes)) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push({ row, text });
      bytes += size;
    }
  }
  if (batch.length > 0) yield batch;
}

const utf8 = new TextEncoder();
const byteLength = (text: string): number => utf8.encode(text).length;

/** A batch or a piece of one as the body of a request. */
export function bodyOf(lines: readonly Line[], format: "json" | "ndjson"): Uint8Array {
  const texts = lines.map(({ text }) => text);
  return utf8.encode(format === "json" ? `[${texts.join(",")}]` : `${texts.join("\n")}\n`);
}

export const digestOf = (body: Uint8Array): string => createHash("sha256").update(body).digest("hex");

/** The same for the same piece of the same load, whoever sends it, as often as it is sent; another one for anything else. */
export const idempotencyKey = (base: string, batch: number, first: number, digest: string): string =>
  createHash("sha256").update(`${base}\n${batch}\n${first}\n${digest}`).digest("hex");

/** A row by what it holds; columns without a value make no difference. */
export function rowHash(row: Row): string {
  const held = Object.keys(row).filter((name) => row[name] !== null && row[name] !== undefined).sort();
  return createHash("sha256").update(JSON.stringify(held.map((name) => [name, row[name]]))).digest(
    "base64url",
  ).slice(0, 22);
}
