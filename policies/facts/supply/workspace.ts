import { compileGlob } from "../glob.ts";
import { LOCK_KINDS, lockKind, readLock } from "./locks.ts";
import { isManifest, readManifest } from "./manifests.ts";
import {
  type Declared,
  directoryOf,
  inDirectory,
  joined,
  type Lock,
  type Manifest,
  nameOf,
} from "./model.ts";
import { requirementsLock } from "./lock_requirements.ts";

/** One side of a change as supply facts read it: each file once. */
export interface Side {
  readonly paths: ReadonlySet<string>;
  text(path: string): Promise<string | null>;
  manifest(path: string): Promise<{ value: Manifest | null; why: string }>;
  lock(path: string): Promise<{ value: Lock | null; why: string }>;
}

const MAX_BYTES = 24_000_000;

export function side(paths: readonly string[], read: (path: string) => Promise<Uint8Array | null>): Side {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  const known = new Set(paths);
  const once = <T>(make: (path: string) => Promise<T>) => {
    const seen = new Map<string, Promise<T>>();
    return (path: string): Promise<T> => {
      const found = seen.get(path) ?? make(path);
      seen.set(path, found);
      return found;
    };
  };
  const text = once(async (path: string): Promise<string | null> => {
    if (!known.has(path)) return null;
    const bytes = await read(path);
    if (bytes === null || bytes.length > MAX_BYTES) return null;
    try {
      return decoder.decode(bytes);
    } catch {
      return null;
    }
  });
  const unread = async (path: string) => known.has(path) && await text(path) === null;
  return {
    paths: known,
    text,
    manifest: once(async (path) => {
      const content = await text(path);
      if (content === null) {
        return { value: null, why: await unread(path) ? "it is too large or no UTF-8" : "" };
      }
      const found = await readManifest(path, content);
      return found.ok ? { value: found.value, why: "" } : { value: null, why: found.why };
    }),
    lock: once(async (path) => {
      const content = await text(path);
      if (content === null) {
        return { value: null, why: await unread(path) ? "it is too large or no UTF-8" : "" };
      }
      if (compiledFrom(path, known) !== null) {
        try {
          return { value: requirementsLock(content, path), why: "" };
        } catch (error) {
          return { value: null, why: error instanceof Error ? error.message : String(error) };
        }
      }
      const found = await readLock(path, content);
      return found.ok ? { value: found.value, why: "" } : { value: null, why: found.why };
    }),
  };
}

/** What only tests read is no dependency of the project. */
export const isFixture = (path: string): boolean =>
  /(?:^|\/)(?:testdata|__?fixtures?__?|fixtures?|__snapshots__|snapshots|golden|node_modules)\//i.test(path);

/** The `.in` file that a requirements.txt is compiled from, or null. */
export function compiledFrom(path: string, known: ReadonlySet<string>): string | null {
  if (!path.endsWith(".txt")) return null;
  const source = `${path.slice(0, -4)}.in`;
  return known.has(source) ? source : null;
}

export const isLock = (path: string, known: ReadonlySet<string>): boolean =>
  lockKind(path) !== null || compiledFrom(path, known) !== null;

/** Whether a file declares dependencies by itself, and is not derived from another. */
export const declares = (path: string, known: ReadonlySet<string>): boolean =>
  isManifest(path) && !isFixture(path) && compiledFrom(path, known) === null;

const manifestPatterns = (lock: string): readonly RegExp[] => lockKind(lock)?.manifests ?? [];

/** The manifests that a lockfile may be made from: those in its directory and below that have no nearer lockfile of its kind. */
export function manifestsUnder(lock: string, paths: ReadonlySet<string>): string[] {
  if (lockKind(lock) === null) {
    const source = compiledFrom(lock, paths);
    return source === null ? [] : [source];
  }
  const directory = directoryOf(lock);
  const patterns = manifestPatterns(lock);
  const own = nameOf(lock);
  const nearer = new Set<string>();
  const found: string[] = [];
  for (const path of paths) {
    if (directory !== "" && !path.startsWith(`${directory}/`)) continue;
    if (nameOf(path) === own && path !== lock) nearer.add(directoryOf(path));
    if (patterns.some((pattern) => pattern.test(nameOf(path))) && !isFixture(path)) found.push(path);
  }
  const isNearer = (path: string): boolean => {
    for (let at = directoryOf(path); at !== directory && at !== ""; at = directoryOf(at)) {
      if (nearer.has(at)) return true;
    }
    return false;
  };
  return found.filter((path) => !isNearer(path)).slice(0, 2000);
}

/** Lockfiles of the directory itself and of those above, that record what this manifest asks for. */
export function locksAbove(manifest: string, paths: ReadonlySet<string>): string[] {
  const found: string[] = [];
  for (let at = directoryOf(manifest);; at = directoryOf(at)) {
    for (const [name, { manifests }] of Object.entries(LOCK_KINDS)) {
      if (!manifests.some((pattern) => pattern.test(nameOf(manifest)))) continue;
      const exact = name === "pipfile.lock" ? "Pipfile.lock" : name === "cargo.lock" ? "Cargo.lock" : name;
      const path = inDirectory(at, exact);
      if (paths.has(path)) found.push(path);
    }
    // The nearest directory with a lockfile is the one that the tool takes.
    if (found.length > 0 || at === "") break;
  }
  const compiled = `${manifest.slice(0, -3)}.txt`;
  if (manifest.endsWith(".in") && paths.has(compiled)) found.push(compiled);
  return found;
}

/** The directory of a manifest as seen from its lockfile. */
export function importerOf(manifest: string, lock: string): string {
  const [from, at] = [directoryOf(lock), directoryOf(manifest)];
  return from === "" ? at : at === from ? "" : at.slice(from.length + 1);
}

/** Whether the workspace's own globs take a directory in as a member. */
export function isMember(root: Manifest | null, importer: string): boolean {
  return (root?.members ?? []).some((text) => {
    if (text.startsWith("!")) return false;
    const plain = joined("", text) ?? text;
    if (plain === importer) return true;
    const compiled = compileGlob(plain);
    return compiled.ok && compiled.glob(importer);
  });
}

/** Dependencies with the names that a Cargo workspace gives them. */
export function inherited(manifests: readonly Manifest[]): (dependency: Declared) => Declared {
  const names = new Map<string, string>();
  for (const manifest of manifests) {
    for (const one of manifest.declared) {
      if (one.ecosystem === "cargo" && one.alias !== one.name) names.set(one.alias, one.name);
    }
  }
  return (dependency) => {
    const name = dependency.source === "workspace" ? names.get(dependency.alias) : undefined;
    return name === undefined ? dependency : { ...dependency, name };
  };
}
