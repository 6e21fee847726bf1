import type { SourceKind } from "../../../specs/mod.ts";
import { type Data, entriesOf, isData } from "../parts.ts";
import { type Declared, directoryOf, hostOf, joined, list, type Manifest, pypiName, text } from "./model.ts";

/** `name[extra] >= 1 ; marker` or `name @ address`. Null when it is neither. */
export function pythonRequirement(line: string, path: string): Declared | null {
  const plain = line.trim();
  const found = /^([A-Za-z0-9][\w.-]{0,200})\s*(?:\[[^\]]{0,300}\])?\s*(.*)$/.exec(plain);
  if (!found) return null;
  const name = pypiName(found[1] ?? "");
  const rest = found[2] ?? "";
  if (rest.startsWith("@")) {
    const address = rest.slice(1).split(/\s+;/, 1)[0]?.trim() ?? "";
    return {
      alias: name,
      name,
      ecosystem: "pypi",
      range: address,
      source: addressSource(address, path),
      group: "runtime",
    };
  }
  const range = rest.split(/;|\s--hash/, 1)[0]?.replace(/^\(|\)$/g, "").trim() ?? "";
  if (range !== "" && !/^(?:[<>=!~^]|\*|\d)/.test(range)) return null;
  return { alias: name, name, ecosystem: "pypi", range, source: "registry", group: "runtime" };
}

