import type { Engine, RunView } from "../kernel/mod.ts";
import { stackOf } from "../pipelines/factory/mod.ts";
import { chainStateOf } from "../pipelines/chain/mod.ts";
import type { Usage } from "../specs/mod.ts";
import { ModelCall } from "../specs/code/mod.ts";

const PAGE = 500;

type Used = Pick<Usage, "tokensIn" | "tokensOut" | "untold">;
type Looked = Pick<RunView, "run" | "head" | "budget" | "status" | "outputs">;

/**
 * Tokens that the models of a run were given and gave, by the calls that its ledger recorded: also of tries that failed, and of the runs
 * of its tasks or stages, which draw on its budget. A run that spent no tokens is not looked into. Of a call whose provider told nothing,
 * or whose process was killed before it could, no number is made up: it counts as `untold`, with the most that it can have taken, which
 * is what its budget was charged.
 */
export async function modelUsage(
  engine: Pick<Engine, "events"> & Partial<Pick<Engine, "view">>,
  view: Looked,
): Promise<Used | null> {
  const spent = view.budget.tokens?.spent ?? 0;
  if (spent === 0) return null;
  const { usage, untold, isBare } = await recorded(engine, view);
  const all = { ...usage };
  let left = spent - usage.tokensIn - usage.tokensOut - untold.tokens;
  const parts = partsOf(view);
  for (const run of parts) {
    const part = left > 0 ? await engine.view?.(run) ?? null : null;
    const partSpent = part?.budget.tokens?.spent ?? 0;
    // Only what was booked on this run is its own.
    if (part === null || partSpent === 0 || partSpent > left) continue;
    const used = await modelUsage(engine, part);
    all.tokensIn += used?.tokensIn ?? 0;
    all.tokensOut += used?.tokensOut ?? 0;
    untold.calls += used?.untold?.calls ?? 0;
    untold.tokens += used?.untold?.tokens ?? 0;
    left -= partSpent;
  }
  // A call that is just being paid is recorded in a moment.
  if (left > 0 && parts.length === 0 && view.status !== "running" && view.status !== "queued") {
    untold.tokens += left;
    if (!isBare) untold.calls++;
  }
  return { ...all, ...(untold.calls === 0 ? {} : { untold }) };
}

/** @returns `isBare` when a call that told nothing does not say what was reserved for it either */
async function recorded(engine: Pick<Engine, "events">, { run, head }: Looked) {
  const usage = { tokensIn: 0, tokensOut: 0 };
  const untold = { calls: 0, tokens: 0 };
  let isBare = false;
  for (let after = 0; after < head.seq;) {
    const page = await engine.events(run, { after, limit: PAGE });
    for (const event of page) {
      if (
        event.seq > head.seq || event.type !== "phase.progress" || event.payload.message !== "model.called"
      ) continue;
      const call = ModelCall.safeParse(event.payload.data).data;
      if (call === undefined) continue;
      const told = call.usage;
      if (told === null) {
        untold.calls++;
        untold.tokens += call.reservedTokens ?? 0;
        isBare ||= call.reservedTokens === undefined;
        continue;
      }
      usage.tokensIn += told.input + told.cacheRead + told.cacheWrite5m + told.cacheWrite1h;
      usage.tokensOut += told.output;
    }
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.seq;
  }
  return { usage, untold, isBare };
}

/** The runs of a plan's tasks or of a chain's stages. */
function partsOf(view: Pick<RunView, "outputs">): string[] {
  const parts = [
    ...Object.values(stackOf(view)?.runs ?? {}),
    ...Object.values(chainStateOf(view)?.stages ?? {}),
  ];
  return [...new Set(parts.flatMap(({ run }) => run ?? []))];
}
