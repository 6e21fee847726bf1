import type { Row } from "../../specs/foundry/mod.ts";
import { READ_ROWS } from "./files_part.ts";

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
