/** Staged loads for tests of sinks, with real segments on disk as the engine leaves them. */
import { createHash } from "node:crypto";
import type { PinnedSchema, Row, StreamState } from "../../../specs/foundry/mod.ts";
import type { Segment, StagedLoad } from "../../data/sink_port.ts";

export const COLUMNS: PinnedSchema = {
  id: { type: "integer", nullable: false },
  name: { type: "string", nullable: true },
  amount: { type: "decimal", nullable: true },
  ok: { type: "boolean", nullable: true },
  at: { type: "datetime", nullable: true },
  deep: { type: "json", nullable: true },
};

export const EMPTY_STATE: StreamState = {
  v: 1,
  cursor: null,
  source: null,
  schema: COLUMNS,
  load: null,
  loads: 0,
  rows: 0,
  at: null,
};

/** A row with all columns; what is not given is missing. */
export function rowOf(id: number, more: Row = {}): Row {
  return { id, name: null, amount: null, ok: null, at: null, deep: null, ...more };
}

export interface LoadOptions extends Partial<Omit<StagedLoad, "segments" | "rows">> {
  /** Rows by origin; one segment each. Without it, all rows are in two segments. */
  readonly origins?: Readonly<Record<string, readonly Row[]>>;
}

/** Writes segments below `dir` and gives the load over them. */
export async function stagedLoad(
  dir: string,
  key: string,
  rows: readonly Row[],
  options: LoadOptions = {},
): Promise<StagedLoad> {
  const { origins, ...more } = options;
  const half = Math.ceil(rows.length / 2);
  const groups: [string | undefined, readonly Row[]][] = origins === undefined
    ? [[undefined, rows.slice(0, half)], [undefined, rows.slice(half)]]
    : Object.entries(origins);
  const segments: Segment[] = [];
  for (const [origin, part] of groups) {
    if (part.length === 0) continue;
    const path = `${dir}/${crypto.randomUUID()}.jsonl`;
    const bytes = new TextEncoder().encode(part.map((row) => `${JSON.stringify(row)}\n`).join(""));
    await Deno.writeFile(path, bytes);
    segments.push({
      path,
      rows: part.length,
      bytes: bytes.length,
      digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
      ...(origin === undefined ? {} : { origin }),
    });
  }
  const disposition = options.disposition ?? "append";
  return {
    key,
    run: "run_00000001",
    pipeline: "shop",
    stream: "orders",
    table: "orders",
    disposition,
    primaryKey: disposition === "append" ? [] : ["id"],
    write: { disposition, sink: "warehouse" },
    columns: COLUMNS,
    segments,
    async *rows() {
      for (const [, part] of groups) if (part.length > 0) yield part;
    },
    census: false,
    after: null,
    state: { ...EMPTY_STATE, load: key, loads: 1, at: "2026-01-01T00:00:00.000Z" },
    keepsState: false,
    at: "2026-01-01T00:00:00.000Z",
    ...more,
  };
}
