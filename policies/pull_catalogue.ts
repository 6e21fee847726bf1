import type { Decision } from "../specs/mod.ts";
import { builtInDigest } from "./built_in_digest.ts";
import type { ListedRule } from "./catalogue.ts";
import { CORE_VERSION } from "./versions.ts";
import type { Rule } from "./rule.ts";
import { mergeRules } from "./rules/pull/merge.ts";
import { trainRules } from "./rules/pull/order.ts";

/** Rules over pull requests that are watched: what is merged, and what was. */
export const PULL_RULES: readonly Rule[] = [...mergeRules, ...trainRules];

/** The pack that judges, by the digest of these rules. */
export async function pullPack(): Promise<Decision["packs"][number]> {
  return { name: "core", version: CORE_VERSION, digest: await builtInDigest(CORE_VERSION, PULL_RULES) };
}

/** Every rule over pull requests, for `policy list`. */
export const listPullRules = (): ListedRule[] =>
  PULL_RULES.map(({ id, gate, layer, mode, description }) => ({
    pack: "core",
    version: CORE_VERSION,
    rule: `core/${id}`,
    gate,
    layer,
    mode,
    description,
  }));
