/** A plan of several tasks carried out: frontier, locks, clones, merges, and what is kept of each task. */
export { planned } from "./planned.ts";
export { TaskFailure, TaskRecord, type TaskRecords } from "./records.ts";
