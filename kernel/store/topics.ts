/** Who listens to which topic in this process. A listener's bug must not reach the one who woke it. */
export interface Topics {
  wake(topic: string): void;
  subscribe(topic: string, fn: () => void): () => void;
}

export function topics(): Topics {
  const listeners = new Map<string, Set<() => void>>();
  return {
    wake(topic) {
      const set = listeners.get(topic);
      if (set === undefined) return;
      for (const fn of [...set]) queueMicrotask(fn);
    },
    subscribe(topic, fn) {
      // A fresh function for each subscription, so that the same `fn` may subscribe twice.
      const own = () => fn();
      const set = listeners.get(topic) ?? new Set();
      set.add(own);
      listeners.set(topic, set);
      return () => {
        set.delete(own);
        if (set.size === 0 && listeners.get(topic) === set) listeners.delete(topic);
      };
    },
  };
}
