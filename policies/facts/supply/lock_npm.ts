import type { SourceKind } from "../../../specs/mod.ts";
import { type Data, entriesOf, isData, jsonOf } from "../parts.ts";
import { type Claim, hostOf, type Lock, type Locked, text } from "./model.ts";

const SECTIONS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

/** What a `resolved` text is fetched from, and its host, or the address itself. */
export function resolvedSource(resolved: string, version: string): { source: SourceKind; from: string } {
  const given = resolved || (/^(?:git|https?|file|github|link)[+:]/.test(version) ? version : "");
  if (given === "") return { source: "registry", from: "" };
  if (/^git[+:]|^(?:github|gitlab|bitbucket):|^ssh:/.test(given)) {
    return { source: "git", from: given.slice(0, 500) };
  }
  if (/^(?:file|link):/.test(given)) return { source: "path", from: given.slice(0, 500) };
  if (!/^https?:/.test(given)) return { source: "path", from: given.slice(0, 500) };
  if (/^https:\/\/codeload\.github\.com\//.test(given)) return { source: "git", from: given.slice(0, 500) };
  // The address of a registry names the package and lies under `/-/`; npm's own and its mirrors keep to that.
  return /\/-\/[^/]+\.tgz(?:[?#].*)?$|\/download\/|\/~\/\d+\//.test(given)
    ? { source: "registry", from: hostOf(given) }
    : { source: "url", from: given.slice(0, 500) };
}

/** Whether an address of a registry is that of this package in this version; null when its form does not tell. */
export function addressOfPackage(resolved: string, name: string, version: string): boolean | null {
  let path: string;
  try {
    path = decodeURIComponent(new URL(resolved).pathname);
  } catch {
    return null;
  }
  const at = path.lastIndexOf("/-/");
  if (at < 0) return null;
  const file = path.slice(at + 3);
  const bare = name.slice(name.lastIndexOf("/") + 1);
  const named = path.slice(0, at).endsWith(`/${name}`);
  // GitLab and others put the scope before the file, too.
  return named && (file === `${bare}-${version}.tgz` || file === `${name}-${version}.tgz`);
}

function packagesOf(data: Data): Map<string, Data> {
  const packages = new Map<string, Data>();
  if (isData(data.packages)) {
    for (const [key, value] of entriesOf(data.packages)) if (isData(value)) packages.set(key, value);
  }
  // The older form beside or instead of it: npm 6 and older read only this.
  const legacy = (tree: unknown, above: string, depth: number) => {
    if (depth > 60) throw new Error("dependencies nest deeper than 60");
    for (const [name, value] of entriesOf(tree)) {
      if (!isData(value)) continue;
      const key = `${above}node_modules/${name}`;
      const known = packages.get(key);
      const link = /^file:/.test(text(value.version));
      if (!known) {
        packages.set(key, {
          ...value,
          dependencies: value.requires,
          ...(link ? { link: true, resolved: text(value.version).slice(5) } : {}),
          inBundle: value.bundled,
        });
      } else if (!known.link && isData(data.packages)) {
        const differs = (["version", "resolved", "integrity"] as const).find((field) =>
          text(value[field]) !== "" && text(known[field]) !== "" && text(value[field]) !== text(known[field])
        );
        // An alias and a git dependency say their version in another way there.
        if (differs && !/^(?:npm|git|https?|github)[+:]/.test(text(value.version))) {
          packages.set(`${key} (as npm 6 reads it)`, { ...value, dependencies: value.requires });
        }
      }
      legacy(value.dependencies, `${key}/`, depth + 1);
    }
  };
  legacy(data.dependencies, "", 0);
  return packages;
}

/** package-lock.json and npm-shrinkwrap.json, versions 1 to 3. */
export function npmLock(content: string): Lock {
  const data = jsonOf(content);
  const packages = packagesOf(data);
  const resolve = (from: string, name: string): string | null => {
    for (let at = from;;) {
      const key = at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`;
      const found = packages.get(key);
      if (found) return key;
      if (at === "") return null;
      const cut = at.lastIndexOf("/node_modules/");
      at = cut >= 0
        ? at.slice(0, cut)
        : at.includes("/") && !at.startsWith("node_modules/")
        ? at.slice(0, at.lastIndexOf("/"))
        : "";
    }
  };
  const namesOf = (one: Data, sections: readonly string[]): string[] =>
    sections.flatMap((section) => entriesOf(one[section]).map(([name]) => name));
  const entries = new Map<string, Locked>();
  const claims: Claim[] = [];
  const importers: string[] = [];
  for (const [key, one] of packages) {
    if (!key.includes("node_modules/")) {
      importers.push(key);
      for (const section of SECTIONS) {
        for (const [name, range] of entriesOf(one[section])) {
          claims.push({ importer: key, name, range: text(range) });
        }
      }
      if (key === "") continue;
    }
    const own = key.includes("node_modules/")
      ? key.slice(key.lastIndexOf("node_modules/") + "node_modules/".length).replace(/ \(.*$/, "")
      : text(one.name) || key;
    const name = text(one.name) || /^npm:((?:@[^/@]+\/)?[^/@]+)@/.exec(text(one.version))?.[1] || own;
    const version = text(one.version).replace(/^npm:(?:@[^/@]+\/)?[^/@]+@/, "");
    const resolved = text(one.resolved);
    const link = one.link === true || !key.includes("node_modules/");
    const { source, from } = link
      ? { source: "workspace" as const, from: "" }
      : resolvedSource(resolved, version);
    const edges = namesOf(one, SECTIONS).flatMap((need) => resolve(key, need) ?? []);
    if (one.link === true && packages.has(resolved)) edges.push(resolved);
    const wrong = source === "registry" && resolved !== "" &&
      addressOfPackage(resolved, name, version) === false;
    entries.set(key, {
      key,
      name,
      version,
      ecosystem: "npm",
      source,
      from,
      integrity: text(one.integrity) === "" ? [] : text(one.integrity).split(/\s+/),
      installScript: one.hasInstallScript === true,
      edges,
      needs: link ? [] : namesOf(one, ["dependencies", "optionalDependencies"]),
      bundled: one.inBundle === true && resolved === "",
      ...(wrong ? { wrongAddress: resolved.slice(0, 300) } : {}),
    });
  }
  return {
    format: `package-lock v${String(data.lockfileVersion ?? 1)}`,
    ecosystem: "npm",
    entries,
    claims,
    importers: isData(data.packages) ? importers : null,
    graph: true,
    hashes: true,
    fixedNeeds: true,
    generator: String(data.lockfileVersion ?? 1),
    answers: (importer, { alias }) => {
      const key = resolve(importer, alias);
      return key === null ? [] : [key];
    },
  };
}
