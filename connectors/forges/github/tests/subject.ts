/** A forge over the emulated GitHub, with a repository that both sides have. */
import assert from "node:assert/strict";
import { openKvStore } from "../../../../kernel/mod.ts";
import { type TestRepository, withRepository } from "../../../workspace/tests/fixture.ts";
import { leapingClock } from "../../../sources/testing/leaping_clock.ts";
import { ForgeError } from "../../failure.ts";
import type { PullRequest, PullRequestAt } from "../../port.ts";
import { remoteRecords } from "../../remote_records.ts";
import { type GitHubServer, githubServer, TOKEN } from "../../testing/github_server.ts";
import { proposal } from "../../tests/conformance.ts";
import { type GitHubForge, githubForge } from "../forge.ts";
import { githubSettings } from "../settings.ts";

export interface Subject {
  readonly repo: TestRepository;
  readonly github: GitHubServer;
  readonly forge: GitHubForge;
  readonly env: Record<string, string>;
  readonly clock: ReturnType<typeof leapingClock>;
  /** Another forge over other records: as after a crash that lost ours. */
  another(): Promise<GitHubForge>;
  propose: (more?: Parameters<typeof proposal>[1]) => ReturnType<typeof proposal>;
  /** Opens one. */
  opened(more?: Parameters<typeof proposal>[1]): Promise<PullRequest & { at: PullRequestAt }>;
}

const FILES: Record<string, string> = { "a.txt": "base\n", "b/c.txt": "c\n", "b/d/e.txt": "e\n" };

export function onGitHub(
  name: string,
  test: (subject: Subject) => Promise<void>,
  app?: Record<string, string>,
): void {
  Deno.test(`github: ${name}`, () =>
    withRepository(FILES, async (repo) => {
      await using github = await githubServer(app);
      await github.seed("tools", repo.dir);
      await repo.git("remote", "add", "origin", `${github.page("tools")}.git`);
      const env: Record<string, string> = { GITHUB_API_URL: github.api, GITHUB_TOKEN: TOKEN };
      const clock = leapingClock();
      const closing: (() => Promise<void>)[] = [];
      const another = async () => {
        const store = await openKvStore(":memory:");
        const forge = githubForge({
          settings: () => githubSettings((name) => env[name], Deno.readTextFileSync),
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
          github,
          forge,
          env,
          clock,
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
      assert.ok(!error.message.includes(TOKEN), error.message);
      return error;
    }
    throw error;
  }
  throw new assert.AssertionError({ message: "it was not refused" });
}
