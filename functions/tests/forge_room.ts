/** Repositories on a GitHub and a GitLab of this machine, with a record that has earned A4, and people who approve. */
import { dirname } from "node:path";
import { GITHUB_TOKEN, githubServer, GITLAB_TOKEN, gitlabServer } from "../../connectors/testing/mod.ts";
import { openKvStore } from "../../kernel/mod.ts";
import type { RunDocument, Tier } from "../../specs/mod.ts";
import { places } from "../fleet/places.ts";
import { trustKey } from "../fleet/series.ts";
import { type Room, room } from "./samples.ts";

const DAY_MS = 86_400_000;

/** A small change that no test has to run for. */
export const note = (name: string, more: object = {}): string =>
  JSON.stringify({
    title: `Say where ${name} goes`,
    intent: { type: "CREATE", scope: ["docs/**"] },
    autonomy: "A4",
    operations: [{ op: "create-file", path: `docs/${name}.md`, content: `It goes to the other ${name}.\n` }],
    ...more,
  });

export interface ForgeRoom {
  readonly at: Room;
  readonly github: Awaited<ReturnType<typeof githubServer>>;
  readonly gitlab: Awaited<ReturnType<typeof gitlabServer>>;
  /** A clone whose origin is a repository of that forge, in which A4 is earned. */
  repository(
    forge: "github" | "gitlab",
    name: string,
    files?: Readonly<Record<string, string>>,
  ): Promise<string>;
  /** Opens a pull request there by a spec. */
  opens(
    repo: string,
    forge: "github" | "gitlab",
    spec: string,
  ): Promise<NonNullable<RunDocument["pullRequest"]> & { run: string }>;
  /** Somebody who may write approves its head. */
  approves(pull: { url: string; number: number; commit: string }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function forgeRoom(): Promise<ForgeRoom> {
  const at = await room();
  const github = await githubServer();
  const gitlab = await gitlabServer();
  Object.assign(at.env, {
    GITHUB_API_URL: github.api,
    GITHUB_TOKEN,
    GITLAB_URL: gitlab.url,
    GITLAB_TOKEN,
  });
  github.instead = (asked) =>
    /\/collaborators\/[^/]+\/permission$/.test(asked.path)
      ? Response.json({ permission: "write", role_name: "write" })
      : undefined;
  return {
    at,
    github,
    gitlab,
    async repository(forge, name, files = {}) {
      const made = await at.repository("shell-backup");
      const repo = `${at.dir}/${name}`;
      await Deno.rename(made, repo);
      for (const [path, text] of Object.entries(files)) {
        await Deno.mkdir(dirname(`${repo}/${path}`), { recursive: true });
        await Deno.writeTextFile(`${repo}/${path}`, text);
      }
      if (Object.keys(files).length > 0) {
        await at.git(repo, "add", "-A");
        await at.git(repo, "commit", "-qm", "files");
      }
      if (forge === "github") await github.seed(name, repo);
      else await gitlab.seed(`acme/${name}`, repo);
      const page = forge === "github" ? github.page(name) : gitlab.page(`acme/${name}`);
      await at.git(repo, "remote", "add", "origin", `${page}.git`);
      await earned(at.data, await Deno.realPath(`${repo}/.git`));
      return repo;
    },
    async opens(repo, forge, spec) {
      const path = await at.write(`${crypto.randomUUID()}.json`, spec);
      const { exit, document } = await at.forge("run", path, "--repo", repo, "--forge", forge);
      const { pullRequest, run } = document;
      if (exit !== 0 || pullRequest === null) throw new Error(JSON.stringify(document, null, 2));
      return { ...pullRequest, run };
    },
    async approves({ url, number, commit }) {
      const name = /\/acme\/([^/]+)\//.exec(url)?.[1] ?? "";
      if (url.includes("/-/merge_requests/")) {
        await gitlab.approve(`acme/${name}`, number);
        return;
      }
      const { status, json } = await github.call(
        "POST",
        `/repos/acme/${name}/pulls/${number}/reviews`,
        { event: "APPROVE", commit_id: commit, body: "" },
        "reader",
      );
      if (status > 299) throw new Error(JSON.stringify(json));
    },
    async [Symbol.asyncDispose]() {
      await github[Symbol.asyncDispose]();
      await gitlab[Symbol.asyncDispose]();
      await at[Symbol.asyncDispose]();
    },
  };
}

/** A record of sixty clean runs: with it A4 is granted for such changes in that repository. */
export async function earned(
  data: string,
  repository: string,
  { intent, tier }: { intent: string; tier: Tier } = { intent: "CREATE", tier: "standard" },
): Promise<void> {
  await Deno.mkdir(data, { recursive: true, mode: 0o700 });
  const store = await openKvStore(`${data}/state.db`);
  const entries = Array.from({ length: 60 }, (_, n) => ({
    run: `run_record${String(n).padStart(4, "0")}`,
    at: new Date(Date.now() - DAY_MS - (60 - n) * 60_000).toISOString(),
    result: "completed",
    hits: [],
  }));
  const key = places.trust(await trustKey(repository, intent, tier));
  await store.commit({
    sets: [{ key, value: { repository, intent, tier, entries } }],
  });
  await store.close();
}
