import type { TaskFailure, TaskRecord, TaskRecords } from "./records.ts";

/** Records of this process alone: a crash then does all tasks again. */
export function memoryTaskRecords(): TaskRecords {
  const shelf = <T extends { task: string }>() => {
    const kept = new Map<string, Map<string, T>>();
    const of = (run: string, plan: string) => {
      const place = `${run} ${plan}`;
      const found = kept.get(place) ?? new Map<string, T>();
      kept.set(place, found);
      return found;
    };
    return {
      list: (run: string, plan: string) => Promise.resolve([...of(run, plan).values()]),
      put: (run: string, plan: string, one: T) => Promise.resolve(void of(run, plan).set(one.task, one)),
    };
  };
  const [done, failed] = [shelf<TaskRecord>(), shelf<TaskFailure>()];
  return { list: done.list, put: done.put, failures: failed.list, putFailure: failed.put };
}
