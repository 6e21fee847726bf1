/** Pages of a source some ahead of whoever takes them, so that several are judged at once. They are taken in the order of the source. */
import { type CellRooms, cellRows, type Cells, type Page, type ReadEnd } from "../../connectors/data/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import type { PageThread } from "./page_thread.ts";
import type { PlainPage, PlainPages } from "./plain_pages.ts";
import { isThreadPrepared, takeThread } from "./spare_thread.ts";

/** A page, and what was made of its cells elsewhere; whether that still holds is told when it is taken. */
export interface AheadPage {
  readonly page: Page;
  readonly plain?: () => PlainPage | null;
}

/** Pages that the thread has at a time. One more is judged here where it has as many. */
const AHEAD = 4;
/** Pages that are read and not taken. */
const MOST = 10;
/** A load of fewer bytes is over before a thread has begun. */
const WORTH_BYTES = 1024 * 1024;

interface Coming {
  readonly page: Promise<AheadPage>;
  /** Gives back what the page lay in. */
  end(): void;
}

/**
 * Reads ahead. A page is valid until the next one is asked for. What fails, and the end, come behind the pages that were read before.
 * The thread is ended on every way out.
 */
export async function* pagesAhead(
  pages: AsyncGenerator<Page, ReadEnd, void>,
  plainly: PlainPages | null,
  rooms: CellRooms,
  { open = takeThread, from = isThreadPrepared() ? 0 : WORTH_BYTES }: {
    readonly open?: () => PageThread | null;
    /** Bytes of cells after which the thread is started. */
    readonly from?: number;
  } = {},
): AsyncGenerator<AheadPage, ReadEnd, void> {
  let thread: PageThread | null = null;
  let opened = false;
  let bytes = 0;
  let isHere = false;
  const queue: Coming[] = [];
  let end: { ended: ReadEnd } | { failed: unknown } | null = null;

  const given = (page: Page): Coming => {
    const { cells } = page;
    const room = cells?.room;
    const free = () => {
      if (room !== undefined) rooms.give(room);
    };
    if (cells === undefined || room === undefined || plainly === null) {
      return { page: Promise.resolve({ page }), end: free };
    }
    bytes += cells.bytes.length;
    if (!opened && bytes > from) {
      opened = true;
      thread = open();
    }
    const plan = thread?.ready === true ? plainly.planOf(cells) : null;
    if (thread === null || plan === null) return { page: Promise.resolve({ page }), end: free };
    if (thread.pending >= AHEAD) {
      const judged = plainly.judged(cells, plan);
      isHere = true;
      return {
        page: Promise.resolve({ page, plain: () => plainly.taken(cells, plan, judged) }),
        end() {
          isHere = false;
          free();
        },
      };
    }
    const by = thread;
    let freed = () => {};
    const coming = by.judge(cells, plan).then(({ cells, judged }) => {
      freed = () => {
        if (cells.room !== undefined) rooms.give(cells.room);
        by.done(judged);
      };
      return { page: withCells(page, cells), plain: () => plainly.taken(cells, plan, judged) };
    });
    // Whoever takes the pages comes to it in its turn; it may fail before.
    coming.catch(() => {});
    return { page: coming, end: () => freed() };
  };
  /** Whether the next page is worth reading before the first one is taken. */
  const hasPlace = () =>
    queue.length === 0 ||
    (thread?.ready === true && queue.length < MOST && (thread.pending < AHEAD || !isHere));

  try {
    for (;;) {
      while (end === null && hasPlace()) {
        try {
          const next = await pages.next();
          if (next.done === true) end = { ended: next.value };
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
        yield await first.page;
      } finally {
        first.end();
      }
    }
  } finally {
    (thread as PageThread | null)?.close();
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
