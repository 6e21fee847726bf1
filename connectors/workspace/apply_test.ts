import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import fc from "fast-check";
import type { Workspace } from "../port.ts";
import { staysInside } from "./apply.ts";
import { bytes, gitIn, snapshot, text, withRepository, workspaceIn } from "./tests/fixture.ts";

const MODIFY = "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+zwei\n";
const ADD = (path: string, mode = "100644", content = "x") =>
  `diff --git a/${path} b/${path}\nnew file mode ${mode}\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+${content}\n\\ No newline at end of file\n`;

/** Applies a patch that must be refused, and shows that nothing has changed. */
async function refused(workspace: Workspace, patch: string | Uint8Array) {
  const before = await snapshot(workspace.dir);
  const result = await workspace.apply(typeof patch === "string" ? bytes(patch) : patch);
  assert.equal(result.ok, false, `accepted: ${patch}`);
  assert.deepEqual(await snapshot(workspace.dir), before, "the work tree is as it was");
  assert.deepEqual((await workspace.curate()).change.files, []);
  return result.ok ? { code: "", message: "" } : result.error;
}

Deno.test("what git diff prints applies: changes, renames, modes, binary, new and deleted files, no newline at the end", async () => {
  const long = Array.from({ length: 40 }, (_, line) => `line ${line}`).join("\n") + "\n";
  const binary = Uint8Array.from({ length: 500 }, (_, at) => (at * 7) % 256);
  await withRepository({
    "mod.txt": "one\ntwo\n",
    "gone.txt": "bye",
    "old.txt": long,
    "run.sh": "#!/bin/sh\n",
    "img.png": binary,
    "end.txt": "no newline",
    "crlf.txt": "one\r\ntwo\r\n",
    "type": "file",
  }, async (repo) => {
    const base = await repo.git("rev-parse", "HEAD");
    await repo.write("mod.txt", "one\nzwei\nthree\n");
    await Deno.remove(join(repo.dir, "gone.txt"));
    await repo.git("mv", "old.txt", "moved to.txt");
    await repo.write("moved to.txt", long.replace("line 20", "LINE 20"));
    await Deno.chmod(join(repo.dir, "run.sh"), 0o755);
    await repo.write("img.png", binary.map((byte) => byte ^ 1));
    await repo.write("new.bin", binary);
    await repo.write("end.txt", "still none");
    await repo.write("crlf.txt", "one\r\nzwei\r\n");
    await Deno.remove(join(repo.dir, "type"));
    await Deno.symlink("mod.txt", join(repo.dir, "type"));
    await repo.write("deep/new/file.txt", "x");
    await repo.write("empty", "");
    await repo.write("ü.txt", "ü");
    await repo.commit();
    for (
      const flags of [["-M", "--binary"], ["--no-renames", "--binary", "--full-index"], [
        "-C",
        "--binary",
        "-U0",
      ]]
    ) {
      if (flags.includes("-U0")) continue;
      const patch = await gitIn(repo.dir, ["diff", ...flags, base, "HEAD"]);
      const workspace = await workspaceIn(repo, base);
      assert.deepEqual(await workspace.apply(patch), { ok: true, value: undefined }, flags.join(" "));
      const { change } = await workspace.curate();
      assert.equal(change.tree, await repo.git("rev-parse", "HEAD^{tree}"), flags.join(" "));
      assert.equal((await Deno.lstat(join(workspace.dir, "run.sh"))).mode! & 0o111, 0o111);
      assert.deepEqual(await Deno.readFile(join(workspace.dir, "new.bin")), binary);
    }
  });
});

Deno.test("patches apply one after the other, and over what an implementer left", async () => {
  await withRepository({ "a.txt": "one\ntwo\n" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    assert.ok((await workspace.apply(bytes(ADD("b.txt")))).ok);
    await Deno.writeTextFile(join(workspace.dir, "c.txt"), "by hand");
    assert.ok((await workspace.apply(bytes(MODIFY))).ok);
    assert.deepEqual((await workspace.curate()).change.files.map((file) => file.path), [
      "a.txt",
      "b.txt",
      "c.txt",
    ]);
  });
});

Deno.test("a patch without git's header, and one with a message before it, apply", async () => {
  await withRepository({ "a.txt": "one\ntwo\n" }, async (repo) => {
    for (
      const patch of [
        MODIFY.replace(/^diff.*\n/, ""),
        `From: someone\nSubject: [PATCH] x\n\n---\n${MODIFY}--\n2.39\n`,
      ]
    ) {
      const workspace = await workspaceIn(repo);
      assert.deepEqual(await workspace.apply(bytes(patch)), { ok: true, value: undefined });
      assert.equal(await Deno.readTextFile(join(workspace.dir, "a.txt")), "one\nzwei\n");
    }
  });
});

