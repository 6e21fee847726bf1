/** A forge over the GitLab for tests, with a repository that both sides have. */
import assert from "node:assert/strict";
import { openKvStore } from "../../../../kernel/mod.ts";
import { leapingClock } from "../../../sources/testing/leaping_clock.ts";
import { type TestRepository, withRepository } from "../../../workspace/tests/fixture.ts";
import { ForgeError } from "../../failure.ts";
import type { PullRequest, PullRequestAt } from "../../port.ts";
import { remoteRecords } from "../../remote_records.ts";
import type { Project } from "../../testing/gitlab_world.ts";
import { GITLAB_TOKEN, type GitLabServer, gitlabServer } from "../../testing/gitlab_server.ts";
import { proposal } from "../../tests/conformance.ts";
import { type GitLabForge, gitlabForge } from "../forge.ts";
import { gitlabSettings } from "../settings.ts";

export interface Subject {
  readonly repo: TestRepository;
  readonly gitlab: GitLabServer;
  readonly project: Project;
  readonly forge: GitLabForge;
  readonly env: Record<string, string>;
  readonly clock: ReturnType<typeof leapingClock>;
  /** The project's page. */
  readonly page: string;
  /** Another forge over other records: as after a crash that lost ours. */
  another(): Promise<GitLabForge>;
  propose: (more?: Parameters<typeof proposal>[1]) => ReturnType<typeof proposal>;
  /** Opens one. */
  opened(more?: Parameters<typeof proposal>[1]): Promise<PullRequest & { at: PullRequestAt }>;
}

const FILES: Record<string, string> = { "a.txt": "base\n", "b/c.txt": "c\n", "b/d/e.txt": "e\n" };
export const PATH = "acme/platform/core-tools/cli";

export function onGitLab(
  name: string,
  test: (subject: Subject) => Promise<void>,
  below = "",
): void {
  Deno.test(`gitlab: ${name}`, () =>
    withRepository(FILES, async (repo) => {
      await using gitlab = await gitlabServer(below);
      const project = await gitlab.seed(PATH, repo.dir);
      const page = gitlab.page(PATH);
      await repo.git("remote", "add", "origin", `${page}.git`);
      const env: Record<string, string> = { GITLAB_URL: gitlab.url, GITLAB_TOKEN };
      const clock = leapingClock();
      const closing: (() => Promise<void>)[] = [];
      const another = async () => {
        const store = await openKvStore(":memory:");
        const forge = gitlabForge({
          settings: () => gitlabSettings((name) => env[name]),
          records: remoteRecords(store),
          clock,
          userAgent: "edgeforge/test",
        });
        closing.push(async () => {
          await forge.end();
          await store.close();
        });
        return forge;
      };
      const forge = await another();
      const propose: Subject["propose"] = (more) => proposal(repo, more);
      try {
        await test({
          repo,
          gitlab,
          project,
          forge,
          env,
          clock,
          page,
          another,
          propose,
          opened: async (more) => {
            const pull = await forge.open((await propose(more)).request);
            return { ...pull, at: { repository: pull.repository ?? "", number: pull.number } };
          },
        });
      } finally {
        for (const close of closing) await close();
      }
    }));
}

/** The problem of a ForgeError that must come. */
export async function refusal(promise: Promise<unknown>): Promise<ForgeError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ForgeError) {
      assert.ok(!error.message.includes(GITLAB_TOKEN), error.message);
      return error;
    }
    throw error;
  }
  throw new assert.AssertionError({ message: "it was not refused" });
}
