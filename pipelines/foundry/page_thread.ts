/** The second thread that judges pages (page_worker.ts), as this one sees it. */
import type { Cells } from "../../connectors/data/mod.ts";
import type { JudgedCells } from "./byte_pages.ts";
import type { PlainPlan } from "./plain_pages.ts";
import type { PageAnswered, PageAsked } from "./page_worker.ts";

/** A page that came back: in the memory in which it went. */
export interface ReturnedPage {
  readonly cells: Cells;
  readonly judged: JudgedCells;
}

export interface PageThread {
  /** Whether it takes pages by now. */
  readonly ready: boolean;
  /** Pages that it has and did not give back. */
  readonly pending: number;
  /** Gives a page away with its room: nobody looks at it until it comes back. They come back in the order in which they went. */
  judge(cells: Cells, plan: PlainPlan): Promise<ReturnedPage>;
  /** Takes back the memory of a page's lines. */
  done(judged: JudgedCells): void;
  /** Ends it, whatever it does; what it still has fails. */
  close(): void;
}

interface Waiting {
  readonly columns: readonly string[];
  readonly quote: number;
  readonly rows: number;
  readonly length: number;
  resolve(page: ReturnedPage): void;
  reject(error: Error): void;
}

/** Null on a host without threads: pages are judged where they are read then. */
export function pageThread(): PageThread | null {
  if (typeof Worker === "undefined") return null;
  const worker = new Worker(new URL("./page_worker.ts", import.meta.url), { type: "module" });
  const waiting: Waiting[] = [];
  const free: Uint8Array<ArrayBuffer>[] = [];
  let plan: PlainPlan | null = null;
  let ready = false;
  let failed: Error | null = null;
  const fail = (error: Error) => {
    failed ??= error;
    for (const one of waiting.splice(0)) one.reject(failed);
  };
  worker.onmessage = ({ data }: MessageEvent<PageAnswered>) => {
    if (data.ready === true) {
      ready = true;
      return;
    }
    const one = waiting.shift();
    if (one === undefined) return fail(new Error("Cannot judge pages: one came back that nobody sent"));
    const { room, judged } = data;
    const { columns, rows, quote } = one;
    const { starts, ends, marks } = room;
    const bytes = room.bytes.subarray(0, one.length);
    one.resolve({ cells: { columns, rows, bytes, starts, ends, marks, quote, room }, judged });
  };
  // What ends the thread ends the load: half a page is none.
  worker.onerror = (event) => {
    event.preventDefault();
    fail(new Error(`The thread that judges pages ended: ${event.message}`));
  };
  worker.onmessageerror = () => fail(new Error("The thread that judges pages said what cannot be read"));
  return {
    get ready() {
      return ready && failed === null;
    },
    get pending() {
      return waiting.length;
    },
    judge(cells, by) {
      const { room, columns, rows, quote, bytes: { length } } = cells;
      if (failed !== null) return Promise.reject(failed);
      if (room === undefined) throw new Error("Cannot give a page away that has no memory of its own");
      const into = free.pop() ?? new Uint8Array(0);
      const { agreed, keys, rules } = by;
      const asked: PageAsked = {
        plan: plan === by ? null : { columns, agreed, keys, rules },
        room,
        rows,
        length,
        quote,
        into,
      };
      plan = by;
      const returned = new Promise<ReturnedPage>((resolve, reject) =>
        waiting.push({ columns, quote, rows, length, resolve, reject })
      );
      worker.postMessage(asked, [
        room.bytes.buffer,
        room.starts.buffer,
        room.ends.buffer,
        room.marks.buffer,
        into.buffer,
      ]);
      return returned;
    },
    done({ bytes }) {
      free.push(new Uint8Array(bytes.buffer));
    },
    close() {
      fail(new Error("The thread that judges pages was ended"));
      worker.terminate();
    },
  };
}
