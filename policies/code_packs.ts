import type { ListedRule } from "./catalogue.ts";
import type { Rule } from "./rule.ts";
import { KNOWLEDGE_SAFETY_RULES } from "./rules/knowledge/rules.ts";
import { KUBERNETES_RULES } from "./rules/kubernetes/rules.ts";
import { PACK_TRUST_RULES } from "./rules/pack_trust/rules.ts";
import { SQL_MIGRATION_RULES } from "./rules/sql/rules.ts";
import { TERRAFORM_AWS_RULES } from "./rules/terraform/rules.ts";
import { CODE_PACK_VERSIONS } from "./versions.ts";

/** The built-in packs of rules over code, by their names. */
export const CODE_PACKS: Readonly<Record<string, { version: string; rules: readonly Rule[] }>> = {
  "sql-migrations": pack("sql-migrations", SQL_MIGRATION_RULES),
  "terraform-aws": pack("terraform-aws", TERRAFORM_AWS_RULES),
  kubernetes: pack("kubernetes", KUBERNETES_RULES),
  "pack-trust": pack("pack-trust", PACK_TRUST_RULES),
  "knowledge-safety": pack("knowledge-safety", KNOWLEDGE_SAFETY_RULES),
} satisfies Record<keyof typeof CODE_PACK_VERSIONS, unknown>;

function pack(name: keyof typeof CODE_PACK_VERSIONS, rules: readonly Rule[]) {
  return { version: CODE_PACK_VERSIONS[name], rules };
}

/** Every rule of these packs, for `policy list`: it judges where its pack is named. */
export function listCodeRules(): ListedRule[] {
  return Object.entries(CODE_PACKS).flatMap(([pack, { version, rules }]) =>
    rules.map(({ id, gate, layer, mode, description }) => ({
      pack,
      version,
      rule: `${pack}/${id}`,
      gate,
      layer,
      mode,
      description,
    }))
  );
}
