import type { SourceKind } from "../../../specs/mod.ts";
import { type Data, isData } from "../parts.ts";
import { boundedEdges, type Claim, hostOf, list, type Lock, type Locked, text } from "./model.ts";

function sourceOf(source: string): { source: SourceKind; from: string } {
  if (source === "") return { source: "workspace", from: "" };
  if (source.startsWith("registry+") || source.startsWith("sparse+")) {
    // The same registry, by its index in git and by HTTP.
    const host = /github\.com\/rust-lang\/crates\.io-index|index\.crates\.io/.test(source)
      ? "crates.io"
      : hostOf(source);
    return { source: "registry", from: host };
  }
  return { source: source.startsWith("git+") ? "git" : "unknown", from: source.slice(0, 500) };
}

/** Cargo.lock. A package without a source is a member of the workspace, or lies at a path. */
export async function cargoLock(content: string): Promise<Lock> {
  const { parse } = await import("smol-toml");
  const data = parse(content) as Data;
  const blocks = list(data.package).filter(isData);
  const byName = new Map<string, { key: string; version: string; source: string }[]>();
  const keyOf = (one: Data) => `${text(one.name)} ${text(one.version)} ${text(one.source)}`.trim();
  for (const one of blocks) {
    const known = byName.get(text(one.name)) ?? [];
    known.push({ key: keyOf(one), version: text(one.version), source: text(one.source) });
    byName.set(text(one.name), known);
  }
  const metadata = isData(data.metadata) ? data.metadata : {};
  const bounded = boundedEdges();
  const entries = new Map<string, Locked>();
  const claims: Claim[] = [];
  for (const one of blocks) {
    const key = keyOf(one);
    if (entries.has(key)) throw new Error(`${key} stands twice`);
    const needs = list(one.dependencies).map(text);
    const edges = needs.flatMap((need) => {
      const [name = "", version, source] = need.split(" ");
      return bounded(
        (byName.get(name) ?? []).filter((other) =>
          (version === undefined || other.version === version) &&
          (source === undefined || `(${other.source.replace(/#.*$/, "")})` === source.replace(/#.*$/, ""))
        ).map((other) => other.key),
      );
    });
    const { source, from } = sourceOf(text(one.source));
    if (source === "workspace") {
      for (const need of needs) {
        claims.push({ importer: `crate ${text(one.name)}`, name: need.split(" ", 1)[0] ?? "", range: "" });
      }
    }
    const checksum = text(one.checksum) ||
      text(metadata[`checksum ${text(one.name)} ${text(one.version)} (${text(one.source)})`]);
    entries.set(key, {
      key,
      name: text(one.name),
      version: text(one.version),
      ecosystem: "cargo",
      source,
      from,
      integrity: checksum === "" ? [] : [checksum],
      installScript: false,
      edges,
      needs: source === "workspace" ? [] : needs.map((need) => need.split(" ", 1)[0] ?? ""),
    });
  }
  return {
    format: "cargo",
    ecosystem: "cargo",
    entries,
    claims,
    importers: null,
    graph: true,
    hashes: true,
    // What a crate needs depends on the features that somebody asks of it.
    fixedNeeds: false,
    generator: String(data.version ?? ""),
    answers: (importer, { name }) => {
      const own = [...entries.values()].find((one) => one.source === "workspace" && one.name === importer);
      const known = (byName.get(name) ?? []).map(({ key }) => key);
      return own ? own.edges.filter((key) => known.includes(key)) : known;
    },
  };
}
