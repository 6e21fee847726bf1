import type { Key } from "./store/port.ts";

/**
 * Where things lie in the store.
 *
 *     run    <run>                 head: owner, place in the queue, snapshot of the folded state, latest events
 *     part   <run> <n>             the rest of a snapshot that is too long for one value
 *     event  <run> <first seq>     earlier events, as lines
 *     queue  <due ms> <run>        ready index: who is to be driven when; a leased run stands at its lease's end
 *     status <status> <run>        index for lists by status (of queued and running ones the queue is the index)
 *     asked  <idempotency key>     the run that a submission made
 *     signal <run> <id>            signals that were kept, so that an id counts once
 *     dead   <run>                 dead letters: runs that killed their worker too often
 */
const ROOT = "kernel";

export const keys = {
  run: (run: string): Key => [ROOT, "run", run],
  runs: [ROOT, "run"] as Key,
  part: (run: string, n: number): Key => [ROOT, "part", run, n],
  event: (run: string, firstSeq: number): Key => [ROOT, "event", run, firstSeq],
  queue: (dueMs: number, run: string): Key => [ROOT, "queue", dueMs, run],
  queued: [ROOT, "queue"] as Key,
  /** End of the range of what is due at an instant. */
  queueAfter: (dueMs: number): Key => [ROOT, "queue", dueMs + 1],
  status: (status: string, run: string): Key => [ROOT, "status", status, run],
  statuses: (status: string): Key => [ROOT, "status", status],
  asked: (idempotencyKey: string): Key => [ROOT, "asked", idempotencyKey],
  signal: (run: string, id: string): Key => [ROOT, "signal", run, id],
  dead: (run: string): Key => [ROOT, "dead", run],
  deads: [ROOT, "dead"] as Key,
  cron: (name: string): Key => [ROOT, "cron", name],
  blob: (hex: string): Key => [ROOT, "blob", hex],
  blobPart: (hex: string, n: number): Key => [ROOT, "blob-part", hex, n],
};

/** The last part of a key, when it is text. */
export function lastText(key: Key): string {
  const part = key[key.length - 1];
  if (typeof part !== "string") {
    throw new TypeError(`Cannot read ${JSON.stringify(key)} as it must end in text`);
  }
  return part;
}

/** The last part of a key, when it is a number. */
export function lastNumber(key: Key): number {
  const part = key[key.length - 1];
  if (typeof part !== "number") {
    throw new TypeError(`Cannot read ${JSON.stringify(key)} as it must end in a number`);
  }
  return part;
}
