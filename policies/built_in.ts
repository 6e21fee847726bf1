/** The packs that are built in, as packs: each with its members, version and digest. */
import { builtInDigest } from "./built_in_digest.ts";
import { CORE_RULES, corePack, type ListedRule } from "./catalogue.ts";
import { CODE_PACKS } from "./code_packs.ts";
import { DATA_PACKS, DATA_RULES } from "./data_catalogue.ts";
import { type EngineCheck, GATE_CATALOGUE, type GateClass } from "./gate_catalogue.ts";
import { PULL_RULES } from "./pull_catalogue.ts";
import { CORE_PARTS, CORE_VERSION } from "./versions.ts";
import type { Rule } from "./rule.ts";

export interface BuiltInPack {
  name: string;
  version: string;
  digest: string;
  /** `core` judges always; `part` is a part of core, which naming it does not add again; `named` judges where it is named. */
  applies: "always" | "part of core" | "where it is named";
  rules: ListedRule[];
}

/** Where the rules of core belong that are no class of the catalogue by their id. */
const HOMES: Readonly<Record<string, string>> = {
  F2P: "test-integrity",
  AC: "test-integrity",
  REPORT: "test-integrity",
};

/** Rules of core that a pack needs whole, although core has them: named for people, judged once. */
const BORROWED: Readonly<Record<string, readonly string[]>> = {
  "knowledge-safety": ["X3", "X5"],
  "pack-trust": ["C1", "POLICY"],
};

/** The part of core that one of its rules belongs to. */
function homeOf(id: string): string {
  const home = HOMES[id] ?? GATE_CATALOGUE.find((entry) => entry.id === id)?.pack ?? "core";
  return CORE_PARTS.includes(home) ? home : "core";
}

interface Member {
  pack: string;
  version: string;
  rule: Rule;
}

const ofCore = (rule: Rule): Member => ({ pack: "core", version: CORE_VERSION, rule });
const ownOf = (name: string): Member[] => {
  const own = CODE_PACKS[name] ?? DATA_PACKS[name];
  return (own?.rules ?? []).map((rule) => ({ pack: name, version: own?.version ?? CORE_VERSION, rule }));
};

/** The rules of a built-in pack; null when none is built in under this name. */
export function builtInRules(name: string): Member[] | null {
  if (name === "core") return [...CORE_RULES, ...DATA_RULES, ...PULL_RULES].map(ofCore);
  if (CORE_PARTS.includes(name)) return CORE_RULES.filter(({ id }) => homeOf(id) === name).map(ofCore);
  if (!Object.hasOwn(CODE_PACKS, name) && !Object.hasOwn(DATA_PACKS, name)) return null;
  const borrowed = BORROWED[name] ?? [];
  return [...ownOf(name), ...CORE_RULES.filter(({ id }) => borrowed.includes(id)).map(ofCore)];
}

const listed = ({ pack, version, rule }: Member): ListedRule => ({
  pack,
  version,
  rule: `${pack}/${rule.id}`,
  gate: rule.gate,
  layer: rule.layer,
  mode: rule.mode,
  description: rule.description,
});

/** The names of all built-in packs, core and its parts first. */
export const builtInNames = (): string[] => [
  ...CORE_PARTS,
  ...Object.keys(CODE_PACKS),
  ...Object.keys(DATA_PACKS),
];

/** A built-in pack as it is shown. Its digest is the one that decisions name, where they name it. */
export async function builtInPack(name: string): Promise<BuiltInPack | null> {
  const members = builtInRules(name);
  if (members === null) return null;
  const own = CODE_PACKS[name] ?? DATA_PACKS[name];
  const version = own?.version ?? CORE_VERSION;
  return {
    name,
    version,
    digest: name === "core"
      ? (await corePack()).digest
      : await builtInDigest(version, own?.rules ?? members.map(({ rule }) => rule)),
    applies: name === "core" ? "always" : own === undefined ? "part of core" : "where it is named",
    rules: members.map(listed),
  };
}

/** One class of the catalogue with what holds it. */
export interface GateCatalogueRow extends Omit<GateClass, "gates" | "checks"> {
  rules: { rule: string; gate: string; mode: string }[];
  checks: readonly EngineCheck[];
}

/** The catalogue with the rules that are there: those of the class's own id, and those of others that hold it too. */
export function gateCatalogue(): GateCatalogueRow[] {
  const all = ["core", ...Object.keys(CODE_PACKS), ...Object.keys(DATA_PACKS)]
    .flatMap((name) => name === "core" ? builtInRules(name) ?? [] : ownOf(name)).map(listed);
  return GATE_CATALOGUE.map(({ gates = [], checks = [], ...entry }) => ({
    ...entry,
    rules: all.filter(({ rule, pack, gate }) =>
      rule.slice(pack.length + 1) === entry.id || gates.includes(`${pack}/${gate}`)
    ).map(({ rule, gate, mode }) => ({ rule, gate, mode })),
    checks,
  }));
}

/** The catalogue as a table of Markdown. */
export function gateCatalogueTable(): string {
  const code = (text: string) => "`" + text + "`";
  const rows = gateCatalogue().map((row) =>
    `| ${row.id} | ${row.class} | ${code(row.pack)} | ${row.layer} | ${row.action} | ${
      [
        ...row.rules.map(({ rule, gate }) => `${code(rule)} ${gate}`),
        ...row.checks.map(({ what, test }) => `${what} ([test](../${test}))`),
      ].join("; ")
    } | ${row.languages.join(", ")} |`
  );
  return [
    "# Catalogue of gates",
    "",
    "Made by `deno task schema` from `policies/gate_catalogue.ts` and the rules; `forge policy list --catalogue` prints the same.",
    "Where a class has no rule, the engine itself holds it, and the named test proves it.",
    "",
    "| id | class of failure | pack | layer | by default | held by | where it applies |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
