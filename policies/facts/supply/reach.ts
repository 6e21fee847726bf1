import { denoSpecifier } from "./manifest_javascript.ts";
import {
  type Claim,
  type Declared,
  directoryOf,
  hostOf,
  inDirectory,
  joined,
  type Lock,
  type Manifest,
  nameOf,
} from "./model.ts";
import { compiledFrom, importerOf, inherited, manifestsUnder, type Side } from "./workspace.ts";

export interface Reached {
  /** Keys that a manifest asks for itself, and keys that others of the lockfile need. */
  readonly direct: ReadonlySet<string>;
  readonly all: ReadonlySet<string>;
  /** What the lockfile says that a manifest asks for, and it does not. */
  readonly unfounded: readonly Claim[];
  /** Manifests that could not be read: nothing can be said of what they ask for. */
  readonly blind: readonly { path: string; why: string }[];
  /** Not all of the program text was searched for what it asks for by itself. */
  readonly partial: boolean;
}

/** Who asks for what a lockfile records, by the manifests as they are and not as the lockfile says that they are. */
export async function reach(path: string, lock: Lock, at: Side): Promise<Reached> {
  const manifests: Manifest[] = [];
  const blind: { path: string; why: string }[] = [];
  for (const one of manifestsUnder(path, at.paths)) {
    const importer = importerOf(one, path);
    if (lock.importers !== null && importer !== "" && !lock.importers.includes(importer)) continue;
    const { value, why } = await at.manifest(one);
    if (value) manifests.push(value);
    else blind.push({ path: one, why });
  }
  if (lock.format === "requirements") await takeIn(manifests, at);
  const name = inherited(manifests);
  const direct = new Set<string>();
  const founded = new Map<string, Set<string>>();
  const crates = lock.format === "cargo";
  for (const manifest of manifests) {
    const importer = crates ? `crate ${manifest.own}` : importerOf(manifest.path, path);
    const names = founded.get(importer) ?? new Set<string>();
    founded.set(importer, names);
    for (const raw of manifest.declared) {
      const one = name(raw);
      names.add(one.alias).add(one.name);
      for (const key of lock.answers(crates ? manifest.own : importer, one)) direct.add(key);
    }
  }
  let inline: { declared: Declared[]; hosts: Set<string>; partial: boolean } | null = null;
  if (lock.format.startsWith("deno") && [...expand(lock, direct)].length < lock.entries.size) {
    inline = await inlineDeclared(path, at, manifests);
    for (const one of inline.declared) for (const key of lock.answers("", one)) direct.add(key);
    for (const [key, one] of lock.entries) {
      if (one.ecosystem === "url" && inline.hosts.has(one.from)) direct.add(key);
    }
  }
  for (const [key, one] of lock.entries) {
    if (one.source === "workspace" && hasManifest(key, one.name, path, lock, at, manifests)) direct.add(key);
  }
  const unfounded = lock.claims.filter(({ importer, name: claimed }) => {
    const names = founded.get(importer) ?? (lock.format.startsWith("deno") ? union(founded) : undefined);
    return names === undefined || !names.has(claimed);
  });
  return { direct, all: expand(lock, direct), unfounded, blind, partial: inline?.partial ?? false };
}

const MAX_INCLUDED = 50;

/** Adds the requirements files that others take in: for a compiled one what it was compiled from. */
async function takeIn(manifests: Manifest[], at: Side): Promise<void> {
  const known = new Set(manifests.map(({ path }) => path));
  for (const { path, includes = [] } of manifests) {
    for (const include of includes) {
      const file = joined(directoryOf(path), include);
      if (file === null) continue;
      const source = compiledFrom(file, at.paths) ?? file;
      if (known.has(source) || !at.paths.has(source) || known.size > MAX_INCLUDED) continue;
      known.add(source);
      const { value } = await at.manifest(source);
      // The loop goes on to what was added here.
      if (value) manifests.push(value);
    }
  }
}

