import assert from "node:assert/strict";
import type { Json } from "../../../specs/mod.ts";
import type { Cursor } from "../../../specs/foundry/mod.ts";
import type { ReadRequest } from "../../data/port.ts";
import { type Answer, type Answering, dialectServer, type Seen } from "../testing/dialect_server.ts";
import { leapingClock } from "../testing/leaping_clock.ts";
import {
  type ContextOptions,
  readAll,
  readRequest,
  sourceContext,
  throughJson,
} from "../testing/source_context.ts";
import { githubSource } from "./mod.ts";

const params = { owner: "acme", repo: "tools" };
const cursor: Cursor = {
  path: "updated_at",
  type: "datetime",
  lag: "P0D",
  onMissing: "quarantine",
  order: "none",
};

async function reading(
  answering: (url: string) => Answering,
  request: Partial<ReadRequest> & { resource: string },
  options: ContextOptions = {},
) {
  await using server = dialectServer((seen) => answering(server.url)(seen));
  const clock = leapingClock();
  await using test = sourceContext(server, { clock, ...options });
  const outcome = await readAll(githubSource(), readRequest({ params, ...request }), test.context);
  return { ...outcome, seen: [...server.seen], slept: clock.slept, used: test.context.http.used };
}

const since = (from: string): Partial<ReadRequest> => ({
  mode: "incremental",
  cursor,
  window: { from, to: "2024-02-01T00:00:00.000Z" },
});

Deno.test("S6: a secondary limit that tells no time is waited for, a minute and more, then parks", async () => {
  const refusal = { status: 403, json: { message: "You have exceeded a secondary rate limit." } };
  const once = await reading(() => (seen) => seen.n === 1 ? refusal : { json: [] }, { resource: "issues" });
  assert.equal(once.failure, null);
  assert.ok((once.slept[0] ?? 0) >= 60_000, `waited ${once.slept[0]} ms`);
  const always = await reading(() => () => refusal, { resource: "issues" });
  assert.equal(always.failure?.kind, "rate-limited");
  assert.ok((always.failure?.more.untilMs ?? 0) > 0);
  assert.ok(always.seen.length <= 5, `${always.seen.length} requests`);
});

Deno.test("S7: a reset in milliseconds is no reset: it is not waited for until the year 49,000", async () => {
  const { failure, slept } = await reading(() => (seen) =>
    seen.n === 1
      ? {
        status: 403,
        headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1507651200000" },
        json: { message: "API rate limit exceeded" },
      }
      : { json: [] }, { resource: "issues" });
  assert.equal(failure, null);
  assert.ok(Math.max(...slept) <= 300_000, `waited ${Math.max(...slept)} ms`);
});

Deno.test("a 403 without any sign of a limit is a missing right", async () => {
  const { failure, seen } = await reading(
    () => () => ({ status: 403, json: { message: "Resource not accessible by personal access token" } }),
    { resource: "issues" },
  );
  assert.equal(failure?.kind, "auth");
  assert.equal(seen.length, 1);
});

Deno.test("S8: a first page that is as it was is `unchanged`, and its tag stays", async () => {
  const answering = () => (seen: Seen) =>
    seen.headers.get("if-none-match") === '"v1"'
      ? { status: 304 }
      : { json: [{ id: 1, updated_at: "2024-01-01T00:00:00Z" }], headers: { etag: '"v1"' } };
  const first = await reading(answering, { resource: "issues", ...since("2024-01-01T00:00:00Z") });
  assert.deepEqual([first.rows.length, first.end?.status], [1, "complete"]);
  const second = await reading(answering, {
    resource: "issues",
    ...since("2024-01-01T00:00:00Z"),
    state: throughJson(first.end?.state ?? null),
  });
  assert.deepEqual([second.rows.length, second.end?.status, second.seen.length], [0, "unchanged", 1]);
  assert.equal(second.end?.unchanged, 1);
  const whole = await reading(answering, {
    resource: "issues",
    ...since("2024-01-01T00:00:00Z"),
    state: throughJson(first.end?.state ?? null),
    partial: false,
  });
  assert.equal(whole.rows.length, 1, "an engine that wants every row gets it");
  assert.deepEqual(second.end?.state, first.end?.state);
  // Another window is another list: its tag is not that of the old one.
  const third = await reading(answering, {
    resource: "issues",
    ...since("2024-01-02T00:00:00Z"),
    state: throughJson(first.end?.state ?? null),
  });
  assert.equal(third.seen[0]?.headers.get("if-none-match"), null);
});

Deno.test("where every row is wanted no list is left out because it is as it was", async () => {
  const answering = () => (seen: Seen) =>
    seen.headers.has("if-none-match")
      ? { status: 304 }
      : { json: [{ id: 1, updated_at: "2024-01-01T00:00:00Z" }], headers: { etag: '"v1"' } };
  const window = since("2024-01-01T00:00:00Z");
  const two = { params: { repos: ["a/a", "b/b"] } };
  for (const request of [{ ...window, mode: "full" as const }, { ...window, ...two }]) {
    const first = await reading(answering, { resource: "issues", ...request });
    const again = await reading(answering, {
      resource: "issues",
      ...request,
      state: throughJson(first.end?.state ?? null),
    });
    assert.deepEqual(again.rows, first.rows);
    assert.equal(again.end?.status, "complete");
  }
  const first = await reading(answering, { resource: "issues", ...window, ...two });
  const partial = await reading(answering, {
    resource: "issues",
    ...window,
    ...two,
    partial: true,
    state: throughJson(first.end?.state ?? null),
  });
  assert.deepEqual([partial.rows.length, partial.end?.status], [0, "unchanged"]);
});

