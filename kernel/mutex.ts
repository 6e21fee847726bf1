/** Runs asynchronous sections one after the other, in the order of asking. */
export interface Mutex {
  run<T>(section: () => Promise<T>): Promise<T>;
}

export function mutex(): Mutex {
  let last: Promise<unknown> | null = null;
  return {
    run(section) {
      const mine = last === null ? section() : last.then(section, section);
      last = mine;
      const done = () => {
        if (last === mine) last = null;
      };
      mine.then(done, done);
      return mine;
    },
  };
}
