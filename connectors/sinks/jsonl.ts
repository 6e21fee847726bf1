/** JSON lines as a table of files. Staged segments are parts as they are. */
import type { Row } from "../../specs/mod.ts";
import type { Sink } from "../data/port.ts";
import { hashedFile } from "./files_disk.ts";
import { PART_BYTES, type PartFormat, READ_ROWS } from "./files_part.ts";
import { type FileSinkOptions, filesSink } from "./files.ts";

/** A folder with one folder a table, each with parts of JSON lines and a manifest. */
export function jsonlSink(path: string, options: FileSinkOptions = {}): Sink {
  return filesSink(path, JSONL, options);
}

const BUFFER = 1024 * 1024;

export const JSONL: PartFormat = {
  kind: "jsonl",
  extension: ".jsonl",
  adopts: true,
  async writer(path) {
    const file = await hashedFile(path);
    let waiting = "";
    let rows = 0;
    let bytes = 0;
    const flush = async () => {
      const encoded = new TextEncoder().encode(waiting);
      bytes += encoded.length;
      waiting = "";
      await file.write(encoded);
    };
    return {
      async add(batch) {
        if (bytes > PART_BYTES) return false;
        for (const row of batch) waiting += `${JSON.stringify(row)}\n`;
        rows += batch.length;
        if (waiting.length > BUFFER) await flush();
        return true;
      },
      async end() {
        await flush();
        return { ...await file.end(), rows };
      },
      abandon: () => file.abandon(),
    };
  },
  read: (path) => linesOf(path),
};

/** Rows of a file of JSON lines that this engine wrote: numbers that a double would change are text in it already. */
export async function* linesOf(path: string): AsyncGenerator<Row[]> {
  const file = await Deno.open(path, { read: true });
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const block = new Uint8Array(256 * 1024);
    let rest = "";
    let batch: Row[] = [];
    for (;;) {
      const count = await file.read(block);
      rest += count === null ? decoder.decode() : decoder.decode(block.subarray(0, count), { stream: true });
      let from = 0;
      for (let end = rest.indexOf("\n", from); end !== -1; end = rest.indexOf("\n", from)) {
        if (end > from) batch.push(JSON.parse(rest.slice(from, end)) as Row);
        from = end + 1;
        if (batch.length < READ_ROWS) continue;
        yield batch;
        batch = [];
      }
      rest = rest.slice(from);
      if (count === null) break;
    }
    if (rest !== "") batch.push(JSON.parse(rest) as Row);
    if (batch.length > 0) yield batch;
  } finally {
    file.close();
  }
}