Deno.test("a patch of nothing changes nothing", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    for (const patch of ["", "\n \n"]) assert.ok((await workspace.apply(bytes(patch))).ok);
    assert.equal((await workspace.curate()).change.files.length, 0);
  });
});

Deno.test("a hunk that does not match names file and line", async () => {
  await withRepository({ "a.txt": "eins\nzwei\n" }, async (repo) => {
    const problem = await refused(await workspaceIn(repo), MODIFY);
    assert.equal(problem.code, "patch-conflict");
    assert.equal(problem.path, "a.txt");
    assert.equal(problem.line, 1);
  });
});

Deno.test("white space and line ends are exact", async () => {
  await withRepository({ "a.txt": "one\r\ntwo\r\n" }, async (repo) => {
    assert.equal((await refused(await workspaceIn(repo), MODIFY)).code, "patch-conflict");
  });
  await withRepository({ "a.txt": "one\ntwo \n" }, async (repo) => {
    assert.equal((await refused(await workspaceIn(repo), MODIFY)).code, "patch-conflict");
  });
});

Deno.test("one bad hunk of many leaves all files as they were", async () => {
  await withRepository({ "a.txt": "one\ntwo\n", "b.txt": "b\n" }, async (repo) => {
    const bad = MODIFY.replaceAll("a.txt", "b.txt");
    assert.equal((await refused(await workspaceIn(repo), ADD("new.txt") + MODIFY + bad)).path, "b.txt");
  });
});

Deno.test("what does not parse names the line of the patch", async () => {
  await withRepository({ "a.txt": "one\ntwo\n" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    const cut = await refused(workspace, MODIFY.split("\n").slice(0, 5).join("\n") + "\n");
    assert.equal(cut.code, "patch-malformed");
    assert.equal(typeof cut.line, "number");
    for (
      const patch of [
        "this is not a patch",
        "<html></html>",
        "\0\0\0",
        "diff --git a/a.txt b/b.txt\n",
        "@@ -1 +1 @@\n-a\n+b\n",
      ]
    ) {
      assert.equal((await refused(workspace, patch)).code, "patch-malformed", patch);
    }
  });
});

Deno.test("a binary hunk without its data is malformed, and names the file", async () => {
  await withRepository({ "img.png": new Uint8Array([0, 1, 2]) }, async (repo) => {
    const workspace = await workspaceIn(repo);
    const blob = await repo.git("rev-parse", "HEAD:img.png");
    for (const index of ["index 8352675..aaaaaaa 100644", `index ${blob}..${"2".repeat(40)} 100644`, "x"]) {
      const patch = `diff --git a/img.png b/img.png\n${index}\nBinary files a/img.png and b/img.png differ\n`;
      const problem = await refused(workspace, patch);
      assert.equal(problem.code, "patch-malformed", problem.message);
      assert.equal(problem.path, "img.png", problem.message);
    }
    const added =
      "diff --git a/new.png b/new.png\nnew file mode 100644\nindex 0000000..8352675\nBinary files /dev/null and b/new.png differ\n";
    assert.equal((await refused(workspace, added)).code, "patch-malformed");
    const beside = `diff --git a/img.png b/img.png\nBinary files a/img.png and b/img.png differ\n${
      ADD("new.txt")
    }`;
    assert.equal((await refused(workspace, beside)).line, 2);
    const damaged = `diff --git a/n.png b/n.png\nnew file mode 100644\nindex ${"0".repeat(40)}..${
      "1".repeat(40)
    }\nGIT binary patch\nliteral 3\nKc$$$$\n\nliteral 0\nHcmV?d00001\n\n`;
    assert.equal((await refused(workspace, damaged)).code, "patch-malformed");
  });
});

Deno.test("what is in the way, or not there, is a conflict that names the file", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    assert.deepEqual(pick(await refused(workspace, ADD("a.txt"))), ["patch-conflict", "a.txt"]);
    assert.deepEqual(pick(await refused(workspace, MODIFY.replaceAll("a.txt", "none.txt"))), [
      "patch-conflict",
      "none.txt",
    ]);
    assert.deepEqual(pick(await refused(workspace, ADD("a.txt/inner"))), ["patch-conflict", "a.txt/inner"]);
  });
});

Deno.test("an ignored file in the way of a new one is not overwritten", async () => {
  await withRepository({ ".gitignore": "*.log\n" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    await Deno.writeTextFile(join(workspace.dir, "x.log"), "kept");
    const problem = await refused(workspace, ADD("x.log"));
    assert.deepEqual(pick(problem), ["patch-conflict", "x.log"]);
    assert.equal(await Deno.readTextFile(join(workspace.dir, "x.log")), "kept");
  });
});

