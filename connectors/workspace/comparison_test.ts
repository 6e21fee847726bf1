import assert from "node:assert/strict";
import { join } from "node:path";
import { compareStates, type Comparison, type ComparisonRequest } from "./comparison.ts";
import { gitIn, type TestRepository, withRepository } from "./tests/fixture.ts";

const range = (base: string, head: string, symmetric = false): ComparisonRequest => ({
  kind: "range",
  base,
  head,
  symmetric,
});

/** Everything of a directory that a reader can see, `.git` included: paths, kinds, contents, times of change. */
async function stateOf(dir: string): Promise<string> {
  const done = await new Deno.Command("find", {
    args: [".", "-printf", "%y %m %s %T@ %C@ %p %l\n"],
    cwd: dir,
  }).output();
  assert.ok(done.success);
  return new TextDecoder().decode(done.stdout).split("\n").sort().join("\n");
}

async function compared<T>(
  dir: string,
  request: ComparisonRequest,
  use: (comparison: Comparison) => Promise<T> | T,
): Promise<T> {
  const result = await compareStates(dir, request);
  assert.ok(result.ok, result.ok ? "" : result.error.message);
  try {
    return await use(result.value);
  } finally {
    await result.value.dispose();
  }
}

const paths = (comparison: Comparison) =>
  comparison.change?.files.map(({ status, path }) => `${status} ${path}`) ?? null;
const text = (bytes: Uint8Array | null) => bytes === null ? null : new TextDecoder().decode(bytes);

async function problemOf(dir: string, request: ComparisonRequest) {
  const result = await compareStates(dir, request);
  if (result.ok) await result.value.dispose();
  assert.ok(!result.ok, "nothing was refused");
  return result.error;
}

async function branches(repo: TestRepository): Promise<void> {
  await repo.git("checkout", "-q", "-b", "topic");
  await repo.write("b.txt", "b\n");
  await repo.commit("topic");
  await repo.git("checkout", "-q", "main");
  await repo.write("c.txt", "c\n");
  await repo.commit("main goes on");
}

Deno.test("two dots compare the two commits, three dots what came since they parted", async () => {
  await withRepository({ "a.txt": "a\n" }, async (repo) => {
    await branches(repo);
    assert.deepEqual(await compared(repo.dir, range("main", "topic"), paths), ["A b.txt", "D c.txt"]);
    assert.deepEqual(await compared(repo.dir, range("main", "topic", true), paths), ["A b.txt"]);
    await compared(repo.dir, range("main", "topic", true), async (comparison) => {
      assert.equal(text(await comparison.read("b.txt", "head")), "b\n");
      assert.equal(await comparison.read("b.txt", "base"), null);
      assert.deepEqual(await comparison.list("base"), ["a.txt"]);
      assert.match(text(comparison.patch) ?? "", /^diff --git a\/b\.txt b\/b\.txt\nnew file mode 100644\n/);
    });
  });
});

Deno.test("a commit is compared with its first parent, the first commit with nothing", async () => {
  await withRepository({ "a.txt": "a\n" }, async (repo) => {
    const first = await repo.git("rev-parse", "HEAD");
    await repo.write("a.txt", "b\n");
    await repo.commit();
    assert.deepEqual(await compared(repo.dir, { kind: "commit", commit: "HEAD" }, paths), ["M a.txt"]);
    assert.deepEqual(await compared(repo.dir, { kind: "commit", commit: first }, paths), ["A a.txt"]);
  });
});

Deno.test("what is staged and what lies in the work tree are two changes", async () => {
  await withRepository({ "a.txt": "a\n", ".gitignore": "out/\n" }, async (repo) => {
    await repo.write("a.txt", "staged\n");
    await repo.git("add", "a.txt");
    await repo.write("a.txt", "later\n");
    await repo.write("new/b.txt", "b\n");
    await repo.write("out/c.txt", "c\n");
    const staged = await compared(repo.dir, { kind: "staged" }, async (comparison) => {
      assert.deepEqual(paths(comparison), ["M a.txt"]);
      return text(await comparison.read("a.txt", "head"));
    });
    assert.equal(staged, "staged\n");
    await compared(repo.dir, { kind: "worktree" }, async (comparison) => {
      assert.deepEqual(paths(comparison), ["M a.txt", "A new/b.txt"]);
      assert.equal(text(await comparison.read("a.txt", "head")), "later\n");
    });
  });
});

Deno.test("a change of the same size and time is seen in the work tree", async () => {
  await withRepository({ "a.txt": "one\n" }, async (repo) => {
    const file = join(repo.dir, "a.txt");
    const { mtime } = await Deno.stat(file);
    await Deno.writeTextFile(file, "two\n");
    await Deno.utime(file, mtime ?? 0, mtime ?? 0);
    assert.deepEqual(await compared(repo.dir, { kind: "worktree" }, paths), ["M a.txt"]);
  });
});

