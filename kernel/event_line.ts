import type { Actor, Event } from "../specs/mod.ts";
import { quoted } from "./canonical.ts";
import { GENESIS } from "./genesis.ts";

/** What an event takes from the one before it, and its line therefore leaves out. */
export interface Before {
  readonly seq: number;
  readonly id: string | null;
  readonly hash: string;
  readonly actor: Actor | null;
}

/** Before the first event of a run. */
export const NOTHING_BEFORE: Before = { seq: 0, id: null, hash: GENESIS, actor: null };

/** An event as what the next one follows on. */
export function beforeNext(event: Event): Before {
  return { seq: event.seq, id: event.id, hash: event.hash, actor: event.actor };
}

/**
 * An event as one line of text: its JSON without run, number, parent and hash before, which follow from where it stands, and without
 * the actor when it is that of the event before. What is left out is covered by the hash all the same.
 */
export function eventLine(event: Event, payloadText: string, before: Actor | null): string {
  const { actor, at, hash, id, phase, type, v } = event;
  const own = before !== null && before.id === actor.id && before.kind === actor.kind
    ? ""
    : `"actor":${JSON.stringify(actor)},`;
  const where = phase === undefined ? "" : `"phase":${quoted(phase)},`;
  return `{${own}"at":"${at}","hash":"${hash}","id":"${id}","payload":${payloadText},${where}"type":"${type}","v":${v}}`;
}

/** The events of lines that stand one after the other. */
export function* readLines(
  run: string,
  lines: Iterable<string>,
  before: Before,
): Generator<Event, void, void> {
  let last = before;
  for (const line of lines) {
    const kept = JSON.parse(line);
    const event: Event = {
      ...kept,
      run,
      seq: last.seq + 1,
      parent: last.id,
      prevHash: last.hash,
      actor: kept.actor ?? last.actor,
    };
    yield event;
    last = beforeNext(event);
  }
}

/** Events that stand in an entry of their own: what they follow on, and their lines. */
export function encodePage(before: Before, lines: readonly string[]): string {
  return `${JSON.stringify(before)}\n${lines.join("\n")}`;
}

export function readPage(run: string, value: unknown): Generator<Event, void, void> {
  if (typeof value !== "string") throw new Error(`Cannot read ${run} as an entry of its events is not text`);
  const [before = "", ...lines] = value.split("\n");
  return readLines(run, lines, JSON.parse(before));
}
