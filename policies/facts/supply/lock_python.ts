import type { SourceKind } from "../../../specs/mod.ts";
import { type Data, entriesOf, isData, jsonOf } from "../parts.ts";
import { boundedEdges, type Claim, hostOf, list, type Lock, type Locked, pypiName, text } from "./model.ts";

/** A lock whose packages are found by their names alone. */
function byNames(
  format: string,
  entries: ReadonlyMap<string, Locked>,
  over: Pick<Lock, "claims" | "importers" | "graph" | "hashes" | "generator">,
): Lock {
  const keys = new Map<string, string[]>();
  for (const one of entries.values()) keys.set(one.name, [...keys.get(one.name) ?? [], one.key]);
  return {
    format,
    ecosystem: "pypi",
    entries,
    // Markers, extras and the range of Python's own versions decide what is recorded.
    fixedNeeds: false,
    ...over,
    answers: (_importer, { name }) => keys.get(name) ?? [],
  };
}

const hashesOf = (files: unknown): string[] =>
  list(files).flatMap((file) => isData(file) && text(file.hash) !== "" ? [text(file.hash)] : []);

async function packagesOf(content: string): Promise<{ data: Data; packages: Data[] }> {
  const { parse } = await import("smol-toml");
  const data = parse(content) as Data;
  return { data, packages: list(data.package).filter(isData) };
}

/** The keys by name, with edges drawn once all are known. */
function withEdges(
  found: readonly (Omit<Locked, "edges"> & { wants: readonly string[] })[],
): Map<string, Locked> {
  const keys = new Map<string, string[]>();
  for (const { name, key } of found) keys.set(name, [...keys.get(name) ?? [], key]);
  const entries = new Map<string, Locked>();
  const bounded = boundedEdges();
  for (const { wants, ...one } of found) {
    if (entries.has(one.key)) throw new Error(`${one.key} stands twice`);
    entries.set(one.key, { ...one, edges: wants.flatMap((name) => bounded(keys.get(name) ?? [])) });
  }
  return entries;
}

export async function poetryLock(content: string): Promise<Lock> {
  const { data, packages } = await packagesOf(content);
  const metadata = isData(data.metadata) ? data.metadata : {};
  // Before version 2 the hashes stood together at the end.
  const files = isData(metadata.files) ? metadata.files : isData(metadata.hashes) ? metadata.hashes : {};
  const entries = withEdges(packages.map((one) => {
    const source = isData(one.source) ? one.source : {};
    const kind = text(source.type);
    const needs = entriesOf(one.dependencies).map(([name]) => pypiName(name));
    const extras = entriesOf(one.extras).flatMap(([, lines]) => list(lines).map(text)).map((line) =>
      pypiName(/^[\w.-]+/.exec(line)?.[0] ?? "")
    );
    const old = files[text(one.name)];
    return {
      key: `${pypiName(text(one.name))} ${text(one.version)}${kind === "" ? "" : ` ${text(source.url)}`}`,
      name: pypiName(text(one.name)),
      version: text(one.version),
      ecosystem: "pypi" as const,
      source: (kind === "git"
        ? "git"
        : kind === "url"
        ? "url"
        : kind === "file" || kind === "directory"
        ? "path"
        : "registry") as SourceKind,
      from: kind === "" || kind === "legacy"
        ? (text(source.url) === "" ? "" : hostOf(text(source.url)))
        : `${text(source.url)}${text(source.resolved_reference)}`.slice(0, 500),
      integrity: [
        ...hashesOf(one.files),
        ...hashesOf(old),
        ...list(old).filter((hash) =>
          typeof hash === "string"
        ).map(text),
      ],
      installScript: false,
      needs,
      wants: [...needs, ...extras],
    };
  }));
  return byNames("poetry", entries, {
    claims: [],
    importers: null,
    graph: true,
    hashes: true,
    generator: JSON.stringify([metadata["lock-version"], metadata["python-versions"]]),
  });
}

export async function uvLock(content: string): Promise<Lock> {
  const { data, packages } = await packagesOf(content);
  const claims: Claim[] = [];
  const importers: string[] = [];
  const entries = withEdges(packages.map((one) => {
    const source = isData(one.source) ? one.source : {};
    const name = pypiName(text(one.name));
    const member = text(source.virtual) || text(source.editable) || text(source.directory);
    const local = source.virtual !== undefined || source.editable !== undefined ||
      source.directory !== undefined;
    const wants = [
      ...list(one.dependencies),
      ...entriesOf(one["optional-dependencies"]).flatMap(([, needs]) => list(needs)),
      ...entriesOf(one["dev-dependencies"]).flatMap(([, needs]) => list(needs)),
    ].flatMap((need) => isData(need) ? [pypiName(text(need.name))] : []);
    if (local) {
      const importer = member === "." ? "" : member;
      importers.push(importer);
      for (const need of new Set(wants)) claims.push({ importer, name: need, range: "" });
    }
    const address = text(source.git) || text(source.url) || text(source.path);
    const registry = text(source.registry);
    return {
      key: `${name} ${text(one.version)}${
        registry === "" || hostOf(registry) === "pypi.org" ? "" : ` ${registry}`
      }`,
      name,
      version: text(one.version),
      ecosystem: "pypi" as const,
      source: (local
        ? "workspace"
        : source.git !== undefined
        ? "git"
        : source.url !== undefined
        ? "url"
        : source.path !== undefined
        ? "path"
        : "registry") as SourceKind,
      from: address === "" ? (registry === "" ? "" : hostOf(registry)) : address.slice(0, 500),
      integrity: [...hashesOf(one.wheels), ...hashesOf([one.sdist])],
      installScript: false,
      needs: local ? [] : wants,
      wants,
    };
  }));
  return byNames("uv", entries, {
    claims,
    importers,
    graph: true,
    hashes: true,
    generator: JSON.stringify([
      data.version,
      data.revision,
      data["requires-python"],
      data["resolution-markers"],
    ]),
  });
}

/** Pipfile.lock: pins without who needs whom. */
export function pipfileLock(content: string): Lock {
  const data = jsonOf(content);
  const entries = new Map<string, Locked>();
  for (const section of Object.keys(data).filter((name) => name !== "_meta")) {
    for (const [alias, one] of entriesOf(data[section])) {
      if (!isData(one)) throw new Error(`${alias} is no entry`);
      const name = pypiName(alias);
      const address = text(one.git) || text(one.file) || text(one.path);
      entries.set(`${section} ${name}`, {
        key: `${section} ${name}`,
        name,
        version: text(one.version).replace(/^==/, ""),
        ecosystem: "pypi",
        source: one.git !== undefined
          ? "git"
          : /^https?:/.test(address)
          ? "url"
          : address !== ""
          ? "path"
          : "registry",
        from: address === "" ? (text(one.index) === "pypi" ? "" : text(one.index)) : address.slice(0, 500),
        integrity: list(one.hashes).map(text),
        installScript: false,
        edges: [],
        needs: [],
      });
    }
  }
  const meta = isData(data._meta) ? data._meta : {};
  return byNames("pipfile", entries, {
    claims: [],
    importers: null,
    graph: false,
    hashes: true,
    generator: JSON.stringify(meta["pipfile-spec"] ?? ""),
  });
}
