/**
 * A second thread that reads and judges pages: memory comes, is judged and goes back, in the order in which it came. It asks for
 * nothing of the outside.
 */
import type { StretchRead } from "../../connectors/data/cells.ts";
import { certainCheck, type ValueCheck } from "../../policies/quality/value_rules.ts";
import type { QualityRule, StreamProfile } from "../../specs/foundry/mod.ts";
import { type JudgedCells, type PageJudge, pageJudge, type PagePlan } from "./byte_pages.ts";
import type { Profiled } from "./profile_tally.ts";

/** A stretch on its way to the worker; its plan where it is another one than that of the page before. */
export interface PageAsked {
  readonly plan: (PagePlan & { readonly rules: readonly QualityRule[] }) | null;
  readonly room: Uint8Array<ArrayBuffer>;
  /** Bytes of the room that are to be read, and how many rows at most. */
  readonly length: number;
  readonly most: number;
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
  readonly room: Uint8Array<ArrayBuffer>;
  readonly read: StretchRead;
  readonly judged: JudgedCells;
};

interface Thread {
  onmessage: ((event: MessageEvent<PageAsked | ProfileAsked>) => void) | null;
  postMessage(message: PageAnswered | ProfileAnswered, transfer: ArrayBuffer[]): void;
}

let judge: PageJudge | null = null;

const thread = self as unknown as Thread;
thread.onmessage = ({ data }) => {
  if ("profiled" in data) {
    profileOf(data.profiled).then((answer) => thread.postMessage(answer, []));
    return;
  }
  const { plan, room, length, most, delimiter, quote, into } = data;
  if (plan !== null) judge = pageJudge(plan, plan.rules.map(checkOf));
  if (judge === null) throw new Error("Cannot judge a page: there is no plan for it");
  const { read, judged } = judge({ bytes: room.subarray(0, length), delimiter, quote, most }, into);
  thread.postMessage({ room, read, judged }, [room.buffer, judged.bytes.buffer]);
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
