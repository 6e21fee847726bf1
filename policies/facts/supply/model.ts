import type { DeclaredSide, Ecosystem, SourceKind } from "../../../specs/mod.ts";

/** One dependency as a manifest declares it. */
export interface Declared {
  /** How the manifest calls it. */
  readonly alias: string;
  /** The package, which the manifest may call by another name. */
  readonly name: string;
  readonly ecosystem: Ecosystem;
  readonly range: string;
  readonly source: SourceKind;
  readonly group: DeclaredSide["group"];
}

/** What a manifest says of dependencies. */
export interface Manifest {
  readonly path: string;
  readonly declared: readonly Declared[];
  /** The package's own name, where it has one. */
  readonly own: string;
  /** Commands that run by themselves when a package manager works: name -> command. */
  readonly lifecycle: ReadonlyMap<string, string>;
  /** From where packages are fetched beside the usual registry: index URLs, repositories. */
  readonly registries: readonly string[];
  /** Globs of the workspace's members, relative to the manifest. */
  readonly members: readonly string[];
  /** What rewrites the dependencies of others (overrides, resolutions, package extensions): any text that changes with it. */
  readonly rewrites: string;
  /** Other requirements files that it takes in (`-r FILE`), as it names them. */
  readonly includes?: readonly string[];
}

/** One package of a lockfile. */
export interface Locked {
  readonly key: string;
  readonly name: string;
  readonly version: string;
  readonly ecosystem: Ecosystem;
  readonly source: SourceKind;
  /** Host of a registry, or the whole address of what is fetched otherwise. */
  readonly from: string;
  readonly integrity: readonly string[];
  readonly installScript: boolean;
  /** Keys of the packages that it needs. */
  readonly edges: readonly string[];
  /** Names of what it needs, as recorded; names of peers are left out. */
  readonly needs: readonly string[];
  /** The address that does not belong to the name and version, when there is one. */
  readonly wrongAddress?: string;
  /** What sets it apart from another entry of the same name and version, such as a patch that the tool lays over it. */
  readonly variant?: string;
  /** Comes inside of another package's archive. */
  readonly bundled?: boolean;
}

/** What a lockfile says that a manifest asks for. */
export interface Claim {
  /** Directory of the manifest, relative to the lockfile's; empty for its own. */
  readonly importer: string;
  readonly name: string;
  readonly range: string;
}

export interface Lock {
  readonly format: string;
  readonly ecosystem: Ecosystem;
  readonly entries: ReadonlyMap<string, Locked>;
  readonly claims: readonly Claim[];
  /** Directories of the members that it was made for; null when the format does not tell. */
  readonly importers: readonly string[] | null;
  /** Whether the format records who needs whom. */
  readonly graph: boolean;
  /** Whether every package that comes from a registry has a hash in this format. */
  readonly hashes: boolean;
  /** The keys that answer a dependency of a manifest in this directory. */
  answers(importer: string, dependency: Declared): readonly string[];
  /** Whether what a package needs is the same whoever asks for it: the record of one version then never changes. */
  readonly fixedNeeds: boolean;
  /** A text that differs when another version of the tool wrote the file. */
  readonly generator: string;
}

export const directoryOf = (path: string): string =>
  path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
export const inDirectory = (directory: string, name: string): string =>
  directory === "" ? name : `${directory}/${name}`;

/** `a/b` and `../c` joined to a path of the repository; null when it leads out of it. */
export function joined(directory: string, relative: string): string | null {
  const parts = directory === "" ? [] : directory.split("/");
  for (const part of relative.replace(/^(?:file|link|portal|workspace):/, "").split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (parts.length === 0) return null;
      parts.pop();
    } else parts.push(part);
  }
  return parts.join("/");
}

export const text = (value: unknown): string => typeof value === "string" ? value : "";
export const list = (value: unknown): unknown[] => Array.isArray(value) ? value : [];

/** Host of an address, or the address itself when it has none. */
export function hostOf(address: string): string {
  try {
    return new URL(address.replace(/^(?:git|registry|sparse)\+/, "")).host;
  } catch {
    return address.slice(0, 300);
  }
}

/** PEP 503: names of Python packages differ in nothing but letters and digits. */
export const pypiName = (name: string): string => name.trim().toLowerCase().replace(/[-_.]+/g, "-");

/** Who needs whom grows with the square of a lockfile that was made to do so; an honest one stays far below this. */
const MAX_EDGES = 1_000_000;

/** Lets edges through as long as there are not too many of them in all; throws beyond. */
export function boundedEdges(): (edges: readonly string[]) => readonly string[] {
  let drawn = 0;
  return (edges) => {
    drawn += edges.length;
    if (drawn > MAX_EDGES) throw new Error(`it records more than ${MAX_EDGES} needs`);
    return edges;
  };
}
