import { err, ok, type PackManifest, type Problem, type Result, type Tier } from "../../specs/mod.ts";
import { builtInDigest } from "../built_in_digest.ts";
import { DATA_PACKS, DATA_RULES } from "../data_catalogue.ts";
import type { Rule } from "../rule.ts";
import { CODE_PACK_VERSIONS, CORE_PARTS, CORE_VERSION } from "../versions.ts";
import type { JudgingPack } from "./compile.ts";
import { type FindPack, withDependencies } from "./dependencies.ts";
import type { CompileRule } from "./kinds.ts";
import { stricter, tighten, type Tightened } from "./overlay.ts";
import type { VerifiedPack } from "./pack.ts";

/** Everything beside core that judges: packs with what they require, and what their overlays tighten. */
export interface JudgingPacks {
  packs: readonly JudgingPack[];
  tightened: Tightened;
  /** Why the packs that were asked for cannot judge: an error, which denies. */
  problem: Problem | null;
}

/** Core alone. */
export const NO_PACKS: JudgingPacks = { packs: [], tightened: new Map(), problem: null };

/** No pack can judge, for this reason; whatever is judged with it is denied. */
export const unusablePacks = (problem: Problem): JudgingPacks => ({ ...NO_PACKS, problem });

/** The version of a built-in pack; null when no pack is built in under this name. */
export function builtInVersion(name: string): string | null {
  if (CORE_PARTS.includes(name)) return CORE_VERSION;
  if (isCodePack(name)) return CODE_PACK_VERSIONS[name];
  return Object.hasOwn(DATA_PACKS, name) ? DATA_PACKS[name]?.version ?? null : null;
}

const isCodePack = (name: string): name is keyof typeof CODE_PACK_VERSIONS =>
  Object.hasOwn(CODE_PACK_VERSIONS, name);

/** A built-in pack by name, or what `signed` finds under it; a problem when there is neither. */
export async function findPack(
  name: string,
  signed: () => Promise<Result<VerifiedPack, Problem> | null>,
): ReturnType<FindPack> {
  const version = builtInVersion(name);
  if (version !== null) return ok({ kind: "built-in", version });
  const found = await signed();
  if (found) return found.ok ? ok({ kind: "signed", pack: found.value }) : found;
  return err({
    code: "unknown-pack",
    message:
      `There is no pack ${name}: it is neither built in nor installed, and the repository carries none`,
    remedy: `built in are ${
      [...CORE_PARTS, ...Object.keys(CODE_PACK_VERSIONS), ...Object.keys(DATA_PACKS)].join(", ")
    }; install others with forge policy install`,
    value: name,
  });
}

/** A built-in pack with its rules: those over code are loaded when one of them is named. */
async function builtIn(name: string): Promise<{ version: string; rules: readonly Rule[] } | null> {
  if (Object.hasOwn(DATA_PACKS, name)) return DATA_PACKS[name] ?? null;
  return isCodePack(name) ? (await import("../code_packs.ts")).CODE_PACKS[name] ?? null : null;
}

/**
 * The packs of these names with all that they require, compiled, and with their overlays held against the rules that judge.
 */
export async function judgingPacks(given: {
  names: readonly string[];
  find: FindPack;
  compile: CompileRule;
}): Promise<Result<JudgingPacks, Problem>> {
  const found = await withDependencies(given.names, given.find);
  if (!found.ok) return found;
  const packs: JudgingPack[] = [];
  for (const name of found.value.builtIn) {
    const pack = await builtIn(name);
    if (pack) packs.push(await builtInPack(name, pack));
  }
  // Without a signed pack there is nothing to compile, nor an overlay to hold against the rules.
  if (found.value.packs.length === 0) return ok({ packs, tightened: new Map(), problem: null });
  const { compilePack } = await import("./compile.ts");
  for (const pack of found.value.packs) {
    const compiled = await compilePack(pack, given.compile);
    if (!compiled.ok) return compiled;
    packs.push(compiled.value);
  }
  const { CORE_RULES } = await import("../catalogue.ts");
  const rules = [...CORE_RULES, ...DATA_RULES, ...packs.flatMap((pack) => pack.rules("best-effort"))];
  const tightened = tighten(
    rules.map(({ pack = "core", id, mode, severity }) => ({ name: `${pack}/${id}`, mode, severity })),
    found.value.packs.map(({ manifest }: { manifest: PackManifest }) => manifest),
  );
  return tightened.ok ? ok({ packs, tightened: tightened.value, problem: null }) : tightened;
}

/** The rules that judge a change of a tier: core and those of the packs, as strict as the overlays make them. */
export function rulesWith(core: readonly Rule[], { packs, tightened }: JudgingPacks, tier: Tier): Rule[] {
  return [...core, ...packs.flatMap((pack) => pack.rules(tier))]
    .map((rule) => stricter(rule, tightened.get(`${rule.pack ?? "core"}/${rule.id}`)));
}

/** Versions of the packs that judge, by name. */
export function versionsOf({ packs }: Pick<JudgingPacks, "packs">): ReadonlyMap<string, string> {
  return new Map([
    ["core", CORE_VERSION],
    ...Object.entries(DATA_PACKS).map(([name, { version }]) => [name, version] as const),
    ...packs.map(({ reference }) => [reference.name, reference.version] as const),
  ]);
}

/** The mode of every rule that is known, by its whole name; of rules that share one the least strict. `core`: those over code. */
export function modesOf(
  core: readonly Rule[],
  packs: JudgingPacks,
  tier: Tier,
): ReadonlyMap<string, Rule["mode"]> {
  const modes = new Map<string, Rule["mode"]>();
  for (const { pack = "core", id, mode } of rulesWith([...core, ...DATA_RULES], packs, tier)) {
    const before = modes.get(`${pack}/${id}`);
    modes.set(`${pack}/${id}`, before === undefined || before === "enforce" ? mode : before);
  }
  return modes;
}

async function builtInPack(
  name: string,
  { version, rules }: { version: string; rules: readonly Rule[] },
): Promise<JudgingPack> {
  const digest = await builtInDigest(version, rules);
  return {
    reference: { name, version, digest },
    patterns: [],
    rules: () => rules.map((rule) => ({ pack: name, ...rule })),
  };
}
