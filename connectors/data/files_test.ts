import assert from "node:assert/strict";
import { DataFailure, type FileSnapshot } from "./port.ts";
import { fileAccess } from "./files.ts";

async function withDirs(test: (dir: string, outside: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "access-" });
  const outside = await Deno.makeTempDir({ prefix: "access-out-" });
  try {
    await test(dir, outside);
  } finally {
    await Deno.remove(dir, { recursive: true });
    await Deno.remove(outside, { recursive: true });
  }
}

const kind = (expected: string) => (error: unknown) =>
  error instanceof DataFailure && error.kind === expected;
const text = async (file: FileSnapshot) => await new Response(await file.open()).text();

Deno.test("a path is relative to the pipeline's folder, and absolute ones are taken where there is no root", () =>
  withDirs(async (dir, outside) => {
    await Deno.writeTextFile(`${dir}/a.csv`, "in");
    await Deno.writeTextFile(`${outside}/b.csv`, "out");
    const files = fileAccess({ base: dir, scratch: `${dir}/s` });
    assert.equal(await text(await files.file("a.csv")), "in");
    assert.equal(await text(await files.file("./a.csv")), "in");
    assert.equal(await text(await files.file(`${outside}/b.csv`)), "out");
    await assert.rejects(files.file("none.csv"), kind("not-found"));
    await assert.rejects(files.file("a.csv/x"), kind("not-found"));
    await assert.rejects(files.file("a\0.csv"), kind("invalid"));
  }));

Deno.test("below a root nothing outside is read, by path, by dots, by link or by pattern", () =>
  withDirs(async (dir, outside) => {
    await Deno.writeTextFile(`${outside}/secret.csv`, "secret");
    await Deno.writeTextFile(`${dir}/a.csv`, "in");
    await Deno.symlink(`${outside}/secret.csv`, `${dir}/link.csv`);
    await Deno.symlink(outside, `${dir}/folder`);
    await Deno.symlink(`${dir}/a.csv`, `${dir}/within.csv`);
    const files = fileAccess({ base: dir, root: dir, scratch: `${dir}/s` });
    assert.equal(await text(await files.file("within.csv")), "in");
    for (
      const path of [
        `${outside}/secret.csv`,
        `../${outside.split("/").at(-1)}/secret.csv`,
        "link.csv",
        "folder/secret.csv",
        "/etc/passwd",
      ]
    ) {
      await assert.rejects(files.file(path), kind("refused"), path);
    }
    await assert.rejects(files.glob("../*/secret.csv"), kind("refused"));
    await assert.rejects(files.glob(`${outside}/*.csv`), kind("refused"));
    await assert.rejects(files.glob("folder/*.csv"), kind("refused"));
    await assert.rejects(files.glob("*.csv"), kind("refused"), "a link that a pattern finds is refused too");
  }));

Deno.test("a sibling whose name begins as the root's is outside", () =>
  withDirs(async (dir) => {
    await Deno.mkdir(`${dir}/in`);
    await Deno.mkdir(`${dir}/inner`);
    await Deno.writeTextFile(`${dir}/inner/x.csv`, "x");
    const files = fileAccess({ base: `${dir}/in`, root: `${dir}/in`, scratch: `${dir}/s` });
    await assert.rejects(files.file("../inner/x.csv"), kind("refused"));
  }));

Deno.test({
  name: "directories, devices and pipes are refused without being opened",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withDirs(async (dir) => {
      const files = fileAccess({ base: dir, scratch: `${dir}/s` });
      await Deno.mkdir(`${dir}/d`);
      await assert.rejects(files.file("d"), kind("refused"));
      await assert.rejects(files.file("/dev/zero"), kind("refused"));
      const made = await new Deno.Command("mkfifo", { args: [`${dir}/pipe`] }).output().catch(() => null);
      if (made?.success) await assert.rejects(files.file("pipe"), kind("refused"));
    }),
});