function union(founded: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  return new Set([...founded.values()].flatMap((names) => [...names]));
}

/** Members of the workspace are there because their manifests are; what they need is read from those. */
function hasManifest(
  key: string,
  name: string,
  path: string,
  lock: Lock,
  at: Side,
  manifests: readonly Manifest[],
): boolean {
  if (lock.format === "cargo") return manifests.some(({ own }) => own === name);
  if (lock.ecosystem === "npm" && !key.includes("node_modules/")) {
    const member = /@workspace:(.*)$/.exec(key.split(/,\s*/)[0] ?? "")?.[1] ?? key;
    return at.paths.has(
      inDirectory(inDirectory(directoryOf(path), member === "." ? "" : member), "package.json"),
    );
  }
  return manifests.some(({ own }) => own === name);
}

function expand(lock: Lock, roots: ReadonlySet<string>): Set<string> {
  const all = new Set(roots);
  const open = [...roots];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    const one = lock.entries.get(key);
    // What a member needs is what its manifest says, and those are roots already. A link leads to its member.
    const edges = one?.source === "workspace"
      ? one.edges.filter((edge) => edge.length < key.length && !edge.includes("node_modules/"))
      : one?.edges ?? [];
    for (const edge of edges) {
      if (all.has(edge)) continue;
      all.add(edge);
      open.push(edge);
    }
  }
  for (const [key, one] of lock.entries) {
    if (one.bundled && [...ancestors(key)].some((above) => all.has(above))) all.add(key);
  }
  return all;
}

function* ancestors(key: string): Generator<string> {
  for (let at = key.lastIndexOf("/node_modules/"); at > 0; at = key.lastIndexOf("/node_modules/", at - 1)) {
    yield key.slice(0, at);
  }
}

const MAX_FILES = 3000;
const MAX_CHARACTERS = 16_000_000;
const PROGRAM =
  /\.(?:[cm]?[jt]sx?|mdx?|jsonc?|html|vue|svelte|astro|sh|ya?ml)$|(?:^|\/)(?:dockerfile|makefile|justfile)[^/]*$/i;
const LOCKS = /(?:^|\/)(?:deno\.lock|package-lock\.json|npm-shrinkwrap\.json)$/i;

/** What program text imports by address, without any manifest. */
async function inlineDeclared(
  lock: string,
  at: Side,
  manifests: readonly Manifest[],
): Promise<{ declared: Declared[]; hosts: Set<string>; partial: boolean }> {
  const declared: Declared[] = [];
  const hosts = new Set<string>();
  let [files, characters, partial] = [0, 0, false];
  for (const manifest of manifests) {
    for (const one of manifest.declared) if (one.ecosystem === "url") hosts.add(hostOf(one.range));
  }
  const directory = directoryOf(lock);
  for (const path of at.paths) {
    if (directory !== "" && !path.startsWith(`${directory}/`)) continue;
    if (!PROGRAM.test(path) || LOCKS.test(path) || nameOf(path) === nameOf(lock)) continue;
    if (++files > MAX_FILES || characters > MAX_CHARACTERS) {
      partial = true;
      break;
    }
    const content = await at.text(path);
    if (content === null) continue;
    characters += content.length;
    if (!/(?:npm|jsr):|https?:\/\//.test(content)) continue;
    for (
      const [found] of content.matchAll(
        /\b(?:npm|jsr):\/?(?:@[\w.-]{1,100}\/)?[\w.-]{1,200}(?:@[\w.^~<>=*|+-]{1,100})?/g,
      )
    ) {
      const specifier = denoSpecifier(found);
      if (specifier) {
        declared.push({ alias: specifier.name, ...specifier, source: "registry", group: "runtime" });
      }
    }
    for (
      const [, url = ""] of content.matchAll(
        /\b(?:from|import)\b[\s(]{0,10}["'](https?:\/\/[^"'\s]{1,500})["']/g,
      )
    ) {
      hosts.add(hostOf(url));
    }
  }
  return { declared, hosts, partial };
}
