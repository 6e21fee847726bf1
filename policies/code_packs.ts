import type { ListedRule } from "./catalogue.ts";
import type { Rule } from "./rule.ts";
import { KNOWLEDGE_SAFETY_RULES } from "./rules/knowledge/rules.ts";
import { KUBERNETES_RULES } from "./rules/kubernetes/rules.ts";
import { PACK_TRUST_RULES } from "./rules/pack_trust/rules.ts";
import { SQL_MIGRATION_RULES } from "./rules/sql/rules.ts";
import { TERRAFORM_AWS_RULES } from "./rules/terraform/rules.ts";

/** Packs whose rules are part of core: they judge every change, named or not. */
export const CORE_PARTS: readonly string[] = [
  "core",
  "test-integrity",
  "secrets",
  "ci-integrity",
  "git-hygiene",
  "supply-chain",
];

/** Built-in packs of rules over code that a spec or a repository may name. Their names are taken. */
export const CODE_PACKS: Readonly<Record<string, { version: string; rules: readonly Rule[] }>> = {
  "sql-migrations": { version: "1.0.0", rules: SQL_MIGRATION_RULES },
  "terraform-aws": { version: "1.0.0", rules: TERRAFORM_AWS_RULES },
  kubernetes: { version: "1.0.0", rules: KUBERNETES_RULES },
  "pack-trust": { version: "1.0.0", rules: PACK_TRUST_RULES },
  "knowledge-safety": { version: "1.0.0", rules: KNOWLEDGE_SAFETY_RULES },
};

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
