/** Streams that are read once for each row of another one. */
import { DataFailure } from "../../connectors/mod.ts";
import type { Json, Row, Stream } from "../../specs/mod.ts";

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
): { reason?: string } {
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
  return told.length === 0 ? {} : { reason: told.join("; ") };
}
