import { type Data, entriesOf, isData } from "../parts.ts";
import { type Declared, directoryOf, joined, list, type Manifest, text } from "./model.ts";

const CARGO_GROUPS: readonly (readonly [string, Declared["group"]])[] = [
  ["dependencies", "runtime"],
  ["dev-dependencies", "dev"],
  ["build-dependencies", "build"],
];

function ofCrates(table: unknown, group: Declared["group"], path: string): Declared[] {
  return entriesOf(table).map(([alias, value]): Declared => {
    if (!isData(value)) {
      return { alias, name: alias, ecosystem: "cargo", range: text(value), source: "registry", group };
    }
    const name = text(value.package) || alias;
    const base = { alias, name, ecosystem: "cargo" as const, group };
    if (value.workspace === true) return { ...base, range: "", source: "workspace" };
    if (text(value.git) !== "") {
      return {
        ...base,
        range: `${text(value.git)}#${text(value.rev ?? value.tag ?? value.branch)}`,
        source: "git",
      };
    }
    if (text(value.path) !== "") {
      const inside = !text(value.path).startsWith("/") &&
        joined(directoryOf(path), text(value.path)) !== null;
      return { ...base, range: text(value.version), source: inside ? "path" : "outside" };
    }
    return { ...base, range: text(value.version), source: "registry" };
  });
}

export async function cargoManifest(content: string, path: string): Promise<Manifest> {
  const { parse } = await import("smol-toml");
  const data = parse(content) as Data;
  const workspace = isData(data.workspace) ? data.workspace : {};
  const own = isData(data.package) ? data.package : {};
  const declared: Declared[] = [];
  const tables = [data, ...entriesOf(data.target).flatMap(([, one]) => isData(one) ? [one] : [])];
  for (const table of tables) {
    for (const [section, group] of CARGO_GROUPS) {
      declared.push(...ofCrates(table[section] ?? table[section.replace("-", "_")], group, path));
    }
  }
  declared.push(...ofCrates(workspace.dependencies, "runtime", path));
  const registries: string[] = [];
  for (const [registry, table] of entriesOf(data.patch)) {
    registries.push(...(registry === "crates-io" ? [] : [`patch ${registry}`]));
    declared.push(...ofCrates(table, "override", path));
  }
  declared.push(...ofCrates(data.replace, "override", path));
  return {
    path,
    declared,
    own: text(own.name),
    lifecycle: new Map(),
    registries,
    members: list(workspace.members).map(text),
    rewrites: JSON.stringify([data.patch, data.replace, data.features, workspace.resolver]),
  };
}

