/** Raises a counter in a Deno KV file as fast as it can. Arguments: database path, how often. */
import { openKvStore } from "../deno_kv.ts";

const [path = "", times = "0"] = Deno.args;
const store = await openKvStore(path);
console.log("ready");
for (let done = 0; done < Number(times);) {
  const entry = await store.get(["n"]);
  const outcome = await store.commit({
    checks: [{ key: ["n"], version: entry?.version ?? null }],
    sets: [{ key: ["n"], value: Number(entry?.value ?? 0) + 1 }],
  });
  if (outcome.ok) done++;
}
await store.close();
