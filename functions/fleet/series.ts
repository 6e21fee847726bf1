import type { Commit, Entry, Key, Store } from "../../kernel/mod.ts";
import {
  addCounters,
  type Counters,
  earnedAutonomy,
  HOUR_MS,
  type RecentEnd,
  sumCounters,
  type TrustEntry,
  WINDOW_HOURS,
  withEnd,
  withEntry,
} from "../../policies/mod.ts";
import { digestOf, type FleetWindow, type Json, type Tier } from "../../specs/mod.ts";
import canonicalize from "canonicalize";
import type { EndedRun } from "./ended_run.ts";
import { type Entered, logged } from "./log.ts";
import { places } from "./places.ts";

/** What a run added: kept, so that it counts once and can be taken away when the run leaves again. */
interface Added {
  readonly seq: number;
  readonly hour: number;
  readonly tier: Tier;
  readonly counters: Counters;
  readonly digest: string;
}

/** Runs of one repository, intent and tier. */
export interface Trust {
  readonly repository: string;
  readonly intent: string;
  readonly tier: Tier;
  readonly entries: readonly TrustEntry[];
}

export interface Head {
  readonly rev: number;
  readonly digest: string;
}

export const NO_RUNS = `sha256:${"0".repeat(64)}`;
const DAY_HOURS = 24;
/** A value of the store holds 60 kB at most; gates that many packs name may be many. */
const MAX_BUCKET = 50_000;
const TRIES = 200;

export type Reads = Pick<Store, "get" | "getMany" | "list" | "commit">;

/**
 * Adds an ended run to the series, once: a second time changes nothing, a later way out of the same run takes the place of the
 * earlier one. All in one commit, so that a crash leaves it counted or not counted.
 */
export async function addRun(store: Reads, ended: EndedRun): Promise<"added" | "known"> {
  const { run, tier, tally, intents, repository } = ended;
  const hour = Math.floor(Date.parse(tally.at) / HOUR_MS);
  for (let tried = 0; tried < TRIES; tried++) {
    const own = await store.get(places.run(run));
    const before = own === null ? null : own.value as unknown as Added;
    if (before !== null && before.seq >= tally.seq) return "known";
    const trustKeys = await Promise.all(intents.map((intent) => trustKey(repository, intent, tier)));
    const buckets = bucketKeys(tier, hour);
    const old = before === null ? [] : bucketKeys(before.tier, before.hour);
    const touched = unique([...buckets, ...old]);
    const [ends, head, ...rest] = await store.getMany([
      places.ends,
      places.head,
      ...touched,
      ...trustKeys.map(places.trust),
    ]);
    const values = new Map(touched.map((key, at) => [keyText(key), rest[at] ?? null]));
    const sums = new Map(touched.map((key) => [keyText(key), countersOf(values.get(keyText(key)) ?? null)]));
    const change = (keys: readonly Key[], counters: Counters, sign: 1 | -1) => {
      for (const key of keys) {
        sums.set(keyText(key), addCounters(sums.get(keyText(key)) ?? {}, counters, sign));
      }
    };
    if (before !== null) change(old, before.counters, -1);
    const counters = fitting(tally.counters, buckets.map((key) => sums.get(keyText(key)) ?? {}));
    change(buckets, counters, 1);

    const added: Added = { seq: tally.seq, hour, tier, counters, digest: await digestOfRun(ended) };
    const headBefore = headOf(head ?? null);
    const headAfter: Head = {
      rev: headBefore.rev + 1,
      digest: summed(headBefore.digest, added.digest, before?.digest ?? null),
    };
    const end: RecentEnd = { run, at: tally.at, tier, outcome: tally.outcome, unknown: tally.unknown };
    const sets: { key: Key; value: Json }[] = [
      { key: places.run(run), value: asJson(added) },
      { key: places.head, value: asJson(headAfter) },
      { key: places.ends, value: asJson(withEnd(endsOf(ends ?? null), end)) },
      ...touched.map((key) => ({ key, value: asJson(sums.get(keyText(key)) ?? {}) })),
    ];
    const checks: NonNullable<Commit["checks"]>[number][] = [
      { key: places.run(run), version: own?.version ?? null },
      { key: places.head, version: head?.version ?? null },
      { key: places.ends, version: ends?.version ?? null },
      ...touched.map((key) => ({ key, version: values.get(keyText(key))?.version ?? null })),
    ];
    const news: Entered[] = [];
    for (const [at, intent] of intents.entries()) {
      const key = places.trust(trustKeys[at] ?? "");
      const entry = rest[touched.length + at] ?? null;
      const trust = trustOf(entry) ?? { repository, intent, tier, entries: [] };
      const entries = withEntry(trust.entries, {
        run,
        at: tally.at,
        result: tally.status === "completed" ? "completed" : tally.outcome === "failed" ? "failed" : "none",
        hits: tally.hits.slice(0, 1).map((rule) => rule.slice(0, 100)),
      });
      sets.push({ key, value: asJson({ ...trust, entries }) });
      checks.push({ key, version: entry?.version ?? null });
      news.push(...levelChange(trust, entries, tally.at, run));
    }
    const log = news.length === 0 ? {} : await logged(store, news);
    const outcome = await store.commit({
      checks: [...checks, ...log.checks ?? []],
      sets: [...sets, ...log.sets ?? []],
    });
    if (outcome.ok) return "added";
    // Others end at the same moment; whoever came too late looks again.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(tried + 1, 20) * 5));
  }
  throw new Error(`Cannot count the run ${run}: the series changed ${TRIES} times meanwhile`);
}

