/** Loads that a sink follows while they are staged. */
import type { Row } from "../../../specs/foundry/mod.ts";
import type { LinesAheadRequest, Sink, StagedLoad } from "../../data/sink_port.ts";
import { type LoadOptions, rowOf, stagedLoad } from "./staged.ts";

export const manyRows = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, n) => rowOf(from + n, { name: `n${from + n}`, amount: n / 4 }));

/** Has the sink follow the segments of a load, a piece at a time. */
export function follow(
  sink: Sink,
  load: StagedLoad,
  dir: string,
  request: Partial<LinesAheadRequest> = {},
): void {
  const { table, disposition, primaryKey, write, columns } = load;
  const ahead = sink.linesAhead?.({ dir, table, disposition, primaryKey, write, columns, ...request }) ??
    null;
  for (const { path, bytes } of load.segments) {
    for (let at = 0; at < bytes; at += 171) ahead?.grown(path, Math.min(bytes, at + 171));
  }
  ahead?.ended(load.segments);
}

/** A merge whose segments lie in a directory of their own below `dir`, followed to their end. */
export async function followedLoad(
  sink: Sink,
  dir: string,
  key: string,
  rows: readonly Row[],
  options: LoadOptions = {},
): Promise<StagedLoad> {
  const staging = `${dir}/staging-${crypto.randomUUID()}`;
  await Deno.mkdir(staging);
  const load = await stagedLoad(staging, key, rows, { disposition: "merge", ...options });
  follow(sink, load, staging);
  return load;
}
