/** The whole way to GitHub: an emulator with state over the loopback, and git's own server for what is fetched. */
import assert from "node:assert/strict";
import { GITHUB_TOKEN, githubServer } from "../../connectors/testing/mod.ts";
import { room, userState } from "./samples.ts";

const opens = async () => {
  const at = await room();
  const github = await githubServer();
  const repo = await at.repository("deno-signup");
  await github.seed("signup", repo);
  await at.git(repo, "remote", "add", "origin", `${github.page("signup")}.git`);
  Object.assign(at.env, { GITHUB_API_URL: github.api, GITHUB_TOKEN });
  return {
    at,
    github,
    repo,
    run: (patch: string, ...more: string[]) =>
      at.forge(
        "run",
        at.beside("deno-signup", "spec.md"),
        "--patch",
        at.beside("deno-signup", patch),
        ...more,
      ),
    pulls: async () =>
      (await github.call("GET", "/repos/acme/signup/pulls?state=all")).json as {
        number: number;
        draft: boolean;
        body: string;
        head: { ref: string; sha: string };
      }[],
    [Symbol.asyncDispose]: async () => {
      await github[Symbol.asyncDispose]();
      await at[Symbol.asyncDispose]();
    },
  };
};

Deno.test("an honest patch becomes one pull request on GitHub whose tree is the judged one; no push, no token left behind", async () => {
  await using given = await opens();
  const { at, github, repo } = given;
  const before = await userState(at, repo);
  const { exit, document, stderr } = await given.run("honest.patch", "--repo", repo, "--forge", "github");
  assert.equal(exit, 0, JSON.stringify(document, null, 2));
  const pulls = await given.pulls();
  assert.equal(pulls.length, 1);
  const [pull] = pulls;
  assert.equal(document.pullRequest?.number, pull?.number);
  assert.equal(document.pullRequest?.commit, pull?.head.sha);
  assert.equal(document.pullRequest?.branch, pull?.head.ref);
  assert.equal(pull?.draft, false);
  const commit = (await github.call("GET", `/repos/acme/signup/git/commits/${pull?.head.sha}`)).json as {
    tree: { sha: string };
    parents: { sha: string }[];
  };
  await at.git(repo, "checkout", "-q", "-b", "own");
  await at.git(repo, "apply", "--index", at.beside("deno-signup", "honest.patch"));
  assert.equal(commit.tree.sha, (await at.git(repo, "write-tree")).trim());
  assert.deepEqual(commit.parents.map((one) => one.sha), [(await at.git(repo, "rev-parse", "HEAD")).trim()]);
  await at.git(repo, "reset", "-q", "--hard");
  await at.git(repo, "checkout", "-q", "-");
  await at.git(repo, "branch", "-q", "-D", "own");
  assert.equal(stateOf(await userState(at, repo)), stateOf(before));
  assert.ok(github.asked.every((one) => !one.path.includes("git-receive-pack")));
  assert.ok(!(JSON.stringify(document) + stderr).includes(GITHUB_TOKEN));
  assert.deepEqual(await filesWith(at.dir, GITHUB_TOKEN), []);
});

/** Without what checking out a branch leaves in the reflog. */
const stateOf = (state: string): string => state.split("\n---\n").slice(0, 3).join("\n");

async function filesWith(dir: string, text: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("grep", { args: ["-rlaF", text, dir], stderr: "null" }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}
