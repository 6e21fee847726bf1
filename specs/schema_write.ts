/**
 * `deno task schema`: writes what is made from the contracts and the tests: specs/schema/*.schema.json, specs/SPEC.md,
 * specs/TRACEABILITY.md. Drift tests fail when these files are older than their sources.
 */
import { specTable } from "./publish/field_table.ts";
import { schemaFiles } from "./publish/json_schema.ts";
import {
  type Citation,
  readCitations,
  readRequirements,
  type Requirement,
  traceabilityTable,
  unknownCitations,
} from "./publish/traceability.ts";

const FOLDERS = [".ci", "specs", "kernel", "policies", "connectors", "pipelines", "functions"];
const SKIPPED = new Set(["node_modules", "testdata", "examples", "eval", "schema"]);

/** Path to text of everything that is generated, for a checkout. */
export async function generatedFiles(root: URL): Promise<Map<string, string>> {
  const { requirements, citations } = await readTraces(root);
  return new Map([
    ...[...schemaFiles()].map(([name, text]) => [`specs/schema/${name}`, text] as const),
    ["specs/SPEC.md", specTable()],
    ["specs/TRACEABILITY.md", traceabilityTable(requirements, citations)],
  ]);
}

/** The statements of specs/normative/ and the tests that cite them. */
export async function readTraces(root: URL): Promise<{ requirements: Requirement[]; citations: Citation[] }> {
  const normative = await readFolder(new URL("specs/normative/", root), "", /^N.*\.md$/);
  const tests = new Map<string, string>();
  for (const folder of FOLDERS) {
    const found = await readFolder(new URL(`${folder}/`, root), `${folder}/`, /_test\.tsx?$/);
    for (const [path, text] of found) tests.set(path, text);
  }
  return { requirements: readRequirements(normative), citations: readCitations(tests) };
}

async function readFolder(folder: URL, prefix: string, name: RegExp): Promise<Map<string, string>> {
  const found: [string, string][] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory && !SKIPPED.has(entry.name)) {
      found.push(...await readFolder(new URL(`${entry.name}/`, folder), `${prefix}${entry.name}/`, name));
    } else if (entry.isFile && name.test(entry.name)) {
      found.push([`${prefix}${entry.name}`, await Deno.readTextFile(new URL(entry.name, folder))]);
    }
  }
  return new Map(found.sort(([a], [b]) => a < b ? -1 : 1));
}

/** Files in specs/schema/ that no published contract makes any more. */
export async function staleSchemas(root: URL, generated: ReadonlyMap<string, string>): Promise<string[]> {
  const stale: string[] = [];
  for await (const entry of Deno.readDir(new URL("specs/schema/", root))) {
    const path = `specs/schema/${entry.name}`;
    if (!generated.has(path)) stale.push(path);
  }
  return stale.sort();
}

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  const { requirements, citations } = await readTraces(root);
  const unknown = unknownCitations(requirements, citations);
  if (unknown.length > 0) {
    console.error(unknown.join("\n"));
    Deno.exit(1);
  }
  await Deno.mkdir(new URL("specs/schema/", root), { recursive: true });
  const files = await generatedFiles(root);
  for (const path of await staleSchemas(root, files)) {
    await Deno.remove(new URL(path, root));
    console.log(`removed ${path}`);
  }
  for (const [path, text] of files) {
    await Deno.writeTextFile(new URL(path, root), text);
    console.log(`wrote ${path}`);
  }
}
