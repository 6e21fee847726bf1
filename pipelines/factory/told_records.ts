import { gateRecord, modelRecord } from "../../policies/mod.ts";
import type { JudgeInput } from "../../policies/mod.ts";
import type { Blobs, Engine } from "../../kernel/mod.ts";
import type { Json } from "../../specs/mod.ts";
import { modelCalls, toldOf } from "./recorded_work.ts";

const PAGE = 500;

/**
 * Decisions and calls of a run up to when a review made the text of its pull request: what that text may tell of. While that review is
 * judged, the ledger does not hold yet that it has finished.
 */
export async function recordsFor(
  blobs: Blobs,
  events: Engine["events"],
  run: string,
  reviewed: Json & { outgoing: string },
): Promise<NonNullable<JudgeInput["records"]>> {
  const seq = await finishedAt(events, run, reviewed.outgoing);
  const told = await toldOf(events, seq === null ? { run } : { run, head: { seq, hash: "" } });
  const finished = [...told.finished, { phase: "review", visit: 0, output: reviewed }];
  return {
    decisions: told.decisions.map(gateRecord),
    models: modelRecord(await modelCalls(blobs, { finished, progress: told.progress })),
  };
}

/** The event in which a review handed this text on. */
async function finishedAt(events: Engine["events"], run: string, outgoing: string): Promise<number | null> {
  for (let after = 0;;) {
    const page = await events(run, { after, limit: PAGE });
    for (const { seq, type, payload } of page) {
      if (type !== "phase.finished" || payload.phase !== "review") continue;
      if ((payload.output as { outgoing?: unknown } | null)?.outgoing === outgoing) return seq;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return null;
    after = last.seq;
  }
}
