import assert from "node:assert/strict";
import type { Json } from "../../../specs/mod.ts";
import type { Cursor } from "../../../specs/foundry/mod.ts";
import type { ReadRequest } from "../../data/port.ts";
import { type Answer, type Answering, dialectServer, type Seen } from "../testing/dialect_server.ts";
import {
  type ContextOptions,
  readAll,
  readRequest,
  sourceContext,
  throughJson,
} from "../testing/source_context.ts";
import { withoutOrder } from "./jql.ts";
import { jiraSource } from "./mod.ts";

const cursor: Cursor = {
  path: "updated",
  type: "datetime",
  lag: "P0D",
  onMissing: "quarantine",
  order: "none",
};
const START = "2024-02-01T00:00:00.000Z";
const since = (from: string): Partial<ReadRequest> => ({
  mode: "incremental",
  cursor,
  window: { from, to: START },
});
const issue = (n: number, updated: string, more: Record<string, Json> = {}) => ({
  id: String(n),
  key: `AC-${n}`,
  fields: { summary: `s${n}`, updated, ...more },
});

/** Answers who serves and who asks; the rest is the test's. */
function site(rest: Answering, type = "Cloud"): Answering {
  return (seen) => {
    if (seen.path.endsWith("/serverInfo")) return { json: { deploymentType: type } };
    if (seen.path.endsWith("/myself")) return { json: { accountId: "me" } };
    return rest(seen);
  };
}

async function reading(
  answering: Answering,
  request: Partial<ReadRequest> & { resource: string },
  options: ContextOptions = {},
) {
  await using server = dialectServer(answering);
  await using test = sourceContext(server, options);
  const outcome = await readAll(jiraSource(), readRequest(request), test.context);
  const asked = server.seen.filter((seen) => !/serverInfo|myself/.test(seen.path));
  return { ...outcome, seen: [...server.seen], asked };
}

Deno.test("S14: pages go on along tokens and end where none comes, whatever isLast says", async () => {
  const { rows, end, asked } = await reading(
    site((seen) => {
      const at = Number(seen.query.get("nextPageToken") ?? "0");
      return {
        json: {
          issues: [issue(at + 1, "2024-01-01T00:00:00.000+0000")],
          isLast: at < 2 ? true : false,
          ...(at < 2 ? { nextPageToken: String(at + 1) } : {}),
        },
      };
    }),
    { resource: "issues", params: { jql: "project = AC ORDER BY rank" } },
  );
  assert.deepEqual(rows.map((row) => row.key), ["AC-1", "AC-2", "AC-3"]);
  assert.deepEqual(end, { status: "complete" });
  assert.equal(asked.length, 3);
  assert.equal(asked[0]?.path, "/rest/api/3/search/jql");
  assert.equal(asked[0]?.query.get("jql"), "(project = AC) ORDER BY created ASC, key ASC");
  assert.equal(asked[0]?.query.get("fields"), "*all");
});

Deno.test("S15: the window is told in milliseconds, so that no zone of an account cuts into it", async () => {
  const from = "2024-01-10T12:34:56.000Z";
  const { rows, asked } = await reading(
    site((seen) => {
      // A server in UTC-8: a date without a zone would be eight hours late.
      const ms = Number(/updated >= (\d+)/.exec(seen.query.get("jql") ?? "")?.[1]);
      const all = [issue(1, "2024-01-10T04:34:55.999-0800"), issue(2, "2024-01-10T04:34:56.000-0800")];
      return {
        json: {
          issues: all.filter(({ fields }) =>
            Date.parse(String(fields.updated).replace("-0800", "-08:00")) >= ms
          ),
        },
      };
    }),
    { resource: "issues", params: { jql: "project = AC" }, ...since(from) },
  );
  assert.deepEqual(rows.map((row) => [row.key, row.updated]), [["AC-2", from]]);
  assert.equal(
    asked[0]?.query.get("jql"),
    `(project = AC) AND updated >= ${Date.parse(from)} ORDER BY updated ASC, key ASC`,
  );
});

