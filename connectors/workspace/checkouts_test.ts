import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import type { Checkout, Checkouts } from "../port.ts";
import { checkoutsIn, compare } from "./checkouts.ts";
import { type Clone, makeClone } from "./clone.ts";
import { scan } from "./scan.ts";
import { treeReader } from "./tree_reader.ts";
import { bytes, opened, type TestRepository, withRepository, workspaceIn } from "./tests/fixture.ts";

const TREE = {
  "a.txt": "one",
  "run.sh": "#!/bin/sh\n",
  "src/b.txt": "two",
  "src/deep/c.txt": "three",
  "src/deep/d.txt": "four",
  "other/e.txt": "five",
};
/** Whether this machine can tell what a directory holds; without, every checkout is a new one. */
const canTell = await scan("/usr/lib").then((found) => found !== null, () => false);

async function withCheckouts(
  test: (
    given: { checkouts: Checkouts; base: string; head: string; root: string; clone: Clone },
  ) => Promise<void>,
  options: { reuse?: boolean; files?: number } = {},
  more: (repo: TestRepository) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await withRepository(TREE, async (repo) => {
    await Deno.chmod(join(repo.dir, "run.sh"), 0o755);
    await Deno.symlink("src/b.txt", join(repo.dir, "link"));
    await more(repo);
    await repo.commit();
    const made = await makeClone(await opened(repo.dir), join(repo.root, "clone"), true);
    assert.ok(made.ok);
    const clone = made.value;
    // Head has one file more, one less and one other.
    const workspace = await workspaceIn(repo);
    await Deno.remove(join(workspace.dir, "other/e.txt"));
    await Deno.writeTextFile(join(workspace.dir, "src/b.txt"), "TWO");
    await Deno.writeTextFile(join(workspace.dir, "new.txt"), "new");
    const { change, patch } = await workspace.curate();
    const { applyPatch } = await import("./apply.ts");
    assert.ok((await applyPatch(clone, patch, { before: change.baseTree, filled: true })).ok);
    const checkouts = checkoutsIn(clone, treeReader(clone), join(repo.root, "work"), {
      reuse: options.reuse ?? true,
      worthKeeping: { files: options.files ?? 1, bytes: Infinity },
    });
    await test({ checkouts, base: change.baseTree, head: change.tree, root: repo.root, clone });
  });
}

/** What is in a directory, without what is different in every one. */
async function holds(checkout: Checkout): Promise<Record<string, string>> {
  const done = await new Deno.Command("sh", {
    args: [
      "-c",
      "find . -printf '%P %y %m %l\\0' | sort -z; find . -type f -print0 | sort -z | xargs -0 sha256sum -z",
    ],
    cwd: checkout.dir,
  }).output();
  assert.ok(done.success);
  return { all: new TextDecoder("latin1").decode(done.stdout) };
}

const inodes = (checkout: Checkout, paths: readonly string[]) =>
  Promise.all(paths.map(async (path) => (await Deno.lstat(join(checkout.dir, path))).ino));

