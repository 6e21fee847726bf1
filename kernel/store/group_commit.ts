import type { Commit, Key, Store } from "./port.ts";
import { commitCost, type Cost, LIMITS } from "./limits.ts";

type Outcome = Awaited<ReturnType<Store["commit"]>>;

interface Waiting {
  commit: Commit;
  cost: Cost;
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

/**
 * Wraps a Store so that commits waiting at the same time go into one commit of the backend, which means one fsync. Each caller
 * keeps its own checks: a group that fails is halved until the one that fails stands alone. Commits that touch what an earlier one
 * of the group writes wait for the next group, so that a caller never passes a check against a value that its own group replaces.
 */
export function groupCommit(store: Store): GroupedStore {
  const stats: GroupCommitStats = { asked: 0, made: 0, split: 0 };
  let queue: Waiting[] = [];
  let flushing = false;

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

  async function flush(): Promise<void> {
    // One turn of the event loop's microtasks, so that callers woken together stand in the same group.
    await Promise.resolve();
    while (queue.length > 0) {
      const { group, rest } = nextGroup(queue);
      queue = rest;
      await commitAll(group);
    }
    flushing = false;
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
    async commit(commit) {
      const cost = commitCost(commit);
      stats.asked++;
      return await new Promise<Outcome>((resolve, reject) => {
        queue.push({ commit, cost, resolve, reject });
        if (flushing) return;
        flushing = true;
        void flush();
      });
    },
  };
}

function joined(group: readonly Waiting[]): Commit {
  return {
    checks: group.flatMap((w) => w.commit.checks ?? []),
    sets: group.flatMap((w) => w.commit.sets ?? []),
    deletes: group.flatMap((w) => w.commit.deletes ?? []),
  };
}

/** Takes from the front what fits into one commit and stays independent; the rest keeps its order. */
function nextGroup(queue: readonly Waiting[]): { group: Waiting[]; rest: Waiting[] } {
  const group: Waiting[] = [];
  const rest: Waiting[] = [];
  const written = new Set<string>();
  // What a deferred commit reads or writes: a later one that touches it must not overtake.
  const deferred = new Set<string>();
  const sum: Cost = { checks: 0, mutations: 0, keyBytes: 0, totalBytes: 0 };
  let full = false;
  for (const waiting of queue) {
    const names = full ? [] : namesOf(waiting.commit);
    if (
      !full && names.every((n) => !written.has(n.name) && !deferred.has(n.name)) && fits(sum, waiting.cost)
    ) {
      add(sum, waiting.cost);
      for (const { name, writes } of names) if (writes) written.add(name);
      group.push(waiting);
    } else {
      if (group.length > 0 && !fits(sum, waiting.cost)) full = true;
      for (const { name } of names) deferred.add(name);
      rest.push(waiting);
    }
  }
  return { group, rest };
}

function namesOf(commit: Commit): { name: string; writes: boolean }[] {
  const names: { name: string; writes: boolean }[] = [];
  const add = (key: Key, writes: boolean) => names.push({ name: key.join("\u0000"), writes });
  for (const { key } of commit.checks ?? []) add(key, false);
  for (const { key } of commit.sets ?? []) add(key, true);
  for (const key of commit.deletes ?? []) add(key, true);
  return names;
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
