/** The answers of the GitLab for tests to requests of its REST API. */
import type { Asked } from "./github_server.ts";
import { type Action, type GitRepository, Refused } from "./gitlab_repository.ts";
import {
  type GitLabWorld,
  type Given,
  nextId,
  numbered,
  person,
  type Project,
  type User,
} from "./gitlab_world.ts";
import {
  acceptMergeRequest,
  changeMergeRequest,
  createMergeRequest,
  shownMergeRequest,
  writeNote,
} from "./gitlab_merge_requests.ts";

const json = (data: unknown, status = 200, headers: Record<string, string> = {}) =>
  Response.json(data, { status, headers });
const no = (status: number, message: string) => json({ message }, status);
const text = (value: unknown): string => typeof value === "string" ? value : "";

/** Items of one page, with the headers that tell of the next. */
function paged(asked: Asked, items: readonly unknown[]): Response {
  const size = Math.min(Number(asked.query.get("per_page") ?? 20), 100);
  const page = Number(asked.query.get("page") ?? 1);
  const more = items.length > page * size;
  const next = new URLSearchParams(asked.query);
  next.set("page", String(page + 1));
  return json(items.slice((page - 1) * size, page * size), 200, {
    "x-next-page": more ? String(page + 1) : "",
    ...(more ? { link: `<http://gitlab.test${asked.path}?${next}>; rel="next"` } : {}),
  });
}

type Route = readonly [method: string, path: RegExp, handle: (given: Given) => Response | Promise<Response>];

function match(pattern: string, branch: string): boolean {
  return new RegExp(
    `^${pattern.split("*").map((one) => one.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`,
  )
    .test(branch);
}

function mayPush({ project, user }: Given, branch: string): void {
  const rules = project.protectedBranches.filter((one) => match(one.name, branch));
  const level = project.members.get(user.id) ?? 0;
  const allowed = rules.length === 0
    ? level >= 30
    : rules.flatMap((one) => one.push_access_levels).some((one) =>
      one.user_id === user.id || ((one.access_level ?? 0) > 0 && level >= (one.access_level ?? 0))
    );
  if (!allowed) throw new Refused("403 Forbidden - You are not allowed to push into this branch", 403);
}

const headOf = ({ project }: Pick<Given, "project">, branch: string) =>
  project.repository.resolve(`refs/heads/${branch}`);

async function commitOf(repository: GitRepository, sha: string) {
  const [id = "", parents = "", message = ""] =
    (await repository.git("show", "-s", "--format=%H%x00%P%x00%B", sha))
      .split("\0");
  return { id, parent_ids: parents.split(" ").filter((one) => one !== ""), message };
}

async function createCommit(given: Given): Promise<Response> {
  const { project, body } = given;
  const branch = text(body.branch);
  if (branch === "" || !Array.isArray(body.actions) || text(body.commit_message) === "") {
    return no(400, "branch, commit_message or actions is missing");
  }
  mayPush(given, branch);
  const there = await headOf(given, branch);
  const wanted = text(body.start_sha) || text(body.start_branch);
  if (wanted !== "" && there !== null) {
    return no(
      400,
      `A branch called '${branch}' already exists. Switch to that branch in order to make changes`,
    );
  }
  const parent = wanted === "" ? there : await project.repository.resolve(wanted);
  if (parent === null) return no(400, "You can only create or edit files when you are on a branch");
  if ((body.actions as Action[]).length === 0) return no(400, "No actions");
  const sha = await project.repository.commit({
    branch,
    parent,
    // What it was when it was looked at: of two at once one comes late.
    old: there,
    message: text(body.commit_message),
    author: [text(body.author_name) || given.user.username, text(body.author_email) || "user@localhost"],
    actions: body.actions as Action[],
  });
  return json(await commitOf(project.repository, sha), 201);
}

const shownStatus = ({ world, project }: Given, one: Project["statuses"][number]) => {
  const author = world.users.find((user) => user.id === one.author);
  return {
    ...one,
    allow_failure: false,
    ref: "main",
    author: author === undefined ? null : person(author),
    project_id: project.id,
  };
};

function postStatus(given: Given): Response {
  const { project, body, at: [sha = ""], user } = given;
  const state = text(body.state);
  if (!["pending", "running", "success", "failed", "canceled", "skipped"].includes(state)) {
    return no(400, "state does not have a valid value");
  }
  const name = text(body.name) || text(body.context) || "default";
  const latest = project.statuses.findLast((one) => one.sha === sha && one.name === name);
  const isOpen = latest !== undefined && ["pending", "running"].includes(latest.status);
  if (isOpen && latest.status === state) {
    return no(
      400,
      `Cannot transition status via :enqueue from :${state} (Reason(s): Status cannot transition via "enqueue")`,
    );
  }
  const made = isOpen
    ? latest
    : { id: nextId(project), sha, name, status: state, description: null, target_url: null, author: user.id };
  Object.assign(made, {
    status: state,
    description: text(body.description) || null,
    target_url: text(body.target_url) || null,
  });
  if (!isOpen) project.statuses.push(made);
  return json(shownStatus(given, made), 201);
}

