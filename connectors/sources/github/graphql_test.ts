import assert from "node:assert/strict";
import type { Json } from "../../../specs/mod.ts";
import type { Cursor, Row } from "../../../specs/foundry/mod.ts";
import type { Page, ReadRequest, Source } from "../../data/port.ts";
import { sourceConformance } from "../testing/conformance.ts";
import { type Answer, dialectServer, type Seen } from "../testing/dialect_server.ts";
import { leapingClock } from "../testing/leaping_clock.ts";
import { type ContextOptions, readAll, readRequest, sourceContext } from "../testing/source_context.ts";
import { githubSource } from "./mod.ts";
import {
  graphqlAnswer,
  type GraphqlOptions,
  type PullWithReviews,
  restAnswer,
  restReview,
} from "./testing.ts";

const day = (n: number) => new Date(Date.UTC(2024, 0, 1 + n)).toISOString().replace(".000Z", "Z");
const logins = ["ada", "dependabot[bot]", null];
const pullsOf = (api: string, count: number, reviews: (number: number) => number): PullWithReviews[] =>
  Array.from({ length: count }, (_, at) => ({
    number: at + 1,
    updated_at: day(at),
    reviews: Array.from(
      { length: reviews(at + 1) },
      (_, n) => restReview(api, at + 1, 3_000_000_000 + at * 1000 + n, day(at), logins[(at + n) % 3] ?? null),
    ),
  }));
const cursor: Cursor = {
  path: "submitted_at",
  type: "datetime",
  lag: "P0D",
  onMissing: "quarantine",
  order: "none",
};
const isGraphql = (seen: Seen) => seen.path === "/graphql";

async function reading(
  answering: (seen: Seen, url: string) => Answer,
  api: string,
  more: Partial<ReadRequest> = {},
  options: ContextOptions = {},
) {
  await using server = dialectServer((seen) => answering(seen, server.url));
  const clock = leapingClock();
  await using test = sourceContext(server, { clock, ...options });
  const request = readRequest({
    resource: "reviews",
    params: { owner: "acme", repo: "tools", api },
    ...more,
  });
  const outcome = await readAll(githubSource(), request, test.context);
  return {
    ...outcome,
    seen: [...server.seen],
    slept: clock.slept,
    told: test.progress,
    now: () => clock.now(),
  };
}

/** Both APIs over one set of pull requests. */
const both = (count: number, reviews: (number: number) => number, options: GraphqlOptions = {}) => {
  let pulls: PullWithReviews[] | undefined;
  return (seen: Seen, url: string): Answer => {
    pulls ??= pullsOf("http://api", count, reviews);
    const own = JSON.parse(JSON.stringify(pulls).replaceAll("http://api", url)) as PullWithReviews[];
    return isGraphql(seen) ? graphqlAnswer(seen, own, options) : restAnswer(seen, url, own);
  };
};
/** Without the port of the server. */
const plain = (rows: readonly Row[]) =>
  rows.map((row) => JSON.parse(JSON.stringify(row).replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, "")) as Json);

Deno.test("reviews by GraphQL are the rows of REST, for a fortieth of the requests", async () => {
  const reviews = (number: number) => number === 7 ? 120 : number % 3;
  const rest = await reading(both(120, reviews), "rest");
  const graphql = await reading(both(120, reviews), "graphql");
  assert.deepEqual([rest.failure, graphql.failure], [null, null]);
  const byId = (row: Row) => Number(row.id);
  assert.deepEqual(
    plain(graphql.rows.toSorted((a, b) => byId(a) - byId(b))),
    plain(rest.rows.toSorted((a, b) => byId(a) - byId(b))),
  );
  assert.ok(rest.rows.length > 200);
  // REST: two pages of pull requests, each of them, and one page more; GraphQL: three pages, and one for the pull request with 120.
  assert.deepEqual([rest.seen.length, graphql.seen.length], [123, 4]);
  assert.ok(graphql.seen.every((seen) => isGraphql(seen) && seen.method === "POST"));
});

Deno.test("an incremental read by GraphQL brings what REST brings, and ends at what is older", async () => {
  const window = { mode: "incremental" as const, cursor, window: { from: day(290), to: day(400) } };
  const rest = await reading(both(300, () => 2), "rest", window);
  const graphql = await reading(both(300, () => 2), "graphql", window);
  assert.deepEqual(plain(graphql.rows), plain(rest.rows));
  assert.equal(graphql.rows.length, 20);
  assert.deepEqual([rest.seen.length, graphql.seen.length], [11, 1]);
});

Deno.test("without the API, or one that knows other fields, reviews are read by REST", async () => {
  const rest = await reading(both(3, () => 1), "rest");
  for (
    const refusal of [
      { status: 404, json: { message: "Not Found" } },
      { status: 405 },
      {
        json: {
          errors: [{
            message: "Field 'fullDatabaseId' doesn't exist",
            extensions: { code: "undefinedField" },
          }],
        },
      },
    ] as Answer[]
  ) {
    const answering = both(3, () => 1);
    const found = await reading((seen, url) => isGraphql(seen) ? refusal : answering(seen, url), "graphql");
    assert.equal(found.failure, null);
    assert.deepEqual(plain(found.rows), plain(rest.rows));
    assert.match(found.told.join(), /reviews are read by REST/);
  }
});

