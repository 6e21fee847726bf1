import type { Engine, RunView } from "../kernel/mod.ts";
import { modelUsage } from "./model_usage.ts";
import { planOfRun } from "./plan_states.ts";
import { documentOf } from "../pipelines/factory/mod.ts";
import { chainNotes, chainShown } from "../pipelines/chain/mod.ts";
import { runWaiverNotes, waiverNotes } from "../policies/mod.ts";
import type { RunDocument } from "../specs/mod.ts";
import { standstill } from "./standstill.ts";

const LATEST = 300;

/** The document of a run. */
export async function runDocument(
  engine: Pick<Engine, "events">,
  view: RunView,
  { whole = false }: { whole?: boolean } = {},
): Promise<RunDocument> {
  const still = view.status === "parked" || view.status === "paused";
  const document = withChain(
    view,
    documentOf(view, still ? await standstill(engine, view, view.status) : null),
  );
  if (!whole) return document;
  // What went through by a waiver is told of the whole run, not of its last transition alone.
  const last = view.lastDecision === null ? [] : waiverNotes(view.lastDecision);
  const rest = document.notes.filter((note) => !last.includes(note));
  const plan = await planOfRun(engine, view);
  const used = await modelUsage(engine, view);
  return {
    ...document,
    ...(used === null ? {} : { usage: { ...document.usage, ...used } }),
    ...(plan === null ? {} : { plan }),
    notes: [...rest, ...await waivedIn(engine, view)],
  };
}

/** What the latest decisions say of waivers; bounded, so that its cost does not grow with the ledger. */
async function waivedIn(engine: Pick<Engine, "events">, view: RunView): Promise<string[]> {
  const page = await engine.events(view.run, { after: Math.max(0, view.head.seq - LATEST), limit: LATEST });
  return runWaiverNotes(
    page.flatMap((event) => event.type === "transition.decided" ? [event.payload.decision] : []),
  );
}

/** Of the run of a chain: its stages, and what they were denied. */
function withChain(view: RunView, document: RunDocument): RunDocument {
  const chain = chainShown(view);
  if (chain === null) return document;
  const { denials, notes, remedy } = chainNotes(view);
  return {
    ...document,
    chain,
    denials: view.status === "denied" && document.denials.length === 0 ? denials : document.denials,
    waiting: document.waiting === null || remedy === null
      ? document.waiting
      : { ...document.waiting, remedy },
    notes: [...document.notes, ...notes],
  };
}
