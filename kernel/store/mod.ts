/** Stores and what stands on the machine itself: files, locks, Deno KV. The rest of the kernel has no I/O. */
export * from "./port.ts";
export { commitCost, LIMITS } from "./limits.ts";
export { kvStore, type KvStoreOptions, openKvStore } from "./deno_kv.ts";
export { groupCommit, type GroupCommitStats, type GroupedStore } from "./group_commit.ts";
export { directoryBlobs } from "./blob_directory.ts";
export { type WorkerLock, workerLock } from "./worker_lock.ts";
export { denoCron } from "./deno_cron.ts";
export {
  type SimulatedBackend,
  simulatedBackend,
  type SimulatedFaults,
  type SimulatedOperation,
} from "./simulated.ts";
