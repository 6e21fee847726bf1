/** Work of which only so much goes on at the same time. */
export interface Limiter {
  /** Waits for its turn, in order. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Starts nothing more, and resolves when what had begun is done. */
  close(): Promise<void>;
}

/** Lets at most so many pieces of work go on at the same time. */
export function limiter(atOnce: number): Limiter {
  let free = atOnce;
  let closed = false;
  const waiting: (() => void)[] = [];
  const begun = new Set<Promise<unknown>>();
  return {
    run: async (work) => {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        if (closed) throw new Error("Cannot start more work: the verification is over");
        const running = work();
        begun.add(running);
        return await running.finally(() => begun.delete(running));
      } finally {
        const next = waiting.shift();
        if (next === undefined) free++;
        else next();
      }
    },
    close: async () => {
      closed = true;
      await Promise.allSettled([...begun]);
    },
  };
}
