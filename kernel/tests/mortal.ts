import type { Clock } from "../port.ts";
import type { Store } from "../store/port.ts";

const never = <T>(): Promise<T> => new Promise<T>(() => {});

/** A process's view of a store and a clock, until it dies: from then on nothing of it goes on. */
export interface Mortal {
  readonly store: Store;
  readonly clock: Clock;
  /** Commits that it began. */
  commits(): number;
  isDead(): boolean;
}

/** Dies at its `at`-th commit: before it reaches the store, or after it did and before the answer comes back. */
export function mortal(store: Store, clock: Clock, at: number, when: "before" | "after"): Mortal {
  let commits = 0;
  let dead = false;
  const alive = async <T>(act: () => Promise<T>): Promise<T> => {
    if (dead) return await never();
    const result = await act();
    return dead ? await never() : result;
  };
  return {
    commits: () => commits,
    isDead: () => dead,
    clock: {
      now: () => clock.now(),
      sleep: (ms, signal) =>
        dead ? never() : clock.sleep(ms, signal).finally(() => dead ? never() : undefined),
    },
    store: {
      name: store.name,
      get: (key) => alive(() => store.get(key)),
      getMany: (keys) => alive(() => store.getMany(keys)),
      list: (range, limit) => alive(() => store.list(range, limit)),
      commit: (commit) =>
        alive(async () => {
          const dies = ++commits === at;
          if (dies && when === "before") {
            dead = true;
            return await never();
          }
          const outcome = await store.commit(commit);
          if (dies) dead = true;
          return outcome;
        }),
      wake: (topic) => dead ? undefined : store.wake(topic),
      subscribe: (topic, fn) => store.subscribe(topic, () => dead ? undefined : fn()),
      close: () => Promise.resolve(),
    },
  };
}
