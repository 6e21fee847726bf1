import type { Commit, Key, Store } from "./port.ts";
import { commitCost, type Cost, LIMITS } from "./limits.ts";

type Outcome = Awaited<ReturnType<Store["commit"]>>;

/** A key as text, and whether it is written or only checked. */
interface Name {
  name: string;
  writes: boolean;
}

interface Waiting {
  commit: Commit;
  cost: Cost;
  names: readonly Name[];
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

export interface GroupCommitStats {
  /** Commits asked for by callers. */
  asked: number;
  /** Commits made on the backend. */
  made: number;
  /** Groups that failed a check and were split. */
  split: number;
}

export interface GroupedStore extends Store {
  readonly stats: Readonly<GroupCommitStats>;
}

/** Groups on their way at the same time: while the backend writes one, callers make the commits of the next. */
const LANES = 2;

/** A caller that hears of its commit is at its next one within about this many turns of the microtask queue. */
const QUIET_TURNS = 8;

/**
 * Wraps a Store so that commits waiting at the same time go into one commit of the backend, which means one fsync. Each caller
 * keeps its own checks: a group that fails is halved until the one that fails stands alone. Commits that touch what an earlier one
 * writes that is not done yet wait for it, so that a caller never passes a check against a value that is being replaced.
 */
export function groupCommit(store: Store): GroupedStore {
  const stats: GroupCommitStats = { asked: 0, made: 0, split: 0 };
  let queue: Waiting[] = [];
  const busy: Busy = new Map();
  let lanes = 0;
  let underway = 0;
  let scheduled = false;

  async function commitAll(group: readonly Waiting[]): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    stats.made++;
    let outcome: Outcome;
    try {
      outcome = await store.commit(group.length === 1 ? first.commit : joined(group));
    } catch (error) {
      // Whether anything was written is unknown now: each caller looks for itself.
      for (const waiting of group) waiting.reject(error);
      return;
    }
    if (outcome.ok || group.length === 1) {
      for (const waiting of group) waiting.resolve(outcome);
      return;
    }
    stats.split++;
    const middle = group.length >> 1;
    await commitAll(group.slice(0, middle));
    await commitAll(group.slice(middle));
  }

  /** Takes from the front what fits into one commit and stays independent; the rest keeps its order. */
  function nextGroup(atMost: number): Waiting[] {
    const group: Waiting[] = [];
    const rest: Waiting[] = [];
    // What a deferred commit reads or writes: a later one that touches it must not overtake.
    const deferred = new Set<string>();
    const sum: Cost = { checks: 0, mutations: 0, keyBytes: 0, totalBytes: 0 };
    let full = false;
    for (const waiting of queue) {
      full ||= group.length >= atMost;
      const free = !full && isFree(waiting.names, busy, deferred);
      if (free && fits(sum, waiting.cost)) {
        add(sum, waiting.cost);
        hold(busy, waiting.names);
        group.push(waiting);
        continue;
      }
      full ||= free;
      if (!full) { for (const { name } of waiting.names) deferred.add(name); }
      rest.push(waiting);
    }
    queue = rest;
    return group;
  }

  function schedule(): void {
    if (scheduled || lanes >= LANES || queue.length === 0) return;
    scheduled = true;
    gather(queue.length, 0);
  }

  /** Waits until those that were woken together have all got as far as their next commit: until no more come for some turns. */
  function gather(waiting: number, turnsQuiet: number): void {
    if (turnsQuiet < QUIET_TURNS) {
      queueMicrotask(() => gather(queue.length, queue.length === waiting ? turnsQuiet + 1 : 0));
      return;
    }
    scheduled = false;
    if (lanes >= LANES || queue.length === 0) return;
    const group = nextGroup(Math.ceil((queue.length + underway) / LANES));
    if (group.length === 0) return;
    void sendGroup(group);
    schedule();
  }

  async function sendGroup(group: readonly Waiting[]): Promise<void> {
    lanes++;
    underway += group.length;
    await commitAll(group);
    for (const { names } of group) letGo(busy, names);
    underway -= group.length;
    lanes--;
    schedule();
  }

  return {
    name: store.name,
    stats,
    get: (key) => store.get(key),
    getMany: (keys) => store.getMany(keys),
    list: (range, limit) => store.list(range, limit),
    wake: (topic) => store.wake(topic),
    subscribe: (topic, fn) => store.subscribe(topic, fn),
    close: () => store.close(),
    commit: (commit) =>
      new Promise<Outcome>((resolve, reject) => {
        // What it throws is the caller's: a promise is rejected by a throw in here.
        const cost = commitCost(commit);
        stats.asked++;
        queue.push({ commit, cost, names: namesOf(commit), resolve, reject });
        schedule();
      }),
  };
}

/** Names of keys that commits on their way touch: how many check one, or that one of them writes it, then alone. */
type Busy = Map<string, number>;
const WRITTEN = -1;

function isFree(names: readonly Name[], busy: Busy, deferred: ReadonlySet<string>): boolean {
  for (const { name, writes } of names) {
    if (deferred.size > 0 && deferred.has(name)) return false;
    const held = busy.get(name);
    if (held !== undefined && (writes || held === WRITTEN)) return false;
  }
  return true;
}

function hold(busy: Busy, names: readonly Name[]): void {
  for (const { name, writes } of names) {
    const held = busy.get(name);
    if (writes) busy.set(name, WRITTEN);
    else if (held !== WRITTEN) busy.set(name, (held ?? 0) + 1);
  }
}

function letGo(busy: Busy, names: readonly Name[]): void {
  for (const { name, writes } of names) {
    const held = busy.get(name) ?? 0;
    if (writes || held <= 1) busy.delete(name);
    else busy.set(name, held - 1);
  }
}

function joined(group: readonly Waiting[]): Commit {
  const checks: NonNullable<Commit["checks"]>[number][] = [];
  const sets: NonNullable<Commit["sets"]>[number][] = [];
  const deletes: Key[] = [];
  for (const { commit } of group) {
    if (commit.checks !== undefined) checks.push(...commit.checks);
    if (commit.sets !== undefined) sets.push(...commit.sets);
    if (commit.deletes !== undefined) deletes.push(...commit.deletes);
  }
  return { checks, sets, deletes };
}

/**
 * What a commit touches, written before checked. A key is known by its last part when that is text: all keys of a run have one
 * name, and two commits that merely seem to meet wait for one another, nothing worse.
 */
function namesOf({ checks, sets, deletes }: Commit): Name[] {
  const names: Name[] = [];
  if (sets !== undefined) { for (const { key } of sets) addName(names, key, true); }
  if (deletes !== undefined) { for (const key of deletes) addName(names, key, true); }
  if (checks !== undefined) { for (const { key } of checks) addName(names, key, false); }
  return names;
}

function addName(names: Name[], key: Key, writes: boolean): void {
  const last = key[key.length - 1];
  const name = typeof last === "string" ? last : key.join("\u0000");
  for (const known of names) if (known.name === name) return;
  names.push({ name, writes });
}

function fits(sum: Cost, cost: Cost): boolean {
  return sum.checks + cost.checks <= LIMITS.checks && sum.mutations + cost.mutations <= LIMITS.mutations &&
    sum.keyBytes + cost.keyBytes <= LIMITS.totalKeyBytes &&
    sum.totalBytes + cost.totalBytes <= LIMITS.totalBytes;
}

function add(sum: Cost, cost: Cost): void {
  sum.checks += cost.checks;
  sum.mutations += cost.mutations;
  sum.keyBytes += cost.keyBytes;
  sum.totalBytes += cost.totalBytes;
}
