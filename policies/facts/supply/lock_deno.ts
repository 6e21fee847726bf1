import { type Data, entriesOf, isData, jsonOf } from "../parts.ts";
import { denoSpecifier } from "./manifest_javascript.ts";
import { boundedEdges, type Claim, hostOf, list, type Lock, type Locked, text } from "./model.ts";

/** `name@1.2.3_peer@1` taken apart. */
function nameAndVersion(key: string): [name: string, version: string] {
  const found = /^((?:@[^/@]+\/)?[^/@]+)@([^_]*)/.exec(key);
  return found ? [found[1] ?? key, found[2] ?? ""] : [key, ""];
}

/** deno.lock, versions 3 to 5. */
export function denoLock(content: string): Lock {
  const data = jsonOf(content);
  const version = text(data.version);
  if (!["3", "4", "5"].includes(version)) throw new Error(`a deno.lock of version '${version.slice(0, 20)}'`);
  const root: Data = version === "3" ? (isData(data.packages) ? data.packages : {}) : data;
  const specifiers = new Map(
    entriesOf(root.specifiers).map(([specifier, at]) => [
      specifier,
      version === "3"
        ? text(at)
        : `${specifier.startsWith("jsr:") ? "jsr" : "npm"}:${denoSpecifier(specifier)?.name ?? ""}@${
          text(at)
        }`,
    ]),
  );
  const [npm, jsr] = [new Map(entriesOf(root.npm)), new Map(entriesOf(root.jsr))];
  const byName = new Map<string, string[]>();
  for (const [scheme, table] of [["npm", npm], ["jsr", jsr]] as const) {
    for (const key of table.keys()) {
      const name = `${scheme}:${nameAndVersion(key)[0]}`;
      byName.set(name, [...byName.get(name) ?? [], `${scheme}:${key}`]);
    }
  }
  const keyOf = (scheme: "npm" | "jsr", key: string): string[] => {
    if ((scheme === "npm" ? npm : jsr).has(key)) return [`${scheme}:${key}`];
    return byName.get(`${scheme}:${nameAndVersion(key)[0]}`) ?? [];
  };
  const needOf = (need: string, scheme: "npm" | "jsr"): string[] => {
    const alias = /^(?:@[^/@]+\/)?[^/@]+@npm:(.+)$/.exec(need);
    if (alias) return keyOf("npm", alias[1] ?? "");
    const specifier = /^(npm|jsr):(.+)$/.exec(need);
    if (specifier) {
      const at = specifiers.get(need);
      if (at !== undefined) return keyOf(at.startsWith("jsr:") ? "jsr" : "npm", at.slice(4));
      return keyOf(specifier[1] === "jsr" ? "jsr" : "npm", specifier[2] ?? "");
    }
    return keyOf(scheme, need);
  };
  const bounded = boundedEdges();
  const entries = new Map<string, Locked>();
  const put = (scheme: "npm" | "jsr", key: string, value: unknown) => {
    if (!isData(value)) throw new Error(`${key} is no entry`);
    const [name, at] = nameAndVersion(key);
    const recorded = ["dependencies", "optionalDependencies"].flatMap((section) =>
      Array.isArray(value[section])
        ? list(value[section]).map(text)
        : entriesOf(value[section]).map(([, target]) => text(target))
    );
    const peers = [
      ...list(value.optionalPeers).map(text),
      ...entriesOf(value.optionalPeers).map(([, one]) => text(one)),
    ];
    entries.set(`${scheme}:${key}`, {
      key: `${scheme}:${key}`,
      name,
      version: at,
      ecosystem: scheme,
      source: text(value.tarball) === "" ? "registry" : "url",
      from: text(value.tarball).slice(0, 500),
      integrity: text(value.integrity) === "" ? [] : [text(value.integrity)],
      installScript: value.scripts === true,
      edges: [...recorded, ...peers].flatMap((need) => bounded(needOf(need, scheme))),
      needs: recorded.map((need) => denoSpecifier(need)?.name ?? nameAndVersion(need)[0]).filter((need) =>
        !key.includes(`_${need.replace("/", "+")}@`) && !key.includes(`_${need}@`)
      ),
    });
  };
  for (const [key, value] of npm) put("npm", key, value);
  for (const [key, value] of jsr) put("jsr", key, value);
  for (const [url, hash] of entriesOf(data.remote)) {
    entries.set(url, {
      key: url,
      name: url,
      version: "",
      ecosystem: "url",
      source: "url",
      from: hostOf(url),
      integrity: text(hash) === "" ? [] : [text(hash)],
      installScript: false,
      edges: [],
      needs: [],
    });
  }
  const claims: Claim[] = [];
  const workspace = isData(data.workspace) ? data.workspace : {};
  const claim = (importer: string, from: unknown) => {
    if (!isData(from)) return;
    const json = isData(from.packageJson) ? from.packageJson : {};
    for (const one of [...list(from.dependencies), ...list(json.dependencies)]) {
      const specifier = denoSpecifier(text(one));
      if (specifier) claims.push({ importer, name: specifier.name, range: specifier.range });
    }
  };
  claim("", workspace);
  for (const [member, value] of entriesOf(workspace.members)) claim(member.replace(/^\.\//, ""), value);
  return {
    format: `deno ${version}`,
    ecosystem: "npm",
    entries,
    claims,
    importers: null,
    graph: true,
    hashes: true,
    fixedNeeds: true,
    generator: version,
    answers: (_importer, { ecosystem, name, range }) => {
      if (ecosystem === "url") return [...entries.keys()].filter((key) => key === range);
      const scheme = ecosystem === "jsr" || /^jsr:/.test(range) ? "jsr" : "npm";
      const exact = specifiers.get(`${scheme}:${name}@${range}`);
      if (exact !== undefined) return keyOf(exact.startsWith("jsr:") ? "jsr" : "npm", exact.slice(4));
      return [...specifiers].filter(([one]) =>
        one.startsWith(`${scheme}:`) && denoSpecifier(one)?.name === name
      )
        .flatMap(([, at]) => keyOf(scheme, at.slice(4)));
    },
  };
}
