import type { PackManifest, Problem, Result } from "../../specs/mod.ts";
import { ENGINE_VERSION } from "../versions.ts";
import { factVersions } from "./kinds/fact_document.ts";
import { MODES } from "./overlay.ts";
import { refuse } from "./refusal.ts";
import { satisfies } from "./version.ts";

/** What a manifest asks of this engine, and whether its rules can be told apart and have their files. */
export function contentProblem(manifest: PackManifest): Result<never, Problem> | null {
  const { name, requires } = manifest;
  if (!satisfies(ENGINE_VERSION, requires.engine)) {
    return refuse(
      "pack-engine",
      `The pack ${name} is for engine ${requires.engine}; this one is ${ENGINE_VERSION}`,
      "Install a release of the pack that is for this engine",
      { value: requires.engine },
    );
  }
  const facts = factVersions();
  for (const fact of requires.facts) {
    if (facts.includes(fact)) continue;
    const near = facts.filter((one) => one.split("@")[0] === fact.split("@")[0]);
    return refuse(
      "pack-fact",
      `The pack ${name} needs the fact ${fact}; this engine has ${near[0] ?? "none of this name"}`,
      "Install a release of the pack that is for the facts of this engine",
      { value: fact },
    );
  }
  const paths = new Set(manifest.members.map(({ path }) => path));
  const ids = new Set<string>();
  for (const rule of manifest.rules) {
    const id = ruleId(name, rule.id);
    if (id === null) {
      return refuse(
        "pack-rule-name",
        `The rule ${rule.id} is not one of the pack ${name}`,
        `Name it ${name}/<id>, or <id> alone`,
        { value: rule.id },
      );
    }
    if (ids.has(id)) {
      return refuse("pack-rule-duplicate", `The pack holds two rules ${id}`, "Give each an id of its own", {
        value: rule.id,
      });
    }
    ids.add(id);
    for (const path of [rule.file, rule.tests]) {
      if (path !== undefined && !paths.has(path)) {
        return refuse(
          "pack-rule-file",
          `The rule ${rule.id} names the file '${path}', which is no member of the pack`,
          "Put the file into the pack and sign it again",
          { path, value: rule.id },
        );
      }
    }
    const base = MODES.indexOf(rule.mode);
    for (const [tier, mode] of Object.entries(rule.tiers)) {
      if (MODES.indexOf(mode) < base) {
        return refuse(
          "pack-rule-loosens",
          `The rule ${rule.id} is ${rule.mode}, and only ${mode} for the tier ${tier}`,
          "A tier can only make a rule stricter",
          { value: rule.id },
        );
      }
    }
  }
  return null;
}

/** The id of a rule without its pack; null when it is named after another pack. */
export function ruleId(pack: string, id: string): string | null {
  if (!id.includes("/")) return id;
  return id.startsWith(`${pack}/`) && !id.slice(pack.length + 1).includes("/")
    ? id.slice(pack.length + 1)
    : null;
}

/** The name of a rule's gate: its own, or made of its id. */
export function gateOf(id: string, gate: string | undefined): string {
  return gate ??
    id.slice(id.lastIndexOf("/") + 1).replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase()
      .replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}