/** What commands do to a checkout, each by its name. */
const DEEDS: Record<string, (dir: string) => Promise<unknown>> = {
  "changes a file": (dir) => Deno.writeTextFile(join(dir, "a.txt"), "changed"),
  "changes a file and puts size and times back": async (dir) => {
    const path = join(dir, "src/b.txt");
    const { atime, mtime } = await Deno.lstat(path);
    await Deno.writeTextFile(path, "owt");
    await Deno.utime(path, atime ?? 0, mtime ?? 0);
  },
  "replaces a file by another of the same times": async (dir) => {
    const path = join(dir, "src/deep/c.txt");
    const { mtime } = await Deno.lstat(path);
    await Deno.writeTextFile(`${path}.x`, "THREE");
    await Deno.utime(`${path}.x`, mtime ?? 0, mtime ?? 0);
    await Deno.rename(`${path}.x`, path);
  },
  "takes the right to run away": (dir) => Deno.chmod(join(dir, "run.sh"), 0o644),
  "opens a directory to all": (dir) => Deno.chmod(join(dir, "src"), 0o777),
  "leaves files and directories": async (dir) => {
    await Deno.mkdir(join(dir, "src/deep/cache/more"), { recursive: true });
    await Deno.writeTextFile(join(dir, "src/deep/cache/more/x"), "x");
    await Deno.writeTextFile(join(dir, ".report"), "left over");
    await Deno.mkdir(join(dir, "-rf *"));
    await Deno.writeTextFile(join(dir, "with\nbreak"), "x");
  },
  "makes a git directory and ignores everything": async (dir) => {
    await Deno.mkdir(join(dir, ".git"));
    await Deno.writeTextFile(join(dir, ".git/HEAD"), "ref: refs/heads/main\n");
    await Deno.writeTextFile(join(dir, ".gitignore"), "*\n");
  },
  "removes a file": (dir) => Deno.remove(join(dir, "run.sh")),
  "removes a directory": (dir) => Deno.remove(join(dir, "src"), { recursive: true }),
  "puts a link in the place of a directory": async (dir) => {
    await Deno.rename(join(dir, "src"), join(dir, "moved"));
    await Deno.symlink("moved", join(dir, "src"));
  },
  "leads a link elsewhere": async (dir) => {
    await Deno.remove(join(dir, "link"));
    await Deno.symlink("/etc/passwd", join(dir, "link"));
  },
  "renames a directory and back": async (dir) => {
    await Deno.rename(join(dir, "src/deep"), join(dir, "away"));
    await Deno.rename(join(dir, "away"), join(dir, "src/deep"));
  },
  "gives a file a second name": (dir) => Deno.link(join(dir, "a.txt"), join(dir, "twin")),
  "swaps two files": async (dir) => {
    await Deno.rename(join(dir, "src/deep/c.txt"), join(dir, "x"));
    await Deno.rename(join(dir, "src/deep/d.txt"), join(dir, "src/deep/c.txt"));
    await Deno.rename(join(dir, "x"), join(dir, "src/deep/d.txt"));
  },
  "makes a pipe": (dir) => new Deno.Command("mkfifo", { args: [join(dir, "pipe")] }).output(),
  "writes a name that is no text": (dir) =>
    new Deno.Command("sh", { args: ["-c", "printf x > \"src/$(printf 'caf\\351')\""], cwd: dir }).output(),
  "does nothing": () => Promise.resolve(),
};

Deno.test("whatever a command did in a checkout, the next one sees the files of its tree and nothing else", async () => {
  await withCheckouts(async ({ checkouts, base, head }) => {
    const fresh = {
      [base]: await holds(await checkouts.take(base)),
      [head]: await holds(await checkouts.take(head)),
    };
    assert.notDeepEqual(fresh[base], fresh[head]);
    for (const [name, deed] of Object.entries(DEEDS)) {
      for (const [first, second] of [[base, base], [base, head]] as const) {
        const one = await checkouts.take(first);
        assert.deepEqual(await holds(one), fresh[first], `before a command that ${name}`);
        const [untouched] = await inodes(one, ["other/e.txt"]).catch(() => [null]);
        await deed(one.dir);
        await checkouts.giveBack(one);
        const two = await checkouts.take(second);
        assert.notEqual(two.dir, one.dir, "under a name that nobody knew");
        assert.deepEqual(await holds(two), fresh[second], `after a command that ${name}`);
        await assert.rejects(Deno.lstat(one.dir), Deno.errors.NotFound);
        if (canTell && second === base) {
          assert.deepEqual(
            await inodes(two, ["other/e.txt"]),
            [untouched],
            `used again after one that ${name}`,
          );
        }
        await checkouts.giveBack(two);
      }
    }
  });
});

Deno.test("any row of commands in any row of trees leaves nothing", async () => {
  await withCheckouts(async ({ checkouts, base, head }) => {
    const fresh = {
      [base]: await holds(await checkouts.take(base)),
      [head]: await holds(await checkouts.take(head)),
    };
    const step = fc.record({
      head: fc.boolean(),
      deeds: fc.array(fc.constantFrom(...Object.keys(DEEDS)), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 5 }), async (steps) => {
        for (const { head: atHead, deeds } of steps) {
          const tree = atHead ? head : base;
          const checkout = await checkouts.take(tree);
          assert.deepEqual(await holds(checkout), fresh[tree]);
          // One deed may take away what the next one wants to work on.
          for (const name of deeds) await DEEDS[name]?.(checkout.dir).catch(() => undefined);
          await checkouts.giveBack(checkout);
        }
      }),
      { numRuns: 8 },
    );
  });
});

Deno.test({
  name: "what was not touched is not written again, and directories in which something happened are new ones",
  ignore: !canTell,
  fn: async () => {
    await withCheckouts(async ({ checkouts, base }) => {
      const one = await checkouts.take(base);
      const files = ["a.txt", "src/deep/c.txt", "src/deep", "other", "src"];
      const before = await inodes(one, files);
      await Deno.writeTextFile(join(one.dir, "src/left"), "x");
      await Deno.writeTextFile(join(one.dir, "src/b.txt"), "y");
      await checkouts.giveBack(one);
      const after = await inodes(await checkouts.take(base), files);
      const same = before.map((inode, at) => inode === after[at]);
      assert.deepEqual(same, [true, true, true, true, false]);
    });
  },
});