Deno.test("S16: an issue that changes during the run is read, and the walk ends all the same", async () => {
  let minute = 0;
  const { rows, end, asked } = await reading(
    site((seen) => {
      const page = Number(seen.query.get("nextPageToken") ?? "0");
      const busy = new Date(Date.parse(START) + ++minute * 60_000).toISOString();
      const issues = page < 2
        ? [
          issue(page * 2 + 1, `2024-01-0${page + 1}T00:00:00.000+0000`),
          issue(page * 2 + 2, `2024-01-0${page + 1}T00:00:00.000+0000`),
        ]
        : [issue(99, busy)];
      return { json: { issues, nextPageToken: String(page + 1) } };
    }),
    { resource: "issues", ...since("2024-01-01T00:00:00Z") },
  );
  assert.deepEqual(rows.map((row) => row.key), ["AC-1", "AC-2", "AC-3", "AC-4", "AC-99"]);
  assert.equal(end?.status, "complete");
  assert.equal(asked.length, 3);
});

Deno.test("a full read has every issue, also one that changes before its page comes", async () => {
  const all = [1, 2, 3, 4, 5].map((n) => issue(n, `2024-01-0${n}T00:00:00.000+0000`));
  const { rows, end } = await reading(
    site((seen) => {
      const at = Number(seen.query.get("nextPageToken") ?? "0");
      // While the first page is on its way, two that were not read yet change.
      if (at > 0) {
        for (const n of [3, 4]) {
          all[n - 1] = issue(n, new Date(Date.parse(START) + n * 60_000).toISOString());
        }
      }
      const byUpdate = /ORDER BY updated/.test(seen.query.get("jql") ?? "");
      const ordered = byUpdate ? [...all].sort((a, b) => a.fields.updated < b.fields.updated ? -1 : 1) : all;
      const json = { issues: ordered.slice(at, at + 1) };
      return { json: at + 1 < all.length ? { ...json, nextPageToken: String(at + 1) } : json };
    }),
    { resource: "issues", mode: "full", cursor, window: { from: null, to: START } },
  );
  assert.equal(end?.status, "complete");
  assert.deepEqual(rows.map((row) => row.key), ["AC-1", "AC-2", "AC-3", "AC-4", "AC-5"]);
});

Deno.test("S17: the search that was removed is a clear failure, and who is not known reads nothing", async () => {
  const gone = await reading(
    site(() => ({ status: 410, json: { errorMessages: ["The requested API has been removed."] } })),
    { resource: "issues" },
  );
  assert.equal(gone.end, null);
  assert.match(gone.failure?.message ?? "", /410/);
  const anonymous = await reading(
    (seen) =>
      seen.path.endsWith("/serverInfo")
        ? { json: { deploymentType: "Cloud" } }
        : seen.path.endsWith("/myself")
        ? { status: 401, json: {} }
        : { json: { issues: [] } },
    { resource: "issues" },
  );
  assert.equal(anonymous.failure?.kind, "auth");
  assert.match(anonymous.failure?.message ?? "", /does not know who asks/);
  assert.equal(anonymous.asked.length, 0);
});

Deno.test("a token that comes again, and empty pages without end, are failures", async () => {
  const again = await reading(
    site(() => ({ json: { issues: [issue(1, "2024-01-01T00:00:00.000+0000")], nextPageToken: "same" } })),
    { resource: "issues" },
  );
  assert.equal(again.failure?.kind, "contract");
  assert.equal(again.asked.length, 2);
  const empty = await reading(site((seen) => ({ json: { issues: [], nextPageToken: `t${seen.n}` } })), {
    resource: "issues",
  });
  assert.equal(empty.failure?.kind, "contract");
});

/** Issues by offset, as Data Center has them. */
const dataCenter = (count: number): Answering =>
  site((seen) => {
    const at = Number(seen.query.get("startAt"));
    const issues = Array.from({ length: Math.min(2, count - at) }, (_, n) =>
      issue(at + n + 1, "2024-01-01T00:00:00.000+0000"));
    return { json: { startAt: at, total: count, issues } };
  }, "Server");

