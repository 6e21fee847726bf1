/**
 * A GitHub for tests, on the loopback: an emulator with state behind a small server that gives it the path of a GitHub Enterprise,
 * serves the same repositories by git's own HTTP backend, remembers what was asked, and can answer in the emulator's stead what the
 * emulator cannot (limits, missing rights, GraphQL, statuses).
 */
import { join } from "node:path";
import { gitBackend } from "./git_backend.ts";
import { genuineMerge, takeOver } from "./github_git.ts";

export interface Asked {
  readonly method: string;
  /** Without the prefix of the API: `/repos/acme/tools`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: string;
}

/** Answers in the emulator's stead; undefined lets it answer. */
export type Instead = (asked: Asked) => Response | undefined | Promise<Response | undefined>;

export interface GitHubServer {
  /** For GITHUB_API_URL. */
  readonly api: string;
  /** The page of a repository, which is also where git fetches it. */
  page(name: string): string;
  readonly asked: Asked[];
  /** PEM of the App's key; empty without one. */
  readonly appKey: string;
  instead: Instead | null;
  /** Called with each answer of the emulator before it goes out; throwing loses the answer: a 502 of something between. */
  after: ((asked: Asked, answer: Response) => void | Promise<void>) | null;
  /** The emulator's answer, past everything else. */
  call(
    method: string,
    path: string,
    body?: unknown,
    token?: string,
  ): Promise<{ status: number; json: unknown }>;
  /** Makes a repository `acme/NAME` that holds the history of a real one: same names of objects, same branch. */
  seed(name: string, gitDir: string, branch?: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const TOKEN = "ghp_canary0123456789abcdefghijklmnopqrst";

/** `app` makes a GitHub App with these permissions, installed for `acme`: number 12345, installation 100. */
export async function githubServer(app?: Record<string, string>): Promise<GitHubServer> {
  const { createEmulator } = await import("emulate");
  const emulator = await createEmulator({
    service: "github",
    port: 0,
    seed: {
      tokens: {
        [TOKEN]: { login: "acme", scopes: ["repo"] },
        reader: { login: "reader", scopes: ["repo"] },
      },
      github: {
        users: [{ login: "acme" }, { login: "reader" }, { login: "mallory" }],
        repos: [],
        apps: app === undefined ? [] : [{
          app_id: 12345,
          slug: "edgeforge-test",
          name: "Edgeforge",
          permissions: app,
          events: [],
          installations: [{ installation_id: 100, account: "acme", repository_selection: "all" }],
        }],
      },
    } as never,
  });
  const bare = await Deno.makeTempDir({ prefix: "edgeforge-github-" });
  const asked: Asked[] = [];
  const served = new Map<string, string>();
  const cloned = new Map<string, Promise<unknown>>();
  const self: GitHubServer = {
    api: "",
    page: (name) => `${self.api.replace(/\/api\/v3$/, "")}/acme/${name}`,
    asked,
    appKey: emulator.generatedSecrets[0]?.value ?? "",
    instead: null,
    after: null,
    async call(method, path, body, token = TOKEN) {
      const answer = await fetch(`${emulator.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, json: text === "" ? null : JSON.parse(text) };
    },
    async seed(name, gitDir, branch = "main") {
      const call = async (path: string, body: unknown, method = "POST") => {
        const answer = await self.call(method, path, body);
        if (answer.status > 299) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.json)}`);
        return answer.json as { sha: string };
      };
      await call("/user/repos", { name, private: false });
      const git = async (...args: string[]) => {
        const { stdout, success, stderr } = await new Deno.Command("git", { args: ["-C", gitDir, ...args] })
          .output();
        if (!success) throw new Error(new TextDecoder().decode(stderr));
        return stdout;
      };
      const text = async (...args: string[]) => new TextDecoder().decode(await git(...args)).trim();
      const done = new Set<string>();
      const tree = async (sha: string): Promise<void> => {
        if (done.has(sha)) return;
        const entries = [];
        for (const line of (await text("ls-tree", sha)).split("\n").filter((one) => one !== "")) {
          const [head = "", path = ""] = line.split("\t");
          const [mode = "", type = "", object = ""] = head.split(" ");
          if (type === "tree") await tree(object);
          else {
            const bytes = await git("cat-file", "blob", object);
            await call(`/repos/acme/${name}/git/blobs`, {
              content: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")),
              encoding: "base64",
            });
          }
          entries.push({ mode, type, sha: object, path });
        }
        await call(`/repos/acme/${name}/git/trees`, { tree: entries });
        done.add(sha);
      };
      let parent: string | undefined;
      for (const commit of (await text("rev-list", "--reverse", "--first-parent", "HEAD")).split("\n")) {
        const [root = "", an = "", ae = "", at = "", cn = "", ce = "", ct = ""] =
          (await text("show", "-s", "--format=%T%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI", commit)).split(
            "\0",
          );
        await tree(root);
        const message = await text("show", "-s", "--format=%B", commit);
        const made = await call(`/repos/acme/${name}/git/commits`, {
          message: `${message}\n`,
          tree: root,
          parents: parent === undefined ? [] : [parent],
          author: { name: an, email: ae, date: new Date(at).toISOString() },
          committer: { name: cn, email: ce, date: new Date(ct).toISOString() },
        });
        if (made.sha !== commit) throw new Error(`The emulator made ${made.sha} of ${commit}`);
        parent = commit;
      }
      await call(`/repos/acme/${name}/git/refs`, { ref: `refs/heads/${branch}`, sha: parent });
      served.set(`/acme/${name}.git`, gitDir);
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await emulator.close();
      await Deno.remove(bare, { recursive: true });
    },
  };

  /** Names that the emulator gave to its merges, and those that git gives to them. */
  const merges = new Map<string, string>();
  const nameOf = (path: string) => path.slice("/acme/".length, -".git".length);
  async function bareOf(path: string, from: string): Promise<void> {
    const args = ["clone", "-q", "--bare", from, join(bare, path)];
    if (!cloned.has(path)) cloned.set(path, new Deno.Command("git", { args }).output());
    await cloned.get(path);
  }
  interface Pull {
    base: { ref: string };
    head: { sha: string; ref: string };
  }
  /** What is about to be merged, before it is. */
  async function toMerge(one: Asked): Promise<{ path: string; pull: Pull; base: string } | null> {
    const [, name, number] = /^\/repos\/acme\/([^/]+)\/pulls\/(\d+)\/merge$/.exec(one.path) ?? [];
    const path = `/acme/${name}.git`;
    const from = served.get(path);
    if (one.method !== "PUT" || name === undefined || from === undefined) return null;
    await bareOf(path, from);
    await takeOver(self, name, join(bare, path));
    const pull = (await self.call("GET", `/repos/acme/${name}/pulls/${number}`)).json as Pull;
    // The emulator does not see what was pushed to the branch since it was opened.
    const branch = await self.call("GET", `/repos/acme/${name}/git/ref/heads/${pull.head.ref}`);
    if (branch.status === 200) pull.head.sha = (branch.json as { object: { sha: string } }).object.sha;
    const ref = await self.call("GET", `/repos/acme/${name}/git/ref/heads/${pull.base.ref}`);
    return { path, pull, base: (ref.json as { object: { sha: string } }).object.sha };
  }

  /** A pull request that was merged, with the head that was: the emulator shows the one that it was opened with. */
  async function shownPull(one: Asked, text: string): Promise<string> {
    const [, name] = /^\/repos\/acme\/([^/]+)\/pulls\/\d+$/.exec(one.path) ?? [];
    if (one.method !== "GET" || name === undefined) return text;
    const pull = JSON.parse(text) as Partial<Pull> & { merged?: boolean };
    if (pull.merged !== true || pull.head === undefined) return text;
    const branch = await self.call("GET", `/repos/acme/${name}/git/ref/heads/${pull.head.ref}`);
    if (branch.status === 200) pull.head.sha = (branch.json as { object: { sha: string } }).object.sha;
    return JSON.stringify(pull);
  }

  let web = "";
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    onError: () => new Response("something between broke", { status: 502 }),
  }, async (request) => {
    const url = new URL(request.url);
    const bytes = new Uint8Array(await request.arrayBuffer());
    const body = new TextDecoder().decode(bytes);
    const api = /^\/api(\/v3|(?=\/graphql$))/.exec(url.pathname);
    const one: Asked = {
      method: request.method,
      path: api === null ? url.pathname : url.pathname.slice(api[0].length) || "/",
      query: url.searchParams,
      headers: request.headers,
      body,
    };
    asked.push(one);
    const instead = await self.instead?.(one);
    if (instead !== undefined) return instead;
    if (api === null) {
      const name = /^\/acme\/[^/]+\.git(?=\/)/.exec(url.pathname)?.[0] ?? "";
      const from = served.get(name);
      if (from === undefined) return new Response("not here", { status: 404 });
      await bareOf(name, from);
      if (url.pathname.endsWith("/info/refs")) await takeOver(self, nameOf(name), join(bare, name));
      return await gitBackend({
        request,
        url,
        body: bytes,
        root: bare,
        authorization: `Basic ${btoa(`x-access-token:${TOKEN}`)}`,
      });
    }
    const merging = await toMerge(one);
    const { sha: wanted, ...rest } = merging === null ? {} as { sha?: string } : JSON.parse(body || "{}");
    if (wanted !== undefined && wanted !== merging?.pull.head.sha) {
      return Response.json({ message: "Head branch was modified. Review and try the merge again." }, {
        status: 409,
      });
    }
    const sent = new Headers(request.headers);
    sent.delete("content-length");
    const answer = await fetch(`${emulator.url}${one.path}${url.search}`, {
      method: request.method,
      headers: merging === null ? request.headers : sent,
      ...(body === "" ? {} : { body: merging === null ? body : JSON.stringify(rest) }),
      redirect: "manual",
    });
    // What the emulator says of itself is said of this server.
    const ours = (text: string) =>
      [...merges].reduce(
        (told, [its, sha]) => told.replaceAll(its, sha),
        text.replaceAll(`${emulator.url}/repos`, `${self.api}/repos`).replaceAll(emulator.url, web),
      );
    const headers = new Headers(
      [...answer.headers].map(([name, value]): [string, string] => [name, ours(value)]),
    );
    headers.delete("content-length");
    headers.delete("content-encoding");
    const text = answer.status === 204 ? "" : await shownPull(one, await answer.text());
    if (merging !== null && answer.status === 200) {
      const { path, pull, base } = merging;
      const asked = JSON.parse(body || "{}") as { merge_method?: string; commit_title?: string };
      const sha = await genuineMerge(self, nameOf(path), join(bare, path), {
        ...{ base, branch: pull.base.ref, head: pull.head.sha },
        ...{ method: asked.merge_method ?? "merge", message: asked.commit_title ?? "Merge" },
      });
      merges.set((JSON.parse(text) as { sha: string }).sha, sha);
    }
    const copy = new Response(answer.status === 204 ? null : ours(text), {
      status: answer.status,
      headers,
    });
    await self.after?.(one, copy);
    return copy;
  });
  web = `http://127.0.0.1:${server.addr.port}`;
  Object.assign(self, { api: `${web}/api/v3` });
  return self;
}
