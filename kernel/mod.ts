/** How a run moves. No network, no files; the store is a port. */
export * from "./port.ts";
export type { Commit, Entry, Key, Store } from "./store/port.ts";
