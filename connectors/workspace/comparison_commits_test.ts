import assert from "node:assert/strict";
import { type RangeCommits, rangeCommits } from "./comparison_commits.ts";
import { discover } from "./discover.ts";
import { withShim } from "./shim.ts";

async function git(dir: string, args: string[], stdin?: Uint8Array): Promise<string> {
  const child = new Deno.Command("git", {
    args: ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", ...args],
    cwd: dir,
    env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(stdin ?? new Uint8Array());
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

/** The commits up to a head that was written by hand, on top of two others. */
async function commitsOf(
  head: (tree: string, parent: string) => Uint8Array,
  limit?: number,
): Promise<RangeCommits> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "forge-commits-" }));
  try {
    await git(dir, ["init", "-q"]);
    await git(dir, ["commit", "-q", "--allow-empty", "-m", "one"]);
    await git(dir, ["commit", "-q", "--allow-empty", "-m", "two"]);
    const [tree = "", parent = ""] = (await git(dir, ["rev-parse", "HEAD^{tree}", "HEAD"])).split("\n");
    const id = await git(
      dir,
      ["hash-object", "-t", "commit", "-w", "--literally", "--stdin"],
      head(tree, parent),
    );
    const found = await discover(dir);
    assert.ok(found.ok);
    const at = (commit: string | null) => ({ name: "", commit, tree });
    return await withShim(found.value, (shim) =>
      rangeCommits(
        found.value,
        shim,
        { base: at(null), head: at(id) },
        { kind: "range", base: "", head: "", symmetric: false },
        limit,
      ));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

Deno.test("a commit is read in the encoding that it names, and by fields that nobody can fake in the message", async () => {
  const { commits, unread } = await commitsOf((tree, parent) =>
    bytes(
      `tree ${tree}\nparent ${parent}\nauthor J\xf6rg <j@example.com> 12 +0000\ncommitter Ann <> 34 -0130\nencoding ISO-8859-1\n\nGr\xfc\xdfe\n\nauthor Eve <eve@example.com> 1 +0000\n`,
    )
  );
  assert.deepEqual(unread, []);
  assert.deepEqual(commits.map(({ parents }) => parents), [1, 1, 0]);
  const [{ author, committer, message } = assert.fail("no commit")] = commits;
  assert.deepEqual([author, committer], [
    { name: "Jörg", email: "j@example.com", at: 12 },
    { name: "Ann", email: "", at: 34 },
  ]);
  assert.equal(message, "Grüße\n\nauthor Eve <eve@example.com> 1 +0000\n");
});

Deno.test("more commits than the limit are told, and so is a history that cannot be walked", async () => {
  const plain = (tree: string, parent: string) =>
    bytes(`tree ${tree}\nparent ${parent}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nThree\n`);
  const cut = await commitsOf(plain, 2);
  assert.deepEqual([cut.commits.length, cut.unread], [2, [{ why: "the range has more than 2 commits" }]]);
  const broken = await commitsOf((tree) => plain(tree, "1".repeat(40)));
  assert.equal(broken.unread.length, 1);
});
