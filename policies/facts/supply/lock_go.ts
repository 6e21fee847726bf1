import { type Lock, type Locked } from "./model.ts";

/** go.sum: hashes of modules and of their go.mod files. It may hold more than is needed, and does not tell who needs whom. */
export function goSum(content: string): Lock {
  const entries = new Map<string, Locked>();
  for (const [index, line] of content.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const words = line.trim().split(/\s+/);
    const [name = "", at = "", hash = ""] = words;
    if (words.length !== 3 || !/^v\d/.test(at)) throw new Error(`line ${index + 1} is no line of a go.sum`);
    const known = entries.get(`${name} ${at}`);
    entries.set(`${name} ${at}`, {
      key: `${name} ${at}`,
      name,
      version: at,
      ecosystem: "go",
      source: "registry",
      from: "",
      // Go takes any of the hashes that stand there.
      integrity: [...new Set([...known?.integrity ?? [], hash])],
      installScript: false,
      edges: [],
      needs: [],
    });
  }
  return {
    format: "go.sum",
    ecosystem: "go",
    entries,
    claims: [],
    importers: null,
    graph: false,
    hashes: true,
    fixedNeeds: false,
    generator: "",
    answers: (_importer, { name, range }) =>
      [`${name} ${range}`, `${name} ${range}/go.mod`].filter((key) => entries.has(key)),
  };
}