/** Autonomy that this run earned or cost, for the log. */
function levelChange(trust: Trust, entries: readonly TrustEntry[], at: string, run: string): Entered[] {
  const before = earnedAutonomy(trust.entries, trust.intent, at);
  const after = earnedAutonomy(entries, trust.intent, at);
  if (before.level === after.level) return [];
  const lowered = after.lost !== null && after.level < before.level;
  return [{
    what: lowered ? "autonomy.demoted" : "autonomy.earned",
    at,
    by: { kind: "engine", id: "fleet" },
    reason: after.because,
    detail: {
      repository: trust.repository,
      intent: trust.intent,
      tier: trust.tier,
      from: before.level,
      to: after.level,
      run,
      ...(lowered && after.lost !== null ? { rule: after.lost.rule, regain: after.lost.regain } : {}),
    },
  }];
}

/** The counters of a tier over a window that ends with the hour under way, from whole days and the hours at their edges. */
export async function windowCounters(
  store: Reads,
  tier: Tier,
  window: FleetWindow,
  nowMs: number,
): Promise<Record<string, number>> {
  const last = Math.floor(nowMs / HOUR_MS);
  const first = last - WINDOW_HOURS[window];
  const firstDay = Math.ceil(first / DAY_HOURS);
  const lastDay = Math.floor((last + 1) / DAY_HOURS);
  const between = async (key: (at: number) => Key, from: number, to: number) =>
    from >= to ? [] : await store.list({ start: key(from), end: key(to) }, to - from);
  const hour = (at: number) => places.hour(tier, at);
  const parts = firstDay >= lastDay ? [await between(hour, first, last + 1)] : await Promise.all([
    between(hour, first, firstDay * DAY_HOURS),
    between((at) => places.day(tier, at), firstDay, lastDay),
    between(hour, lastDay * DAY_HOURS, last + 1),
  ]);
  return sumCounters(parts.flat().map(countersOf));
}

/** The counters of a tier's last days, oldest first. */
export async function dailyCounters(
  store: Reads,
  tier: Tier,
  days: number,
  nowMs: number,
): Promise<{ day: number; counters: Counters }[]> {
  const today = Math.floor(nowMs / HOUR_MS / DAY_HOURS);
  const entries = await store.list({
    start: places.day(tier, today - days + 1),
    end: places.day(tier, today + 1),
  }, days);
  return entries.map((entry) => ({ day: Number(entry.key.at(-1)), counters: countersOf(entry) }));
}

/** Names a repository, an intent and a tier; the name of a directory may be longer than a key. */
export async function trustKey(repository: string, intent: string, tier: Tier): Promise<string> {
  return (await digestOf(JSON.stringify([repository, intent, tier]))).slice("sha256:".length);
}

export const headOf = (entry: Entry | null): Head =>
  entry === null ? { rev: 0, digest: NO_RUNS } : entry.value as unknown as Head;
export const endsOf = (entry: Entry | null): RecentEnd[] =>
  entry === null ? [] : entry.value as unknown as RecentEnd[];
export const trustOf = (entry: Entry | null): Trust | null =>
  entry === null ? null : entry.value as unknown as Trust;
export const countersOf = (entry: Entry | null): Counters =>
  entry === null ? {} : entry.value as unknown as Counters;
export const asJson = (value: unknown): Json => value as Json;
export const keyText = (key: Key): string => JSON.stringify(key);

/** Digest of what one run adds. */
export async function digestOfRun({ run, tier, intents, repository, tally }: EndedRun): Promise<string> {
  return await digestOf(canonicalize({ run, tier, intents, repository, tally }) ?? "");
}

const MODULUS = 1n << 256n;

/** A digest of a set: the sum of its members' digests, so that the order in which they came does not matter. */
export function summed(set: string, added: string, taken: string | null): string {
  const number = (digest: string) => BigInt(`0x${digest.slice("sha256:".length)}`);
  const sum = (number(set) + number(added) - (taken === null ? 0n : number(taken)) + MODULUS) % MODULUS;
  return `sha256:${sum.toString(16).padStart(64, "0")}`;
}

export function bucketKeys(tier: Tier, hour: number): Key[] {
  return [places.hour(tier, hour), places.day(tier, Math.floor(hour / DAY_HOURS))];
}

/** The counters of a run, without its gates when a bucket has no room for more of them. */
function fitting(counters: Counters, into: readonly Counters[]): Counters {
  const fits = into.every((sum) => JSON.stringify(addCounters(sum, counters)).length <= MAX_BUCKET);
  return fits
    ? counters
    : Object.fromEntries(Object.entries(counters).filter(([name]) => !name.startsWith("gate.")));
}

function unique(keys: readonly Key[]): Key[] {
  return [...new Map(keys.map((key) => [keyText(key), key])).values()];
}
