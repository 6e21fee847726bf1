import type { PackRule, Problem, Result, TrustRoot } from "../../specs/mod.ts";
import type { Release } from "./difference.ts";
import type { Members } from "./kinds.ts";
import { refuse } from "./refusal.ts";
import { tryPack } from "./testing/mod.ts";

const shortId = (pack: string, id: string): string =>
  id.startsWith(`${pack}/`) ? id.slice(pack.length + 1) : id;

/** Rules that let an example pass which their release before refused: looser, whatever the kept decisions say. */
export async function forgottenExamples(before: Release, after: Release): Promise<string[]> {
  const found: string[] = [];
  for (const old of before.manifest.rules) {
    const id = shortId(before.manifest.name, old.id);
    const now = after.manifest.rules.find((rule) => shortId(after.manifest.name, rule.id) === id);
    const examples = old.tests === undefined ? undefined : before.members.get(old.tests);
    if (now === undefined || examples === undefined) continue;
    // The rule as it is now, on the examples as they were.
    const tests = "before.examples.yaml";
    const rule = { ...now, id: old.id, tests } as PackRule;
    const members: Members = new Map([...after.members, [tests, new Uint8Array(examples)]]);
    const { rules: [trial] } = await tryPack({ name: before.manifest.name, rules: [rule] }, members);
    const lets = trial?.wrong.some(({ expected, verdict }) =>
      (expected === "fail" || expected === "error") && (verdict === "pass" || verdict === "not_applicable")
    );
    if (lets) found.push(id);
  }
  return found;
}

/** Who signed a pack, as the trust root names them: two keys of one principal are one signer. */
export const signersOf = (root: TrustRoot, ids: readonly string[]): string[] => [
  ...new Set(ids.map((id) => root.keys.find((key) => key.id === id)?.name ?? id)),
];

/** A release that lets more through than the one before needs two who say so; null when it may come in. */
export function looseningProblem(
  name: string,
  { approvers, because }: { approvers: 1 | 2; because: string },
  signers: readonly string[],
): Result<never, Problem> | null {
  if (approvers < 2 || signers.length >= 2) return null;
  return refuse(
    "pack-loosening",
    `The release of ${name} is looser than the one that is installed (${because}), and ${
      signers.join(", ") || "nobody"
    } alone has signed it`,
    "Let a second publisher of the trust root sign it: forge policy sign DIR --user NAME; what it changes: forge policy diff",
    { value: name },
  );
}
