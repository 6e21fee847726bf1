import { ok, type Problem, type Result } from "../../specs/mod.ts";
import type { VerifiedPack } from "./pack.ts";
import { refuse } from "./refusal.ts";
import { satisfies } from "./version.ts";

/** How many packs may stand between one that is named and one that it needs, and how many may judge at once. */
export const DEPENDENCY_LIMITS = { depth: 8, packs: 64 } as const;

/** Finds a pack by name: verified, built in (with its version), or a problem that says why it is not to be had. */
export type FindPack = (
  name: string,
) => Promise<Result<{ kind: "signed"; pack: VerifiedPack } | { kind: "built-in"; version: string }, Problem>>;

/** Packs by name with all that they require, each once, what is required first. A circle or a chain without end is refused. */
export async function withDependencies(
  names: readonly string[],
  find: FindPack,
): Promise<Result<{ packs: VerifiedPack[]; builtIn: string[] }, Problem>> {
  const done = new Map<string, VerifiedPack | null>();
  const versions = new Map<string, string>();
  const visit = async (name: string, way: readonly string[]): Promise<Result<null, Problem>> => {
    if (way.includes(name)) {
      return refuse(
        "pack-dependency-cycle",
        `The packs require each other in a circle: ${[...way.slice(way.indexOf(name)), name].join(" -> ")}`,
        "Take one requirement out and sign the pack again",
        { value: name },
      );
    }
    if (done.has(name)) return ok(null);
    if (way.length > DEPENDENCY_LIMITS.depth) {
      return refuse(
        "pack-dependency-depth",
        `The packs require each other ${way.length} deep; ${DEPENDENCY_LIMITS.depth} is the limit: ${
          way.join(" -> ")
        }`,
        "Require the packs directly",
        { value: name },
      );
    }
    if (versions.size >= DEPENDENCY_LIMITS.packs) {
      return refuse(
        "pack-dependency-count",
        `More than ${DEPENDENCY_LIMITS.packs} packs would judge`,
        "Name fewer packs",
      );
    }
    const found = await find(name);
    if (!found.ok) {
      return way.length === 0 ? found : refuse(
        "pack-dependency-missing",
        `The pack ${way.at(-1)} requires ${name}, which is not to be had: ${found.error.message}`,
        found.error.remedy ?? "Install it",
        { value: name },
      );
    }
    if (found.value.kind === "built-in") {
      versions.set(name, found.value.version);
      done.set(name, null);
      return ok(null);
    }
    const { pack } = found.value;
    versions.set(name, pack.manifest.version);
    for (const needed of pack.manifest.requires.packs) {
      const before = await visit(needed.name, [...way, name]);
      if (!before.ok) return before;
      const version = versions.get(needed.name) ?? "";
      if (!satisfies(version, needed.version)) {
        return refuse(
          "pack-dependency-version",
          `The pack ${name} requires ${needed.name} ${needed.version}; it is ${version}`,
          "Install a release that fits",
          { value: needed.name },
        );
      }
    }
    done.set(name, pack);
    return ok(null);
  };
  for (const name of names) {
    const visited = await visit(name, []);
    if (!visited.ok) return visited;
  }
  const packs: VerifiedPack[] = [];
  const builtIn: string[] = [];
  for (const [name, pack] of done) {
    if (pack) packs.push(pack);
    else builtIn.push(name);
  }
  return ok({ packs, builtIn });
}
