import { entriesOf, isData } from "../parts.ts";
import { addressOfPackage, resolvedSource } from "./lock_npm.ts";
import { boundedEdges, type Claim, type Declared, type Lock, type Locked, text } from "./model.ts";

interface Block {
  patterns: string[];
  line: number;
  fields: Map<string, string>;
  tables: Map<string, Map<string, string>>;
}

const unquoted = (value: string): string => value.trim().replace(/^"(.*)"$/, "$1");

/** yarn's own form of version 1: a header of patterns, fields by two spaces, tables by four. */
function blocksOf(content: string): Block[] {
  const blocks: Block[] = [];
  let block: Block | null = null;
  let table: Map<string, string> | null = null;
  for (const [index, raw] of content.split(/\r?\n/).entries()) {
    if (raw.trim() === "" || raw.startsWith("#")) continue;
    if (/^\S/.test(raw)) {
      if (!raw.endsWith(":")) throw new Error(`line ${index + 1} is no header of yarn's lockfile`);
      const patterns = raw.slice(0, -1).match(/"[^"]*"|[^,\s][^,]*/g) ?? [];
      block = { patterns: patterns.map(unquoted), line: index + 1, fields: new Map(), tables: new Map() };
      blocks.push(block);
      table = null;
      continue;
    }
    const found = /^( {2}| {4})("[^"]*"|[^\s:"]+)(?::$| (.*)$)/.exec(raw);
    if (!found || block === null) throw new Error(`line ${index + 1} is not in the form of yarn's lockfile`);
    const [, indent, key = "", value] = found;
    const name = unquoted(key);
    if (indent === "  " && value === undefined) {
      if (block.tables.has(name)) throw new Error(`${name} stands twice at line ${index + 1}`);
      block.tables.set(name, table = new Map());
    } else if (indent === "  ") {
      if (block.fields.has(name)) throw new Error(`${name} stands twice at line ${index + 1}`);
      block.fields.set(name, unquoted(value ?? ""));
      table = null;
    } else if (table === null) throw new Error(`line ${index + 1} belongs to no table`);
    else table.set(name, unquoted(value ?? ""));
  }
  return blocks;
}

const nameOfPattern = (pattern: string): string => /^((?:@[^/@]+\/)?[^@]+)/.exec(pattern)?.[1] ?? pattern;

/** The package behind `alias@npm:name@range`. */
const realName = (pattern: string): string =>
  /^(?:@[^/@]+\/)?[^@]+@npm:((?:@[^/@]+\/)?[^/@]+)@/.exec(pattern)?.[1] ?? nameOfPattern(pattern);

export function yarnLock(content: string): Lock | Promise<Lock> {
  return /^__metadata:/m.test(content) ? berryLock(content) : classicLock(content);
}

