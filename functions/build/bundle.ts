import { isBuiltin } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

/**
 * Libraries of the command line's start that are made of many small modules: their text goes into the bundle. All others stay what they
 * are, found by the import map beside it.
 */
const INSIDE: Readonly<Record<string, () => Promise<Record<string, unknown>>>> = {
  zod: () => import("zod"),
  yaml: () => import("yaml"),
  re2js: () => import("re2js"),
  croner: () => import("croner"),
  canonicalize: () => import("canonicalize"),
};

export interface Bundled {
  readonly entry: string;
  readonly out: string;
  /** Where the modules come from. */
  readonly root: string;
}

/**
 * Writes the modules that `entry` reaches as a few files into `out`, a directory below what is a copy of `root` later: a module that asks
 * where it is (for a thread's program, an example) is told the place of its source in that copy.
 *
 * @returns how many modules went in and how many files came out
 * @throws Error that names the module which cannot be bundled
 */
export async function bundle({ entry, out, root }: Bundled): Promise<{ modules: number; files: number }> {
  const libraries = await librariesInside();
  const { metafile } = await esbuild.build({
    entryPoints: [join(root, entry)],
    outdir: out,
    entryNames: "[name]",
    bundle: true,
    splitting: true,
    format: "esm",
    target: "esnext",
    platform: "neutral",
    jsx: "automatic",
    jsxImportSource: "hono/jsx",
    // The name is bound at the head of each module that asks (below).
    define: { "import.meta.url": MODULE_URL },
    metafile: true,
    logLevel: "silent",
    plugins: [{
      name: "edgeforge",
      setup(build) {
        build.onResolve({ filter: /^[^./]/ }, ({ path, importer, kind }) => {
          if (kind === "entry-point") return null;
          const library = libraries.get(path);
          if (library !== undefined) {
            return library.names === null ? { path: library.file } : { path, namespace: "named" };
          }
          if (kind === "require-call" && isBuiltin(path)) return { path, namespace: "required" };
          if (path.startsWith("node:") || importer.startsWith(root)) return { path, external: true };
          return { errors: [{ text: `${path} is asked for by a library that goes into the bundle` }] };
        });
        build.onLoad({ filter: /./, namespace: "named" }, ({ path }) => {
          const { file, names } = libraries.get(path) ?? unknown(path);
          const listed = (names ?? []).join(", ");
          return {
            resolveDir: root,
            contents: `import all from ${JSON.stringify(file)};\nexport const { ${listed} } = all;`,
          };
        });
        // There is no `require` in what comes out.
        build.onLoad({ filter: /./, namespace: "required" }, ({ path }) => {
          const name = JSON.stringify(`node:${path.replace(/^node:/, "")}`);
          return { contents: `export * from ${name};\nexport { default } from ${name};` };
        });
        build.onLoad({ filter: /\.tsx?$/ }, async ({ path }) => ({
          contents: located(await Deno.readTextFile(path), relative(root, path)),
          loader: path.endsWith("x") ? "tsx" : "ts",
        }));
      },
    }],
  });
  return { modules: Object.keys(metafile.inputs).length, files: Object.keys(metafile.outputs).length };
}

/** Ends the bundler's own process. */
export const endBundler = (): Promise<void> => esbuild.stop();

const MODULE_URL = "forgeModuleUrl";
const BUNDLE_URL = "forgeBundleUrl";

/** On the first line, so that every other keeps its number. All files of the bundle lie in one directory below the root. */
function located(text: string, path: string): string {
  if (!text.includes("import.meta.url")) return text;
  const place = JSON.stringify(`../${path.replaceAll("\\", "/")}`);
  return `const { url: ${BUNDLE_URL} } = import.meta, ${MODULE_URL} = new URL(${place}, ${BUNDLE_URL}).href; ${text}`;
}

interface Library {
  /** The file that the engine itself takes: a bundle has the very same modules. */
  readonly file: string;
  /** What it exports, where it is no ES module: the bundler cannot know. */
  readonly names: readonly string[] | null;
}

async function librariesInside(): Promise<Map<string, Library>> {
  const libraries = new Map<string, Library>();
  for (const [name, load] of Object.entries(INSIDE)) {
    // Before it was loaded once, its place may not be known.
    const loaded = await load();
    const names = Object.keys(loaded).filter((one) => one !== "default" && one !== "module.exports");
    libraries.set(name, {
      file: fileURLToPath(import.meta.resolve(name)),
      names: "module.exports" in loaded ? names : null,
    });
  }
  return libraries;
}

function unknown(path: string): never {
  throw new Error(`${path} is no library of the bundle`);
}