function statusesOf(given: Given): Response {
  const { project, asked, at: [sha = ""] } = given;
  const jobs = project.pipelines.filter((one) => one.sha === sha).flatMap((one) =>
    one.jobs.map((job) => ({
      ...job,
      sha,
      author: null,
      description: null,
      target_url: `${given.world.url}/job`,
    }))
  );
  const latest = new Map(project.statuses.filter((one) => one.sha === sha).map((one) => [one.name, one]));
  const all = [...jobs, ...[...latest.values()].map((one) => shownStatus(given, one))];
  const name = asked.query.get("name");
  return paged(given.asked, all.filter((one) => name === null || one.name === name));
}

/** Everything below `/projects/:id`, which is not in the patterns. */
const ROUTES: readonly Route[] = [
  ["GET", /^$/, ({ project }) =>
    json({
      id: project.id,
      path_with_namespace: project.path,
      default_branch: "main",
      archived: false,
      merge_requests_access_level: "enabled",
      merge_method: "merge",
      squash_option: "default_off",
      only_allow_merge_if_pipeline_succeeds: false,
      ...project.settings,
    })],
  ["GET", /^\/members\/all\/(\d+)$/, ({ project, at: [id] }) => {
    const level = project.members.get(Number(id));
    return level === undefined ? no(404, "404 Not found") : json({ id: Number(id), access_level: level });
  }],
  [
    "GET",
    /^\/protected_branches$/,
    ({ project, asked, user }) =>
      (project.members.get(user.id) ?? 0) < 30
        ? no(403, "403 Forbidden")
        : paged(asked, project.protectedBranches),
  ],
  ["GET", /^\/repository\/branches\/([^/]+)$/, async (given) => {
    const [name = ""] = given.at;
    const head = await headOf(given, name);
    return head === null ? no(404, "404 Branch Not Found") : json({ name, commit: { id: head } });
  }],
  ["DELETE", /^\/repository\/branches\/([^/]+)$/, async (given) => {
    const [name = ""] = given.at;
    mayPush(given, name);
    if (await headOf(given, name) === null) return no(404, "404 Branch Not Found");
    await given.project.repository.git("update-ref", "-d", `refs/heads/${name}`);
    return new Response(null, { status: 204 });
  }],
  ["GET", /^\/repository\/tree$/, async ({ project, asked }) => {
    const ref = await project.repository.resolve(asked.query.get("ref") ?? "HEAD");
    if (ref === null) return no(404, "404 Tree Not Found");
    const recursive = asked.query.get("recursive") === "true";
    return paged(asked, await project.repository.tree(ref, asked.query.get("path") ?? "", recursive));
  }],
  ["GET", /^\/repository\/blobs\/([0-9a-f]+)\/raw$/, async ({ project, at: [sha = ""] }) => {
    const bytes = await project.repository.blob(sha);
    return bytes === null ? no(404, "404 Blob Not Found") : new Response(bytes as BodyInit);
  }],
  ["POST", /^\/repository\/commits$/, createCommit],
  ["GET", /^\/repository\/commits\/([^/]+)$/, async ({ project, at: [ref = ""] }) => {
    const sha = await project.repository.resolve(ref);
    return sha === null ? no(404, "404 Commit Not Found") : json(await commitOf(project.repository, sha));
  }],
  ["POST", /^\/repository\/commits\/([^/]+)\/revert$/, async (given) => {
    const { project, at: [sha = ""], body } = given;
    const branch = text(body.branch);
    mayPush(given, branch);
    const head = await headOf(given, branch) ?? "";
    // Only of a head: enough for tests.
    const tree = await project.repository.git("rev-parse", `${sha}^^{tree}`);
    if (head !== sha) return no(400, "Sorry, we cannot revert this commit automatically.");
    const made = await project.repository.git(
      ...["-c", "user.name=GitLab", "-c", "user.email=gitlab@localhost"],
      ...["commit-tree", tree, "-p", head, "-m", `Revert ${sha}`],
    );
    await project.repository.git("update-ref", `refs/heads/${branch}`, made, head);
    return json(await commitOf(project.repository, made), 201);
  }],
  ["GET", /^\/repository\/commits\/([^/]+)\/statuses$/, statusesOf],
  ["GET", /^\/repository\/commits\/([^/]+)\/merge_requests$/, async (given) => {
    const all = await Promise.all(given.project.mergeRequests.map((one) => shownMergeRequest(given, one)));
    return paged(given.asked, all.filter((one) => one.sha === given.at[0]));
  }],
  ["POST", /^\/statuses\/([^/]+)$/, postStatus],
  ["GET", /^\/pipelines$/, ({ project, asked }) => {
    const sha = asked.query.get("sha");
    return paged(asked, project.pipelines.filter((one) => sha === null || one.sha === sha));
  }],
  [
    "GET",
    /^\/pipelines\/(\d+)\/jobs$/,
    ({ project, asked, at: [id] }) =>
      paged(asked, project.pipelines.find((one) => one.id === Number(id))?.jobs ?? []),
  ],
  ["GET", /^\/jobs\/(\d+)\/trace$/, ({ project, at: [id] }) => {
    const trace = project.traces.get(Number(id));
    return trace === undefined ? no(404, "404 Not Found") : new Response(trace);
  }],
  ["GET", /^\/merge_requests$/, async (given) => {
    const { query } = given.asked;
    const all = await Promise.all(given.project.mergeRequests.map((one) => shownMergeRequest(given, one)));
    const wanted = (name: string, value: string) => [null, "all", value].includes(query.get(name));
    return paged(
      given.asked,
      all.filter((one) =>
        wanted("source_branch", one.source_branch) && wanted("target_branch", one.target_branch) &&
        wanted("state", one.state)
      ).toReversed(),
    );
  }],
  ["POST", /^\/merge_requests$/, createMergeRequest],
  [
    "GET",
    /^\/merge_requests\/(\d+)$/,
    async (given) => json(await shownMergeRequest(given, numbered(given))),
  ],
  ["PUT", /^\/merge_requests\/(\d+)$/, changeMergeRequest],
  ["PUT", /^\/merge_requests\/(\d+)\/merge$/, acceptMergeRequest],
  ["GET", /^\/merge_requests\/(\d+)\/approvals$/, (given) => {
    const { world } = given;
    const { approvedBy, approvedAt } = numbered(given);
    const approved = approvedBy.flatMap((id) => world.users.filter((one) => one.id === id));
    return json({
      approved_by: approved.map((one) => ({
        user: person(one),
        ...(approvedAt.has(one.id) ? { approved_at: approvedAt.get(one.id) } : {}),
      })),
    });
  }],
  ["GET", /^\/merge_requests\/(\d+)\/versions$/, async (given) => {
    const one = numbered(given);
    await shownMergeRequest(given, one);
    return paged(
      given.asked,
      one.versions.toReversed().map(({ sha, at }, nth) => ({
        id: nth,
        head_commit_sha: sha,
        created_at: at,
        merge_request_id: one.iid,
        state: "collected",
      })),
    );
  }],
  ["GET", /^\/merge_requests\/(\d+)\/reviewers$/, (given) => {
    const { world } = given;
    const states = [...numbered(given).reviewers].flatMap(([id, state]) =>
      world.users.filter((one) => one.id === id).map((one) => ({
        user: person(one),
        state,
        created_at: "2026-01-01T00:00:00.000Z",
      }))
    );
    return paged(given.asked, states);
  }],
  [
    "GET",
    /^\/merge_requests\/(\d+)\/discussions$/,
    (given) => paged(given.asked, numbered(given).discussions),
  ],
  ["POST", /^\/merge_requests\/(\d+)\/notes$/, (given) => writeNote(given, null)],
  [
    "POST",
    /^\/merge_requests\/(\d+)\/discussions\/([^/]+)\/notes$/,
    (given) => writeNote(given, given.at[1] ?? ""),
  ],
  ["PUT", /^\/merge_requests\/(\d+)\/notes\/(\d+)$/, (given) => {
    const note = numbered(given).discussions.flatMap((one) => one.notes)
      .find((one) => one.id === Number(given.at[1]));
    if (note === undefined) return no(404, "404 Note Not Found");
    note.body = text(given.body.body);
    return json(note);
  }],
];

