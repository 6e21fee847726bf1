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
import { gitlabSource } from "./mod.ts";

const params = { project: "acme/tools" };
const cursor: Cursor = {
  path: "updated_at",
  type: "datetime",
  lag: "P0D",
  onMissing: "quarantine",
  order: "none",
};
const day = (n: number) => `2024-01-${String(n).padStart(2, "0")}T00:00:00.000Z`;
const since = (from: string): Partial<ReadRequest> => ({
  mode: "incremental",
  cursor,
  window: { from, to: "2024-02-01T00:00:00.000Z" },
});

async function reading(
  answering: (url: string) => Answering,
  request: Partial<ReadRequest> & { resource: string },
  options: ContextOptions = {},
) {
  await using server = dialectServer((seen) => answering(server.url)(seen));
  const clock = leapingClock();
  await using test = sourceContext(server, { clock, ...options });
  const outcome = await readAll(gitlabSource(), readRequest({ params, ...request }), test.context);
  return { ...outcome, seen: [...server.seen], slept: clock.slept, used: test.context.http.used };
}

function linked(json: Json[], next: string | null): Answer {
  return next === null ? { json } : { json, headers: { link: `<${next}>; rel="next"` } };
}

/** A list with an end to offset paging, as GitLab's at 50,000 rows. */
function capped(count: number, size: number, most: number) {
  const rows = Array.from({ length: count }, (_, at) => ({
    id: at + 1,
    iid: at + 1,
    // Three of a kind share an instant.
    created_at: day(1 + Math.floor(at / 3)),
    updated_at: day(1 + Math.floor(at / 3)),
  }));
  return (url: string): Answering => (seen) => {
    const { query } = seen;
    const next = new URL(`${url}${seen.target}`);
    if (query.get("pagination") === "keyset") {
      const after = Number(query.get("id_after") ?? "0");
      const left = rows.filter((row) => row.id > after);
      next.searchParams.set("id_after", String(left[size - 1]?.id));
      return linked(left.slice(0, size), left.length > size ? next.href : null);
    }
    const page = Number(query.get("page") ?? "1");
    if ((page - 1) * size >= most) {
      return {
        status: 405,
        json: {
          message: "405 Method Not Allowed - Offset pagination has a maximum allowed offset. Use keyset.",
        },
      };
    }
    next.searchParams.set("page", String(page + 1));
    return linked(rows.slice((page - 1) * size, page * size), page * size < count ? next.href : null);
  };
}

Deno.test("S11: without totals the links are followed, and past the last offset the list goes on by keyset", async () => {
  const { rows, end, failure, seen } = await reading(capped(23, 4, 12), { resource: "issues" });
  assert.equal(failure, null);
  assert.equal(end?.status, "complete");
  assert.deepEqual(rows.map((row) => row.id), Array.from({ length: 23 }, (_, at) => at + 1));
  assert.equal(seen.filter((one) => one.query.get("pagination") === "keyset").length, 3);
});

Deno.test("a server that pages by creation and repeats the boundary gives no row twice", async () => {
  const serving = capped(12, 4, 8);
  const { rows } = await reading((url) => (seen) => {
    if (seen.query.get("pagination") !== "keyset") return serving(url)(seen);
    // Created at the boundary's instant or later: rows 7 and 8 come again.
    assert.equal(seen.query.get("created_after"), day(3));
    return { json: [7, 8, 9, 10, 11, 12].map((id) => ({ id, iid: id, created_at: day(3) })) };
  }, { resource: "issues" });
  assert.deepEqual(rows.map((row) => row.id), Array.from({ length: 12 }, (_, at) => at + 1));
});

