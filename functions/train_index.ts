import { z } from "zod";
import type { Key, Store } from "../kernel/mod.ts";
import type { TrainIndex } from "../pipelines/factory/mod.ts";

const Held = z.object({ train: z.string() });
const MOST = 500;

/** Which pull requests and runs belong to which train, in the store: what is merged in an order is merged in no other way. */
export function trainIndex(store: Pick<Store, "get" | "list" | "commit">): TrainIndex {
  const nameKey = (name: string): Key => ["train", "of", name];
  const runKey = (train: string): Key => ["train", "run", train];
  return {
    async of(name) {
      const entry = await store.get(nameKey(name));
      return entry === null ? null : Held.parse(entry.value).train;
    },
    async put(name, train) {
      for (;;) {
        const entry = await store.get(nameKey(name));
        if (entry !== null) return Held.parse(entry.value).train === train;
        const done = await store.commit({
          checks: [{ key: nameKey(name), version: null }],
          sets: [{ key: nameKey(name), value: { train } }, { key: runKey(train), value: { train } }],
        });
        if (done.ok) return true;
      }
    },
    async drop(name, train) {
      const entry = await store.get(nameKey(name));
      if (entry === null || Held.parse(entry.value).train !== train) return;
      await store.commit({
        checks: [{ key: nameKey(name), version: entry.version }],
        deletes: [nameKey(name)],
      });
    },
    async list() {
      const entries = await store.list({ prefix: ["train", "run"], reverse: true }, MOST);
      return entries.map(({ value }) => Held.parse(value).train);
    },
  };
}
