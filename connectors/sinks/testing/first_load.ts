/** A process to be killed: publishes the first load of a warehouse and stops for good at a point, which it tells on its output. */
import { sqliteSink } from "../sqlite.ts";
import { followedLoad, manyRows } from "./followed.ts";

const [dir = "", point = ""] = Deno.args;
const sink = sqliteSink(`${dir}/w.db`, {
  bulk: { fewestRows: 0, worthBytes: 300 },
  fault: async (at) => {
    if (at !== point) return;
    console.log(at);
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  },
});
const load = await followedLoad(sink, dir, "k1", manyRows(0, 2000));
await sink.publish(load, new AbortController().signal);
