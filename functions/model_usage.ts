import type { Engine, RunView } from "../kernel/mod.ts";
import { ModelCall, type Usage } from "../specs/mod.ts";

const PAGE = 500;

/**
 * Tokens that the models of a run were given and gave, by the calls that its ledger recorded: also of tries that failed. A run that
 * spent no tokens is not looked into. Of a call whose provider told nothing no number is made up: it counts as `untold`, with the
 * most that it can have taken, which is what its budget was charged.
 */
export async function modelUsage(
  engine: Pick<Engine, "events">,
  { run, head, budget }: Pick<RunView, "run" | "head" | "budget">,
): Promise<Pick<Usage, "tokensIn" | "tokensOut" | "untold"> | null> {
  if ((budget.tokens?.spent ?? 0) === 0) return null;
  const usage = { tokensIn: 0, tokensOut: 0 };
  const untold = { calls: 0, tokens: 0 };
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
        continue;
      }
      usage.tokensIn += told.input + told.cacheRead + told.cacheWrite5m + told.cacheWrite1h;
      usage.tokensOut += told.output;
    }
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.seq;
  }
  return { ...usage, ...(untold.calls === 0 ? {} : { untold }) };
}
