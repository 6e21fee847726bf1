/**
 * `deno task build [DIR]`: an installation in DIR (`dist` unless told). It holds a copy of the program's sources, the modules of the command
 * line as a few files (bundle.ts), and `forge`, a program that starts them. Nothing in it points back to this checkout.
 */
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, endBundler } from "./bundle.ts";
import { launcher } from "./launcher.ts";

/** What the program consists of: layers, and what tells the engine how to load them. */
const LAYERS = ["specs", "kernel", "policies", "connectors", "pipelines", "functions"];
const FILES = ["deno.json", "deno.lock", "import_map.json", "LICENSE"];
/** For those who work on the program; of the examples all is wanted. */
const APART = /^(?!specs\/examples\/).*(\/(testdata|__snapshots__|tests|eval|bench|build)$|_test\.tsx?$)/;

export interface Built {
  /** The program to start. */
  readonly program: string;
  readonly modules: number;
  readonly files: number;
}

/**
 * Builds into `dir`, which holds nothing or an earlier build: that one is replaced when the new one is whole.
 *
 * @throws Error when `dir` holds something else, or a module cannot be bundled
 */
export async function build(dir: string, root = ROOT): Promise<Built> {
  const target = resolve(dir);
  await mayReplace(target, root);
  await Deno.mkdir(dirname(target), { recursive: true });
  const made = await Deno.makeTempDir({ dir: dirname(target), prefix: ".forge-build-" });
  try {
    for (const name of LAYERS) await copied(join(root, name), join(made, name), name);
    for (const name of FILES) await Deno.copyFile(join(root, name), join(made, name));
    const { modules, files } = await bundle({
      entry: "functions/cli/main.ts",
      out: join(made, "bundle"),
      root,
    });
    await Deno.writeTextFile(join(made, "forge"), launcher(Deno.execPath()), { mode: 0o755 });
    await Deno.chmod(made, 0o755);
    await Deno.remove(target, { recursive: true }).catch(ifThere);
    await Deno.rename(made, target);
    return { program: join(target, "forge"), modules, files };
  } catch (error) {
    await Deno.remove(made, { recursive: true }).catch(ifThere);
    throw error;
  }
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

/** Only what a build has made is removed. */
async function mayReplace(target: string, root: string): Promise<void> {
  if (!relative(target, root).startsWith("..")) {
    throw new Error(`Cannot build into ${target}: the sources are in it. Name another directory`);
  }
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(target)) names.push(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (names.length > 0 && !(names.includes("forge") && names.includes("bundle"))) {
    throw new Error(
      `Cannot build into ${target}: it holds something else. Name a directory that does not exist`,
    );
  }
}

async function copied(from: string, to: string, path: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory, isFile } of Deno.readDir(from)) {
    const below = `${path}/${name}`;
    if (APART.test(below)) continue;
    if (isDirectory) await copied(join(from, name), join(to, name), below);
    else if (isFile) await Deno.copyFile(join(from, name), join(to, name));
  }
}

function ifThere(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

if (import.meta.main) {
  const [dir = join(ROOT, "dist"), ...more] = Deno.args;
  if (dir.startsWith("-") || more.length > 0) {
    console.error("Usage: deno task build [DIR]\nBuilds an installation into DIR, dist unless told.");
    Deno.exit(dir === "--help" ? 0 : 2);
  }
  try {
    // `deno task` stands at the root: a relative directory is meant from where it was called.
    const { program, modules, files } = await build(resolve(Deno.env.get("INIT_CWD") ?? ".", dir));
    console.log(`${program}: ${modules} modules in ${files} files`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    Deno.exitCode = 1;
  } finally {
    await endBundler();
  }
}