/** `require`, `replace` and `tool` of go.mod; `// indirect` tells that a dependency needs it. */
export function goManifest(content: string, path: string): Manifest {
  const declared: Declared[] = [];
  let block = "";
  let own = "";
  for (const raw of content.split(/\r?\n/)) {
    const comment = raw.indexOf("//");
    const line = (comment < 0 ? raw : raw.slice(0, comment)).trim();
    const indirect = comment >= 0 && /^\/\/\s*indirect\b/.test(raw.slice(comment));
    if (line === "") continue;
    if (block !== "" && line === ")") {
      block = "";
      continue;
    }
    const words = line.split(/\s+/).map((word) => word.replace(/^["`]|["`]$/g, ""));
    if (block === "" && words.at(-1) === "(") {
      block = words[0] ?? "";
      continue;
    }
    const verb = block || words[0] || "";
    const rest = block === "" ? words.slice(1) : words;
    if (verb === "module") own = rest[0] ?? "";
    if (verb === "require" && rest.length >= 2) {
      const [name = "", range = ""] = rest;
      declared.push({
        alias: name,
        name,
        ecosystem: "go",
        range,
        source: "registry",
        group: indirect ? "indirect" : "runtime",
      });
    }
    if (verb === "replace") {
      const arrow = rest.indexOf("=>");
      const target = rest.slice(arrow + 1);
      const [alias = "", name = ""] = [rest[0], target[0]];
      const local = /^\.{0,2}\//.test(name) || name === "..";
      const inside = local && !name.startsWith("/") && joined(directoryOf(path), name) !== null;
      declared.push({
        alias,
        name: local ? alias : name,
        ecosystem: "go",
        range: `=> ${target.join(" ")}`,
        source: local ? (inside ? "path" : "outside") : name === alias ? "registry" : "git",
        group: "override",
      });
    }
  }
  return { path, declared, own, lifecycle: new Map(), registries: [], members: [], rewrites: "" };
}

/** Dependencies, plugins and repositories of a pom.xml, as far as it gives them as text. */
export async function pomManifest(content: string, path: string): Promise<Manifest> {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(content)) throw new Error("a document type is not read");
  const { XMLParser } = await import("fast-xml-parser");
  const parsed: unknown = new XMLParser({
    ignoreAttributes: true,
    processEntities: false,
    parseTagValue: false,
  })
    .parse(content);
  const project = isData(parsed) && isData(parsed.project) ? parsed.project : null;
  if (project === null) throw new Error("not a project");
  const properties = isData(project.properties) ? project.properties : {};
  const filled = (value: unknown): string =>
    text(value).replace(/\$\{([\w.-]{1,100})\}/g, (whole, key: string) => text(properties[key]) || whole);
  const many = (holder: unknown, key: string): unknown[] =>
    isData(holder)
      ? Array.isArray(holder[key]) ? holder[key] : holder[key] === undefined ? [] : [holder[key]]
      : [];
  const declared: Declared[] = [];
  const take = (from: unknown, group: Declared["group"]) => {
    for (const one of from as unknown[]) {
      if (!isData(one)) continue;
      const name = `${filled(one.groupId) || "org.apache.maven.plugins"}:${filled(one.artifactId)}`;
      const scope = text(one.scope);
      declared.push({
        alias: name,
        name,
        ecosystem: "maven",
        range: filled(one.version),
        source: scope === "system" ? "outside" : "registry",
        group: group === "runtime" && (scope === "test" || scope === "provided") ? "dev" : group,
      });
    }
  };
  const registries: string[] = [];
  const inside = (holder: Data) => {
    take(many(holder.dependencies, "dependency"), "runtime");
    const managed = isData(holder.dependencyManagement) ? holder.dependencyManagement.dependencies : null;
    take(many(managed, "dependency"), "override");
    const build = isData(holder.build) ? holder.build : {};
    take(many(build.plugins, "plugin"), "build");
    for (
      const [key, single] of [["repositories", "repository"], [
        "pluginRepositories",
        "pluginRepository",
      ]] as const
    ) {
      for (const one of many(holder[key], single)) if (isData(one)) registries.push(filled(one.url));
    }
  };
  inside(project);
  for (const profile of many(project.profiles, "profile")) if (isData(profile)) inside(profile);
  return {
    path,
    declared,
    own: `${filled(project.groupId)}:${filled(project.artifactId)}`,
    lifecycle: new Map(),
    registries: registries.filter((url) => !/^https:\/\/repo1?\.maven(?:\.apache)?\.org\//.test(url)),
    members: many(project.modules, "module").map(text),
    rewrites: "",
  };
}

/** Coordinates that a Gradle script gives as plain text. A script is a program: what it computes is not seen. */
export function gradleManifest(content: string, path: string): Manifest {
  const declared: Declared[] = [];
  const pattern =
    /\b(implementation|api|compileOnly|runtimeOnly|testImplementation|testRuntimeOnly|testCompileOnly|annotationProcessor|kapt|ksp|classpath|developmentOnly)\b[ \t]*\(?[ \t]*(?:platform\()?[ \t]*["']([\w.-]{1,200}:[\w.-]{1,200})(?::([\w.+${}\[\](),-]{1,100}))?["']/g;
  for (const [, configuration = "", name = "", range = ""] of content.matchAll(pattern)) {
    declared.push({
      alias: name,
      name,
      ecosystem: "maven",
      range,
      source: "registry",
      group: configuration.startsWith("test") ? "dev" : configuration === "classpath" ? "build" : "runtime",
    });
  }
  const registries = [
    ...content.matchAll(
      /\bmaven\b[ \t]*[({][^}]{0,300}?\burl\b[ \t]*(?:=|\()?[ \t]*(?:uri\()?[ \t]*["'](https?:[^"'\s]{1,300})["']/g,
    ),
  ]
    .map(([, url]) => url ?? "");
  return { path, declared, own: "", lifecycle: new Map(), registries, members: [], rewrites: "" };
}
