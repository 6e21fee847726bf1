import assert from "node:assert/strict";
import { join } from "node:path";
import { gitIn, withRepository } from "./tests/fixture.ts";
import { type TrackedFile, trackedFiles } from "./tracked.ts";

async function all(dir: string, maxBytes = 1000): Promise<Map<string, TrackedFile>> {
  const opened = await trackedFiles(dir, { maxBytes });
  assert.ok(opened.ok, opened.ok ? "" : opened.error.message);
  const files = new Map<string, TrackedFile>();
  const walked = await opened.value.each((file) => {
    files.set(file.path, file);
    return Promise.resolve();
  });
  assert.ok(walked.ok, walked.ok ? "" : walked.error.message);
  return files;
}

/** Kinds, sizes and times of everything in a directory. */
async function stateOf(dir: string): Promise<string> {
  const done = await new Deno.Command("find", { args: [".", "-printf", "%y %m %s %T@ %C@ %p\n"], cwd: dir })
    .output();
  assert.ok(done.success);
  return new TextDecoder().decode(done.stdout);
}

const text = (file: TrackedFile | undefined) => new TextDecoder().decode(file?.bytes ?? new Uint8Array());

Deno.test("every tracked file comes with its content, once, in bounded pieces", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 700 }, (_, at) => [`many/f${String(at).padStart(4, "0")}.txt`, `${at}\n`]),
  );
  await withRepository({ ...many, "big.txt": "x".repeat(1001), "empty.txt": "" }, async (repo) => {
    await Deno.symlink("../../out", join(repo.dir, "link"));
    await new Deno.Command("bash", { args: ["-c", "printf x > $'caf\\xe9.txt'"], cwd: repo.dir }).output();
    await repo.commit();
    await repo.write("untracked.txt", "u\n");
    const before = await stateOf(repo.dir);
    const files = await all(repo.dir);
    assert.equal(files.size, 704);
    assert.equal(text(files.get("many/f0699.txt")), "699\n");
    assert.equal(text(files.get('"caf\\351.txt"')), "x");
    assert.equal(text(files.get("empty.txt")), "");
    assert.deepEqual([files.get("big.txt")?.bytes, files.get("big.txt")?.why], [null, "too-large"]);
    assert.deepEqual([files.get("link")?.mode, files.get("link")?.escapes], ["120000", true]);
    assert.deepEqual([...(await all(join(repo.dir, "many"))).keys()].length, 700);
    assert.equal(await stateOf(repo.dir), before);
  });
});

Deno.test("submodules and objects that are not here are told, a bare repository is read", async () => {
  await withRepository({ "a.txt": "a\n" }, async (repo) => {
    await repo.git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},sub`);
    await repo.git("commit", "-q", "-m", "sub");
    const bare = join(repo.root, "bare.git");
    await gitIn(repo.root, ["clone", "-q", "--bare", repo.dir, bare]);
    const files = await all(bare);
    assert.equal(files.get("sub")?.why, "submodule");
    assert.equal(text(files.get("a.txt")), "a\n");
    await repo.git("config", "uploadpack.allowFilter", "true");
    const partial = join(repo.root, "partial");
    await gitIn(repo.root, [
      "clone",
      "-q",
      "--no-checkout",
      "--filter=blob:none",
      `file://${repo.dir}`,
      partial,
    ]);
    assert.equal((await all(partial)).get("a.txt")?.why, "missing");
  });
});

Deno.test("a directory without git is read file by file, its links not followed", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(dir, "sub"));
    await Deno.writeTextFile(join(dir, "sub/a.txt"), "a\n");
    await Deno.symlink("/", join(dir, "root"));
    await Deno.symlink("sub", join(dir, "inside"));
    const files = await all(dir);
    assert.deepEqual([...files.keys()].sort(), ["inside", "root", "sub/a.txt"]);
    assert.equal(files.get("root")?.escapes, true);
    assert.equal(files.get("inside")?.escapes, false);
    assert.equal((await trackedFiles(join(dir, "nothing"), { maxBytes: 1 })).ok, false);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("going through the files ends when it is asked to, and leaves no process", async () => {
  const files = Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`f${at}.txt`, `${at}\n`]));
  await withRepository(files, async (repo) => {
    const opened = await trackedFiles(repo.dir, { maxBytes: 1000 });
    assert.ok(opened.ok);
    const stop = new AbortController();
    let seen = 0;
    await assert.rejects(
      opened.value.each(() => {
        if (++seen === 3) stop.abort(new Error("enough"));
        return Promise.resolve();
      }, stop.signal),
      /enough/,
    );
    assert.ok(seen < 600, `${seen}`);
  });
});