function whoAsks(world: GitLabWorld, headers: Headers): User | undefined {
  const bearer = /^Bearer (\S+)$/.exec(headers.get("authorization") ?? "")?.[1];
  const token = headers.get("private-token") ?? bearer;
  return world.users.find((one) => one.token === token);
}

export async function answerGitLab(world: GitLabWorld, asked: Asked): Promise<Response> {
  const user = whoAsks(world, asked.headers);
  if (user === undefined) return no(401, "401 Unauthorized");
  const { method, path, query } = asked;
  if (method === "GET" && path === "/user") return json({ ...person(user), is_admin: false });
  if (method === "GET" && path === "/personal_access_tokens/self") {
    return json({ scopes: user.scopes ?? ["api"] });
  }
  if (method === "GET" && path === "/users") {
    return json(world.users.filter((one) => one.username === query.get("username")).map(person));
  }
  const one = /^\/users\/(\d+)$/.exec(path)?.[1];
  if (method === "GET" && one !== undefined) {
    const found = world.users.find((each) => each.id === Number(one));
    return found === undefined
      ? no(404, "404 User Not Found")
      : json({ ...person(found), bot: found.bot ?? false });
  }
  const [, id = "", rest = ""] = /^\/projects\/([^/]+)(.*)$/.exec(path) ?? [];
  const project = world.projects.find((each) =>
    each.path === decodeURIComponent(id) || String(each.id) === id
  );
  if (project === undefined || !project.members.has(user.id)) return no(404, "404 Project Not Found");
  for (const [wanted, pattern, handle] of ROUTES) {
    const found = wanted === method ? pattern.exec(rest) : null;
    if (found === null) continue;
    const body = asked.body === "" ? {} : JSON.parse(asked.body) as Record<string, unknown>;
    return await handle({ world, asked, user, project, at: found.slice(1).map(decodeURIComponent), body });
  }
  return no(404, "404 Not Found");
}
