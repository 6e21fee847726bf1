import { openKvStore } from "../deno_kv.ts";
import { groupCommit } from "../group_commit.ts";
import type { Store } from "../port.ts";
import { simulatedBackend } from "../simulated.ts";
import { type Opened, storeConformance } from "./conformance.ts";

async function memory(): Promise<Opened> {
  const store = await openKvStore(":memory:");
  return { store, dispose: () => store.close() };
}

async function file(): Promise<Opened> {
  const folder = await Deno.makeTempDir({ prefix: "kernel-store-" });
  const store = await openKvStore(`${folder}/kv.db`);
  return {
    store,
    async dispose() {
      await store.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function hinted(): Promise<Opened> {
  const store = await openKvStore(":memory:", { queueHints: true });
  return { store, dispose: () => store.close() };
}

function simulated(): Promise<Opened> {
  const store = simulatedBackend().open();
  return Promise.resolve({ store, dispose: () => store.close() });
}

function grouped(open: () => Promise<Opened>): () => Promise<Opened> {
  return async () => {
    const { store, dispose } = await open();
    const wrapped: Store = groupCommit(store);
    return { store: wrapped, dispose };
  };
}

// req: N1-09
// req: N1-09
storeConformance("Deno KV in memory", memory);
storeConformance("Deno KV on a file", file);
storeConformance("Deno KV with queue hints", hinted);
storeConformance("simulated store", simulated);
storeConformance("group commit on Deno KV in memory", grouped(memory));
storeConformance("group commit on Deno KV on a file", grouped(file));
storeConformance("group commit on the simulated store", grouped(simulated));
