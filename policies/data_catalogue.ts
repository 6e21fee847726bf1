import type { Decision } from "../specs/mod.ts";
import { builtInDigest } from "./built_in_digest.ts";
import type { ListedRule } from "./catalogue.ts";
import { CORE_VERSION } from "./versions.ts";
import type { Rule } from "./rule.ts";
import { accountingRules } from "./rules/data/accounting.ts";
import { authorityRules } from "./rules/data/authority.ts";
import { expectationRules } from "./rules/data/expectations.ts";
import { financialRules } from "./rules/data/financial.ts";
import { privacyRules } from "./rules/data/privacy.ts";
import { qualityGateRules } from "./rules/data/quality.ts";
import { schemaRules } from "./rules/data/schema.ts";
import { dataOperationalRules } from "./rules/operational.ts";

/** Rules over data that always apply. */
export const DATA_RULES: readonly Rule[] = [
  ...accountingRules,
  ...schemaRules,
  ...qualityGateRules,
  ...privacyRules,
  ...authorityRules,
  ...dataOperationalRules,
];

/** Packs of rules over data that a pipeline may name. */
export const DATA_PACKS: Readonly<Record<string, { version: string; rules: readonly Rule[] }>> = {
  "data-quality": { version: "1.0.0", rules: expectationRules },
  financial: { version: "1.0.0", rules: financialRules },
};

/** The rules that judge a pipeline with these packs. */
export function dataRules(packs: readonly string[]): Rule[] {
  return [...DATA_RULES, ...packs.flatMap((name) => DATA_PACKS[name]?.rules ?? [])];
}

/** Name, version and digest of each pack that judges. */
export async function dataPacks(packs: readonly string[]): Promise<Decision["packs"]> {
  const named = packs.flatMap((name) => {
    const pack = DATA_PACKS[name];
    return pack === undefined ? [] : [{ name, ...pack }];
  });
  return await Promise.all(
    [{ name: "core", version: CORE_VERSION, rules: DATA_RULES }, ...named].map(async (pack) => ({
      name: pack.name,
      version: pack.version,
      digest: await builtInDigest(pack.version, pack.rules),
    })),
  );
}

/** Every rule over data of this installation, for `policy list`. */
export function listDataRules(): ListedRule[] {
  const listed = (pack: string, version: string, rules: readonly Rule[]) =>
    rules.map((rule) => ({
      pack,
      version,
      rule: `${pack}/${rule.id}`,
      gate: rule.gate,
      layer: rule.layer,
      mode: rule.mode,
      description: rule.description,
    }));
  return [
    ...listed("core", CORE_VERSION, DATA_RULES),
    ...Object.entries(DATA_PACKS).flatMap(([name, pack]) => listed(name, pack.version, pack.rules)),
  ];
}
