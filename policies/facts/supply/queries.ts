import type { Ecosystem, LockedChange, SupplyFacts } from "../../../specs/mod.ts";
import { boundsOf } from "./version.ts";

/** A version of a package that a change brings in and that a registry can be asked about. */
export interface NewPackage {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly line?: number;
  /** Whether no version of the package was there before. */
  readonly fresh: boolean;
  readonly integrity: readonly string[];
  readonly installScript: boolean;
}

const isPackage = ({ after }: LockedChange): boolean =>
  after !== null && after.source === "registry" && after.version !== "";

/** Every new package version of a change: as lockfiles record them, and, without a lockfile, as manifests pin them. */
export function newPackages(supply: SupplyFacts): NewPackage[] {
  const found = new Map<string, NewPackage>();
  const add = (one: NewPackage) => {
    const key = `${one.ecosystem} ${one.name} ${one.version}`;
    if (!found.has(key)) found.set(key, one);
  };
  for (const change of supply.locked.filter(isPackage)) {
    const { after, before, line } = change;
    if (after === null || before?.version === after.version || change.ecosystem === "url") continue;
    // go.sum holds the hash of a module's go.mod beside its own.
    if (change.ecosystem === "go" && after.version.endsWith("/go.mod")) continue;
    add({
      ecosystem: change.ecosystem,
      name: change.name,
      version: after.version,
      path: change.path,
      ...(line === undefined ? {} : { line }),
      fresh: before === null,
      integrity: after.integrity,
      installScript: after.installScript,
    });
  }
  const locked = new Set([...found.values()].map(({ ecosystem, name }) => `${ecosystem} ${name}`));
  for (const { ecosystem, name, path, line, before, after, familiar } of supply.declared) {
    if (
      after === null || after.source !== "registry" || ecosystem === "url" ||
      locked.has(`${ecosystem} ${name}`)
    ) continue;
    if (before !== null && before.range === after.range) continue;
    if (before !== null && after.group === "override") continue;
    add({
      ecosystem,
      name,
      version: pinned(ecosystem, after.range),
      path,
      ...(line === undefined ? {} : { line }),
      fresh: before === null && !familiar,
      integrity: [],
      installScript: false,
    });
  }
  return [...found.values()];
}

/** The lowest version that a range asks for, in the words of its registry; the range itself when it cannot be told. */
function pinned(ecosystem: Ecosystem, range: string): string {
  if (ecosystem === "go" || ecosystem === "maven") return range.slice(0, 300);
  const plain = range.replace(/^npm:(?:@[^/@]+\/)?[^/@]+@/, "");
  const bounds = boundsOf(plain, ecosystem === "pypi" ? "pypi" : ecosystem === "cargo" ? "cargo" : "npm");
  const written = /\d[\w.+-]*/.exec(plain)?.[0];
  return (bounds !== null && written !== undefined ? written : plain).slice(0, 300);
}
