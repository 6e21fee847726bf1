/** The project's folders that hold source. */
export const FOLDERS = [".ci", "specs", "kernel", "policies", "connectors", "pipelines", "functions"];

/** The root of the checkout, with a slash at its end. */
export const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname);

const SKIPPED = new Set(["dist", "node_modules", "testdata", "__snapshots__", "coverage"]);

/** Paths of all TypeScript files that are ours, relative to the root, sorted. Samples for tests are not ours. */
export async function sourcePaths(): Promise<string[]> {
  const found: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    if (folder === "specs/examples" || folder.startsWith("specs/eval/")) return;
    for await (const entry of Deno.readDir(ROOT + folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory && !SKIPPED.has(entry.name)) await visit(path);
      else if (entry.isFile && /\.tsx?$/.test(entry.name)) found.push(path);
    }
  };
  for (const folder of FOLDERS) await visit(folder);
  return found.sort();
}

/** All our source files, path to text. */
export async function readSources(): Promise<Map<string, string>> {
  const paths = await sourcePaths();
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await Deno.readTextFile(ROOT + path)] as const)),
  );
}

/** The aliases of import_map.json. */
export async function readImportMap(): Promise<Record<string, string>> {
  return JSON.parse(await Deno.readTextFile(`${ROOT}import_map.json`)).imports;
}
