/** What a run's ledger is told of choices. */
import type { Json, ModelChoice } from "../../specs/mod.ts";
import type { AskContext } from "./attempts.ts";
import type { ModelAsk } from "./port.ts";

/** What of a choice goes into the ledger at most, in characters. */
const EVENT_CHARS = 40_000;
/** Choices that are kept in mind. */
const SAID = 2_000;

/** Tells the ledger of a choice; the next calls of a loop that choose the same are no news. */
export function tellChoice(
  ctx: AskContext,
  ask: ModelAsk,
  choice: ModelChoice,
  said: Map<string, string>,
): void {
  const key = `${ctx.run} ${ask.purpose}`;
  const now = `${choice.task} ${choice.provider} ${choice.model}`;
  if (said.get(key) === now) return;
  said.delete(key);
  said.set(key, now);
  const [oldest] = said.keys();
  if (said.size > SAID && oldest !== undefined) said.delete(oldest);
  ctx.progress("model.chosen", shown({ ...choice, reasons: [`to ${ask.purpose}`, ...choice.reasons] }));
}

/** A choice as an event takes it: the alternatives that fit, the best ones first. */
function shown(choice: ModelChoice): Json {
  const alternatives: ModelChoice["alternatives"] = [];
  let chars = 0;
  for (const one of choice.alternatives) {
    chars += JSON.stringify(one).length;
    if (chars > EVENT_CHARS) break;
    alternatives.push(one);
  }
  const left = choice.alternatives.length - alternatives.length;
  return {
    ...choice,
    alternatives,
    reasons: left === 0
      ? choice.reasons
      : [...choice.reasons, `${left} more models are left out of this event`],
  } as unknown as Json;
}