function classicLock(content: string): Lock {
  if (!/^# yarn lockfile v1$/m.test(content) && content.trim() !== "") throw new Error("no yarn lockfile v1");
  const blocks = blocksOf(content);
  const keys = new Map<string, string>();
  const byName = new Map<string, string[]>();
  const keyOf = (block: Block) => block.patterns[0] ?? "";
  for (const block of blocks) {
    for (const pattern of block.patterns) {
      if (keys.has(pattern)) throw new Error(`${pattern} stands twice`);
      keys.set(pattern, keyOf(block));
    }
    for (const name of new Set(block.patterns.map(nameOfPattern))) {
      byName.set(name, [...byName.get(name) ?? [], keyOf(block)]);
    }
  }
  // A resolution answers patterns that stand nowhere in the file.
  const find = (name: string, range: string): readonly string[] => {
    const exact = keys.get(`${name}@${range}`);
    return exact === undefined ? byName.get(name) ?? [] : [exact];
  };
  const bounded = boundedEdges();
  const entries = new Map<string, Locked>();
  for (const block of blocks) {
    const key = keyOf(block);
    const version = block.fields.get("version") ?? "";
    const resolved = block.fields.get("resolved") ?? "";
    const { source, from } = resolvedSource(resolved.replace(/#.*$/, ""), version);
    const name = realName(key);
    const needs = ["dependencies", "optionalDependencies"].flatMap((
      section,
    ) => [...block.tables.get(section) ?? []]);
    const local = /@(?:file|link):/.test(key);
    const sha1 = /#([0-9a-f]{40})$/.exec(resolved)?.[1];
    const wrong = source === "registry" && !local && addressOfPackage(resolved, name, version) === false;
    entries.set(key, {
      key,
      name,
      version,
      ecosystem: "npm",
      source: local ? "path" : source,
      from,
      integrity: [
        ...(block.fields.get("integrity") ?? "").split(/\s+/).filter((one) => one !== ""),
        ...(sha1 === undefined ? [] : [`sha1-hex:${sha1}`]),
      ],
      installScript: false,
      edges: needs.flatMap(([name, range]) => bounded(find(name, range))),
      needs: needs.map(([name, range]) => /^npm:/.test(range) ? `${name}=${range}` : name),
      ...(wrong ? { wrongAddress: resolved.slice(0, 300) } : {}),
    });
  }
  return {
    format: "yarn v1",
    ecosystem: "npm",
    entries,
    claims: [],
    importers: null,
    graph: true,
    hashes: false,
    fixedNeeds: true,
    generator: "1",
    answers: (_importer, { alias, range }) => find(alias, range),
  };
}

/** yarn 2 and later. */
async function berryLock(content: string): Promise<Lock> {
  const { parse } = await import("yaml");
  const data: unknown = parse(content, { maxAliasCount: 0, uniqueKeys: true, prettyErrors: false });
  if (!isData(data)) throw new Error("not a yarn lockfile");
  const keys = new Map<string, string>();
  const byName = new Map<string, string[]>();
  const blocks = entriesOf(data).filter(([key]) => key !== "__metadata");
  for (const [key] of blocks) {
    for (const pattern of key.split(/,\s*/)) {
      if (keys.has(pattern)) throw new Error(`${pattern} stands twice`);
      keys.set(pattern, key);
      byName.set(nameOfPattern(pattern), [...byName.get(nameOfPattern(pattern)) ?? [], key]);
    }
  }
  const find = (name: string, range: string): readonly string[] => {
    const exact = keys.get(`${name}@${range}`) ?? keys.get(`${name}@npm:${range}`);
    return exact === undefined ? [...new Set(byName.get(name) ?? [])] : [exact];
  };
  const bounded = boundedEdges();
  const entries = new Map<string, Locked>();
  const claims: Claim[] = [];
  const importers: string[] = [];
  for (const [key, value] of blocks) {
    if (!isData(value)) throw new Error(`${key} is no entry`);
    const resolution = text(value.resolution);
    const found = /^((?:@[^/@]+\/)?[^@]+)@(.*)$/s.exec(resolution);
    if (!found) throw new Error(`${key} has no resolution`);
    const [, name = "", reference = ""] = found;
    const workspace = /^workspace:(.*)$/.exec(reference)?.[1];
    const needs = ["dependencies", "optionalDependencies"].flatMap((section) => entriesOf(value[section]));
    if (workspace !== undefined) {
      const importer = workspace === "." ? "" : workspace;
      importers.push(importer);
      for (const [need, range] of needs) {
        claims.push({ importer, name: need, range: text(range).replace(/^npm:/, "") });
      }
    }
    // What a package asks of its users is answered by them; a local one says by a peer what it works with.
    const edges = needs.flatMap(([need, range]) => bounded(find(need, text(range))));
    const patched = /^patch:(.*?)#/.exec(reference)?.[1];
    if (patched !== undefined) edges.push(...find(name, decodeURIComponent(patched).slice(name.length + 1)));
    entries.set(key, {
      key,
      name,
      ...(patched === undefined ? {} : { variant: "patch" }),
      version: text(value.version) || String(value.version ?? ""),
      ecosystem: "npm",
      source: workspace !== undefined
        ? "workspace"
        : /^(?:npm|patch):/.test(reference)
        ? "registry"
        : /^(?:file|link|portal|exec):/.test(reference)
        ? "path"
        : /^git|\.git(?:#|$)|^ssh:/.test(reference)
        ? "git"
        : /^https?:/.test(reference)
        ? "url"
        : "unknown",
      from: /::__archiveUrl=([^&]*)/.exec(reference)?.[1] === undefined
        ? (/^(?:npm|patch|workspace):/.test(reference) ? "" : reference.slice(0, 500))
        : decodeURIComponent(/::__archiveUrl=([^&]*)/.exec(reference)?.[1] ?? "").slice(0, 500),
      integrity: text(value.checksum) === "" ? [] : [text(value.checksum).replace(/^[^/]*\//, "")],
      installScript: false,
      edges: [...new Set(edges)],
      needs: workspace !== undefined
        ? []
        : needs.map(([need, range]) =>
          /^npm:[^@]*@/.test(text(range)) && !/^npm:[\d^~]/.test(text(range))
            ? `${need}=${text(range)}`
            : need
        ),
    });
  }
  // yarn lays patches of its own over some packages, and nobody asks for those by name.
  for (const [key, one] of entries) {
    if (one.variant === undefined || !key.includes("builtin<")) continue;
    for (const target of one.edges) {
      const patched = entries.get(target);
      if (patched) entries.set(target, { ...patched, edges: [...patched.edges, key] });
    }
  }
  const metadata = isData(data.__metadata) ? data.__metadata : {};
  return {
    format: "yarn berry",
    ecosystem: "npm",
    entries,
    claims,
    importers,
    graph: true,
    hashes: false,
    fixedNeeds: true,
    generator: JSON.stringify([metadata.version, metadata.cacheKey]),
    answers: (_importer: string, { alias, range }: Declared) => find(alias, range),
  };
}
