/** The whole way to GitLab: a stand-in with real git behind it over the loopback, and git's own server for what is fetched. */
import assert from "node:assert/strict";
import { GITLAB_TOKEN, gitlabServer } from "../../connectors/testing/mod.ts";
import { room, userState } from "./samples.ts";

const PATH = "acme/platform/sample";

const opens = async (sample: string, below = "") => {
  const at = await room();
  const gitlab = await gitlabServer(below);
  const repo = await at.repository(sample);
  const project = await gitlab.seed(PATH, repo);
  await at.git(repo, "remote", "add", "origin", `${gitlab.page(PATH)}.git`);
  Object.assign(at.env, { GITLAB_URL: gitlab.url, GITLAB_TOKEN });
  return {
    at,
    gitlab,
    project,
    repo,
    [Symbol.asyncDispose]: async () => {
      await gitlab[Symbol.asyncDispose]();
      await at[Symbol.asyncDispose]();
    },
  };
};

async function filesWith(dir: string, text: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("grep", { args: ["-rlaF", text, dir], stderr: "null" }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

/** A small change that no test has to run for. */
const NOTE = {
  title: "Say where backups go",
  intent: { type: "CREATE", scope: ["docs/**"] },
  autonomy: "A2",
  operations: [{ op: "create-file", path: "docs/backups.md", content: "Backups go to the other disk.\n" }],
};

const PATCH = `diff --git a/docs/backups.md b/docs/backups.md
new file mode 100644
--- /dev/null
+++ b/docs/backups.md
@@ -0,0 +1 @@
+Backups go to the other disk.
`;

// req: N9-02 N9-09
Deno.test("an honest patch becomes one merge request on GitLab whose tree is the judged one; no push, no token left behind", async () => {
  await using given = await opens("shell-backup", "/gitlab");
  const { at, gitlab, project, repo } = given;
  const before = await userState(at, repo);
  const { operations: _, ...spec } = NOTE;
  const patch = await at.write("change.patch", PATCH);
  const { exit, document, stderr } = await at.forge(
    ...["run", await at.write("spec.json", JSON.stringify({ ...spec, autonomy: "A3" })), "--patch", patch],
    ...["--implementer", "patch", "--repo", repo, "--forge", "gitlab"],
  );
  assert.equal(exit, 0, JSON.stringify(document, null, 2));
  assert.equal(await userState(at, repo), before);
  assert.equal(project.mergeRequests.length, 1);
  const [pull] = project.mergeRequests;
  assert.equal(document.pullRequest?.number, pull?.iid);
  assert.equal(document.pullRequest?.branch, pull?.source_branch);
  assert.equal(document.pullRequest?.url, `${gitlab.page(PATH)}/-/merge_requests/1`);
  const git = project.repository.git;
  const commit = document.pullRequest?.commit ?? "";
  assert.equal(await git("rev-parse", `refs/heads/${pull?.source_branch}`), commit);
  await at.git(repo, "checkout", "-q", "-b", "own");
  await at.git(repo, "apply", "--index", patch);
  assert.equal(await git("rev-parse", `${commit}^{tree}`), (await at.git(repo, "write-tree")).trim());
  assert.equal(await git("rev-parse", `${commit}^`), (await at.git(repo, "rev-parse", "HEAD")).trim());
  assert.deepEqual(pull?.labels, ["edgeforge"]);
  assert.deepEqual(project.statuses.map((one) => [one.name, one.status, one.sha]), [[
    "edgeforge",
    "success",
    commit,
  ]]);
  assert.deepEqual(gitlab.world.commands, []);
  assert.ok(gitlab.asked.every((one) => !one.path.includes("git-receive-pack")));
  assert.ok(!(JSON.stringify(document) + stderr).includes(GITLAB_TOKEN));
  assert.deepEqual(await filesWith(at.dir, GITLAB_TOKEN), []);
});

// req: N9-03
Deno.test("a URL in nested groups is fetched with the credential and delivered there; when an answer is lost it is still one merge request", async () => {
  await using given = await opens("shell-backup");
  const { at, gitlab, project } = given;
  const spec = await at.write("spec.json", JSON.stringify(NOTE));
  const lost: string[] = [];
  gitlab.after = ({ method, path }) => {
    const what = path.split("/").at(-1) ?? "";
    if (method !== "POST" || !["commits", "merge_requests"].includes(what) || lost.includes(what)) return;
    lost.push(what);
    throw new Error("the answer is lost");
  };
  const { exit, document } = await at.forge("run", spec, "--repo", `${gitlab.page(PATH)}.git`);
  assert.equal(exit, 0, JSON.stringify(document, null, 2));
  assert.deepEqual(lost, ["commits", "merge_requests"]);
  assert.equal(project.mergeRequests.length, 1);
  const [pull] = project.mergeRequests;
  assert.match(pull?.title ?? "", /^Draft: /, "at A2 it is a draft");
  assert.equal(document.pullRequest?.commit, await project.repository.resolve(pull?.source_branch ?? ""));
  assert.ok(gitlab.asked.some((one) => one.path.endsWith("/git-upload-pack")));
  assert.deepEqual(await filesWith(at.dir, GITLAB_TOKEN), []);
  assert.deepEqual(await filesWith(at.dir, btoa(`oauth2:${GITLAB_TOKEN}`)), []);

  const listed = await at.forge("pr", "list", "--repo", gitlab.page(PATH));
  const [mine] = (listed.document as unknown as { pullRequests: { url: string }[] }).pullRequests;
  assert.equal(mine?.url, `${gitlab.page(PATH)}/-/merge_requests/1`);
  const all = await at.forge("pr", "list");
  assert.equal((all.document as unknown as { pullRequests: unknown[] }).pullRequests.length, 1);
  const shown = await at.forge("pr", "show", mine?.url ?? "", "--refresh");
  assert.equal(shown.exit, 0, JSON.stringify(shown.document));
  const { state } = shown.document as unknown as { state: { state: string; draft: boolean } };
  assert.deepEqual([state.state, state.draft], ["open", true]);

  const doctor = await at.forge("doctor");
  const checks =
    (doctor.document as unknown as { checks: { name: string; ok: boolean; detail: string }[] }).checks;
  const found = checks.find((one) => one.name === "gitlab");
  assert.deepEqual([found?.ok, found?.detail], [
    true,
    `credential GITLAB_TOKEN for ${
      new URL(gitlab.url).host
    }, webhooks closed (no GITLAB_WEBHOOK_SIGNING_TOKEN)`,
  ]);
});

Deno.test("a denied change leaves nothing on GitLab, and what cannot be delivered is refused before a run begins", async () => {
  await using given = await opens("shell-backup");
  const { at, gitlab, project, repo } = given;
  const denied = await at.forge(
    ...["run", await at.write("denied.json", JSON.stringify({ ...NOTE, operations: [] }))],
    ...["--repo", repo, "--forge", "gitlab"],
  );
  assert.equal(denied.document.status, "denied");
  assert.ok(gitlab.asked.every((one) => one.method === "GET"), "nothing but questions");
  assert.deepEqual(project.mergeRequests, []);
  assert.equal(await project.repository.git("branch", "--list", "forge/*"), "");

  const spec = await at.write("spec.json", JSON.stringify(NOTE));
  const code = async (...args: string[]) => {
    const { exit, document } = await at.forge("run", spec, ...args);
    assert.equal(exit, 2);
    return document.error?.code;
  };
  const url = gitlab.page(PATH);
  assert.equal(await code("--repo", url, "--forge", "local"), "forge-needed");
  assert.equal(await code("--repo", repo, "--forge", "github"), "forge-elsewhere");
  assert.equal(await code("--repo", `${url}-missing`), "repo-not-found");
  project.members.set(1, 20);
  assert.equal(await code("--repo", url), "forge-forbidden");
  project.members.set(1, 30);
  await at.git(repo, "commit", "-q", "--allow-empty", "-m", "only here");
  assert.equal(await code("--repo", repo, "--forge", "gitlab"), "base-moved");
  delete at.env.GITLAB_TOKEN;
  assert.equal(await code("--repo", url), "forge-credential-missing");
  const runs = await at.forge("workflow", "list");
  assert.equal((runs.document as unknown as { runs: unknown[] }).runs.length, 1);
});

Deno.test("a limit of GitLab that ends in an hour parks the run, and nothing half done is on the server", async () => {
  await using given = await opens("shell-backup");
  const { at, gitlab, project, repo } = given;
  gitlab.instead = ({ method, path }) =>
    method === "POST" && path.endsWith("/commits")
      ? new Response("Retry later\n", { status: 429, headers: { "retry-after": "3600" } })
      : undefined;
  const spec = await at.write("spec.json", JSON.stringify(NOTE));
  const { exit, document } = await at.forge("run", spec, "--repo", repo, "--forge", "gitlab");
  assert.deepEqual([exit, document.status, document.pullRequest], [3, "parked", null]);
  assert.deepEqual(project.mergeRequests, []);
  assert.equal(await project.repository.git("branch", "--list", "forge/*"), "");
});
