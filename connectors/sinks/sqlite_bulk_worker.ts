/** Makes tables of staged lines, on a thread of its own: `sqlite_bulk.ts` has them copied while the next ones are made. */
/// <reference lib="deno.worker" />
import { makeTables } from "./sqlite_bulk_tables.ts";

const scope = self as DedicatedWorkerGlobalScope;
scope.onmessage = ({ data }) => {
  try {
    makeTables(data, (made) => scope.postMessage(made));
  } catch (error) {
    // Whatever it is, the way of all rows meets it as well and says so.
    scope.postMessage({ unfit: error instanceof Error ? error.message : String(error) });
  }
};
