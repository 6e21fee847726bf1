import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { ordersPipeline, writeOrders } from "../bench/foundry_inputs.ts";
import { VERSION } from "../version.ts";
import { build } from "./build.ts";
import { bundle, endBundler } from "./bundle.ts";

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function said(program: string, args: readonly string[], cwd: string): Promise<Said> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

async function inRoom(work: (room: string) => Promise<void>): Promise<void> {
  const room = await Deno.makeTempDir({ prefix: "forge-build-" });
  try {
    await work(room);
  } finally {
    await endBundler();
    await Deno.remove(room, { recursive: true });
  }
}

Deno.test("an installation runs from wherever it lies, by a link, and does what the sources do", async () => {
  await inRoom(async (room) => {
    await build(join(room, "made"));
    // Nothing points to where it was made.
    await Deno.mkdir(join(room, "a b"));
    await Deno.rename(join(room, "made"), join(room, "a b", "moved"));
    await Deno.symlink(join("a b", "moved", "forge"), join(room, "forge"));
    const forge = join(room, "forge");

    const version = await said(forge, ["--version"], room);
    assert.deepEqual([version.code, version.out], [0, `edgeforge ${VERSION}\n`], version.err);
    const shell = (env: Record<string, string>) =>
      new Deno.Command("/bin/sh", { args: [forge, "--version"], clearEnv: true, env, stderr: "piped" })
        .output();
    const tools = join(room, "tools");
    await Deno.mkdir(tools);
    for (const tool of ["readlink", "dirname"]) {
      const [, path = ""] = /(.+)\n/.exec((await said("/bin/sh", ["-c", `command -v ${tool}`], room)).out) ??
        [];
      await Deno.symlink(path, join(tools, tool));
    }
    const without = await shell({ PATH: tools, FORGE_DENO: join(room, "gone") });
    assert.equal(without.code, 3);
    assert.match(new TextDecoder().decode(without.stderr), /Deno is not where it was.*\n.*FORGE_DENO/);
    const wrong = await said(forge, ["nothing"], room);
    assert.equal(wrong.code, 2, wrong.err);

    // Large enough for the thread that reads, whose program is a file of the installation.
    await writeOrders(join(room, "orders.csv"), 100_000);
    await Deno.writeTextFile(join(room, "pipeline.yaml"), ordersPipeline("append"));
    const digests: string[] = [];
    for (
      const [name, program, first] of [
        ["built", forge, []],
        ["sources", Deno.execPath(), ["run", "-A", new URL("../cli/main.ts", import.meta.url).pathname]],
      ] as const
    ) {
      await Deno.writeTextFile(
        join(room, "env.yaml"),
        `name: test\nsinks:\n  warehouse: { type: jsonl, path: ${JSON.stringify(join(room, name))} }\n`,
      );
      const args = ["etl", "run", "pipeline.yaml", "--env", "env.yaml", "--data", join(room, `${name}-data`)];
      const { code, out, err } = await said(program, [...first, ...args, "--json"], room);
      assert.equal(code, 0, err);
      const document = JSON.parse(out) as { status: string; run: string; streams: { read: number }[] };
      assert.deepEqual([document.status, document.streams[0]?.read], ["completed", 100_000]);
      digests.push(await rowsIn(join(room, name)));
      // What it has signed is verified by the sources: the same program in another form.
      const verified = await said(Deno.execPath(), [
        "run",
        "-A",
        new URL("../cli/main.ts", import.meta.url).pathname,
        ...["evidence", "verify", document.run, "--data", join(room, `${name}-data`)],
      ], room);
      assert.equal(verified.code, 0, verified.err + verified.out);
    }
    assert.match(digests[0] ?? "", /[0-9a-f]{64}/);
    assert.equal(digests[0], digests[1]);
  });
});

/** Digests of all lines below: the other files name the run. */
async function rowsIn(folder: string): Promise<string> {
  const told: string[] = [];
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) told.push(`${name}/ ${await rowsIn(path)}`);
    if (!isFile || !name.endsWith(".jsonl")) continue;
    const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
    told.push(new Uint8Array(digest).toHex());
  }
  return told.sort().join("\n");
}

Deno.test("a build replaces an earlier one, and nothing else", async () => {
  await inRoom(async (room) => {
    const target = join(room, "made");
    await build(target);
    await Deno.writeTextFile(join(target, "bundle", "left.js"), "");
    await build(target);
    await assert.rejects(Deno.stat(join(target, "bundle", "left.js")), Deno.errors.NotFound);

    const other = join(room, "other");
    await Deno.mkdir(other);
    await Deno.writeTextFile(join(other, "mine.txt"), "mine");
    await assert.rejects(build(other), /holds something else/);
    assert.equal(await Deno.readTextFile(join(other, "mine.txt")), "mine");
    const root = new URL("../../", import.meta.url).pathname;
    await assert.rejects(build(root), /the sources are in it/);
    await assert.rejects(build(dirname(root)), /the sources are in it/);
    await assert.rejects(build(join(room, "made", "forge")), /other directory|Not a directory|holds/i);

    const names = [...Deno.readDirSync(room)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["made", "other"], "nothing half made is left");
  });
});

Deno.test("what cannot be bundled is named, and nothing is made", async () => {
  await inRoom(async (room) => {
    await Deno.writeTextFile(join(room, "main.ts"), `import "./gone.ts";\n`);
    await assert.rejects(
      bundle({ entry: "main.ts", out: join(room, "out"), root: room }),
      /gone\.ts/,
    );
    await assert.rejects(Deno.stat(join(room, "out")), Deno.errors.NotFound);
  });
});
