/**
 * A second thread that reads and judges pages: memory comes, is judged and goes back, in the order in which it came. It asks for
 * nothing of the outside.
 */
import { type CellRoom, cellsOf, type StretchRead } from "../../connectors/data/cells.ts";
import { stretchReader } from "../../connectors/sources/file/csv_cells.ts";
import { certainCheck, type ValueCheck } from "../../policies/quality/value_rules.ts";
import type { QualityRule, StreamProfile } from "../../specs/foundry/mod.ts";
import { type JudgedCells, type PageJudge, pageJudge, type PagePlan } from "./byte_pages.ts";
import type { Profiled } from "./profile_tally.ts";

/** A page on its way to the worker; its plan where it is another one than that of the page before. */
export interface PageAsked {
  readonly plan: (PagePlan & { readonly rules: readonly QualityRule[] }) | null;
  readonly room: CellRoom;
  /** Rows that were read already; null where the bytes are a stretch that is to be read. */
  readonly rows: number | null;
  /** Bytes of the room that are the page's. */
  readonly length: number;
  readonly delimiter: number;
  readonly quote: number;
  /** Memory for the lines. */
  readonly into: Uint8Array<ArrayBuffer>;
}

/** What is to be profiled instead of a page. */
export interface ProfileAsked {
  readonly profiled: Profiled;
}

/** The profile, before anything is taken out of it; or why there is none. */
export type ProfileAnswered = { readonly profile: StreamProfile } | { readonly failed: string };

/** What comes back, with the page's memory. At first only that there is somebody. */
export type PageAnswered = { readonly ready: true } | {
  readonly ready?: never;
  readonly room: CellRoom;
  /** Of a page that was read already: that it was. */
  readonly read: StretchRead;
  readonly judged: JudgedCells;
};

interface Thread {
  onmessage: ((event: MessageEvent<PageAsked | ProfileAsked>) => void) | null;
  postMessage(message: PageAnswered | ProfileAnswered, transfer: ArrayBuffer[]): void;
}

let judge: PageJudge | null = null;
let columns: readonly string[] = [];
const reader = stretchReader();

const thread = self as unknown as Thread;
thread.onmessage = ({ data }) => {
  if ("profiled" in data) {
    profileOf(data.profiled).then((answer) => thread.postMessage(answer, []));
    return;
  }
  const { plan, room, rows, length, delimiter, quote, into } = data;
  if (plan !== null) {
    columns = plan.columns;
    judge = pageJudge(plan, plan.rules.map(checkOf));
  }
  if (judge === null) throw new Error("Cannot judge a page: there is no plan for it");
  const read = rows === null
    ? reader({ columns, room, length, delimiter, quote })
    : { rows, consumed: length, lines: 0 };
  const judged = judge(cellsOf({ columns, quote }, read, room), into);
  const { bytes, starts, ends, marks, before } = room;
  const buffers = [bytes, starts, ends, marks, before, judged.bytes].map(({ buffer }) => buffer);
  thread.postMessage({ room, read, judged }, buffers);
};
thread.postMessage({ ready: true }, []);

function checkOf(rule: QualityRule): ValueCheck {
  const check = certainCheck(rule);
  if (check === null) throw new Error(`Cannot judge pages by the rule ${rule.rule} alone`);
  return check;
}

async function profileOf(profiled: Profiled): Promise<ProfileAnswered> {
  try {
    const { talliedColumns } = await import("./profile_tally.ts");
    return { profile: await talliedColumns(profiled) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}
