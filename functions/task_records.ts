import type { Store } from "../kernel/mod.ts";
import { TaskFailure, TaskRecord, type TaskRecords } from "../pipelines/factory/mod.ts";

/** A plan has 50 tasks at most. */
const MOST = 100;

/** Tasks of plans, in the store. A record that cannot be read is as good as none: its task is done again. */
export function taskRecords(store: Store): TaskRecords {
  const place = (run: string, plan: string) => ["tasks", run, plan] as const;
  const failed = (run: string, plan: string) => ["failed-tasks", run, plan] as const;
  return {
    async list(run, plan) {
      const entries = await store.list({ prefix: place(run, plan) }, MOST);
      return entries.flatMap(({ value }) => TaskRecord.safeParse(value).data ?? []);
    },
    async put(run, plan, record) {
      await store.commit({ sets: [{ key: [...place(run, plan), record.task], value: record }] });
    },
    async failures(run, plan) {
      const entries = await store.list({ prefix: failed(run, plan) }, MOST);
      return entries.flatMap(({ value }) => TaskFailure.safeParse(value).data ?? []);
    },
    async putFailure(run, plan, failure) {
      await store.commit({ sets: [{ key: [...failed(run, plan), failure.task], value: failure }] });
    },
  };
}
