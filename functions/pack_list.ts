import { builtInNames, builtInPack, type ListedRule } from "../policies/code/mod.ts";
import { gateOf } from "../policies/packs/mod.ts";
import type { ListedPack } from "../specs/mod.ts";
import type { FactoryPorts } from "../pipelines/factory/mod.ts";

/** Every pack of an installation with its digest, trust and rules: built in, or installed and verified at this instant. */
export async function listPacks(
  { packs: library }: Pick<FactoryPorts, "packs">,
  at: string,
): Promise<{ packs: ListedPack[]; rules: ListedRule[] }> {
  const packs: ListedPack[] = [];
  const rules: ListedRule[] = [];
  for (const name of builtInNames()) {
    const pack = await builtInPack(name);
    if (pack === null) continue;
    const { version, digest, applies } = pack;
    packs.push({
      name,
      version,
      digest,
      source: "built-in",
      level: "trusted",
      applies,
      rules: pack.rules.length,
    });
  }
  for (const name of await library?.names() ?? []) {
    const found = await library?.find(name, at) ?? null;
    if (found === null) continue;
    if (!found.ok) {
      packs.push({
        name,
        version: null,
        digest: null,
        source: "installed",
        level: "tainted",
        applies: "where it is named",
        rules: 0,
        problem: found.error.message,
      });
      continue;
    }
    const { manifest, digest, level, signers } = found.value.pack;
    packs.push({
      name,
      version: manifest.version,
      digest,
      source: "installed",
      level,
      applies: "where it is named",
      rules: manifest.rules.length,
      revision: manifest.revision,
      signers: [...signers],
      notBefore: manifest.notBefore,
      expiresAt: manifest.expiresAt,
    });
    for (const rule of manifest.rules) {
      rules.push({
        pack: name,
        version: manifest.version,
        rule: rule.id.startsWith(`${name}/`) ? rule.id : `${name}/${rule.id}`,
        gate: gateOf(rule.id, rule.gate),
        layer: rule.layer,
        mode: rule.mode,
        description: rule.message,
      });
    }
  }
  return { packs, rules };
}
