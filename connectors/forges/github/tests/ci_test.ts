import { ciConformance, type ToldRun } from "../../tests/ci_conformance.ts";
import { onGitHub } from "./subject.ts";

const PATH = ".github/workflows/forge-verify.yml";

/** As GitHub's documentation shows workflow runs and their jobs. */
function answers(path: string, runs: readonly ToldRun[]): Response | undefined {
  const shown = (run: ToldRun) => ({
    id: run.id,
    head_sha: run.commit,
    head_branch: run.branch,
    event: run.byPush ? "push" : "workflow_dispatch",
    path: PATH,
    run_attempt: Math.max(1, run.attempts.length),
    status: run.over ? "completed" : "in_progress",
    conclusion: run.attempts.at(-1) ?? null,
    head_repository: { full_name: "acme/tools" },
  });
  if (path.endsWith("/actions/runs")) {
    return Response.json({ total_count: runs.length, workflow_runs: runs.map(shown) });
  }
  const [, id, nth, jobs] = /\/actions\/runs\/(\d+)\/attempts\/(\d+)(\/jobs)?$/.exec(path) ?? [];
  const run = runs.find((one) => one.id === Number(id));
  if (run === undefined) return undefined;
  if (jobs === undefined) return Response.json({ ...shown(run), run_attempt: Number(nth) });
  const conclusion = run.attempts[Number(nth) - 1] ?? null;
  const job = {
    id: run.id * 10 + Number(nth),
    name: "forge-verify 1/8",
    head_sha: run.commit,
    status: conclusion === null ? "in_progress" : "completed",
    conclusion,
  };
  return Response.json({ total_count: 1, jobs: [job] });
}

ciConformance((name, test) =>
  onGitHub(name, async ({ repo, github, forge, another }) => {
    const ref = async (branch: string) => {
      const { status, json } = await github.call("GET", `/repos/acme/tools/git/ref/heads/${branch}`);
      return status === 200 ? (json as { object: { sha: string } }).object.sha : null;
    };
    await test({
      repo,
      forge,
      another,
      page: github.page("tools"),
      tells: (runs) => {
        github.instead = ({ path }) => answers(path, runs);
      },
      head: ref,
      intrudes: async (branch) => {
        const sha = await ref("main");
        await github.call("POST", "/repos/acme/tools/git/refs", { ref: `refs/heads/${branch}`, sha });
        const tree = await repo.git("rev-parse", "HEAD:b");
        const { json } = await github.call("POST", "/repos/acme/tools/git/commits", {
          message: "mine",
          tree,
          parents: [sha],
        });
        const made = (json as { sha: string }).sha;
        await github.call("PATCH", `/repos/acme/tools/git/refs/heads/${branch}`, { sha: made, force: true });
      },
    });
  })
);