Deno.test("line ends of the checkout, large files in place of their pointers, and files not checked out are no change", async () => {
  const content = "large\n";
  const digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content)))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const pointer =
    `version https://git-lfs.github.com/spec/v1\noid sha256:${digest}\nsize ${content.length}\n`;
  await withRepository({ "a.txt": "a\nb\n", "big.bin": pointer, "gone.txt": "g\n" }, async (repo) => {
    await repo.write("a.txt", "a\r\nb\r\n");
    await repo.write("big.bin", content);
    await repo.git("update-index", "--skip-worktree", "gone.txt");
    await Deno.remove(join(repo.dir, "gone.txt"));
    await compared(repo.dir, { kind: "worktree" }, (comparison) => {
      assert.deepEqual(paths(comparison), []);
      assert.equal(comparison.notes.length, 2);
    });
    await repo.write("big.bin", "another\n");
    assert.deepEqual(await compared(repo.dir, { kind: "worktree" }, paths), ["M big.bin"]);
  });
});

Deno.test("a patch is applied to its base, and one that does not apply says why", async () => {
  await withRepository({ "a.txt": "a\n" }, async (repo) => {
    await repo.write("a.txt", "b\n");
    const patch = new TextEncoder().encode(`${await repo.git("diff")}\n`);
    await repo.commit();
    await compared(repo.dir, { kind: "patch", patch, base: "HEAD~1" }, async (comparison) => {
      assert.deepEqual(paths(comparison), ["M a.txt"]);
      assert.equal(text(await comparison.read("a.txt", "head")), "b\n");
    });
    await compared(repo.dir, { kind: "patch", patch }, (comparison) => {
      assert.equal(comparison.change, null);
      assert.equal(comparison.applies.ok, false);
      assert.match(comparison.applies.problem ?? "", /a\.txt/);
    });
  });
});

Deno.test("nothing of the repository is touched, whatever is compared", async () => {
  await withRepository({ "a.txt": "a\n" }, async (repo) => {
    await branches(repo);
    await repo.write("a.txt", "dirty\n");
    await repo.git("add", "a.txt");
    await repo.write("untracked.txt", "u\n");
    const patch = new TextEncoder().encode(`${await repo.git("diff", "main", "topic")}\n`);
    const before = await stateOf(repo.dir);
    const requests: ComparisonRequest[] = [
      range("main", "topic", true),
      { kind: "commit", commit: "topic" },
      { kind: "staged" },
      { kind: "worktree" },
      { kind: "patch", patch },
    ];
    for (const request of requests) {
      await compared(repo.dir, request, () => undefined);
      assert.equal(await stateOf(repo.dir), before, request.kind);
    }
  });
});

Deno.test("settings of the repository run nothing", async () => {
  await withRepository(
    { "a.txt": "a\n", ".gitattributes": "*.txt filter=evil diff=evil\n" },
    async (repo) => {
      const trace = join(repo.root, "ran");
      for (
        const key of [
          "filter.evil.clean",
          "filter.evil.smudge",
          "diff.evil.textconv",
          "core.fsmonitor",
          "diff.evil.command",
        ]
      ) {
        await repo.git("config", key, `touch ${trace} #`);
      }
      await Deno.writeTextFile(join(repo.dir, "a.txt"), "b\n");
      assert.deepEqual(await compared(repo.dir, { kind: "worktree" }, paths), ["M a.txt"]);
      await gitIn(repo.dir, [
        "-c",
        "core.fsmonitor=",
        "-c",
        "filter.evil.clean=cat",
        "commit",
        "-q",
        "-am",
        "two",
      ]);
      await Deno.remove(trace).catch(() => undefined);
      assert.deepEqual(await compared(repo.dir, { kind: "commit", commit: "HEAD" }, paths), ["M a.txt"]);
      assert.equal(await Deno.stat(trace).catch(() => null), null);
    },
  );
});

Deno.test("odd names, a bare repository, a linked work tree, and a path with a quote and a line end are read", async () => {
  await withRepository({ "a.txt": "a\n" }, async (repo) => {
    await branches(repo);
    await gitIn(repo.dir, ["checkout", "-q", "topic"]);
    await new Deno.Command("bash", { args: ["-c", "printf x > $'caf\\xe9.txt'"], cwd: repo.dir }).output();
    await repo.commit("odd");
    const odd = await compared(repo.dir, { kind: "commit", commit: "topic" }, async (comparison) => {
      assert.equal(text(await comparison.read('"caf\\351.txt"', "head")), "x");
      return paths(comparison);
    });
    assert.deepEqual(odd, ['A "caf\\351.txt"']);
    const bare = join(repo.root, 'ba"re\n#.git');
    await gitIn(repo.root, ["clone", "-q", "--bare", repo.dir, bare]);
    assert.deepEqual(await compared(bare, range("main", "topic~1", true), paths), ["A b.txt"]);
    assert.equal((await problemOf(bare, { kind: "worktree" })).code, "no-work-tree");
    assert.equal((await problemOf(bare, { kind: "staged" })).code, "no-index");
    const linked = join(repo.root, "linked");
    await repo.git("worktree", "add", "-q", linked, "main");
    await Deno.writeTextFile(join(linked, "w.txt"), "w\n");
    assert.deepEqual(await compared(linked, { kind: "worktree" }, paths), ["A w.txt"]);
  });
});

