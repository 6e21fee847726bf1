/** Makes tables of staged lines on a thread of its own (sqlite_bulk.ts): of all of them at once, or of those that are written meanwhile. */
/// <reference lib="deno.worker" />
import type { Segment } from "../data/sink_port.ts";
import { type Follower, followIntoWarehouse, followLines } from "./sqlite_bulk_follow.ts";
import type { Made, MakingOrder } from "./sqlite_bulk_pieces.ts";
import type { TablesOrder } from "./sqlite_bulk_tables.ts";
import type { NewWarehouse } from "./sqlite_warehouse.ts";

/** What the thread is told. */
export type BulkAsked =
  | { readonly make: TablesOrder }
  | { readonly follow: MakingOrder; readonly warehouse: NewWarehouse | null }
  | { readonly grown: { readonly path: string; readonly bytes: number } }
  | { readonly end: readonly Pick<Segment, "path" | "rows" | "bytes">[] };

const scope = self as DedicatedWorkerGlobalScope;
let follower: Follower | null = null;
/** What was asked before is done by then. */
let turn: Promise<void> = Promise.resolve();

const tell = (made: Made) => scope.postMessage(made);

async function heard(asked: BulkAsked): Promise<void> {
  if ("make" in asked) {
    // What hashes is loaded where it is wanted, as is SQLite.
    const { makeTables } = await import("./sqlite_bulk_tables.ts");
    return makeTables(asked.make, tell);
  }
  if ("follow" in asked) {
    const { follow, warehouse } = asked;
    if (warehouse === null) return void (follower = followLines(follow));
    const { beginWarehouse, withoutIndex } = await import("./sqlite_warehouse.ts");
    const roots = beginWarehouse(follow.path, warehouse);
    return void (follower = followIntoWarehouse(follow, roots, () => withoutIndex(follow.path, warehouse)));
  }
  // Behind what did not fit nothing is looked at.
  if (follower === null) return;
  if ("grown" in asked) return follower.grown(asked.grown.path, asked.grown.bytes);
  follower.end(asked.end).forEach(tell);
  tell({ done: true });
}

scope.onmessage = ({ data }: MessageEvent<BulkAsked>) => {
  turn = turn.then(() => heard(data)).catch((error) => {
    follower = null;
    // Whatever it is, the way of all rows meets it as well and says so.
    tell({ unfit: error instanceof Error ? error.message : String(error) });
  });
};