Deno.test("Data Center is asked by its own API, in the order of creation", async () => {
  const { rows, asked } = await reading(dataCenter(5), { resource: "issues" });
  assert.equal(rows.length, 5);
  assert.deepEqual(asked.map((seen) => [seen.path, seen.query.get("startAt")]), [
    ["/rest/api/2/search", "0"],
    ["/rest/api/2/search", "2"],
    ["/rest/api/2/search", "4"],
  ]);
  assert.equal(asked[0]?.query.get("jql"), "updated >= 0 ORDER BY created ASC, key ASC");
  const cut = await reading(site(() => ({ json: { total: 5, issues: [] } }), "Server"), {
    resource: "issues",
  });
  assert.equal(cut.failure?.kind, "contract");
});

Deno.test("a description becomes Markdown, its document stays; people are ids", async () => {
  const description = {
    type: "doc",
    version: 1,
    content: [{ type: "paragraph", content: [{ type: "text", text: "Hi" }] }],
  };
  const fields = {
    description,
    assignee: { accountId: "a1", emailAddress: "x@y.example" },
    status: { name: "Done", statusCategory: { name: "Done" } },
    project: { key: "AC" },
  };
  const { rows } = await reading(
    site(() => ({ json: { issues: [issue(1, "2024-01-01T00:00:00.000+0200", fields)] } })),
    { resource: "issues" },
  );
  const [row] = rows;
  assert.deepEqual([row?.description, row?.assignee, row?.status, row?.project, row?.updated], [
    "Hi",
    "a1",
    "Done",
    "AC",
    "2023-12-31T22:00:00.000Z",
  ]);
  assert.deepEqual((row?.fields as Record<string, Json>).description, description);
});

Deno.test("fields by name become columns; a name that several have is refused with their ids", async () => {
  const answering = site((seen) =>
    seen.path.endsWith("/field")
      ? {
        json: [{ id: "customfield_1", name: "Points" }, { id: "customfield_2", name: "Team" }, {
          id: "customfield_3",
          name: "Team",
        }],
      }
      : { json: { issues: [issue(1, "2024-01-01T00:00:00.000+0000", { customfield_1: 5 })] } }
  );
  const { rows } = await reading(answering, {
    resource: "issues",
    params: { customFields: { points: "Points" } },
  });
  assert.equal(rows[0]?.points, 5);
  const twice = await reading(answering, { resource: "issues", params: { customFields: { team: "Team" } } });
  assert.equal(twice.failure?.kind, "invalid");
  assert.match(twice.failure?.remedy ?? "", /customfield_2, customfield_3/);
});

/** Two pages of issues; what lies below each comes two at a time. */
const below = (seen: Seen): Answer => {
  const found = /\/issue\/(\d+)\/(changelog|comment|worklog)$/.exec(seen.path);
  if (!found) {
    const at = Number(seen.query.get("nextPageToken") ?? "0");
    const json = {
      issues: [issue(at + 1, "2024-01-05T00:00:00.000+0000"), issue(at + 2, "2024-01-05T00:00:00.000+0000")],
    };
    return { json: at === 0 ? { ...json, nextPageToken: "2" } : json };
  }
  const [, id, kind] = found;
  const count = Number(id) === 3 ? 0 : 3;
  const start = Number(seen.query.get("startAt"));
  const items = Array.from({ length: Math.min(2, count - start) }, (_, n) => ({
    id: `${id}-${start + n}`,
    created: `2024-01-0${start + n + 1}T00:00:00.000+0000`,
    updated: `2024-01-0${start + n + 1}T00:00:00.000+0000`,
    items: [{ field: "status", fromString: "Open", toString: "Done" }, { field: "rank" }],
  }));
  const name = kind === "changelog" ? "values" : `${kind}s`;
  return { json: { total: count, [name]: items } };
};

