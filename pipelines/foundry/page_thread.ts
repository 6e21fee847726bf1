/** The second thread that judges pages (page_worker.ts), as this one sees it. */
import type { Stretch, StretchRead } from "../../connectors/data/mod.ts";
import type { StreamProfile } from "../../specs/foundry/mod.ts";
import type { JudgedCells } from "./byte_pages.ts";
import type { PlainPlan } from "./plain_pages.ts";
import type { PageAnswered, PageAsked, ProfileAnswered, ProfileAsked } from "./page_worker.ts";
import type { Profiled } from "./profile_tally.ts";

/** A stretch that came back in the memory in which it went, as far as its records are plain. */
export interface ReturnedStretch {
  readonly room: Uint8Array<ArrayBuffer>;
  readonly read: StretchRead;
  readonly judged: JudgedCells;
}

export interface PageThread {
  /** Whether it takes pages by now. */
  readonly ready: boolean;
  /** Gives a stretch away with its room: nobody looks at it until it comes back. They come back in the order in which they went. */
  read(stretch: Stretch, plan: PlainPlan): Promise<ReturnedStretch>;
  /** Tallies the columns of what is staged; texts that may not be told are still in it. */
  profile(profiled: Profiled): Promise<StreamProfile>;
  /** Takes back the memory of a page's lines. */
  done(judged: JudgedCells): void;
  /** Ends it, whatever it does; what it still has fails. */
  close(): void;
}

interface Waiting {
  resolve(page: ReturnedStretch): void;
  reject(error: Error): void;
}

/** Null on a host without threads: pages are judged where they are read then. */
export function pageThread(): PageThread | null {
  if (typeof Worker === "undefined") return null;
  const worker = new Worker(new URL("./page_worker.ts", import.meta.url), { type: "module" });
  const waiting: Waiting[] = [];
  const profiles: { resolve(profile: StreamProfile): void; reject(error: Error): void }[] = [];
  const free: Uint8Array<ArrayBuffer>[] = [];
  let plan: PlainPlan | null = null;
  let ready = false;
  let failed: Error | null = null;
  const fail = (error: Error) => {
    failed ??= error;
    for (const one of [...waiting.splice(0), ...profiles.splice(0)]) one.reject(failed);
  };
  worker.onmessage = ({ data }: MessageEvent<PageAnswered | ProfileAnswered>) => {
    if ("profile" in data) return profiles.shift()?.resolve(data.profile);
    if ("failed" in data) return profiles.shift()?.reject(new Error(data.failed));
    if (data.ready === true) {
      ready = true;
      return;
    }
    const one = waiting.shift();
    if (one === undefined) return fail(new Error("Cannot judge pages: one came back that nobody sent"));
    const { room, read, judged } = data;
    one.resolve({ room, read, judged });
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
    read({ columns, room, length, most, delimiter, quote }, by) {
      if (failed !== null) return Promise.reject(failed);
      const { agreed, keys, rules } = by;
      const into = free.pop() ?? new Uint8Array(0);
      const asked: PageAsked = {
        plan: plan === by ? null : { columns, agreed, keys, rules },
        ...{ room, length, most, delimiter, quote, into },
      };
      plan = by;
      const returned = new Promise<ReturnedStretch>((resolve, reject) => waiting.push({ resolve, reject }));
      worker.postMessage(asked, [room.buffer, into.buffer]);
      return returned;
    },
    profile(profiled) {
      if (failed !== null) return Promise.reject(failed);
      const asked: ProfileAsked = { profiled };
      const told = new Promise<StreamProfile>((resolve, reject) => profiles.push({ resolve, reject }));
      worker.postMessage(asked);
      return told;
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