Deno.test("patterns give files in order of their names, and none is not found", () =>
  withDirs(async (dir) => {
    await Deno.mkdir(`${dir}/data/deep`, { recursive: true });
    for (const name of ["b.csv", "a.csv", "c.txt", "deep/d.csv", ".hidden.csv"]) {
      await Deno.writeTextFile(`${dir}/data/${name}`, name);
    }
    await Deno.mkdir(`${dir}/data/x.csv`);
    const files = fileAccess({ base: dir, scratch: `${dir}/s` });
    const names = async (pattern: string) => (await files.glob(pattern)).map((file) => file.name);
    assert.deepEqual(await names("data/*.csv"), ["data/a.csv", "data/b.csv"]);
    assert.deepEqual(await names("data/**/*.csv"), ["data/a.csv", "data/b.csv", "data/deep/d.csv"]);
    assert.deepEqual(await names("data/{b,a}.csv"), ["data/a.csv", "data/b.csv"]);
    assert.deepEqual(await names(`${dir}/data/*.txt`), [`${dir}/data/c.txt`]);
    assert.deepEqual(await names("data/a.csv"), ["data/a.csv"]);
    await assert.rejects(files.glob("data/*.xml"), kind("not-found"));
    await assert.rejects(files.glob("nowhere/*.csv"), kind("not-found"));
    const few = fileAccess({ base: dir, scratch: `${dir}/s`, maxEntries: 3 });
    await assert.rejects(few.glob("data/**/*.csv"), kind("limit"));
  }));

Deno.test("a file that grows is read as it was; one that is replaced, cut or written over is told", () =>
  withDirs(async (dir) => {
    const files = fileAccess({ base: dir, scratch: `${dir}/s` });
    const path = `${dir}/a.txt`;
    const fresh = async () => {
      await Deno.writeTextFile(path, "12345");
      await Deno.utime(path, 1_700_000_000, 1_700_000_000);
      return await files.file("a.txt");
    };
    let file = await fresh();
    await Deno.writeTextFile(path, "678", { append: true });
    assert.equal(await text(file), "12345");
    const reader = await file.reader();
    assert.equal(await reader.check(), "grown");
    reader.close();

    file = await fresh();
    await Deno.writeTextFile(`${dir}/new.txt`, "other");
    await Deno.rename(`${dir}/new.txt`, path);
    await assert.rejects(text(file), kind("contract"));

    file = await fresh();
    await Deno.truncate(path, 2);
    await assert.rejects(text(file), kind("contract"));

    file = await fresh();
    const open = await file.reader();
    await Deno.writeTextFile(path, "54321");
    await assert.rejects(open.check(), kind("contract"));
    open.close();

    file = await fresh();
    await Deno.remove(path);
    await assert.rejects(text(file), kind("not-found"));
  }));

Deno.test("a scratch directory is private and has a plain name", () =>
  withDirs(async (dir) => {
    const files = fileAccess({ base: dir, scratch: `${dir}/s` });
    const made = await files.scratch("unpacked");
    assert.equal(made, `${dir}/s/unpacked`);
    if (Deno.build.os !== "windows") assert.equal(((await Deno.stat(made)).mode ?? 0) & 0o077, 0);
    await assert.rejects(files.scratch("../x"), /plain name/);
  }));

Deno.test("reads at several places at the same time do not get into each other's way", () =>
  withDirs(async (dir) => {
    const bytes = new Uint8Array(1_000_000).map((_, at) => at % 251);
    await Deno.writeFile(`${dir}/a.bin`, bytes);
    const reader = await (await fileAccess({ base: dir, scratch: `${dir}/s` }).file("a.bin")).reader();
    await Promise.all(
      Array.from({ length: 40 }, async (_, turn) => {
        const part = new Uint8Array(20_000);
        assert.equal(await reader.read(part, turn * 20_000), 20_000);
        assert.deepEqual(part, bytes.subarray(turn * 20_000, (turn + 1) * 20_000));
      }),
    );
    reader.close();
  }));
