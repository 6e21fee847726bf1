/** The whole way to GitHub: an emulator with state over the loopback, and git's own server for what is fetched. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { GITHUB_TOKEN, githubServer } from "../../connectors/testing/mod.ts";
import { room, sandboxed, userState } from "./samples.ts";

const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

const opens = async (sample: string) => {
  const at = await room();
  const github = await githubServer();
  const repo = await at.repository(sample);
  await github.seed("sample", repo);
  await at.git(repo, "remote", "add", "origin", `${github.page("sample")}.git`);
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
      (await github.call("GET", "/repos/acme/sample/pulls?state=all")).json as {
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

// req: N9-09
Deno.test("an honest patch becomes one pull request on GitHub whose tree is the judged one; no push, no token left behind", async () => {
  await using given = await opens("deno-signup");
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
  const commit = (await github.call("GET", `/repos/acme/sample/git/commits/${pull?.head.sha}`)).json as {
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

Deno.test("a URL is fetched with the credential and delivered there; killed between effect and record it is still one pull request", async () => {
  await using given = await opens("shell-backup");
  const { at, github } = given;
  const spec = await at.write("spec.json", JSON.stringify(NOTE));
  const sandbox = sandboxed ? [] : ["--sandbox", "none"];
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      MAIN,
      "run",
      spec,
      "--repo",
      `${github.page("sample")}.git`,
      "--data",
      at.data,
      ...sandbox,
    ],
    env: { NO_COLOR: "1", GITHUB_API_URL: github.api, GITHUB_TOKEN },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let killed = 0;
  github.after = async ({ method, path }) => {
    if (method !== "POST" || !path.endsWith("/pulls") || killed++ > 0) return;
    child.kill("SIGKILL");
    await child.status;
  };
  const run = /run_[0-9a-z]+/.exec(new TextDecoder().decode((await child.output()).stderr))?.[0];
  assert.equal(killed, 1, "the process was killed when GitHub had opened it");
  assert.equal((await given.pulls()).length, 1);
  const { exit, document } = await at.forge("workflow", "resume", run ?? "", ...sandbox);
  assert.equal(exit, 0, JSON.stringify(document, null, 2));
  const pulls = await given.pulls();
  assert.equal(pulls.length, 1);
  assert.equal(pulls[0]?.draft, true, "at A2 it is a draft");
  const { json: labels } = await github.call("GET", `/repos/acme/sample/issues/${pulls[0]?.number}/labels`);
  assert.deepEqual((labels as { name: string }[]).map((one) => one.name), ["edgeforge"]);
  const { json: checks } = await github.call(
    "GET",
    `/repos/acme/sample/commits/${pulls[0]?.head.sha}/check-runs`,
  );
  const runs = (checks as { check_runs: { name: string; conclusion: string }[] }).check_runs;
  assert.deepEqual(runs.map((one) => [one.name, one.conclusion]), [["edgeforge", "success"]]);
  assert.ok(github.asked.some((one) => one.path.endsWith("/git-upload-pack")));
  assert.deepEqual(await filesWith(at.dir, GITHUB_TOKEN), []);
  assert.deepEqual(await filesWith(at.dir, btoa(`x-access-token:${GITHUB_TOKEN}`)), []);

  const listed = await at.forge("pr", "list", "--repo", github.page("sample"));
  const [mine] = (listed.document as unknown as { pullRequests: { url: string }[] }).pullRequests;
  assert.equal(mine?.url, `${github.page("sample")}/pull/${pulls[0]?.number}`);
  const shown = await at.forge("pr", "show", mine?.url ?? "", "--refresh");
  assert.equal(shown.exit, 0, JSON.stringify(shown.document));
  assert.equal((shown.document as unknown as { state: { state: string } }).state.state, "open");
});

Deno.test("a denied change leaves nothing on the server, and what cannot be delivered is refused before a run begins", async () => {
  await using given = await opens("shell-backup");
  const { at, github, repo } = given;
  const denied = await at.forge(
    "run",
    await at.write("denied.json", JSON.stringify({ ...NOTE, operations: [] })),
    ...["--repo", repo, "--forge", "github"],
  );
  assert.equal(denied.document.status, "denied");
  assert.ok(github.asked.every((one) => one.method === "GET"), "nothing but questions");
  assert.deepEqual(await given.pulls(), []);

  const spec = await at.write("spec.json", JSON.stringify(NOTE));
  const code = async (...args: string[]) => {
    const { exit, document } = await at.forge("run", spec, ...args);
    assert.equal(exit, 2);
    return document.error?.code;
  };
  const url = github.page("sample");
  assert.equal(await code("--repo", url, "--forge", "local"), "forge-needed");
  assert.equal(await code("--repo", "https://git.example.com/acme/signup"), "forge-needed");
  assert.equal(await code("--repo", repo, "--forge", "sourcehut"), "usage");
  assert.equal(await code("--repo", `${url}-missing`), "repo-not-found");
  await at.git(repo, "commit", "-q", "--allow-empty", "-m", "only here");
  assert.equal(await code("--repo", repo, "--forge", "github"), "base-moved");
  delete at.env.GITHUB_TOKEN;
  assert.equal(await code("--repo", url), "forge-credential-missing");
  const runs = await at.forge("workflow", "list");
  assert.equal((runs.document as unknown as { runs: unknown[] }).runs.length, 1);
});

Deno.test("a limit that ends in an hour parks the run, and nothing half done is on the server", async () => {
  await using given = await opens("shell-backup");
  const { at, github, repo } = given;
  github.instead = ({ method, path }) =>
    method === "POST" && path.endsWith("/git/trees")
      ? Response.json({ message: "You have exceeded a secondary rate limit." }, {
        status: 403,
        headers: { "retry-after": "3600" },
      })
      : undefined;
  const spec = await at.write("spec.json", JSON.stringify(NOTE));
  const { exit, document } = await at.forge("run", spec, "--repo", repo, "--forge", "github");
  assert.deepEqual([exit, document.status, document.pullRequest], [3, "parked", null]);
  assert.match(document.failure?.message ?? "", /secondary rate limit/);
  assert.deepEqual(await given.pulls(), []);
});

/** A small change that no test has to run for. */
const NOTE = {
  title: "Say where backups go",
  intent: { type: "CREATE", scope: ["docs/**"] },
  autonomy: "A2",
  operations: [{ op: "create-file", path: "docs/backups.md", content: "Backups go to the other disk.\n" }],
};
