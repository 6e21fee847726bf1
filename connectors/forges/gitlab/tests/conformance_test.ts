import { openKvStore } from "../../../../kernel/mod.ts";
import { leapingClock } from "../../../sources/testing/leaping_clock.ts";
import type { TestRepository } from "../../../workspace/tests/fixture.ts";
import { remoteRecords } from "../../remote_records.ts";
import { GITLAB_TOKEN, type GitLabServer, gitlabServer } from "../../testing/gitlab_server.ts";
import { forgeConformance } from "../../tests/conformance.ts";
import { gitlabForge } from "../forge.ts";
import { gitlabSettings } from "../settings.ts";

const PATH = "acme/tools";
const servers = new WeakMap<TestRepository, GitLabServer>();
const serverOf = (repository: TestRepository): GitLabServer => {
  const server = servers.get(repository);
  if (server === undefined) throw new Error("the session has not begun");
  return server;
};

// req: N9-03
forgeConformance("forge of GitLab", {
  async session(test, repository) {
    await using gitlab = await gitlabServer();
    await gitlab.seed(PATH, repository.dir);
    servers.set(repository, gitlab);
    await repository.git("remote", "add", "origin", `${gitlab.page(PATH)}.git`);
    const store = await openKvStore(":memory:");
    const env: Record<string, string> = { GITLAB_URL: gitlab.url, GITLAB_TOKEN };
    const forges: { end(): Promise<void> }[] = [];
    try {
      await test(() => {
        const forge = gitlabForge({
          settings: () => gitlabSettings((name) => env[name]),
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
  page: (repository) => serverOf(repository).page(PATH),
  branch: (repository, name) =>
    serverOf(repository).world.projects[0]?.repository.resolve(`refs/heads/${name}`) ?? Promise.resolve(null),
});