Deno.test("a 304 that nobody asked for is a failure, not an empty list", async () => {
  const { failure } = await reading(() => () => ({ status: 304 }), { resource: "issues" });
  assert.equal(failure?.kind, "contract");
});

function linked(json: Json[], next: string | null): Answer {
  return next === null ? { json } : { json, headers: { link: `<${next}>; rel="next"` } };
}

/** Pull requests newest first, as the server has them at the moment of each request. */
function pullServer(pulls: { id: number; updated_at: string }[], size: number) {
  return (url: string): Answering => (seen) => {
    const direction = seen.query.get("direction");
    const sorted = seen.query.get("sort") === "updated"
      ? [...pulls].sort((a, b) => a.updated_at < b.updated_at ? -1 : 1)
      : [...pulls].sort((a, b) => a.id - b.id);
    if (direction === "desc") sorted.reverse();
    const page = Number(seen.query.get("page") ?? "1");
    const next = new URL(`${url}${seen.target}`);
    next.searchParams.set("page", String(page + 1));
    return linked(
      sorted.slice((page - 1) * size, page * size),
      page * size < sorted.length ? next.href : null,
    );
  };
}
const day = (n: number) => `2024-01-${String(n).padStart(2, "0")}T00:00:00Z`;

Deno.test("S9: a pull request that changes while the list is read is not lost: this run or the next has it", async () => {
  const pulls = Array.from({ length: 10 }, (_, at) => ({ id: at + 1, updated_at: day(at + 1) }));
  const serving = pullServer(pulls, 3);
  const first = await reading((url) => (seen) => {
    // Between the first and the second page the one that would stand on page three moves to the front.
    const moved = pulls.find((pull) => pull.id === 3);
    if (seen.n === 2 && moved) moved.updated_at = day(20);
    return serving(url)(seen);
  }, { resource: "pulls", ...since(day(2)) });
  assert.equal(first.failure, null);
  const got = new Set(first.rows.map((row) => row.id));
  const missed = pulls.filter((pull) => pull.updated_at >= day(2) && !got.has(pull.id));
  assert.deepEqual(missed.map(({ id }) => id), [3]);
  // The run began before the change: the next window begins there.
  const second = await reading(serving, { resource: "pulls", ...since(day(15)) });
  assert.deepEqual(second.rows.map((row) => row.id), [3]);
  assert.equal(second.seen.length, 1);
});

Deno.test("pull requests are read newest first until they are older than the window, and all of them in a full read", async () => {
  const pulls = Array.from({ length: 30 }, (_, at) => ({ id: at + 1, updated_at: day(at + 1) }));
  const delta = await reading(pullServer(pulls, 5), { resource: "pulls", ...since(day(26)) });
  assert.deepEqual(delta.rows.map((row) => row.id), [30, 29, 28, 27, 26]);
  assert.equal(delta.seen.length, 2);
  const full = await reading(pullServer(pulls, 5), { resource: "pulls" });
  assert.deepEqual(full.rows.map((row) => row.id), pulls.map(({ id }) => id));
});

Deno.test("S10: a renamed repository is followed, a private one fails, one without issues is skipped, an empty one has no commits", async () => {
  const renamed = await reading(
    (url) => (seen) =>
      seen.path === "/repos/acme/tools/issues"
        ? { status: 301, headers: { location: `${url}/repositories/7/issues?page=1` } }
        : { json: [{ id: 1 }] },
    { resource: "issues" },
  );
  assert.deepEqual(renamed.rows, [{ id: 1, repository: "acme/tools" }]);
  const hidden = await reading(() => () => ({ status: 404, json: { message: "Not Found" } }), {
    resource: "issues",
  });
  assert.equal(hidden.failure?.kind, "not-found");
  const off = await reading(() => () => ({ status: 410, json: { message: "Issues are disabled" } }), {
    resource: "issues",
  });
  assert.deepEqual([off.end?.status, off.end?.reason], ["skipped", "acme/tools has its issues switched off"]);
  const empty = await reading(() => () => ({ status: 409, json: { message: "Git Repository is empty." } }), {
    resource: "commits",
  });
  assert.deepEqual([empty.end?.status, empty.rows.length], ["complete", 0]);
  const conflict = await reading(() => () => ({ status: 409 }), { resource: "issues" });
  assert.equal(conflict.failure?.kind, "contract");
});

