/** Pages of a source some ahead of whoever takes them, so that several are judged at once. They are taken in the order of the source. */
import {
  type CellRooms,
  cellRows,
  type Cells,
  cellsOf,
  type Page,
  type PageStretch,
  type ReadEnd,
} from "../../connectors/data/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import type { JudgedCells } from "./byte_pages.ts";
import type { PageThread, ReturnedPage, ReturnedStretch } from "./page_thread.ts";
import type { PlainPage, PlainPages, PlainPlan } from "./plain_pages.ts";
import { isThreadPrepared, keepThread, LARGE_BYTES, takeThread } from "./spare_thread.ts";

/** A page, and what was made of its cells elsewhere; whether that still holds is told when it is taken. */
export interface AheadPage {
  readonly page: Page;
  readonly plain?: () => PlainPage | null;
}

/** Pages that the thread has at a time. */
const AHEAD = 4;
/** While it has fewer than so many, or is no later than whoever takes the pages, it gets stretches to read as well. */
const HUNGRY = 2;
/** Pages that are read and not taken. */
const MOST = 10;
/** After so many pages one more is judged here where the thread has enough: before that, learning to be quick at it costs more. */
const MANY = 400;
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
  { open = takeThread, from = isThreadPrepared() ? 0 : WORTH_BYTES, many = MANY, keep = keepThread }: {
    readonly open?: () => PageThread | null;
    /** Bytes of cells after which the thread is started. */
    readonly from?: number;
    /** Pages after which this thread helps. */
    readonly many?: number;
    /** Takes the thread when all of a large load was read. */
    readonly keep?: (thread: PageThread) => void;
  } = {},
): AsyncGenerator<AheadPage, ReadEnd, void> {
  let thread: PageThread | null = null;
  let opened = false;
  let bytes = 0;
  let isHere = false;
  /** The thread had not done the page that was taken last. */
  let isLate = false;
  let count = 0;
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
    count++;
    const { cells, stretch } = page;
    if (stretch !== undefined) return ofStretch(stretch);
    const room = cells?.room;
    const end = () => {
      if (room !== undefined) rooms.give(room);
    };
    const here = { take: () => Promise.resolve({ page }), end };
    if (cells === undefined || room === undefined || plainly === null) return here;
    const plan = planOf(cells.columns, cells.bytes.length);
    if (thread === null || plan === null) return here;
    if (thread.pending >= AHEAD) {
      const judged = plainly.judged(cells, plan);
      isHere = true;
      return {
        take: () => Promise.resolve({ page, plain: () => plainly.taken(cells, plan, judged) }),
        end() {
          isHere = false;
          end();
        },
      };
    }
    const { turn, back } = away(thread, thread.judge(cells, plan));
    return {
      async take() {
        const { cells, judged } = await turn();
        return { page: withCells(page, cells), plain: () => plainly.taken(cells, plan, judged) };
      },
      end: back,
    };
  };
  /** What comes back from the thread, and how its memory is given back, before or after that. */
  const away = <T extends ReturnedPage>(by: PageThread, coming: Promise<T>) => {
    // Whoever takes the pages comes to it in its turn; it may fail before, and has nothing to give back then.
    let isBack = false;
    coming.then(() => isBack = true, () => {});
    const turn = () => {
      isLate = !isBack;
      return coming;
    };
    const back = () =>
      void coming.then(({ cells: { room }, judged }) => {
        if (room !== undefined) rooms.give(room);
        by.done(judged);
      }, () => {});
    return { turn, back };
  };
  const ofStretch = (stretch: PageStretch): Coming => {
    const { columns, room, length } = stretch;
    const end = () => rooms.give(room);
    let isCut = false;
    const found = (read: Parameters<PageStretch["found"]>[0], room: PageStretch["room"]) => {
      isCut = read.consumed < length;
      return stretch.found(read, room);
    };
    const plan = planOf(columns, length);
    if (thread === null || plainly === null || plan === null) {
      return {
        take() {
          const page = found(stretch.read(), room);
          return Promise.resolve(page === null ? null : { page });
        },
        end,
        get isCut() {
          return isCut;
        },
      };
    }
    const taken = (page: Page | null, judged: JudgedCells): AheadPage | null => {
      const cells = page?.cells;
      if (page === null || cells === undefined) return null;
      return { page, plain: () => plainly.taken(cells, plan, judged) };
    };
    if (thread.pending >= AHEAD) {
      const read = stretch.read();
      const judged = plainly.judged(cellsOf(stretch, read, room), plan);
      isHere = true;
      return {
        take: () => Promise.resolve(taken(found(read, room), judged)),
        end() {
          isHere = false;
          end();
        },
        get isCut() {
          return isCut;
        },
      };
    }
    const { turn, back } = away(thread, read(thread, stretch, plan, isLate));
    return {
      async take() {
        const { read, room, judged } = await turn();
        return taken(found(read, room), judged);
      },
      end: back,
      get isCut() {
        return isCut;
      },
    };
  };
  /** Whether the next page is worth reading before the first one is taken. */
  const hasPlace = () =>
    queue.length === 0 ||
    (thread?.ready === true && !halted && queue.length < MOST &&
      (thread.pending < AHEAD || (isLate && !isHere && count >= many)));

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

/** Has a stretch read where there is time for it, and judged elsewhere. */
function read(
  thread: PageThread,
  stretch: PageStretch,
  plan: PlainPlan,
  isLate: boolean,
): Promise<ReturnedStretch> {
  if (thread.pending < HUNGRY || !isLate) return thread.read(stretch, plan);
  const read = stretch.read();
  return thread.judge(cellsOf(stretch, read, stretch.room), plan).then(({ cells, judged }) => {
    if (cells.room === undefined) throw new Error("Cannot take a page that came back without its room");
    return { cells, judged, read, room: cells.room };
  });
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

/** The page that went away, over the same cells in memory that is here again. */
function withCells(page: Page, cells: Cells): Page {
  let rows: Row[] | null = null;
  return {
    cells,
    get rows() {
      if (rows !== null) return rows;
      const rowOf = cellRows(cells);
      return rows = Array.from({ length: cells.rows }, (_, index) => rowOf(index));
    },
    locate: (index) => page.locate(index),
    ...(page.bad === undefined ? {} : { bad: page.bad }),
    raw: page.raw,
    next: page.next,
    ...(page.origin === undefined ? {} : { origin: page.origin }),
  };
}
