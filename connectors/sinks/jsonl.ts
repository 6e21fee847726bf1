/** JSON lines as a table of files. Staged segments are parts as they are. */
import type { Sink } from "../data/sink_port.ts";
import { hashedFile } from "./files_disk.ts";
import { PART_BYTES, type PartFormat } from "./files_part.ts";
import { type FileSinkOptions, filesSink } from "./files.ts";
import { linesOf } from "./json_lines.ts";

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