Deno.test("errors with status 200 are of the classes of REST's statuses", async () => {
  const failing = (error: Record<string, Json>) =>
    reading(() => ({ json: { data: null, errors: [error] } }), "graphql");
  const kinds: [string, string, string][] = [
    ["NOT_FOUND", "Could not resolve to a Repository", "not-found"],
    ["FORBIDDEN", "Resource not accessible by integration", "auth"],
    ["INSUFFICIENT_SCOPES", "Your token has not been granted the required scopes", "auth"],
    ["RATE_LIMITED", "API rate limit exceeded", "rate-limited"],
    ["", "Something went wrong while executing your query", "transient"],
    ["", 'Parse error on "}"', "contract"],
  ];
  for (const [type, message, kind] of kinds) {
    const { failure, rows } = await failing({ type, message });
    assert.deepEqual([failure?.kind, rows.length], [kind, 0], message);
  }
  const none = await reading(() => ({ json: { data: { repository: null } } }), "graphql");
  assert.equal(none.failure?.kind, "contract");
});

Deno.test("a rate limit that comes with status 200 is waited for to its reset", async () => {
  const answering = both(2, () => 1);
  let start = 0;
  const found = await reading((seen, url) => {
    if (seen.n > 1) return answering(seen, url);
    return {
      json: { errors: [{ type: "RATE_LIMITED", message: "API rate limit exceeded" }] },
      headers: { "x-ratelimit-remaining": "0", "retry-after": "90" },
    };
  }, "graphql");
  start = found.slept.reduce((sum, ms) => sum + ms, 0);
  assert.equal(found.failure, null);
  assert.equal(found.rows.length, 2);
  assert.ok(start >= 90_000, `${start} ms`);
});

Deno.test("with fewer points left than a page costs, the next page waits for the reset; a far one parks", async () => {
  for (const [seconds, kind] of [[30, null], [3600, "rate-limited"]] as const) {
    const clock = leapingClock();
    const resetAt = new Date(clock.now() + seconds * 1000).toISOString();
    const found = await reading(
      both(4, () => 1, { pulls: 2, rateLimit: { cost: 2, remaining: 1, resetAt } }),
      "graphql",
      {},
      { clock },
    );
    assert.equal(found.failure?.kind ?? null, kind);
    if (kind === null) assert.ok(clock.slept.some((ms) => ms > 29_000 && ms <= 30_000), clock.slept.join());
    else assert.equal(found.failure?.more.untilMs, Date.parse(resetAt));
    assert.equal(found.rows.length, kind === null ? 4 : 2);
  }
});

Deno.test("a page that is too much is asked for smaller, and one pull request that is too much is a failure", async () => {
  const answering = both(25, () => 1);
  const limited = (most: number, refusal: Answer) => (seen: Seen, url: string): Answer => {
    const { variables } = seen.json() as unknown as { variables: { first?: number } };
    return (variables.first ?? 0) > most ? refusal : answering(seen, url);
  };
  const exceeded = {
    json: { errors: [{ type: "RESOURCE_LIMITS_EXCEEDED", message: "Resource limits exceeded" }] },
  };
  for (const [refusal, most] of [[exceeded, 10], [{ status: 502 }, 10], [exceeded, 1]] as const) {
    const found = await reading(limited(most, refusal), "graphql");
    assert.equal(found.failure, null);
    assert.equal(found.rows.length, 25);
  }
  assert.equal((await reading(limited(0, exceeded), "graphql")).failure?.kind, "contract");
});

Deno.test("a cursor that comes again, and a list that goes on without one, are failures", async () => {
  for (const endCursor of ["again", null]) {
    const pageInfo = { hasNextPage: true, endCursor };
    const { failure } = await reading(
      () => ({ json: { data: { repository: { pullRequests: { pageInfo, nodes: [] } } } } }),
      "graphql",
    );
    assert.equal(failure?.kind, "contract");
  }
});

const API = "http://api.test";
const golden = pullsOf(API, 12, (number) => number === 4 ? 5 : 2);
const ofServer = (url: string) =>
  JSON.parse(JSON.stringify(golden).replaceAll(API, url)) as PullWithReviews[];
/** Rows name the server that they came from, which is another one for each test. */
function placeless(source: Source): Source {
  const page = (given: Page): Page => ({
    ...given,
    rows: given.rows.map((row) =>
      JSON.parse(JSON.stringify(row).replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, API)) as Row
    ),
  });
  return {
    ...source,
    async *read(request, context) {
      const pages = source.read(request, context);
      for (;;) {
        const next = await pages.next();
        if (next.done === true) return next.value;
        yield page(next.value);
      }
    },
    reread: async (raw, request) => {
      if (source.reread === undefined) throw new Error("it cannot read pages again");
      return page(await source.reread(raw, request));
    },
  };
}

type Connection = { pageInfo: { hasNextPage: boolean; endCursor: string } };
const pageOf = ({ json }: Answer): Connection =>
  (json as unknown as { data: { repository: { pullRequests: Connection } } }).data.repository.pullRequests;

sourceConformance({
  name: "github reviews by GraphQL",
  source: () => placeless(githubSource()),
  request: { resource: "reviews", params: { owner: "acme", repo: "tools", api: "graphql" } },
  answer: (seen, server) => graphqlAnswer(seen, ofServer(server.url), { pulls: 3 }),
  golden: golden.flatMap(({ reviews }) =>
    reviews.map((row) => ({
      ...row,
      repository: "acme/tools",
      pull_number: Number(String(row.pull_request_url).split("/").at(-1)),
    }))
  ),
  loop: (seen, answer) => {
    const { variables } = seen.json() as unknown as { variables: { after: string } };
    pageOf(answer).pageInfo = { hasNextPage: true, endCursor: variables.after };
    return answer;
  },
  endless: (seen) => {
    const answer = graphqlAnswer(seen, golden, { pulls: 3 });
    pageOf(answer).pageInfo = { hasNextPage: true, endCursor: `place ${seen.n}` };
    return answer;
  },
  // On the first page it says that there is no such API: reviews are read by REST then.
  statuses: { 404: null, 405: null, 451: "not-found" },
});
