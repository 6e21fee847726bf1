/** Streams that are read once for each row of another one. */
import { DataFailure } from "../../connectors/data/mod.ts";
import type { Json, Pipeline, Row, Stream } from "../../specs/mod.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Unit } from "./plan.ts";

/** Parameters from a parent's row; null when it lacks one. */
export function boundParams(stream: Stream, row: Row): Record<string, Json> | null {
  const bound: Record<string, Json> = {};
  for (const [name, column] of Object.entries(stream.source.parent?.bind ?? {})) {
    const value = row[column];
    if (value === null || value === undefined) return null;
    bound[name] = value;
  }
  return bound;
}

/** What of the parents' rows led to nothing, in words. When no row could be read by, the binding itself is wrong. */
export function unread(
  stream: Stream,
  parents: number,
  lacking: number,
  passed: readonly string[],
): { reason?: string; unread?: number } {
  const { stream: parent = "", bind = {} } = stream.source.parent ?? {};
  const columns = Object.values(bind).join(", ");
  if (parents > 0 && lacking === parents) {
    throw new DataFailure(
      "contract",
      `None of the ${parents} rows of ${parent} has ${columns}, by which ${stream.id} is read`,
      "Name columns of the parent in source.parent.bind",
    );
  }
  const told = [
    ...(lacking === 0 ? [] : [`${lacking} of ${parents} rows of ${parent} lack ${columns}`]),
    ...(passed.length === 0 ? [] : [`${passed.length} of ${parents} reads were skipped: ${passed[0]}`]),
  ];
  return {
    ...(told.length === 0 ? {} : { reason: told.join("; ") }),
    ...(passed.length === 0 ? {} : { unread: passed.length }),
  };
}

/** Rows of parents with each binding once, first those that stay: a second read of the same would bring its rows twice. */
export async function* eachOnce(
  stream: Stream,
  parts: readonly AsyncIterable<readonly Row[]>[],
): AsyncGenerator<readonly Row[]> {
  const seen = new Set<string>();
  for (const part of parts) {
    for await (const rows of part) {
      yield rows.filter((row) => {
        const bound = boundParams(stream, row);
        if (bound === null) return true;
        const key = JSON.stringify(Object.values(bound));
        if (seen.has(key)) return false;
        seen.add(key);
        return true;
      });
    }
  }
}

/**
 * Whether everything that is read by a load's rows was read: a parent whose cursor moved on past a child that failed would never
 * bring those rows to it again.
 */
export function isHandedOn(
  pipeline: Pipeline,
  { unit }: { unit: Unit },
  ended: readonly { unit: Unit; checkpoint: Checkpoint }[],
): boolean {
  const children = new Set(
    pipeline.streams.filter(({ source }) => source.parent?.stream === unit.stream).map(({ id }) => id),
  );
  return ended.every(({ unit: { stream }, checkpoint: { end } }) =>
    !children.has(stream) || end?.status === "complete" || end?.status === "skipped"
  );
}
