import canonicalize from "canonicalize";
import type { Commit, Store } from "../../kernel/mod.ts";
import { redact } from "../../policies/mod.ts";
import { digestOf, FleetEntry, type Json } from "../../specs/mod.ts";
import { places } from "./places.ts";

/** An entry before it has its place in the log. */
export type Entered = Omit<FleetEntry, "seq" | "prevHash" | "hash">;

interface Tip {
  readonly seq: number;
  readonly hash: string;
}

const FIRST: Tip = { seq: 0, hash: "0".repeat(64) };

/** What appends entries to the fleet's log, as part of the commit that does what they say. */
export async function logged(store: Pick<Store, "get">, entries: readonly Entered[]): Promise<Commit> {
  const end = await store.get(places.tip);
  let tip = end === null ? FIRST : end.value as unknown as Tip;
  const sets: { key: readonly (string | number)[]; value: Json }[] = [];
  for (const entry of entries) {
    const body = {
      ...entry,
      reason: redact(entry.reason).slice(0, 2000),
      seq: tip.seq + 1,
      prevHash: tip.hash,
    };
    const hash = (await digestOf(canonicalize(body) ?? "")).slice("sha256:".length);
    sets.push({ key: places.log(body.seq), value: FleetEntry.parse({ ...body, hash }) as unknown as Json });
    tip = { seq: body.seq, hash };
  }
  sets.push({ key: places.tip, value: { ...tip } });
  return { checks: [{ key: places.tip, version: end?.version ?? null }], sets };
}

/** The latest entries, newest first. */
export async function readLog(store: Pick<Store, "list">, limit: number): Promise<FleetEntry[]> {
  const entries = await store.list({ prefix: places.logs, reverse: true }, limit);
  return entries.map(({ value }) => FleetEntry.parse(value));
}

/** Where the chain of the log is broken; null when it is whole. */
export async function logFault(store: Pick<Store, "get" | "list">): Promise<string | null> {
  const end = await store.get(places.tip);
  const tip = end === null ? FIRST : end.value as unknown as Tip;
  let before = FIRST;
  for (let seq = 1; seq <= tip.seq;) {
    const page = await store.list({ start: places.log(seq), end: places.log(tip.seq + 1) }, 500);
    if (page.length === 0) return `entry ${seq} is gone`;
    for (const { value } of page) {
      const parsed = FleetEntry.safeParse(value);
      if (!parsed.success) return `entry ${seq} has not its form`;
      const { hash, ...body } = parsed.data;
      if (body.seq !== seq || body.prevHash !== before.hash) {
        return `entry ${seq} does not follow the one before`;
      }
      if ((await digestOf(canonicalize(body) ?? "")).slice("sha256:".length) !== hash) {
        return `entry ${seq} was changed`;
      }
      before = { seq, hash };
      seq++;
    }
  }
  return before.hash === tip.hash ? null : `the log ends before entry ${tip.seq}`;
}