Deno.test("of several repositories one without issues leaves the others", async () => {
  const { rows, end } = await reading(
    () => (seen) => seen.path.includes("/b/") ? { status: 410 } : { json: [{ id: seen.n }] },
    { resource: "issues", params: { repos: ["a/a", "b/b", "c/c"] } },
  );
  assert.deepEqual(rows.map((row) => row.repository), ["a/a", "c/c"]);
  assert.equal(end?.status, "complete");
  assert.match(end?.reason ?? "", /b\/b/);
});

Deno.test("issues are asked for in the order of creation and without pull requests, unless they are wanted", async () => {
  const answering = () => () => ({ json: [{ id: 1 }, { id: 2, pull_request: { url: "x" } }] });
  const without = await reading(answering, { resource: "issues", ...since(day(3)) });
  assert.deepEqual(without.rows.map((row) => row.id), [1]);
  const query = without.seen[0]?.query;
  assert.deepEqual(
    ["state", "sort", "direction", "since", "per_page"].map((name) => query?.get(name)),
    ["all", "created", "asc", day(3), "100"],
  );
  const all = await reading(answering, { resource: "issues", params: { ...params, includePulls: true } });
  assert.deepEqual(all.rows.map((row) => row.id), [1, 2]);
});

Deno.test("reviews are asked for pull request by pull request, and go on from each place", async () => {
  await using server = dialectServer((seen): Answer => {
    const review = /pulls\/(\d+)\/reviews/.exec(seen.path);
    const page = Number(seen.query.get("page") ?? "1");
    const following = `${server.url}${seen.path}?page=${page + 1}`;
    if (!review) {
      const pulls = page === 1 ? [1, 2] : page === 2 ? [] : [3, 4];
      return linked(
        pulls.map((number) => ({ number, updated_at: day(number) })),
        page < 3 ? following : null,
      );
    }
    const number = Number(review[1]);
    const rows = number === 4 ? [] : [{ id: number * 10 + page, submitted_at: day(number) }];
    return linked(rows, number === 2 && page === 1 ? following : null);
  });
  const from = async (resume: Json) => {
    await using test = sourceContext(server);
    const request = readRequest({ resource: "reviews", params: { repos: ["a/a", "b/b"] }, resume });
    return await readAll(githubSource(), request, test.context);
  };
  const whole = await from(null);
  assert.equal(whole.failure, null);
  const expected = ["a/a", "b/b"].flatMap((repository) => [11, 21, 22, 31].map((id) => [repository, id]));
  assert.deepEqual(whole.rows.map((row) => [row.repository, row.id]), expected);
  let before = 0;
  for (const page of whole.pages.slice(0, -1)) {
    before += page.rows.length;
    const rest = await from(throughJson(page.next));
    assert.deepEqual(rest.rows, whole.rows.slice(before), JSON.stringify(page.next));
  }
  assert.equal(whole.pages.at(-1)?.next, null);
});

Deno.test("runs of Actions are found in their envelope, and looked for as far back as one may still go on", async () => {
  const runs = Array.from(
    { length: 6 },
    (_, at) => ({ id: 6 - at, created_at: day(30 - at * 5), updated_at: day(30 - at * 5) }),
  );
  const { rows } = await reading(
    () => () => ({ json: { total_count: 6, workflow_runs: runs } }),
    { resource: "workflow_runs", ...since(day(25)) },
  );
  assert.deepEqual(rows.map((row) => row.id), [6, 5]);
  const { failure } = await reading(() => () => ({ json: { total_count: 0 } }), {
    resource: "workflow_runs",
  });
  assert.equal(failure?.kind, "contract");
});

Deno.test("the repositories of a user and of an organisation come from different lists", async () => {
  for (const [type, path] of [["User", "/users/acme/repos"], ["Organization", "/orgs/acme/repos"]]) {
    const { rows, seen } = await reading(
      () => (request) =>
        request.path === "/users/acme" ? { json: { login: "acme", type } } : { json: [{ id: 1 }] },
      { resource: "repositories", params: { owner: "acme" } },
    );
    assert.deepEqual([rows.length, seen[1]?.path], [1, path]);
  }
  const named = await reading(() => (seen) => ({ json: { id: seen.n, full_name: seen.path } }), {
    resource: "repositories",
    params: { repos: ["a/a", "b/b"] },
  });
  assert.deepEqual(named.rows.map((row) => row.full_name), ["/repos/a/a", "/repos/b/b"]);
});

Deno.test("parameters that are missing, doubled or lead elsewhere are named before anything is asked", () => {
  const check = (resource: string, given: Record<string, Json>) =>
    githubSource().check({ resource, params: given, cursor: null }).map((problem) => problem.path);
  assert.deepEqual(check("issues", {}), ["source.params"]);
  assert.deepEqual(check("issues", { owner: "a" }), ["source.params.repo"]);
  assert.deepEqual(check("issues", { owner: "a", repo: "..", state: "all" }), ["source.params.repo"]);
  assert.deepEqual(check("issues", { repos: ["a/b/../../c"] }), ["source.params.repos.0"]);
  assert.deepEqual(check("issues", { repos: ["a/b"], owner: "c" }), ["source.params"]);
  assert.deepEqual(check("stars", params), ["source.resource"]);
  assert.deepEqual(check("repositories", { owner: "a" }), []);
});