Deno.test("what is not there is an error that says how to get it", async () => {
  await withRepository({ "a.txt": "a\n" }, async (repo) => {
    await branches(repo);
    const missing = await problemOf(repo.dir, range("nowhere", "main"));
    assert.equal(missing.code, "base-not-found");
    assert.match(missing.remedy ?? "", /git fetch origin/);
    assert.equal((await problemOf(repo.dir, range("--output=x", "main"))).code, "base-not-found");
    await repo.git("checkout", "-q", "--orphan", "alone");
    await repo.commit("alone");
    assert.equal((await problemOf(repo.dir, range("main", "alone", true))).code, "no-merge-base");
    assert.equal((await problemOf(join(repo.root), range("main", "alone"))).code, "repo-not-found");

    const shallow = join(repo.root, "shallow");
    await gitIn(repo.root, ["clone", "-q", "--depth=1", "--branch=main", `file://${repo.dir}`, shallow]);
    for (const request of [{ kind: "commit", commit: "HEAD" } as const, range("topic", "HEAD", true)]) {
      const problem = await problemOf(shallow, request);
      assert.equal(problem.code, "base-not-found");
      assert.match(problem.remedy ?? "", /fetch-depth: 0/);
    }
  });
});

Deno.test("a partial clone without the content of a changed file is an error, not a change without it", async () => {
  await withRepository({ "a.txt": "a\n" }, async (repo) => {
    await repo.git("config", "uploadpack.allowFilter", "true");
    await repo.write("a.txt", "b\n");
    await repo.commit();
    const partial = join(repo.root, "partial");
    await gitIn(repo.root, [
      "clone",
      "-q",
      "--no-checkout",
      "--filter=blob:none",
      `file://${repo.dir}`,
      partial,
    ]);
    const problem = await problemOf(partial, { kind: "commit", commit: "HEAD" });
    assert.equal(problem.code, "repo-incomplete");
    assert.match(problem.remedy ?? "", /--no-filter/);
  });
});

Deno.test("changed links that leave the tree are named", async () => {
  await withRepository({ "a.txt": "a\n" }, async (repo) => {
    await Deno.symlink("a.txt", join(repo.dir, "in"));
    await Deno.symlink("../../etc/passwd", join(repo.dir, "out"));
    await repo.commit();
    await compared(repo.dir, { kind: "commit", commit: "HEAD" }, (comparison) => {
      assert.deepEqual(comparison.escaping, ["out"]);
    });
  });
});

Deno.test("a merge that is not finished cannot be judged as staged", async () => {
  await withRepository({ "a.txt": "a\n" }, async (repo) => {
    await repo.git("checkout", "-q", "-b", "other");
    await repo.write("a.txt", "other\n");
    await repo.commit();
    await repo.git("checkout", "-q", "main");
    await repo.write("a.txt", "main\n");
    await repo.commit();
    await repo.git("merge", "-q", "other").catch(() => undefined);
    assert.equal((await problemOf(repo.dir, { kind: "staged" })).code, "unmerged");
  });
});

Deno.test("both trees are read by path: names with a line end, what moved, what is no file", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 30 }, (_, at) => [`d/f${at}.txt`, `${at}\n`.repeat(40)]),
  );
  await withRepository({ ...many, "a.txt": "a\n" }, async (repo) => {
    await repo.write("two\nlines.txt", "n\n");
    await repo.git("mv", "d/f7.txt", "moved.txt");
    await repo.git("rm", "-q", "d/f8.txt");
    await repo.commit();
    await compared(repo.dir, { kind: "commit", commit: "HEAD" }, async (comparison) => {
      const listed = async (at: string, side: "base" | "head") => {
        assert.deepEqual(
          (await comparison.list(side)).sort(),
          (await repo.git("ls-tree", "-r", "-z", "--name-only", at)).split("\0").filter((name) => name !== "")
            .sort(),
        );
      };
      await listed("HEAD~1", "base");
      await listed("HEAD", "head");
      assert.equal(text(await comparison.read("two\nlines.txt", "head")), "n\n");
      assert.equal(await comparison.read("two\nlines.txt", "base"), null);
      assert.equal(text(await comparison.read("moved.txt", "head")), "7\n".repeat(40));
      for (const path of ["d", "d/f8.txt", "nothing", "../x", "d/../a.txt", ""]) {
        assert.equal(await comparison.read(path, "head"), null, path);
      }
      const once = await comparison.read("a.txt", "base");
      once?.fill(0);
      assert.equal(text(await comparison.read("a.txt", "base")), "a\n");
    });
  });
});
