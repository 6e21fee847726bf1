import { openKvStore } from "../../../../kernel/mod.ts";
import { leapingClock } from "../../../sources/testing/leaping_clock.ts";
import type { TestRepository } from "../../../workspace/tests/fixture.ts";
import { remoteRecords } from "../../remote_records.ts";
import { type GitHubServer, githubServer, TOKEN } from "../../testing/github_server.ts";
import { forgeConformance } from "../../tests/conformance.ts";
import { githubForge } from "../forge.ts";
import { githubSettings } from "../settings.ts";

/** The emulator opens a second pull request of the same branch, which GitHub refuses. */
function oneOfEachBranch(github: GitHubServer): void {
  let turn: Promise<unknown> = Promise.resolve();
  github.instead = ({ method, path, body }) => {
    if (method !== "POST" || !path.endsWith("/pulls")) return undefined;
    const answer = turn.then(async () => {
      const wanted = JSON.parse(body) as { head: string };
      const { json } = await github.call("GET", `${path}?state=open`);
      if ((json as { head: { ref: string } }[]).some((one) => one.head.ref === wanted.head)) {
        const message = `A pull request already exists for acme:${wanted.head}.`;
        return Response.json({ message: "Validation Failed", errors: [{ message }] }, { status: 422 });
      }
      const made = await github.call("POST", path, wanted);
      const pull = made.json as { number: number };
      // It names itself by its own address.
      const url = `${github.page("tools")}/pull/${pull.number}`;
      return Response.json({ ...pull, html_url: url }, { status: made.status });
    });
    turn = answer.catch(() => {});
    return answer;
  };
}

const servers = new WeakMap<TestRepository, GitHubServer>();
const serverOf = (repository: TestRepository): GitHubServer => {
  const server = servers.get(repository);
  if (server === undefined) throw new Error("the session has not begun");
  return server;
};

// req: N9-03
forgeConformance("forge of GitHub", {
  async session(test, repository) {
    await using github = await githubServer();
    await github.seed("tools", repository.dir);
    servers.set(repository, github);
    oneOfEachBranch(github);
    await repository.git("remote", "add", "origin", `${github.page("tools")}.git`);
    const store = await openKvStore(":memory:");
    const env: Record<string, string> = { GITHUB_API_URL: github.api, GITHUB_TOKEN: TOKEN };
    const forges: { end(): Promise<void> }[] = [];
    try {
      await test(() => {
        const forge = githubForge({
          settings: () => githubSettings((name) => env[name], Deno.readTextFileSync),
          records: remoteRecords(store),
          clock: leapingClock(),
          userAgent: "edgeforge/test",
        });
        forges.push(forge);
        return forge;
      });
    } finally {
      for (const forge of forges) await forge.end();
      await store.close();
    }
  },
  page: (repository) => serverOf(repository).page("tools"),
  async branch(repository, name) {
    const { status, json } = await serverOf(repository).call(
      "GET",
      `/repos/acme/tools/git/ref/heads/${name}`,
    );
    return status === 404 ? null : (json as { object: { sha: string } }).object.sha;
  },
});
