/** Runs asynchronous sections one after the other, in the order of asking. */
export interface Mutex {
  run<T>(section: () => Promise<T>): Promise<T>;
}

export function mutex(): Mutex {
  let last: Promise<unknown> | null = null;
  return {
    async run(section) {
      const before = last;
      const mine = before === null ? section() : before.then(section, section);
      last = mine;
      try {
        return await mine;
      } finally {
        if (last === mine) last = null;
      }
    },
  };
}