Deno.test("a list that cannot go on is a failure that says so, never a shorter list", async () => {
  const never = await reading(
    (url) => (seen) =>
      seen.query.get("pagination") === "keyset" ? { status: 405, json: {} } : capped(23, 4, 12)(url)(seen),
    { resource: "issues" },
  );
  assert.equal(never.end, null);
  assert.match(never.failure?.kind ?? "", /limit|permanent/);
  const again = await reading(
    (url) => (seen) =>
      seen.query.get("pagination") === "keyset"
        ? { json: [9, 10, 11, 12].map((id) => ({ id, created_at: day(4) })) }
        : capped(23, 4, 12)(url)(seen),
    { resource: "issues" },
  );
  assert.equal(again.failure?.kind, "contract");
});

Deno.test("S12: a limit in plain text is waited for by its headers", async () => {
  const { rows, failure, slept } = await reading(
    () => (seen) =>
      seen.n === 1
        ? { status: 429, headers: { "retry-after": "7" }, body: "Retry later\n" }
        : { json: [{ id: 1 }] },
    { resource: "issues" },
  );
  assert.equal(failure, null);
  assert.equal(rows.length, 1);
  assert.equal(slept[0], 7000);
});

Deno.test("S13: a token that ended is renewed once, and the new refresh token is kept before it is used", async () => {
  const vault = new Map<string, string>();
  let keptBeforeUse = false;
  await using server = dialectServer((seen) => {
    if (seen.path === "/oauth/token") {
      return {
        json: {
          access_token: "new-access",
          refresh_token: "new-refresh",
          token_type: "bearer",
          expires_in: 7200,
        },
      };
    }
    if (seen.headers.get("authorization") !== "Bearer new-access") return { status: 401, json: {} };
    keptBeforeUse = [...vault.values()].some((value) => value.includes("new-refresh"));
    return { json: [{ id: 1 }] };
  });
  const auth = {
    type: "oauth2" as const,
    tokenUrl: `${server.url}/oauth/token`,
    clientId: "c",
    accessToken: "env:ACCESS",
    refreshToken: "env:REFRESH",
  };
  const env = { ACCESS: "old-access", REFRESH: "old-refresh" };
  await using test = sourceContext(server, { vault, env, settings: { auth } });
  const { rows, failure } = await readAll(
    gitlabSource(),
    readRequest({ resource: "issues", params }),
    test.context,
  );
  assert.equal(failure, null);
  assert.equal(rows.length, 1);
  assert.ok(keptBeforeUse);
  assert.deepEqual(server.seen.map((one) => one.path.replace(/^.*\//, "")), ["issues", "token", "issues"]);
});

Deno.test("all states are asked for, a path is one part of the URL, a plus in an instant survives", async () => {
  const { seen } = await reading(() => () => ({ json: [] }), {
    resource: "merge_requests",
    params: { project: "acme/sub group".replace(" ", "-") + "/tools" },
    ...since("2024-01-02T00:00:00+02:00"),
  });
  assert.equal(seen[0]?.path, "/api/v4/projects/acme%2Fsub-group%2Ftools/merge_requests");
  const query = seen[0]?.query;
  assert.deepEqual(
    ["state", "scope", "order_by", "sort", "updated_after", "per_page"].map((name) => query?.get(name)),
    ["all", "all", "created_at", "asc", "2024-01-02T00:00:00+02:00", "100"],
  );
});

Deno.test("a base URL may hold the path of the API or not", async () => {
  await using server = dialectServer(() => ({ json: [] }));
  for (const base of [server.url, `${server.url}/`, `${server.url}/api/v4`, `${server.url}/git/api/v4/`]) {
    await using test = sourceContext(null, { settings: { baseUrl: base } });
    const { failure } = await readAll(
      gitlabSource(),
      readRequest({ resource: "milestones", params }),
      test.context,
    );
    assert.equal(failure, null);
  }
  assert.deepEqual(server.seen.map((seen) => seen.path), [
    "/api/v4/projects/acme%2Ftools/milestones",
    "/api/v4/projects/acme%2Ftools/milestones",
    "/api/v4/projects/acme%2Ftools/milestones",
    "/git/api/v4/projects/acme%2Ftools/milestones",
  ]);
});

Deno.test("what may not be seen is a failure, also where GitLab calls it missing", async () => {
  for (const [status, kind] of [[404, "not-found"], [403, "auth"], [401, "auth"]] as const) {
    const { failure } = await reading(() => () => ({ status, json: { message: "x" } }), {
      resource: "issues",
    });
    assert.equal(failure?.kind, kind);
  }
});

/** Two issues and two merge requests in two pages, with notes newest first. */
const noteServer = (url: string): Answering => (seen: Seen) => {
  const page = Number(seen.query.get("page") ?? "1");
  const next = `${url}${seen.path}?page=${page + 1}`;
  const notes = /\/(issues|merge_requests)\/(\d+)\/notes$/.exec(seen.path);
  if (!notes) return linked([{ id: page, iid: page, updated_at: day(20) }], page < 2 ? next : null);
  const first = (notes[1] === "issues" ? 100 : 200) + Number(notes[2]) * 10;
  const at = (page: number) => ({ id: first + page, updated_at: day(20 - page * 5) });
  return linked([at(page)], page < 3 ? next : null);
};

Deno.test("notes are read below each issue and merge request, newest first until they are older than the window", async () => {
  const whole = await reading(noteServer, { resource: "notes" });
  assert.equal(whole.failure, null);
  assert.deepEqual(whole.rows.map((row) => row.id), [
    111,
    112,
    113,
    121,
    122,
    123,
    211,
    212,
    213,
    221,
    222,
    223,
  ]);
  assert.deepEqual(
    [whole.rows[0]?.parent, whole.rows[0]?.parent_iid, whole.rows.at(-1)?.parent],
    ["issue", 1, "merge_request"],
  );
  const delta = await reading(noteServer, {
    resource: "notes",
    params: { ...params, of: "issues" },
    ...since(day(12)),
  });
  assert.deepEqual(delta.rows.map((row) => row.id), [111, 121]);
  assert.equal(delta.seen.length, 6);
});

Deno.test("notes go on from each place, and nothing comes twice", async () => {
  await using server = dialectServer((seen) => noteServer(server.url)(seen));
  const from = async (resume: Json) => {
    await using test = sourceContext(server);
    return await readAll(gitlabSource(), readRequest({ resource: "notes", params, resume }), test.context);
  };
  const whole = await from(null);
  let before = 0;
  for (const page of whole.pages.slice(0, -1)) {
    before += page.rows.length;
    assert.deepEqual((await from(throughJson(page.next))).rows, whole.rows.slice(before));
  }
  assert.equal(whole.pages.at(-1)?.next, null);
});

Deno.test("going on past the last offset survives a crash at each page", async () => {
  await using server = dialectServer((seen) => capped(23, 4, 12)(server.url)(seen));
  const from = async (resume: Json) => {
    await using test = sourceContext(server);
    return await readAll(gitlabSource(), readRequest({ resource: "issues", params, resume }), test.context);
  };
  const whole = await from(null);
  let before = 0;
  for (const page of whole.pages.slice(0, -1)) {
    before += page.rows.length;
    assert.deepEqual((await from(throughJson(page.next))).rows, whole.rows.slice(before));
  }
});

Deno.test("parameters that are missing, doubled or lead elsewhere are named before anything is asked", () => {
  const check = (resource: string, given: Record<string, Json>) =>
    gitlabSource().check({ resource, params: given, cursor: null }).map((problem) => problem.path);
  assert.deepEqual(check("issues", {}), ["source.params.project"]);
  assert.deepEqual(check("issues", { project: "a/../b" }), ["source.params.project"]);
  assert.deepEqual(check("issues", { project: "a", projects: ["b"] }), ["source.params.project"]);
  assert.deepEqual(check("boards", params), ["source.resource"]);
  assert.deepEqual(check("issues", { project: 7 }), []);
});
