/**
 * A GitLab for tests, on the loopback, written from GitLab's API documentation: projects in nested groups with a real git repository
 * behind each, so that commits, trees and names are git's own. It remembers what was asked, can be below a path, and can answer
 * otherwise (limits, missing rights, lost answers).
 */
import { join } from "node:path";
import { gitBackend } from "./git_backend.ts";
import type { Asked, Instead } from "./github_server.ts";
import { answerGitLab } from "./gitlab_answers.ts";
import { shownMergeRequest } from "./gitlab_merge_requests.ts";
import { gitRepository, Refused } from "./gitlab_repository.ts";
import type { GitLabWorld, Project, User } from "./gitlab_world.ts";

export const GITLAB_TOKEN = "glpat-canary0123456789abcdef";

export interface GitLabServer {
  /** For GITLAB_URL. */
  readonly url: string;
  /** The page of a project, which with `.git` is where git fetches it. */
  page(path: string): string;
  readonly asked: Asked[];
  instead: Instead | null;
  /** Called with each answer before it goes out; throwing loses the answer: a 502 of something between. */
  after: ((asked: Asked, answer: Response) => void | Promise<void>) | null;
  readonly world: GitLabWorld;
  /** A project with the history of a real repository. */
  seed(path: string, gitDir: string): Promise<Project>;
  /** Dana, who may merge, approves what a merge request holds now. */
  approve(path: string, iid: number): Promise<void>;
  /** The answer past everything else. */
  call(
    method: string,
    path: string,
    body?: unknown,
    token?: string,
  ): Promise<{ status: number; json: unknown }>;
  [Symbol.asyncDispose](): Promise<void>;
}

const USERS: readonly User[] = [
  { id: 1, username: "edgeforge", token: GITLAB_TOKEN },
  { id: 2, username: "dana", token: "glpat-dana" },
  { id: 3, username: "mallory", token: "glpat-mallory" },
  { id: 4, username: "project_9_bot_0a1b", bot: true, token: "glpat-bot" },
  { id: 5, username: "reader", token: "glpat-reader", scopes: ["read_api"] },
];

/** Git finds the head of each merge request by a ref of its own. */
async function showHeads(world: GitLabWorld): Promise<void> {
  for (const { repository, mergeRequests } of world.projects) {
    for (const one of mergeRequests) {
      const head = one.sha ?? await repository.resolve(`refs/heads/${one.source_branch}`);
      if (head !== null) await repository.git("update-ref", `refs/merge-requests/${one.iid}/head`, head);
    }
  }
}

/** `below`: the path that this GitLab is under, such as `/gitlab`. */
export async function gitlabServer(below = ""): Promise<GitLabServer> {
  const root = await Deno.makeTempDir({ prefix: "edgeforge-gitlab-" });
  const asked: Asked[] = [];
  const world: GitLabWorld = { url: "", users: [...USERS], projects: [], commands: [] };

  const answer = async (one: Asked): Promise<Response> => {
    try {
      return await answerGitLab(world, one);
    } catch (error) {
      if (error instanceof Refused) {
        return Response.json({ message: error.message }, { status: error.status });
      }
      throw error;
    }
  };
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    onError: () => new Response("something between broke", { status: 502 }),
  }, async (request) => {
    const url = new URL(request.url);
    const bytes = new Uint8Array(await request.arrayBuffer());
    const path = url.pathname.slice(below.length);
    const api = path.startsWith("/api/v4/");
    const one: Asked = {
      method: request.method,
      path: api ? path.slice("/api/v4".length) : path,
      query: url.searchParams,
      headers: request.headers,
      body: new TextDecoder().decode(bytes),
    };
    asked.push(one);
    const instead = await self.instead?.(one);
    if (instead !== undefined) return instead;
    if (!url.pathname.startsWith(`${below}/`)) return new Response("not here", { status: 404 });
    if (!api) {
      const authorization = `Basic ${btoa(`oauth2:${GITLAB_TOKEN}`)}`;
      await showHeads(world);
      return await gitBackend({ request, url, path, body: bytes, root, authorization });
    }
    const made = await answer(one);
    await self.after?.(one, made.clone());
    return made;
  });
  const self: GitLabServer = {
    url: `http://127.0.0.1:${server.addr.port}${below}`,
    page: (path) => `${self.url}/${path}`,
    asked,
    instead: null,
    after: null,
    world,
    async seed(path, gitDir) {
      const dir = join(root, `${path}.git`);
      await Deno.mkdir(join(dir, ".."), { recursive: true });
      const { success, stderr } = await new Deno.Command("git", {
        args: ["clone", "-q", "--bare", gitDir, dir],
        stdout: "null",
        stderr: "piped",
      }).output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
      const project: Project = {
        id: world.projects.length + 9,
        path,
        repository: gitRepository(dir),
        settings: {},
        members: new Map([[1, 30], [2, 40], [5, 20]]),
        protectedBranches: [{ name: "main", push_access_levels: [{ access_level: 40 }] }],
        mergeRequests: [],
        statuses: [],
        pipelines: [],
        traces: new Map(),
        next: 100,
      };
      world.projects.push(project);
      return project;
    },
    async approve(path, iid) {
      const project = world.projects.find((one) => one.path === path);
      const merge = project?.mergeRequests.find((one) => one.iid === iid);
      if (project === undefined || merge === undefined) throw new Error(`there is no ${path}!${iid}`);
      await shownMergeRequest({ world, project }, merge);
      merge.approvedBy = [2];
      merge.approvedAt.set(2, new Date().toISOString());
    },
    async call(method, path, body, token = GITLAB_TOKEN) {
      const url = new URL(path, "http://gitlab.test");
      const made = await answer({
        method,
        path: url.pathname,
        query: url.searchParams,
        headers: new Headers({ "private-token": token, "content-type": "application/json" }),
        body: body === undefined ? "" : JSON.stringify(body),
      });
      const text = await made.text();
      return { status: made.status, json: text === "" ? null : JSON.parse(text) };
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await Deno.remove(root, { recursive: true });
    },
  };
  world.url = self.url;
  return self;
}
