/** How a run moves: state machine, ledger, store, dispatcher, budgets, failure classes. */
export * from "./port.ts";
export * from "./store/mod.ts";
export { createEngine } from "./engine.ts";
export { type Command, compileWorkflow, type Machine } from "./machine.ts";
export { type Ledger, ledger, type LedgerOptions, type WriteBoundary } from "./ledger.ts";
export { EVENT_BYTES, EventRefused, isChained } from "./envelope.ts";
export { GENESIS } from "./genesis.ts";
export { memoryBlobs, storeBlobs } from "./blobs.ts";
export { type FakeClock, fakeClock, systemClock } from "./clock.ts";
export { type RandomBytes, randomIds } from "./ids.ts";
export { canonicalJson } from "./canonical.ts";
export { hmacSha256Hex } from "./hash.ts";
export { FAILURE_TABLE, type FailureRule, type FailureTable, planFor } from "./failure_table.ts";
export { LogConflict, type LogRecord, type TransparencyLog, transparencyLog } from "./transparency_log.ts";
export { createSchedule, type Cron, type Job, type Schedule } from "./schedule.ts";
