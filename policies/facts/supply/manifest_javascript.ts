import type { SourceKind } from "../../../specs/mod.ts";
import { type Data, entriesOf, isData, jsonOf } from "../parts.ts";
import { type Declared, directoryOf, joined, list, type Manifest, text } from "./model.ts";

const GROUPS: readonly (readonly [string, Declared["group"]])[] = [
  ["dependencies", "runtime"],
  ["devDependencies", "dev"],
  ["optionalDependencies", "optional"],
  ["peerDependencies", "peer"],
];

/** Scripts that npm, yarn and pnpm start by themselves, at the developer's or at whoever installs the package. */
const LIFECYCLE = [
  "preinstall",
  "install",
  "postinstall",
  "prepare",
  "preprepare",
  "postprepare",
  "prepublish",
  "prepublishOnly",
  "prepack",
  "postpack",
  "dependencies",
  "pnpm:devPreinstall",
];

/** What a version text of package.json is fetched from. */
export function javascriptSource(range: string, path: string): { source: SourceKind; name: string | null } {
  const alias = /^npm:((?:@[^/@]+\/)?[^/@]+)(?:@|$)/.exec(range);
  if (alias) return { source: "registry", name: alias[1] ?? null };
  if (/^(?:workspace|catalog):/.test(range)) {
    return { source: range.startsWith("w") ? "workspace" : "registry", name: null };
  }
  if (/^patch:/.test(range)) return { source: "registry", name: null };
  if (/^jsr:/.test(range)) return { source: "registry", name: null };
  if (/^(?:file|link|portal):|^\.{0,2}\//.test(range)) {
    const archive = /\.(?:tgz|tar\.gz|tar)$/.test(range);
    const absolute = /^(?:file:)?\/(?!\/)/.test(range) || /^(?:file:)?~/.test(range);
    if (absolute || joined(directoryOf(path), range) === null) return { source: "outside", name: null };
    return { source: archive ? "url" : "path", name: null };
  }
  if (/^(?:git[+:]|git@|ssh:|(?:github|gitlab|bitbucket|gist):)|^https?:.*\.git(?:#.*)?$/.test(range)) {
    return { source: "git", name: null };
  }
  if (/^https?:/.test(range)) return { source: "url", name: null };
  if (/^[\w.-]+\/[\w.-]+(?:#.*)?$/.test(range)) return { source: "git", name: null };
  return { source: "registry", name: null };
}

export function packageManifest(content: string, path: string): Manifest {
  const data = jsonOf(content);
  const declared: Declared[] = [];
  const add = (alias: string, range: string, group: Declared["group"]) => {
    const { source, name } = javascriptSource(range, path);
    declared.push({ alias, name: name ?? alias, ecosystem: "npm", range, source, group });
  };
  for (const [section, group] of GROUPS) {
    for (const [alias, range] of entriesOf(data[section])) add(alias, text(range), group);
  }
  const pnpm = isData(data.pnpm) ? data.pnpm : {};
  const rewrites = [
    data.overrides,
    data.resolutions,
    pnpm.overrides,
    pnpm.packageExtensions,
    data.dependenciesMeta,
  ];
  for (const section of rewrites.slice(0, 3)) {
    for (const [selector, value] of overridden(section)) add(selector, value, "override");
  }
  const scripts = isData(data.scripts) ? data.scripts : {};
  const members = isData(data.workspaces) ? data.workspaces.packages : data.workspaces;
  return {
    path,
    declared,
    own: text(data.name),
    lifecycle: new Map(
      LIFECYCLE.flatMap((name) => scripts[name] === undefined ? [] : [[name, text(scripts[name])]]),
    ),
    registries: [],
    members: list(members).map(text).filter((one) => one !== ""),
    rewrites: JSON.stringify(rewrites),
  };
}

/** Names and versions of overrides, which nest. */
function overridden(value: unknown, depth = 0): [string, string][] {
  return entriesOf(value).flatMap(([selector, inner]): [string, string][] => {
    const path = selector.split(/>|(?<!@[^/]*)\/(?=\*\*|[^*]*$)/).at(-1) ?? selector;
    const name = /^((?:@[^/@]+\/)?[^/@]+)/.exec(path.replace(/^\*\*\//, ""))?.[1] ?? selector;
    if (typeof inner === "string") {
      return inner.startsWith("$") ? [] : [[selector === "." ? "." : name, inner]];
    }
    return depth > 20 ? [] : overridden(inner, depth + 1);
  });
}

/** `npm:/@scope/name@^1/sub` taken apart. */
export function denoSpecifier(
  value: string,
): { ecosystem: "npm" | "jsr"; name: string; range: string } | null {
  const found = /^(npm|jsr):\/?((?:@[^/@]+\/)?[^/@]+)(?:@([^/]*))?(?:\/.*)?$/.exec(value);
  if (!found) return null;
  return { ecosystem: found[1] === "jsr" ? "jsr" : "npm", name: found[2] ?? "", range: found[3] ?? "*" };
}

function imported(alias: string, value: unknown, path: string): Declared[] {
  const target = text(value);
  const specifier = denoSpecifier(target);
  if (specifier) return [{ alias, ...specifier, source: "registry", group: "runtime" }];
  if (/^https?:/.test(target)) {
    return [{ alias, name: target, ecosystem: "url", range: target, source: "url", group: "runtime" }];
  }
  if (/^(?:data|blob):/.test(target)) {
    return [{
      alias,
      name: alias,
      ecosystem: "url",
      range: target.slice(0, 300),
      source: "outside",
      group: "runtime",
    }];
  }
  if (/^file:/.test(target) || (/^\.\.\//.test(target) && joined(directoryOf(path), target) === null)) {
    return [{ alias, name: alias, ecosystem: "url", range: target, source: "outside", group: "runtime" }];
  }
  return [];
}

/** deno.json and import maps; a deno.json names its import map, which is a file of its own. */
export function denoManifest(content: string, path: string): Manifest {
  const data = jsonOf(content);
  const declared: Declared[] = [];
  for (const [alias, value] of entriesOf(data.imports)) declared.push(...imported(alias, value, path));
  for (const [, scope] of entriesOf(data.scopes)) {
    for (const [alias, value] of entriesOf(scope)) declared.push(...imported(alias, value, path));
  }
  const compiler: Data = isData(data.compilerOptions) ? data.compilerOptions : {};
  for (const value of list(compiler.types)) declared.push(...imported(text(value), value, path));
  if (typeof compiler.jsxImportSource === "string") {
    declared.push(...imported(compiler.jsxImportSource, compiler.jsxImportSource, path));
  }
  const members = isData(data.workspace) ? data.workspace.members : data.workspace;
  return {
    path,
    declared,
    own: text(data.name),
    lifecycle: new Map(),
    registries: [],
    members: list(members).map(text).filter((one) => one !== ""),
    rewrites: JSON.stringify([data.patch, data.links]),
  };
}

/** `pnpm-workspace.yaml`: members, catalogs and overrides. */
export async function pnpmWorkspace(content: string, path: string): Promise<Manifest> {
  const { parse } = await import("yaml");
  const data: unknown = parse(content, { maxAliasCount: 0, uniqueKeys: true, prettyErrors: false });
  const root = isData(data) ? data : {};
  return {
    path,
    declared: overridden(root.overrides).map(([alias, range]) => {
      const { source, name } = javascriptSource(range, path);
      return { alias, name: name ?? alias, ecosystem: "npm", range, source, group: "override" };
    }),
    own: "",
    lifecycle: new Map(),
    registries: [],
    members: list(root.packages).map(text).filter((one) => one !== ""),
    rewrites: JSON.stringify([root.overrides, root.packageExtensions, root.catalog, root.catalogs]),
  };
}
