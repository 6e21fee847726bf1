import { isDeepStrictEqual } from "node:util";
import {
  findPack,
  judgeDataTransition,
  judgeTransition,
  judgingPacks,
  storedInput,
} from "../policies/mod.ts";
import type { Replayed } from "../policies/evidence/mod.ts";
import type { Decision } from "../specs/mod.ts";

/**
 * Takes a decision again, from the input that it was taken from and by the packs that are built in here. What
 * judged with and is not built in, or is of another release, cannot be told again.
 */
export async function replayDecision(decision: Decision, input: Uint8Array): Promise<Replayed> {
  const differs = (why: string): Replayed => ({ outcome: "differs", why });
  const untold = (why: string): Replayed => ({ outcome: "untold", why });
  const stored = await storedInput(new TextDecoder().decode(input));
  if (!stored.ok) return differs(stored.error.message);
  if (stored.value.digest !== decision.inputDigest) {
    return differs("the input is not the one that the decision names");
  }
  const signed = decision.packs.find(({ revision }) => revision !== undefined);
  if (signed !== undefined) return untold(`the pack ${signed.name} judged with`);
  const names = decision.packs.map(({ name }) => name).filter((name) => name !== "core");
  const packs = await judgingPacks({
    names,
    find: (name) => findPack(name, () => Promise.resolve(null)),
    compile: () => Promise.reject(new Error("no pack but built-in ones is compiled here")),
  });
  if (!packs.ok) return untold(packs.error.message);
  const again = stored.value.kind === "change"
    ? await judgeTransition(stored.value.input, { packs: packs.value })
    : await judgeDataTransition(stored.value.input);
  const own = new Map(again.packs.map(({ name, digest }) => [name, digest]));
  const other = decision.packs.find(({ name, digest }) => own.get(name) !== digest);
  // Other rules say other things: this engine cannot tell what the one of then said.
  if (other !== undefined) {
    return untold(`${other.name} ${other.version} is of another release than the one here`);
  }
  return isDeepStrictEqual(JSON.parse(JSON.stringify(again)), decision)
    ? { outcome: "same" }
    : differs(`it says ${again.verdict}, and ${decision.verdict} was written`);
}
