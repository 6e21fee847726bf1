import type { Blobs, Store } from "../kernel/mod.ts";
import type { BaseExecutions } from "../pipelines/factory/mod.ts";
import { redact } from "../policies/mod.ts";
import { VerifyExecution } from "../specs/code/mod.ts";

/** Test runs of base commits, kept as blobs and found by key. A record that cannot be read is as good as none: base runs again. */
export function baseRuns(store: Store, blobs: Blobs): BaseExecutions {
  const place = (key: string) => ["base-runs", key] as const;
  return {
    async get(key) {
      const entry = await store.get(place(key));
      if (typeof entry?.value !== "string") return null;
      const bytes = await blobs.get(entry.value);
      if (!bytes) return null;
      const parsed = VerifyExecution.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
      return parsed.success ? parsed.data : null;
    },
    async put(key, execution) {
      const clean = JSON.stringify(
        execution,
        (_name, value) => typeof value === "string" ? redact(value) : value,
      );
      await store.commit({ sets: [{ key: place(key), value: await blobs.put(clean) }] });
    },
  };
}
