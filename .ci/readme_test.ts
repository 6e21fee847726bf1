import assert from "node:assert/strict";
import { readImportMap, readSources, ROOT } from "./checkout.ts";
import { resolve } from "./import_rules.ts";
import { readSource } from "./source.ts";

const ENTRY = "functions/cli/main.ts";

/** Everything that a start at the entry loads before anything is asked of it: our files, and packages. */
async function loadedAtStart(): Promise<{ files: string[]; packages: string[] }> {
  const [sources, map] = [await readSources(), await readImportMap()];
  const files = new Set([ENTRY]);
  const packages = new Set<string>();
  // A set is walked in the order of insertion, also over what is inserted meanwhile.
  for (const path of files) {
    for (const one of readSource(path, sources.get(path) ?? "").imports) {
      if (one.specifier === null || one.dynamic || one.typeOnly) continue;
      const target = resolve(path, one.specifier, map);
      if (target.kind === "file") files.add(target.path);
      if (target.kind === "package") packages.add(target.name);
    }
  }
  return { files: [...files], packages: [...packages] };
}

// req: N1-15
Deno.test("help is printed from the table of commands alone: no package is loaded, and nothing of the other folders", async () => {
  const { files, packages } = await loadedAtStart();
  assert.ok(files.includes("functions/cli/commands.ts"), "the table of commands is what help reads");
  assert.deepEqual(files.filter((path) => !path.startsWith("functions/cli/")), []);
  assert.deepEqual(packages, []);
  // And what help itself asks for needs no package either: with none to be had it is printed all the same.
  const empty = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(empty, '{ "imports": {} }');
    for (const args of [["--help"], ["run", "--help"], ["chain", "run", "--help"], ["help", "etl"]]) {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "--no-config", "--no-npm", "--import-map", empty, ENTRY, ...args],
        cwd: ROOT,
        env: { NO_COLOR: "1" },
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      assert.match(new TextDecoder().decode(stdout), /Usage: forge /, args.join(" "));
    }
  } finally {
    await Deno.remove(empty);
  }
});

const COMMANDS = ["task forge demo", "task test"];

const found = async (program: string): Promise<string | null> => {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = `${folder}/${program}`;
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  return null;
};
const git = await found("git");
const isClone = git !== null && await Deno.stat(`${ROOT}/.git`).then(() => true, () => false);

async function output(program: string, args: string[], options: Deno.CommandOptions) {
  const { code, stdout, stderr } = await new Deno.Command(program, { args, ...options }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

// The second of them is what runs this very test, where CI begins it: on a clone, by its name in the README.
// req: N1-16
Deno.test({
  name:
    "the README's commands: the demo completes on a fresh clone, in an empty home, with git and Deno alone",
  ignore: !isClone,
  async fn() {
    const readme = await Deno.readTextFile(`${ROOT}/README.md`);
    const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
    for (const command of COMMANDS) {
      const [, line] =
        new RegExp(`npx --yes deno@\\d+\\.\\d+\\.\\d+ (${command})(?: |$)`, "m").exec(readme) ?? [];
      assert.equal(line, command, `README begins with ${command}`);
      assert.ok(tasks[command.split(" ")[1] ?? ""], `there is a task for ${command}`);
    }
    // Programs that a task calls are Deno's own.
    for (const command of COMMANDS) {
      assert.match(tasks[command.split(" ")[1] ?? ""], /^(?:[A-Z_]+=\S+ )*deno run /);
    }
    const room = await Deno.realPath(await Deno.makeTempDir({ prefix: "forge-clone-" }));
    try {
      for (const folder of ["bin", "home"]) await Deno.mkdir(`${room}/${folder}`);
      await Deno.symlink(Deno.execPath(), `${room}/bin/deno`);
      await Deno.symlink(git ?? "git", `${room}/bin/git`);
      // What was downloaded is taken along, so that nothing but the clone and the home are fresh.
      const info = await output(Deno.execPath(), ["info", "--json"], { cwd: ROOT });
      const { denoDir } = JSON.parse(info.stdout);
      const env = { PATH: `${room}/bin`, HOME: `${room}/home`, DENO_DIR: denoDir, NO_COLOR: "1" };
      const alone = { env, clearEnv: true } as const;
      const cloned = await output(
        git ?? "git",
        ["clone", "-q", "--no-hardlinks", ROOT, `${room}/clone`],
        alone,
      );
      assert.equal(cloned.code, 0, cloned.stderr);
      const ran = await output(`${room}/bin/deno`, ["task", "forge", "demo", "--json"], {
        ...alone,
        cwd: `${room}/clone`,
      });
      assert.equal(ran.code, 0, ran.stderr.slice(-2000));
      const { honest, cheat } = JSON.parse(ran.stdout);
      assert.deepEqual([honest.status, cheat.status], ["completed", "denied"]);
      const clean = await output(git ?? "git", ["-C", `${room}/clone`, "status", "--porcelain"], alone);
      assert.equal(clean.stdout, "", "the clone is as it was");
    } finally {
      await Deno.remove(room, { recursive: true });
    }
  },
});
