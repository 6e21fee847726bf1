import type { Store } from "../kernel/mod.ts";
import { TaskRecord, type TaskRecords } from "../pipelines/mod.ts";

/** A plan has 50 tasks at most. */
const MOST = 100;

/** Finished tasks of plans, in the store. A record that cannot be read is as good as none: its task is done again. */
export function taskRecords(store: Store): TaskRecords {
  const place = (run: string, plan: string) => ["tasks", run, plan] as const;
  return {
    async list(run, plan) {
      const entries = await store.list({ prefix: place(run, plan) }, MOST);
      return entries.flatMap(({ value }) => TaskRecord.safeParse(value).data ?? []);
    },
    async put(run, plan, record) {
      await store.commit({ sets: [{ key: [...place(run, plan), record.task], value: record }] });
    },
  };
}
