/** What is common to tables made of lines that lie there and of those that are still written. */
import { UnfitLine } from "./sqlite_lines.ts";
import { PAGE, type PutPages } from "./sqlite_pages.ts";

export const LF = 10;
export const READ_BYTES = 256 * 1024;
/** A longer line is left to the way of all rows. */
const MOST_LINE = 8 * 1024 * 1024;

export interface MakingOrder {
  /** Where the database is made; it must not exist. */
  readonly path: string;
  readonly columns: readonly { readonly name: string; readonly isText: boolean }[];
  /** Places of the key's columns. */
  readonly key: readonly number[];
  /** Bytes of lines after which a table ends, and the most tables. */
  readonly tableBytes: number;
  readonly tables: number;
}

/** A table that is whole; or the last word. */
export type Made =
  | { readonly table: number; readonly rows: number; readonly rising: boolean }
  | { readonly done: true }
  | { readonly unfit: string };

/** Writes pages where they belong in the file. */
export const putter =
  (out: Deno.FsFile, pageSize = PAGE): PutPages => (number: number, bytes: Uint8Array) => {
    out.seekSync((number - 1) * pageSize, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) at += out.writeSync(bytes.subarray(at));
  };

/** Room for twice as long a line. */
export function widened(buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (buffer.length >= MOST_LINE) throw new UnfitLine("a line is too long");
  const wider = new Uint8Array(2 * buffer.length);
  wider.set(buffer);
  return wider;
}
