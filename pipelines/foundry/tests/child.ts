/**
 * One life of a process that runs a pipeline over fifty simulated pages: goes on with the run that it finds, or begins one, and
 * prints the settled document. Each request leaves a line in `requests`, so that the parent can count over all lives.
 */
import { join } from "node:path";
import { openKvStore } from "../../../kernel/mod.ts";
import { openStage, simulatedSource } from "../testing.ts";
import { crashPages, crashPipeline, sinkFor, sinkIn } from "./golden.ts";

const [dir = "", disposition = "merge"] = Deno.args;
const kind = sinkFor(disposition);
const source = simulatedSource({ items: crashPages() });
const { before } = source;
source.before = async (page, resource) => {
  await before(page, resource);
  await Deno.writeTextFile(join(dir, "requests"), `${page}\n`, { append: true });
  // Slow enough to be killed in the middle.
  await new Promise((resolve) => setTimeout(resolve, 8));
};
const store = await openKvStore(join(dir, "state.db"));
const { stage, close } = await openStage(
  dir,
  store,
  source,
  { sink: () => sinkIn(dir, kind) },
  () => Promise.resolve(true),
);
const known = await Deno.readTextFile(join(dir, "run")).catch(() => null);
let run = known;
if (run === null) {
  const runs = await stage.engine.list();
  run = runs.runs[0]?.run ?? await stage.submit(crashPipeline(disposition), {
    environment: { sinks: { warehouse: { type: kind, path: join(dir, "out") } } },
  });
  await Deno.writeTextFile(join(dir, "run"), run);
}
await stage.engine.settled(run);
console.log(JSON.stringify(await stage.document(run)));
await close();
await store.close();
