import { isDeepStrictEqual } from "node:util";
import { judgePullTransition, judgeTransition } from "../policies/code/mod.ts";
import { findPack, judgeDataTransition, judgingPacks, type VerifiedPack } from "../policies/mod.ts";
import { compileRule, readArchive, verifyPack } from "../policies/packs/mod.ts";
import { storedInput } from "../policies/code/mod.ts";
import type { Replayed, VerifyOptions } from "../policies/evidence/mod.ts";
import { type Decision, err, ok, type Problem, type Result, type TrustRoot } from "../specs/mod.ts";

/** Keys that a pack of this name is believed from: the reader's own, never a bundle's. */
export type PackTrust = (name: string) => Promise<Result<TrustRoot, Problem>>;

/** Takes decisions again, also those of signed packs that lie in the bundle and that the reader's keys verify. */
export const replayWith =
  (trust: PackTrust): NonNullable<VerifyOptions["replay"]> => (decision, input, archive) =>
    replayDecision(decision, input, { trust, archive });

/**
 * Takes a decision again, from the input that it was taken from, by the packs that are built in here and the signed ones that are given and
 * verified. What else judged with, or is of another release, cannot be told again.
 */
export async function replayDecision(
  decision: Decision,
  input: Uint8Array,
  given?: { trust: PackTrust; archive: (digest: string) => Promise<Uint8Array | null> },
): Promise<Replayed> {
  const differs = (why: string): Replayed => ({ outcome: "differs", why });
  const untold = (why: string): Replayed => ({ outcome: "untold", why });
  const stored = await storedInput(new TextDecoder().decode(input));
  if (!stored.ok) return differs(stored.error.message);
  if (stored.value.digest !== decision.inputDigest) {
    return differs("the input is not the one that the decision names");
  }
  const signed = new Map<string, VerifiedPack>();
  for (const { name, digest } of decision.packs.filter(({ revision }) => revision !== undefined)) {
    const pack = await signedPack(name, digest, decision.at, given);
    if (!pack.ok) return untold(`the pack ${name} judged with: ${pack.error.message}`);
    signed.set(name, pack.value);
  }
  const names = decision.packs.map(({ name }) => name).filter((name) => name !== "core");
  const packs = await judgingPacks({
    names,
    find: (name) =>
      findPack(name, () => {
        const pack = signed.get(name);
        return Promise.resolve(pack === undefined ? null : ok(pack));
      }),
    compile: compileRule,
  });
  if (!packs.ok) return untold(packs.error.message);
  const again = stored.value.kind === "pull"
    ? await judgePullTransition(stored.value.input)
    : stored.value.kind === "change"
    ? await judgeTransition(stored.value.input, { packs: packs.value })
    : await judgeDataTransition(stored.value.input, { packs: packs.value });
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

/** A signed pack of the bundle, as it was believed when it judged. */
async function signedPack(
  name: string,
  digest: string,
  at: string,
  given: { trust: PackTrust; archive: (digest: string) => Promise<Uint8Array | null> } | undefined,
): Promise<Result<VerifiedPack, Problem>> {
  const missing = (message: string) => err({ code: "pack-not-here", message, remedy: "", value: name });
  const bytes = await given?.archive(digest) ?? null;
  if (given === undefined || bytes === null) return missing("it does not lie in the bundle");
  const files = readArchive(bytes);
  if (!files.ok) return files;
  const root = await given.trust(name);
  if (!root.ok) return root;
  const pack = await verifyPack(files.value, { root: root.value, at });
  if (!pack.ok) return pack;
  return pack.value.digest === digest && pack.value.manifest.name === name
    ? pack
    : missing("what lies in the bundle is another release");
}
