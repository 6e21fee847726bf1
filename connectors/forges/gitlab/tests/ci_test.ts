import { ciConformance } from "../../tests/ci_conformance.ts";
import { onGitLab } from "./subject.ts";

ciConformance((name, test) =>
  onGitLab(name, async ({ repo, project, forge, another, page }) => {
    const head = (branch: string) => project.repository.resolve(`refs/heads/${branch}`);
    await test({
      repo,
      forge,
      another,
      page,
      head,
      tells: (runs) => {
        project.pipelines = runs.map((run) => ({
          id: run.id,
          sha: run.commit,
          ref: run.branch,
          source: run.byPush ? "push" : "api",
          status: run.over ? run.attempts.at(-1) === "success" ? "success" : "failed" : "running",
          jobs: (run.attempts.length === 0 ? ["running"] : run.attempts).map((came, nth) => ({
            id: run.id * 10 + nth,
            name: "forge-verify 1/8",
            status: came === "failure" ? "failed" : came,
            ...(came === "failure" ? { failure_reason: "script_failure" } : {}),
          })),
        }));
      },
      intrudes: async (branch) => {
        const parent = await head("main") ?? "";
        await project.repository.commit({
          branch,
          parent,
          old: null,
          message: "mine",
          author: ["Mallory", "mallory@example.com"],
          actions: [{ action: "create", file_path: "mine.txt", content: "mine\n" }],
        });
      },
    });
  })
);
