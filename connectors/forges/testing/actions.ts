/**
 * A stand-in for GitHub Actions, for tests: what the emulator has no word of. Written from the REST API's documentation (workflow runs,
 * jobs, logs) and its `workflow_run` webhook. It reads the workflow of the commit that was pushed, and really runs its shell steps in a
 * real clone, one process for each job.
 */
import { join } from "node:path";
import { parse } from "yaml";
import type { Asked, GitHubServer } from "./github_server.ts";

interface Job {
  id: number;
  name: string;
  attempt: number;
  conclusion: string | null;
  log: string;
}

export interface ActionsRun {
  id: number;
  repo: string;
  branch: string;
  sha: string;
  path: string;
  event: string;
  attempt: number;
  status: "queued" | "in_progress" | "completed";
  conclusion: string | null;
  jobs: Job[];
}

export interface Actions {
  readonly runs: ActionsRun[];
  /** Branches that were deleted. */
  readonly deleted: string[];
  /** False: nothing is started by a push any more. */
  on: boolean;
  /** No job begins before this is settled. */
  held: Promise<void>;
  /** Told when a run is over; a webhook goes out by it. */
  over: ((run: ActionsRun) => Promise<void>) | null;
  /** Every run that was started has ended. */
  idle(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const utf8 = new TextDecoder();

async function shell(
  command: string,
  args: readonly string[],
  options: { cwd?: string; stdin?: Uint8Array; env?: Record<string, string> } = {},
): Promise<{ code: number; out: string; both: string }> {
  const child = new Deno.Command(command, {
    args: [...args],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: "/nonexistent",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      ...options.env,
    },
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(options.stdin);
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  return { code, out: utf8.decode(stdout), both: utf8.decode(stdout) + utf8.decode(stderr) };
}

/** Runs what is pushed below `forge/` to the repositories of the server. `gitDirs`: name of a repository -> where its history lies. */
export async function actionsOn(
  server: GitHubServer,
  gitDirs: Readonly<Record<string, string>>,
): Promise<Actions> {
  const root = await Deno.makeTempDir({ prefix: "edgeforge-actions-" });
  let next = 7000;
  let busy: Promise<unknown> = Promise.resolve();
  const self: Actions = {
    runs: [],
    deleted: [],
    on: true,
    held: Promise.resolve(),
    over: null,
    async idle() {
      for (let seen: unknown = null; seen !== busy;) await (seen = busy);
    },
    async [Symbol.asyncDispose]() {
      await self.idle();
      await Deno.remove(root, { recursive: true });
    },
  };
  const bare = (repo: string) => join(root, `${repo}.git`);
  for (const [repo, gitDir] of Object.entries(gitDirs)) {
    await shell("git", ["clone", "-q", "--bare", gitDir, bare(repo)]);
  }

  /** Objects that were made by API come into the real repository, under their own names. */
  async function fetchCommit(repo: string, sha: string): Promise<void> {
    const git = async (args: string[], stdin?: Uint8Array) =>
      (await shell("git", ["-C", bare(repo), ...args], stdin === undefined ? {} : { stdin })).out.trim();
    const has = async (name: string) =>
      (await shell("git", ["-C", bare(repo), "cat-file", "-e", name])).code === 0;
    if (await has(sha)) return;
    const get = async (path: string) => (await server.call("GET", `/repos/acme/${repo}/git/${path}`)).json;
    const commit = await get(`commits/${sha}`) as {
      tree: { sha: string };
      parents: { sha: string }[];
      author: { name: string; email: string; date: string };
      committer: { name: string; email: string; date: string };
      message: string;
    };
    for (const parent of commit.parents) await fetchCommit(repo, parent.sha);
    const tree = async (name: string): Promise<void> => {
      if (await has(name)) return;
      const { tree: entries } = await get(`trees/${name}`) as {
        tree: { path: string; mode: string; type: string; sha: string }[];
      };
      for (const entry of entries) {
        if (entry.type === "tree") await tree(entry.sha);
        else if (entry.type === "blob" && !await has(entry.sha)) {
          const blob = await get(`blobs/${entry.sha}`) as { content: string; encoding: string };
          const bytes = blob.encoding === "base64"
            ? Uint8Array.fromBase64(blob.content.replace(/\s/g, ""))
            : new TextEncoder().encode(blob.content);
          await git(["hash-object", "-w", "--stdin"], bytes);
        }
      }
      const listed = entries.map(({ mode, type, sha, path }) => `${mode} ${type} ${sha}\t${path}\0`).join("");
      const made = await git(["mktree", "-z"], new TextEncoder().encode(listed));
      if (made !== name) throw new Error(`The tree ${name} came out as ${made}`);
    };
    await tree(commit.tree.sha);
    const who = (one: typeof commit.author) =>
      `${one.name} <${one.email}> ${Math.floor(Date.parse(one.date) / 1000)} +0000`;
    const text = `tree ${commit.tree.sha}\n${commit.parents.map((one) => `parent ${one.sha}\n`).join("")}` +
      `author ${who(commit.author)}\ncommitter ${who(commit.committer)}\n\n${commit.message}`;
    const made = await git(["hash-object", "-w", "-t", "commit", "--stdin"], new TextEncoder().encode(text));
    if (made !== sha) throw new Error(`The commit ${sha} came out as ${made}`);
  }

  async function pushed(repo: string, branch: string, sha: string): Promise<void> {
    await fetchCommit(repo, sha);
    await shell("git", ["-C", bare(repo), "update-ref", `refs/heads/${branch}`, sha]);
    const path = ".github/workflows/forge-verify.yml";
    const shown = await shell("git", ["-C", bare(repo), "show", `${sha}:${path}`]);
    if (shown.code !== 0) return;
    const workflow = parse(shown.out) as {
      jobs: { verify: { strategy: { matrix: { slot: number[] } }; steps: Record<string, unknown>[] } };
    };
    const { strategy, steps } = workflow.jobs.verify;
    const run: ActionsRun = {
      id: ++next,
      repo,
      branch,
      sha,
      path,
      event: "push",
      attempt: 1,
      status: "in_progress",
      conclusion: null,
      jobs: strategy.matrix.slot.map((slot) => ({
        id: ++next,
        name: `forge-verify ${slot}/${strategy.matrix.slot.length}`,
        attempt: 1,
        conclusion: null,
        log: "",
      })),
    };
    self.runs.push(run);
    await self.held;
    const script = steps.find((step) => typeof step.run === "string" && step.name === "forge-verify");
    // One after the other in one clone: a clone for each would only take longer.
    const dir = await Deno.makeTempDir({ dir: root });
    await shell("git", ["clone", "-q", "--shared", "--no-checkout", bare(repo), dir]);
    await shell("git", ["-C", dir, "checkout", "-q", sha]);
    for (const [nth, job] of run.jobs.entries()) {
      const done = await shell("bash", ["-c", String(script?.run)], {
        cwd: dir,
        env: {
          FORGE_SLOT: String(strategy.matrix.slot[nth]),
          FORGE_COMMIT: sha,
          FORGE_VERIFY_SAME_USER: Deno.uid() === 0 ? "no" : "yes",
        },
      });
      job.conclusion = done.code === 0 ? "success" : "failure";
      job.log = done.both.split("\n").map((line) => `2026-11-23T18:00:00.0000000Z ${line}`).join("\n");
    }
    await Deno.remove(dir, { recursive: true });
    run.status = "completed";
    run.conclusion = run.jobs.some((job) => job.conclusion === "failure") ? "failure" : "success";
    await self.over?.(run);
  }

  const shownRun = (run: ActionsRun) => ({
    id: run.id,
    head_sha: run.sha,
    head_branch: run.branch,
    event: run.event,
    path: run.path,
    run_attempt: run.attempt,
    status: run.status,
    conclusion: run.conclusion,
    html_url: `${server.page(run.repo)}/actions/runs/${run.id}`,
    actor: { login: "acme" },
    head_repository: { full_name: `acme/${run.repo}` },
  });

  function answer({ method, path, query }: Asked): Response | undefined {
    const [, repo = "", rest = ""] = /^\/repos\/acme\/([^/]+)\/actions\/(.+)$/.exec(path) ?? [];
    if (method !== "GET" || rest === "") return undefined;
    const own = self.runs.filter((run) => run.repo === repo);
    if (rest === "runs") {
      const wanted = own.filter((run) =>
        [null, run.branch].includes(query.get("branch")) && [null, run.sha].includes(query.get("head_sha"))
      );
      return Response.json({ total_count: wanted.length, workflow_runs: wanted.map(shownRun) });
    }
    const [, id, attempt, jobs] = /^runs\/(\d+)\/attempts\/(\d+)(\/jobs)?$/.exec(rest) ?? [];
    const run = own.find((one) => one.id === Number(id));
    if (run !== undefined && jobs === undefined) {
      return Response.json({ ...shownRun(run), run_attempt: Number(attempt) });
    }
    if (run !== undefined) {
      const list = run.jobs.filter((job) => job.attempt === Number(attempt)).map((job) => ({
        id: job.id,
        name: job.name,
        head_sha: run.sha,
        run_attempt: job.attempt,
        status: job.conclusion === null ? "in_progress" : "completed",
        conclusion: job.conclusion,
        html_url: `${server.page(repo)}/actions/runs/${run.id}/job/${job.id}`,
        steps: [{ name: "Set up job", conclusion: "success" }, {
          name: "forge-verify",
          conclusion: job.conclusion,
        }],
      }));
      return Response.json({ total_count: list.length, jobs: list });
    }
    const logOf = Number(/^jobs\/(\d+)\/logs$/.exec(rest)?.[1]);
    const job = own.flatMap((one) => one.jobs).find((one) => one.id === logOf);
    return job === undefined
      ? Response.json({ message: "Not Found" }, { status: 404 })
      : new Response(job.log);
  }

  server.instead = (asked) => {
    const given = answer(asked);
    if (given !== undefined) return given;
    const gone = /^\/repos\/acme\/[^/]+\/git\/refs\/heads(?:\/|%2F)(.+)$/.exec(asked.path)?.[1];
    if (asked.method === "DELETE" && gone !== undefined) self.deleted.push(decodeURIComponent(gone));
    return undefined;
  };
  server.after = (asked, made) => {
    const repo = /^\/repos\/acme\/([^/]+)\/git\/refs$/.exec(asked.path)?.[1];
    if (asked.method !== "POST" || repo === undefined || made.status !== 201 || !self.on) return;
    const { ref, sha } = JSON.parse(asked.body) as { ref: string; sha: string };
    const branch = ref.slice("refs/heads/".length);
    if (branch.startsWith("forge/verify/")) busy = busy.then(() => pushed(repo, branch, sha));
  };
  return self;
}
