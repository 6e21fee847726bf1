import { pythonRequirement } from "./manifest_python.ts";
import { type Lock, type Locked, pypiName } from "./model.ts";

/** Hashes of a requirement, which stand on its own line or on lines that continue it. */
const HASH = /--hash[=\s]+([A-Za-z0-9]+:[0-9A-Fa-f]+)/g;

/** A requirements.txt as pip-compile and pip freeze write it: pins, their hashes, and in comments who asked for each. */
export function requirementsLock(content: string, path: string): Lock {
  const found: { key: string; name: string; version: string; hashes: string[]; via: string[] }[] = [];
  for (const raw of content.split(/\r?\n/)) {
    const line = raw.trim();
    const last = found.at(-1);
    if (line.startsWith("#") || (raw.startsWith(" ") && line.startsWith("--hash"))) {
      if (!last) continue;
      last.hashes.push(...[...line.matchAll(HASH)].map(([, hash]) => hash ?? ""));
      const via = /^#\s*(?:via\b)?\s*(.*)$/.exec(line)?.[1] ?? "";
      last.via.push(
        ...via.split(",").map((one) => one.trim()).filter((one) => /^[\w.-]+(?:\[.*\])?$/.test(one)),
      );
      continue;
    }
    if (line === "" || line.startsWith("-")) continue;
    const [code = "", comment = ""] = line.split(/\s#\s?/, 2);
    const one = pythonRequirement(code.replace(/\\$/, ""), path);
    if (!one) continue;
    found.push({
      key: one.name,
      name: one.name,
      version: /^===?\s*([^\s,;]+)$/.exec(one.range)?.[1] ?? "",
      hashes: [...code.matchAll(HASH)].map(([, hash]) => hash ?? ""),
      via: /^via\s+(.*)$/.exec(comment)?.[1]?.split(",").map((name) => name.trim()) ?? [],
    });
  }
  if (found.length > 5000) throw new Error("it pins more than 5000 packages");
  const entries = new Map<string, Locked>();
  for (const one of found) {
    entries.set(one.key, {
      key: one.key,
      name: one.name,
      version: one.version,
      ecosystem: "pypi",
      source: "registry",
      from: "",
      integrity: one.hashes,
      installScript: false,
      edges: found.filter((other) => other.via.map(pypiName).includes(one.name)).map(({ key }) => key),
      needs: [],
    });
  }
  return {
    format: "requirements",
    ecosystem: "pypi",
    entries,
    claims: [],
    importers: null,
    graph: found.some(({ via }) => via.length > 0),
    hashes: true,
    fixedNeeds: false,
    generator: "",
    answers: (_importer, { name }) => entries.has(name) ? [name] : [],
  };
}
