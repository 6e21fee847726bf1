/** Streams that are read once for each row of another one. */
import { DataFailure } from "../../connectors/data/mod.ts";
import type { Json, Problem } from "../../specs/mod.ts";
import type { LoadMode, Pipeline, Row, Stream } from "../../specs/foundry/mod.ts";
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
 * Whether everything that is read by a load's rows was read: a parent whose cursor moved on past a child that failed, or that was not
 * asked for, would never bring those rows to it again.
 */
export function isHandedOn(
  pipeline: Pipeline,
  { unit }: { unit: Unit },
  ended: readonly { unit: Unit; checkpoint: Checkpoint }[],
): boolean {
  const children = childrenOf(pipeline, unit.stream);
  const present = new Set(ended.map((one) => one.unit.stream));
  // What leaves the state alone moves nothing past a child that is not there.
  if (!unit.keepsState && children.some((id) => !present.has(id))) return false;
  return ended.every(({ unit: { stream }, checkpoint: { end } }) =>
    !children.includes(stream) || end?.status === "complete" || end?.status === "skipped"
  );
}

/**
 * Why a run of some streams would leave others behind for good: an append cannot be repeated once they are asked for, and a range of
 * a backfill is done. Any other load just keeps its cursor until all that is read by its rows is read with it.
 */
export function leftBehind(
  { streams }: Pick<Pipeline, "streams">,
  wanted: ReadonlySet<string>,
  mode: LoadMode,
): Problem | null {
  for (const { id, write } of streams) {
    if (!wanted.has(id) || (write.disposition !== "append" && mode !== "backfill")) continue;
    if (mode === "reprocess") continue;
    const left = childrenOf({ streams }, id).filter((child) => !wanted.has(child));
    if (left.length === 0) continue;
    return {
      code: "usage",
      message: `Cannot run ${id} without ${left.join(", ")}, which ${
        left.length === 1 ? "is" : "are"
      } read by its rows: ${
        mode === "backfill"
          ? "its range would be done, and not asked for again"
          : "its rows are appended, and would be so again once they are read by"
      }`,
      value: id,
      remedy: `Name them too: --stream ${[...wanted, ...left].join(",")}`,
    };
  }
  return null;
}

const childrenOf = ({ streams }: Pick<Pipeline, "streams">, id: string): string[] =>
  streams.filter(({ source }) => source.parent?.stream === id).map((child) => child.id);