function addressSource(address: string, path: string): SourceKind {
  if (/^(?:git|hg|svn|bzr)\+|\.git(?:@|#|$)|^git@/.test(address)) return "git";
  if (/^https?:|^ftp:/.test(address)) return "url";
  return joined(directoryOf(path), address.replace(/^file:(?:\/\/)?/, "")) === null || address.startsWith("/")
    ? "outside"
    : "path";
}

const manifest = (path: string, declared: readonly Declared[], over: Partial<Manifest> = {}): Manifest => ({
  path,
  declared,
  own: "",
  lifecycle: new Map(),
  registries: [],
  members: [],
  rewrites: "",
  ...over,
});

/** Lines of a requirements file, continued lines joined. */
export function requirementLines(content: string): { text: string; line: number }[] {
  const lines: { text: string; line: number }[] = [];
  let open: { text: string; line: number } | null = null;
  for (const [index, raw] of content.split(/\r?\n/).entries()) {
    const bare = raw.replace(/(?:^|\s)#.*$/, "").trimEnd();
    const continued = bare.endsWith("\\");
    const part = continued ? bare.slice(0, -1) : bare;
    if (open) open.text += ` ${part.trim()}`;
    else open = { text: part.trim(), line: index + 1 };
    if (continued) continue;
    if (open.text !== "") lines.push(open);
    open = null;
  }
  if (open !== null && open.text !== "") lines.push(open);
  return lines;
}

export function requirementsManifest(content: string, path: string): Manifest {
  const declared: Declared[] = [];
  const registries: string[] = [];
  const includes: string[] = [];
  for (const { text: line } of requirementLines(content)) {
    const included = /^(?:-r|--requirement)[\s=]*(\S+)/.exec(line)?.[1];
    if (included !== undefined) includes.push(included);
    const option =
      /^(-i|--index-url|--extra-index-url|-f|--find-links|--trusted-host|--no-index|--pre)\b[\s=]*(\S*)/
        .exec(line);
    if (option) {
      registries.push(`${option[1]} ${option[2]}`.trim());
      continue;
    }
    const editable = /^(?:-e|--editable)[\s=]+(\S+)/.exec(line);
    const address = editable?.[1] ??
      (/^(?:(?:git|hg|svn|bzr)\+|https?:|file:|\.{0,2}\/)/.test(line) ? line.split(/\s/, 1)[0] : undefined);
    if (address !== undefined) {
      const name = pypiName(/[#&]egg=([\w.-]+)/.exec(address)?.[1] ?? address);
      declared.push({
        alias: name,
        name: name.slice(0, 300),
        ecosystem: "pypi",
        range: address,
        source: addressSource(address, path),
        group: "runtime",
      });
      continue;
    }
    if (line.startsWith("-")) continue;
    const one = pythonRequirement(line, path);
    if (one) declared.push(one);
    else throw new Error(`a line that is no requirement: ${line.slice(0, 100)}`);
  }
  return { ...manifest(path, declared, { registries }), includes };
}

function ofTable(table: unknown, group: Declared["group"], path: string): Declared[] {
  return entriesOf(table).flatMap(([alias, value]): Declared[] => {
    if (alias.toLowerCase() === "python") return [];
    const sides = Array.isArray(value) ? value : [value];
    return sides.map((side) => {
      const name = pypiName(alias);
      const base = { alias: name, name, ecosystem: "pypi" as const, group };
      if (!isData(side)) return { ...base, range: text(side), source: "registry" as const };
      const address = text(side.git) || text(side.url) || text(side.path) || text(side.file);
      if (address !== "") {
        const source = side.git !== undefined ? "git" : addressSource(address, path);
        return {
          ...base,
          range: `${address}${text(side.rev ?? side.tag ?? side.branch ?? side.ref)}`,
          source,
        };
      }
      return { ...base, range: text(side.version), source: "registry" as const };
    });
  });
}

const ofLines = (lines: unknown, group: Declared["group"], path: string): Declared[] =>
  list(lines).flatMap((line) => {
    if (typeof line !== "string") return [];
    const one = pythonRequirement(line, path);
    if (!one) throw new Error(`a text that is no requirement: ${line.slice(0, 100)}`);
    return [{ ...one, group }];
  });

export async function pyprojectManifest(content: string, path: string): Promise<Manifest> {
  const { parse } = await import("smol-toml");
  const data = parse(content) as Data;
  const project = isData(data.project) ? data.project : {};
  const tool = isData(data.tool) ? data.tool : {};
  const part = (name: string): Data => isData(tool[name]) ? tool[name] : {};
  const [poetry, uv, pdm, hatch] = [part("poetry"), part("uv"), part("pdm"), part("hatch")];
  const build = isData(data["build-system"]) ? data["build-system"] : {};
  let declared: Declared[] = [
    ...ofLines(project.dependencies, "runtime", path),
    ...entriesOf(project["optional-dependencies"]).flatMap(([, lines]) => ofLines(lines, "optional", path)),
    ...entriesOf(data["dependency-groups"]).flatMap(([, lines]) => ofLines(lines, "dev", path)),
    ...ofLines(uv["dev-dependencies"], "dev", path),
    ...ofLines(uv["override-dependencies"], "override", path),
    ...entriesOf(pdm["dev-dependencies"]).flatMap(([, lines]) => ofLines(lines, "dev", path)),
    ...ofLines(build.requires, "build", path),
    ...ofTable(poetry.dependencies, "runtime", path),
    ...ofTable(poetry["dev-dependencies"], "dev", path),
    ...entriesOf(poetry.group).flatMap(([, group]) =>
      ofTable(isData(group) ? group.dependencies : {}, "dev", path)
    ),
    ...entriesOf(hatch.envs).flatMap(([, env]) => isData(env) ? ofLines(env.dependencies, "dev", path) : []),
  ];
  // Where uv fetches a package that is declared by its name alone.
  const sources = new Map(entriesOf(uv.sources).map(([name, value]) => [pypiName(name), value]));
  declared = declared.map((one) => {
    const given = sources.get(one.name);
    const source = Array.isArray(given) ? given[0] : given;
    if (!isData(source)) return one;
    if (source.workspace === true) return { ...one, source: "workspace" as const };
    const address = text(source.git) || text(source.url) || text(source.path);
    if (address === "") return one;
    return {
      ...one,
      range: `${one.range} ${address}`.trim(),
      source: source.git !== undefined ? "git" as const : addressSource(address, path),
    };
  });
  const indexes = [
    ...list(poetry.source),
    ...list(pdm.source),
    ...(Array.isArray(uv.index) ? uv.index : []),
  ].flatMap((one) => isData(one) ? [text(one.url)] : []);
  const members = isData(uv.workspace) ? list(uv.workspace.members).map(text) : [];
  return manifest(path, declared, {
    own: pypiName(text(project.name) || text(poetry.name)),
    registries: [...indexes, text(uv["index-url"]), ...list(uv["extra-index-url"]).map(text)].filter((one) =>
      one !== "" && hostOf(one) !== "pypi.org"
    ),
    members,
    rewrites: JSON.stringify([
      uv["override-dependencies"],
      project["requires-python"],
      uv.environments,
      uv.conflicts,
    ]),
  });
}

export async function pipfileManifest(content: string, path: string): Promise<Manifest> {
  const { parse } = await import("smol-toml");
  const data = parse(content) as Data;
  return manifest(path, [
    ...ofTable(data.packages, "runtime", path),
    ...ofTable(data["dev-packages"], "dev", path),
  ], {
    registries: list(data.source).flatMap((one) =>
      isData(one) && hostOf(text(one.url)) !== "pypi.org" ? [text(one.url)] : []
    ),
  });
}

/** `install_requires` and extras of setup.cfg. */
export function setupCfgManifest(content: string, path: string): Manifest {
  const declared: Declared[] = [];
  let section = "";
  let key = "";
  for (const raw of content.split(/\r?\n/)) {
    const line = raw.replace(/(?:^|\s)[#;].*$/, "");
    const head = /^\[([^\]]{1,200})\]/.exec(line);
    if (head) {
      [section, key] = [(head[1] ?? "").toLowerCase(), ""];
      continue;
    }
    const assigned = /^([\w.-]{1,100})\s*=\s*(.*)$/.exec(line);
    if (assigned) key = (assigned[1] ?? "").toLowerCase();
    const value = (assigned ? assigned[2] : line)?.trim() ?? "";
    const wanted = section === "options.extras_require" ||
      (section === "options" && /^(?:install_requires|setup_requires|tests_require)$/.test(key));
    if (!wanted || value === "") continue;
    const one = pythonRequirement(value, path);
    if (one) declared.push(section === "options" ? one : { ...one, group: "optional" });
  }
  return manifest(path, declared);
}
