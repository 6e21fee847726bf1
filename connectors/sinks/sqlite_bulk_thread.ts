/** The thread that makes tables of staged lines, as this one sees it. */
import type { Made } from "./sqlite_bulk_pieces.ts";
import type { BulkAsked } from "./sqlite_bulk_worker.ts";

export interface BulkThread {
  ask(asked: BulkAsked): void;
  /** Its words, in order; it has no more after the last of them (`done`, `unfit`). */
  words(): AsyncGenerator<Made, void, void>;
  end(): void;
}

export function bulkThread(): BulkThread {
  const said: Made[] = [];
  let wake = () => {};
  const say = (made: Made) => {
    said.push(made);
    wake();
  };
  const worker = new Worker(new URL("./sqlite_bulk_worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<Made>) => say(data);
  worker.onerror = (event) => {
    event.preventDefault();
    say({ unfit: event.message });
  };
  return {
    ask: (asked) => worker.postMessage(asked),
    async *words() {
      for (;;) {
        const next = said.shift();
        if (next === undefined) {
          await new Promise<void>((resolve) => wake = resolve);
          continue;
        }
        yield next;
        if (!("table" in next)) return;
      }
    },
    end() {
      say({ unfit: "the thread was ended" });
      worker.terminate();
    },
  };
}
