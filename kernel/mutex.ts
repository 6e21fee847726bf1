/** Lets asynchronous sections in one after the other, in the order of asking. */
export interface Mutex {
  /** Null when the way is free and now taken; else a promise of the turn. Whoever has a turn must give it back. */
  take(): Promise<void> | null;
  giveBack(): void;
}

export function mutex(): Mutex {
  let taken = false;
  const waiting: (() => void)[] = [];
  return {
    take() {
      if (taken) return new Promise((resolve) => waiting.push(resolve));
      taken = true;
      return null;
    },
    giveBack() {
      const next = waiting.shift();
      if (next === undefined) taken = false;
      else next();
    },
  };
}