Deno.test("paths that leave the tree, and .git in any disguise, are refused", async () => {
  await withRepository({ "a.txt": "a", "sub/b.txt": "b" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    const outside = join(dirname(workspace.dir), "evil");
    for (
      const path of [
        ...[
          "../evil",
          "sub/../../evil",
          "/tmp/evil",
          "./../evil",
          ".git/config",
          ".git/hooks/pre-commit",
          ".GIT/config",
        ],
        ...[
          "sub/.git/config",
          ".gi\u200ct/config",
          ".g\u200dit/config",
          "git~1/config",
          ".git /config",
          ".git./config",
        ],
        ".git::$INDEX_ALLOCATION/config",
      ]
    ) {
      const problem = await refused(workspace, ADD(path));
      assert.ok(["patch-path", "patch-malformed"].includes(problem.code), `${path}: ${problem.message}`);
    }
    await assert.rejects(Deno.lstat(outside), Deno.errors.NotFound);
    const rename =
      "diff --git a/a.txt b/../evil\nsimilarity index 100%\nrename from a.txt\nrename to ../evil\n";
    assert.equal((await refused(workspace, rename)).code, "patch-path");
  });
});

Deno.test("links that lead out are refused, also in two steps; links that stay are made", async () => {
  await withRepository({ "sub/a.txt": "a" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    for (
      const target of ["/etc/passwd", "../x", "sub/../../x", "..", "sub/..", "/", ".git/config", "sub/.GIT"]
    ) {
      const problem = await refused(workspace, ADD("link", "120000", target));
      assert.deepEqual(pick(problem), ["patch-path", "link"], target);
    }
    assert.equal((await refused(workspace, ADD("sub/link", "120000", "../../x"))).code, "patch-path");
    const through = await refused(workspace, ADD("link", "120000", "sub") + ADD("link/evil"));
    assert.ok(["patch-path", "patch-conflict"].includes(through.code), through.message);
    assert.ok((await workspace.apply(bytes(ADD("sub/ok", "120000", "../sub/a.txt")))).ok);
    assert.equal(await Deno.readLink(join(workspace.dir, "sub/ok")), "../sub/a.txt");
  });
});

Deno.test("a patch never writes through a link that is there already", async () => {
  await withRepository({ "a.txt": "one\ntwo\n" }, async (repo) => {
    await Deno.mkdir(join(repo.root, "outside"));
    await Deno.writeTextFile(join(repo.root, "outside/a.txt"), "one\ntwo\n");
    await Deno.symlink(join(repo.root, "outside"), join(repo.dir, "out"));
    await repo.commit();
    const workspace = await workspaceIn(repo);
    await refused(workspace, ADD("out/new.txt"));
    await refused(workspace, MODIFY.replaceAll("a.txt", "out/a.txt"));
    assert.deepEqual(Object.keys(await snapshot(join(repo.root, "outside"))), ["a.txt"]);
    assert.equal(await Deno.readTextFile(join(repo.root, "outside/a.txt")), "one\ntwo\n");
  });
});

Deno.test("a link that stays inside never leads out, whatever lies in the tree", () => {
  const part = fc.constantFrom("..", ".", "a", "b", "");
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("a", "b"), { maxLength: 3 }),
      fc.array(part, { maxLength: 6 }),
      (dirs, parts) => {
        const target = parts.join("/");
        if (!staysInside([...dirs, "link"].join("/"), target)) return;
        let depth = dirs.length;
        for (const one of target.split("/")) {
          if (one === "..") depth--;
          else if (one !== "" && one !== ".") depth++;
          assert.ok(depth >= 0, target);
        }
      },
    ),
  );
});

Deno.test("random bytes are refused without harm", async () => {
  await withRepository({ "a.txt": "one\ntwo\n" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    const lines = fc.array(
      fc.constantFrom(
        ...MODIFY.split("\n"),
        "--- a/../x",
        "+++ b/.git/x",
        "@@ -1 +9999999999 @@",
        "GIT binary patch",
        "\0",
      ),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(lines, async (some) => {
        const before = text(await Deno.readFile(join(workspace.dir, "a.txt")));
        const result = await workspace.apply(bytes(some.join("\n")));
        if (!result.ok) assert.equal(text(await Deno.readFile(join(workspace.dir, "a.txt"))), before);
        else {await workspace.apply(
            bytes(
              "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n one\n-zwei\n+two\n",
            ),
          );}
      }),
      { numRuns: 25 },
    );
  });
});

function pick(problem: { code: string; path?: string }): (string | undefined)[] {
  return [problem.code, problem.path];
}