Deno.test("nothing is used twice where commands may still run, where trees are small, and after it was disposed of", async () => {
  for (const options of [{ reuse: false }, { files: 1000 }]) {
    await withCheckouts(async ({ checkouts, base }) => {
      const one = await checkouts.take(base);
      const kept = await Deno.open(join(one.dir, "a.txt"));
      const ino = (await kept.stat()).ino;
      await checkouts.giveBack(one);
      await assert.rejects(Deno.lstat(one.dir), Deno.errors.NotFound, "it is gone at once");
      const two = await checkouts.take(base);
      assert.notEqual((await inodes(two, ["a.txt"]))[0], ino);
      kept.close();
    }, { ...options, files: options.files ?? 1 });
  }
  await withCheckouts(async ({ checkouts, base }) => {
    const one = await checkouts.take(base);
    await one.dispose();
    await assert.rejects(Deno.lstat(one.dir), Deno.errors.NotFound);
    const two = await checkouts.take(base);
    assert.ok((await Deno.lstat(two.dir)).isDirectory);
  });
});

Deno.test("two at once have two directories, and both serve again", async () => {
  await withCheckouts(async ({ checkouts, base, head, root }) => {
    const [one, two] = await Promise.all([checkouts.take(base), checkouts.take(base)]);
    assert.notEqual(one.dir, two.dir);
    await Promise.all([checkouts.giveBack(one), checkouts.giveBack(two)]);
    const [three, four] = await Promise.all([checkouts.take(head), checkouts.take(base)]);
    assert.equal(await Deno.readTextFile(join(three.dir, "src/b.txt")), "TWO");
    assert.equal(await Deno.readTextFile(join(four.dir, "src/b.txt")), "two");
    const left = await Array.fromAsync(Deno.readDir(join(root, "work")));
    assert.equal(left.length, 2);
  });
});

Deno.test("a checkout that cannot be put right is thrown away, and another one made", async () => {
  await withCheckouts(async ({ checkouts, base }) => {
    const one = await checkouts.take(base);
    const fresh = await holds(one);
    await checkouts.giveBack(one);
    // Whole: somebody put another directory in its place.
    await Deno.remove(one.dir, { recursive: true });
    await Deno.mkdir(one.dir);
    await Deno.writeTextFile(join(one.dir, "a.txt"), "evil");
    const two = await checkouts.take(base);
    assert.deepEqual(await holds(two), fresh);
    await assert.rejects(Deno.lstat(one.dir), Deno.errors.NotFound);
  });
});

Deno.test("names of the tree that are no text come through a second use", async () => {
  await withCheckouts(
    async ({ checkouts, base }) => {
      const one = await checkouts.take(base);
      const fresh = await holds(one);
      assert.match(fresh.all ?? "", /caf\u00e9/);
      await Deno.writeTextFile(join(one.dir, "src/left"), "x");
      await new Deno.Command("sh", { args: ["-c", "printf y > \"src/$(printf 'caf\\351')\""], cwd: one.dir })
        .output();
      await checkouts.giveBack(one);
      assert.deepEqual(await holds(await checkouts.take(base)), fresh);
    },
    {},
    async (repo) => {
      await new Deno.Command("sh", { args: ["-c", "printf x > \"src/$(printf 'caf\\351')\""], cwd: repo.dir })
        .output();
      await Deno.writeFile(join(repo.dir, "src/two\tand\nmore"), bytes("x"));
    },
  );
});

Deno.test({
  name: "a scan tells every write, also one that put all other times back, and does not tell a read",
  ignore: !canTell,
  fn: async () => {
    const dir = await Deno.makeTempDir({ prefix: "edgeforge-scan-" });
    try {
      const path = join(dir, "a");
      await Deno.writeTextFile(path, "1");
      const first = await scan(dir);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await Deno.readTextFile(path);
      assert.deepEqual(await scan(dir), first);
      const { atime, mtime } = await Deno.lstat(path);
      await Deno.writeTextFile(path, "2");
      await Deno.utime(path, atime ?? 0, mtime ?? 0);
      const second = await scan(dir);
      assert.ok(first && second);
      assert.deepEqual(compare(first, second), { strange: ["a"], touched: [] });
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