Deno.test("changes, comments and worklogs are read issue by issue, to the end of each", async () => {
  const comments = await reading(site(below), { resource: "comments" });
  assert.equal(comments.failure, null);
  assert.deepEqual(comments.rows.map((row) => row.id), [
    "1-0",
    "1-1",
    "1-2",
    "2-0",
    "2-1",
    "2-2",
    "4-0",
    "4-1",
    "4-2",
  ]);
  assert.deepEqual([comments.rows[0]?.issueId, comments.rows[0]?.issueKey], ["1", "AC-1"]);
  const changes = await reading(site(below), { resource: "changelogs" });
  assert.equal(changes.rows.length, 18);
  assert.deepEqual([changes.rows[0]?.toText, changes.rows[1]?.toText], ["Done", null]);
  assert.deepEqual(changes.rows.slice(0, 3).map((row) => row.id), ["1-0", "1-0.1", "1-1"]);
  assert.equal(new Set(changes.rows.map((row) => row.id)).size, 18);
  const worklogs = await reading(site(below), { resource: "worklogs", ...since("2024-01-03T00:00:00Z") });
  assert.deepEqual(worklogs.rows.map((row) => row.id), ["1-2", "2-2", "4-2"]);
});

Deno.test("what lies below issues goes on from each place, and nothing comes twice", async () => {
  await using server = dialectServer(site(below));
  const from = async (resume: Json) => {
    await using test = sourceContext(server);
    return await readAll(jiraSource(), readRequest({ resource: "comments", resume }), test.context);
  };
  const whole = await from(null);
  let before = 0;
  for (const page of whole.pages.slice(0, -1)) {
    before += page.rows.length;
    assert.deepEqual((await from(throughJson(page.next))).rows, whole.rows.slice(before));
  }
  assert.equal(whole.pages.at(-1)?.next, null);
});

Deno.test("boards, their sprints, projects and users come to their ends", async () => {
  const answering = site((seen) => {
    const at = Number(seen.query.get("startAt"));
    if (/board\/\d+\/sprint$/.test(seen.path)) return { json: { isLast: at >= 1, values: [{ id: at + 1 }] } };
    if (seen.path.endsWith("/board")) {
      return {
        json: {
          isLast: at >= 2,
          values: at < 2 ? [{ id: 7, type: "scrum" }, { id: 8, type: "kanban" }] : [{ id: 9, type: "scrum" }],
        },
      };
    }
    if (seen.path.endsWith("/users/search")) return { json: at < 3 ? [{ accountId: `u${at}` }] : [] };
    return { json: { total: 2, values: at < 2 ? [{ id: String(at) }] : [] } };
  });
  const of = async (resource: string) => (await reading(answering, { resource })).rows;
  assert.deepEqual((await of("boards")).map((row) => row.id), [7, 8, 9]);
  assert.deepEqual((await of("sprints")).map((row) => [row.board_id, row.id]), [[7, 1], [7, 2], [9, 1], [
    9,
    2,
  ]]);
  assert.deepEqual((await of("projects")).map((row) => row.id), ["0", "1"]);
  assert.deepEqual((await of("users")).map((row) => row.accountId), ["u0", "u1", "u2"]);
});

Deno.test("the order of a query is taken off, but not a word in quotes", () => {
  assert.equal(withoutOrder("project = AC order by rank desc"), "project = AC");
  assert.equal(withoutOrder('summary ~ "order by mail" AND x = 1'), 'summary ~ "order by mail" AND x = 1');
  assert.equal(withoutOrder('summary ~ "a \\" order by" ORDER  BY key'), 'summary ~ "a \\" order by"');
  assert.equal(withoutOrder("ORDER BY key"), "");
});

Deno.test("without a site, or with parameters that are none, nothing is asked", async () => {
  await using test = sourceContext(null);
  const { failure } = await readAll(jiraSource(), readRequest({ resource: "issues" }), test.context);
  assert.equal(failure?.kind, "invalid");
  const check = (resource: string, params: Record<string, Json>) =>
    jiraSource().check({ resource, params, cursor: null }).map((problem) => problem.path);
  assert.deepEqual(check("issues", { jql: 1 }), ["source.params.jql"]);
  assert.deepEqual(check("epics", {}), ["source.resource"]);
  assert.deepEqual(check("issues", {}), []);
});
