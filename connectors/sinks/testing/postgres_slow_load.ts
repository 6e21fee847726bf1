/** A process to be killed: publishes a load and stops for good at a point, which it tells on its output. */
import { postgresSink } from "../postgres.ts";
import { rowOf, stagedLoad } from "./staged.ts";

const [url = "", schema = "", point = "", dir = ""] = Deno.args;
const stop = async (at: string): Promise<void> => {
  if (at !== point) return;
  console.log(at);
  await new Promise((resolve) => setTimeout(resolve, 600_000));
};
const sink = postgresSink({ type: "postgres", url: "env:PG_URL", schema }, {
  secret: () => url,
  network: { allowPrivate: true },
  folder: "/",
  fault: stop,
});
const load = await stagedLoad(dir, "k2", [rowOf(1, { name: "half" }), rowOf(2)], {
  disposition: "replace",
  after: "k1",
});
await sink.publish({
  ...load,
  segments: [{ path: "", rows: 10_000, bytes: 0, digest: "" }],
  async *rows() {
    // Enough that the copy is under way.
    for (let n = 0; n < 20; n++) {
      yield Array.from({ length: 500 }, (_, at) => rowOf(n * 500 + at, { name: "x".repeat(50) }));
    }
    await stop("copying");
  },
}, new AbortController().signal);
