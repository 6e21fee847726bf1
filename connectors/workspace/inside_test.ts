import assert from "node:assert/strict";
import { join } from "node:path";
import {
  kindInside,
  readInside,
  refusePath,
  removeInside,
  removeTree,
  walkInside,
  writeInside,
} from "./inside.ts";

async function inDirectory(test: (dir: string, outside: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  const dir = join(root, "tree");
  await Deno.mkdir(dir);
  await Deno.writeTextFile(join(root, "secret"), "secret");
  try {
    await test(dir, root);
  } finally {
    await removeTree(root);
  }
}

Deno.test("paths that leave the tree are refused before the disk is asked", () => {
  for (const path of ["", "/etc/passwd", "..", "../a", "a/../b", "a//b", "./a", "a/.", "a/", "a\0b"]) {
    assert.notEqual(refusePath(path), null, JSON.stringify(path));
  }
  for (const path of ["a", "a/b.ts", ".gitignore", "..a/b..", "a b/ü"]) {
    assert.equal(refusePath(path), null, path);
  }
});

Deno.test("a link is never read through: not as the file and not on the way to it", async () => {
  await inDirectory(async (dir, outside) => {
    await Deno.symlink(join(outside, "secret"), join(dir, "file"));
    await Deno.symlink(outside, join(dir, "up"));
    assert.equal(await kindInside(dir, "file"), "link");
    assert.equal(await readInside(dir, "file"), null);
    assert.equal(await kindInside(dir, "up/secret"), "absent");
    assert.equal(await readInside(dir, "up/secret"), null);
  });
});

Deno.test("writing replaces a link instead of following it, and refuses a link in the place of a directory", async () => {
  await inDirectory(async (dir, outside) => {
    await Deno.symlink(join(outside, "secret"), join(dir, "file"));
    await writeInside(dir, "file", new TextEncoder().encode("mine"));
    assert.equal(await Deno.readTextFile(join(outside, "secret")), "secret");
    assert.equal(await Deno.readTextFile(join(dir, "file")), "mine");
    await Deno.symlink(outside, join(dir, "up"));
    await assert.rejects(writeInside(dir, "up/secret", new Uint8Array()), /up is a link, not a directory/);
    await assert.rejects(writeInside(dir, "../secret", new Uint8Array()), /".." component/);
    assert.equal(await Deno.readTextFile(join(outside, "secret")), "secret");
  });
});

Deno.test("writing makes the directories on the way", async () => {
  await inDirectory(async (dir) => {
    await writeInside(dir, "a/b/c.txt", new TextEncoder().encode("x"));
    assert.equal(await Deno.readTextFile(join(dir, "a/b/c.txt")), "x");
    await assert.rejects(writeInside(dir, "a/b", new Uint8Array()), /is a directory/);
  });
});

Deno.test("removing takes the link away, not what it points to", async () => {
  await inDirectory(async (dir, outside) => {
    await Deno.symlink(join(outside, "secret"), join(dir, "file"));
    await removeInside(dir, "file");
    await removeInside(dir, "absent");
    assert.equal(await kindInside(dir, "file"), "absent");
    assert.equal(await Deno.readTextFile(join(outside, "secret")), "secret");
  });
});

Deno.test("a file above the limit is an error that gives both sizes", async () => {
  await inDirectory(async (dir) => {
    await Deno.writeTextFile(join(dir, "big"), "12345");
    await assert.rejects(readInside(dir, "big", 4), /5 bytes and 4 is the limit/);
  });
});

Deno.test("a walk enters no link and no .git, and leaves out what it is told to skip", async () => {
  await inDirectory(async (dir, outside) => {
    await writeInside(dir, "a/b.ts", new Uint8Array());
    await writeInside(dir, "a/.GIT/config", new Uint8Array());
    await writeInside(dir, "node_modules/x.js", new Uint8Array());
    await Deno.symlink(outside, join(dir, "up"));
    assert.deepEqual(await walkInside(dir, ""), ["a/b.ts", "node_modules/x.js", "up"]);
    assert.deepEqual(await walkInside(dir, "", (name) => name === "node_modules"), ["a/b.ts", "up"]);
  });
});

Deno.test("a directory that nobody may enter or write is removed all the same", async () => {
  await inDirectory(async (dir) => {
    await writeInside(dir, "a/b/c", new Uint8Array());
    await Deno.chmod(join(dir, "a/b"), 0o000);
    await Deno.chmod(join(dir, "a"), 0o500);
    await removeTree(dir);
    await assert.rejects(Deno.stat(dir), Deno.errors.NotFound);
    await removeTree(dir);
  });
});
