/**
 * Pages of a source some ahead of whoever takes them: stretches are read and judged by another thread meanwhile. They are taken in the
 * order of the source.
 */
import type { CellRooms, Page, PageStretch, ReadEnd } from "../../connectors/data/mod.ts";
import type { PageThread } from "./page_thread.ts";
import type { PlainPage, PlainPages, PlainPlan } from "./plain_pages.ts";
import { isThreadPrepared, keepThread, LARGE_BYTES, takeThread } from "./spare_thread.ts";

/** A page, and what was made of its cells elsewhere; whether that still holds is told when it is taken. */
export interface AheadPage {
  readonly page: Page;
  readonly plain?: () => PlainPage | null;
}

/** Pages that are read and not taken. */
const AHEAD = 6;
/** A load of fewer bytes is over before a thread has begun. */
const WORTH_BYTES = 1024 * 1024;

interface Coming {
  /** The page in its turn; null where nothing is left of it. */
  take(): Promise<AheadPage | null>;
  /** Gives back what the page lay in, once it is done with or was never taken. */
  end(): void;
  /** Everything that was read behind it is void, told when it was taken. */
  readonly isCut?: boolean;
}

/**
 * Reads ahead. A page is valid until the next one is asked for. What fails, and the end, come behind the pages that were read before.
 * The thread is ended on every way out, or kept for what comes behind a large load.
 */
export async function* pagesAhead(
  pages: AsyncGenerator<Page, ReadEnd, void>,
  plainly: PlainPages | null,
  rooms: CellRooms,
  { open = takeThread, from = isThreadPrepared() ? 0 : WORTH_BYTES, keep = keepThread }: {
    readonly open?: () => PageThread | null;
    /** Bytes of cells after which the thread is started. */
    readonly from?: number;
    /** Takes the thread when all of a large load was read. */
    readonly keep?: (thread: PageThread) => void;
  } = {},
): AsyncGenerator<AheadPage, ReadEnd, void> {
  let thread: PageThread | null = null;
  let opened = false;
  let bytes = 0;
  let halted = false;
  const queue: Coming[] = [];
  let end: { ended: ReadEnd } | { failed: unknown } | null = null;

  /** What so many bytes more are to be held against elsewhere; null where they are not worth the way. */
  const planOf = (columns: readonly string[], more: number): PlainPlan | null => {
    bytes += more;
    if (!opened && bytes > from) {
      opened = true;
      thread = open();
    }
    return thread?.ready === true ? plainly?.planOf({ columns }) ?? null : null;
  };
  const given = (page: Page): Coming => {
    const { cells, stretch } = page;
    if (stretch !== undefined) return ofStretch(stretch);
    const end = () => {
      if (cells?.room !== undefined) rooms.give(cells.room);
    };
    return { take: () => Promise.resolve({ page }), end };
  };
  const ofStretch = (stretch: PageStretch): Coming => {
    const { columns, room, length } = stretch;
    let isCut = false;
    const found: PageStretch["found"] = (read, room) => {
      isCut = read.consumed < length;
      return stretch.found(read, room);
    };
    const plan = planOf(columns, length);
    const by = thread;
    if (by === null || plainly === null || plan === null) {
      return {
        take() {
          const page = found(stretch.read(), room);
          return Promise.resolve(page === null ? null : { page });
        },
        end: () => rooms.give(room),
        get isCut() {
          return isCut;
        },
      };
    }
    const coming = by.read(stretch, plan);
    // Whoever takes the pages comes to it in its turn; it may fail before, and has nothing to give back then.
    coming.catch(() => {});
    return {
      async take() {
        const { read, room, judged } = await coming;
        const page = found(read, room);
        if (page === null) return null;
        const { cells } = page;
        // Without cells it is judged like any other page.
        return cells === undefined ? { page } : { page, plain: () => plainly.taken(cells, plan, judged) };
      },
      end() {
        coming.then(({ room, judged }) => {
          rooms.give(room);
          by.done(judged);
        }, () => {});
      },
      get isCut() {
        return isCut;
      },
    };
  };
  /** Whether the next page is worth reading before the first one is taken. */
  const hasPlace = () => queue.length === 0 || (thread?.ready === true && !halted && queue.length < AHEAD);

  try {
    for (;;) {
      while (end === null && hasPlace()) {
        halted = false;
        try {
          const next = await pages.next();
          if (next.done === true) end = { ended: next.value };
          else if (next.value.halt === true) halted = true;
          else queue.push(given(next.value));
        } catch (failed) {
          end = { failed };
        }
      }
      const first = queue.shift();
      if (first === undefined) {
        if (end === null) continue;
        if ("failed" in end) throw end.failed;
        return end.ended;
      }
      try {
        const page = await first.take();
        if (first.isCut === true) {
          for (const one of queue.splice(0)) one.end();
          halted = false;
        }
        if (page !== null) yield page;
      } finally {
        first.end();
      }
    }
  } finally {
    const by = thread as PageThread | null;
    const isEnded = end !== null && "ended" in end && queue.length === 0;
    if (by !== null && isEnded && bytes >= LARGE_BYTES) keep(by);
    else by?.close();
    await pages.return({ status: "incomplete" }).catch(() => {});
  }
}

/** Pages one by one, as they come. */
export async function* onePage(
  pages: AsyncGenerator<Page, ReadEnd, void>,
): AsyncGenerator<AheadPage, ReadEnd, void> {
  try {
    for (;;) {
      const next = await pages.next();
      if (next.done === true) return next.value;
      yield { page: next.value };
    }
  } finally {
    await pages.return({ status: "incomplete" }).catch(() => {});
  }
}
