import type { SourceKind } from "../../../specs/mod.ts";
import { entriesOf, isData } from "../parts.ts";
import { type Claim, hostOf, type Lock, type Locked, text } from "./model.ts";

const SECTIONS = ["dependencies", "devDependencies", "optionalDependencies"];

/** `name@1.2.3(peer@1)` without its peers; older files begin it with a slash and put a second one before the version. */
function baseKey(key: string): string {
  const paren = key.indexOf("(");
  return paren > 0 ? key.slice(0, paren) : key;
}

function nameAndVersion(key: string): [name: string, version: string] {
  const plain = baseKey(key).replace(/^\//, "");
  const found = /^((?:@[^/@]+\/)?[^/@]+)[@/](.+)$/.exec(plain);
  return found ? [found[1] ?? plain, (found[2] ?? "").split("_", 1)[0] ?? ""] : [plain, ""];
}

/** pnpm-lock.yaml, versions 5 to 9. */
export async function pnpmLock(content: string): Promise<Lock> {
  const { parseAllDocuments } = await import("yaml");
  const documents = parseAllDocuments(content, { uniqueKeys: true, prettyErrors: false });
  const last = Array.isArray(documents) ? documents.at(-1) : undefined;
  if (last === undefined || last.errors.length > 0) {
    throw new Error(last?.errors[0]?.message ?? "no document");
  }
  const data: unknown = last.toJS({ maxAliasCount: 0 });
  if (!isData(data) || data.lockfileVersion === undefined) throw new Error("not a pnpm lockfile");
  const packages = new Map(entriesOf(data.packages));
  const snapshots = isData(data.snapshots) ? new Map(entriesOf(data.snapshots)) : packages;
  const keys = new Set([...packages.keys(), ...snapshots.keys()]);
  const target = (name: string, version: string): string | null => {
    if (/^(?:link|workspace|file):/.test(version) && !keys.has(`${name}@${version}`)) return null;
    for (
      const key of [
        `${name}@${version}`,
        version,
        `/${name}@${version}`,
        `/${name}/${version}`,
        `/${version}`,
      ]
    ) if (keys.has(key)) return key;
    // Peers stand in the snapshot's key alone.
    const plain = baseKey(version);
    return keys.has(`${name}@${plain}`) ? `${name}@${plain}` : null;
  };
  const entries = new Map<string, Locked>();
  for (const key of keys) {
    const value = [snapshots.get(key), packages.get(key), packages.get(baseKey(key))].filter(isData);
    const merged = Object.assign({}, ...value.toReversed()) as Record<string, unknown>;
    const [name, version] = nameAndVersion(key);
    const resolution = isData(merged.resolution) ? merged.resolution : {};
    const tarball = text(resolution.tarball);
    const peers = new Set([
      ...entriesOf(merged.peerDependencies).map(([peer]) => peer),
      ...(Array.isArray(merged.transitivePeerDependencies)
        ? merged.transitivePeerDependencies.map(text)
        : []),
    ]);
    const needs = ["dependencies", "optionalDependencies"].flatMap((section) => entriesOf(merged[section]));
    const edges = needs.flatMap(([need, at]) => target(need, text(at)) ?? []);
    // The package behind a snapshot, and behind a package its snapshots: one is not there without the other.
    if (baseKey(key) !== key && packages.has(baseKey(key))) edges.push(baseKey(key));
    const source: SourceKind =
      resolution.repo !== undefined || resolution.type === "git" || /codeload\.github\.com/.test(tarball)
        ? "git"
        : resolution.type === "directory" || /^(?:file|link):/.test(version)
        ? "path"
        : tarball !== "" && !/\/-\//.test(tarball)
        ? "url"
        : "registry";
    entries.set(key, {
      key,
      name: text(merged.name) || name,
      version: text(merged.version) || version,
      ecosystem: "npm",
      source,
      from: source === "registry"
        ? (tarball === "" ? "" : hostOf(tarball))
        : (text(resolution.repo) || tarball).slice(0, 500),
      integrity: text(resolution.integrity) === "" ? [] : [text(resolution.integrity)],
      installScript: merged.requiresBuild === true,
      edges,
      needs: needs.map(([need]) => need).filter((need) => !peers.has(need)),
    });
  }
  const importers = isData(data.importers)
    ? new Map(entriesOf(data.importers))
    : new Map([[".", data as unknown]]);
  const claims: Claim[] = [];
  const versions = new Map<string, string>();
  const own = (path: string) => path === "." ? "" : path;
  for (const [path, value] of importers) {
    if (!isData(value)) continue;
    const specifiers = new Map(entriesOf(value.specifiers));
    for (const section of SECTIONS) {
      for (const [name, side] of entriesOf(value[section])) {
        const range = isData(side) ? text(side.specifier) : text(specifiers.get(name));
        claims.push({ importer: own(path), name, range });
        versions.set(`${own(path)}\n${name}`, isData(side) ? text(side.version) : text(side));
      }
    }
  }
  return {
    format: `pnpm ${String(data.lockfileVersion)}`,
    ecosystem: "npm",
    entries,
    claims,
    importers: [...importers.keys()].map(own),
    graph: true,
    hashes: true,
    fixedNeeds: true,
    generator: JSON.stringify([
      String(data.lockfileVersion),
      data.overrides ?? null,
      data.packageExtensionsChecksum ?? null,
      data.pnpmfileChecksum ?? null,
    ]),
    answers: (importer, { alias }) => {
      const version = versions.get(`${importer}\n${alias}`);
      if (version === undefined) return [];
      const key = target(alias, version);
      return key === null ? (/^(?:link|workspace|file):/.test(version) ? ["(a member)"] : []) : [key];
    },
  };
}
