import assert from "node:assert/strict";
import { join } from "node:path";
import { applyOperations } from "./apply.ts";
import { directoryTree, UnsafePath } from "./directory_tree.ts";

const posix = Deno.build.os !== "windows";
const bytes = (text: string) => new TextEncoder().encode(text);

async function inDirectory(run: (dir: string, outside: string) => Promise<void>): Promise<void> {
  const parent = await Deno.makeTempDir();
  try {
    const dir = join(parent, "work");
    await Deno.mkdir(join(dir, ".git"), { recursive: true });
    await Deno.mkdir(join(dir, "src"));
    await Deno.writeTextFile(join(dir, ".git", "config"), "[core]\n");
    await Deno.writeTextFile(join(dir, "src", "a.ts"), "export const a = 1;\n");
    await Deno.writeTextFile(join(parent, "secret"), "secret\n");
    await run(dir, join(parent, "secret"));
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

Deno.test("a directory's files are listed with forward slashes, without .git and installed packages", async () => {
  await inDirectory(async (dir) => {
    await Deno.mkdir(join(dir, "node_modules", "x"), { recursive: true });
    await Deno.writeTextFile(join(dir, "node_modules", "x", "i.js"), "");
    await Deno.writeTextFile(join(dir, ".gitignore"), "");
    assert.deepEqual(await directoryTree(dir).list(), [".gitignore", "src/a.ts"]);
  });
});

Deno.test("files are written with their folders, and an executable stays executable", async () => {
  await inDirectory(async (dir) => {
    const tree = directoryTree(dir);
    await tree.write("new/deep/b.txt", bytes("b"));
    assert.equal(await Deno.readTextFile(join(dir, "new/deep/b.txt")), "b");
    if (posix) {
      await Deno.chmod(join(dir, "src/a.ts"), 0o755);
      await tree.write("src/a.ts", bytes("x"));
      assert.equal((await Deno.stat(join(dir, "src/a.ts"))).mode! & 0o777, 0o755); // a mode is always there on POSIX
    }
    await tree.remove("new/deep/b.txt");
    assert.equal(await tree.read("new/deep/b.txt"), null);
  });
});

Deno.test("no path leads out of the directory, into .git, or through a spelling of it", async () => {
  await inDirectory(async (dir) => {
    const tree = directoryTree(dir);
    for (
      const path of [
        "../secret",
        "src/../../secret",
        "/etc/passwd",
        ".git/config",
        ".GIT/config",
        ".git /config",
        ".git./config",
        "GIT~1/config",
        "src/.git/hooks/x",
        "src//a.ts",
        "./src/a.ts",
        "src\\a.ts",
        "",
        "a\0b",
      ]
    ) {
      assert.equal(await tree.read(path), null, path);
      await assert.rejects(() => tree.write(path, bytes("x")), UnsafePath, path);
      await assert.rejects(() => tree.remove(path), UnsafePath, path);
    }
    assert.equal(await Deno.readTextFile(join(dir, ".git", "config")), "[core]\n");
  });
});

Deno.test({
  name: "links are not listed, read as absent and cannot be written through",
  ignore: !posix,
  fn: () =>
    inDirectory(async (dir, outside) => {
      await Deno.symlink(outside, join(dir, "src", "link.txt"));
      await Deno.symlink(join(outside, ".."), join(dir, "up"));
      const tree = directoryTree(dir);
      assert.deepEqual(await tree.list(), ["src/a.ts"]);
      assert.equal(await tree.read("src/link.txt"), null);
      assert.equal(await tree.read("up/secret"), null);
      await assert.rejects(() => tree.write("src/link.txt", bytes("x")), UnsafePath);
      await assert.rejects(() => tree.write("up/secret", bytes("x")), UnsafePath);
      await assert.rejects(() => tree.write("up/new", bytes("x")), UnsafePath);
      assert.equal(await Deno.readTextFile(outside), "secret\n");
    }),
});

Deno.test({
  name: "a file that is hard-linked elsewhere is replaced, not written through",
  ignore: !posix,
  fn: () =>
    inDirectory(async (dir, outside) => {
      await Deno.link(outside, join(dir, "src", "hard.txt"));
      await directoryTree(dir).write("src/hard.txt", bytes("changed\n"));
      assert.equal(await Deno.readTextFile(join(dir, "src", "hard.txt")), "changed\n");
      assert.equal(await Deno.readTextFile(outside), "secret\n");
    }),
});

Deno.test("operations work on a directory, and leave the others' bytes alone", async () => {
  await inDirectory(async (dir) => {
    const odd = Uint8Array.of(0xff, 0xfe, 0x00, 0x0d);
    await Deno.writeFile(join(dir, "odd.bin"), odd);
    const result = await applyOperations(directoryTree(dir), [
      { op: "create-file", path: "src/b.ts", content: 'import { a } from "./a.ts";\nexport const b = a;\n' },
      { op: "rename-symbol", from: "a", to: "first" },
    ]);
    if (!result.ok) assert.fail(result.error.message);
    assert.deepEqual(result.value.changed, ["src/a.ts", "src/b.ts"]);
    assert.equal(
      await Deno.readTextFile(join(dir, "src/b.ts")),
      'import { first } from "./a.ts";\nexport const b = first;\n',
    );
    assert.deepEqual(await Deno.readFile(join(dir, "odd.bin")), odd);
  });
});
