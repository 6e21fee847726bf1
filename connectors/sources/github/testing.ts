/** Pull requests with their reviews, as GitHub's REST and GraphQL APIs answer for them, for tests. */
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import type { Answer, Seen } from "../testing/dialect_server.ts";

export interface PullWithReviews {
  readonly number: number;
  readonly updated_at: string;
  readonly reviews: readonly Row[];
}

const WEB = "https://github.com";

/** A review as REST lists it. */
export function restReview(
  api: string,
  number: number,
  id: number,
  submitted: string,
  login: string | null,
): Row {
  const isBot = login?.endsWith("[bot]") ?? false;
  const own = `${api}/users/${encodeURIComponent(login ?? "")}`;
  const html = `${WEB}/acme/tools/pull/${number}#pullrequestreview-${id}`;
  const pull = `${api}/repos/acme/tools/pulls/${number}`;
  return {
    id,
    node_id: `PRR_${id}`,
    user: login === null ? null : {
      login,
      id: 7,
      node_id: "U_7",
      avatar_url: "https://avatars.example/7",
      gravatar_id: "",
      url: own,
      html_url: isBot ? `${WEB}/apps/${login.replace("[bot]", "")}` : `${WEB}/${login}`,
      followers_url: `${own}/followers`,
      following_url: `${own}/following{/other_user}`,
      gists_url: `${own}/gists{/gist_id}`,
      starred_url: `${own}/starred{/owner}{/repo}`,
      subscriptions_url: `${own}/subscriptions`,
      organizations_url: `${own}/orgs`,
      repos_url: `${own}/repos`,
      events_url: `${own}/events{/privacy}`,
      received_events_url: `${own}/received_events`,
      type: isBot ? "Bot" : "User",
      site_admin: false,
    },
    body: `review ${id}`,
    state: "APPROVED",
    html_url: html,
    pull_request_url: pull,
    author_association: "MEMBER",
    _links: { html: { href: html }, pull_request: { href: pull } },
    submitted_at: submitted,
    commit_id: "0".repeat(40),
  };
}

/** The same review as GraphQL gives it. */
function node(review: Row): Json {
  const user = review.user as Row | null;
  return {
    id: review.node_id ?? null,
    fullDatabaseId: String(review.id),
    body: review.body ?? null,
    state: review.state ?? null,
    url: review.html_url ?? null,
    authorAssociation: review.author_association ?? null,
    submittedAt: review.submitted_at ?? null,
    commit: { oid: review.commit_id ?? null },
    author: user === null ? null : {
      __typename: user.type ?? null,
      login: String(user.login).replace("[bot]", ""),
      avatarUrl: user.avatar_url ?? null,
      url: user.html_url ?? null,
      id: user.node_id ?? null,
      databaseId: user.id ?? null,
      ...(user.type === "User" ? { isSiteAdmin: false } : {}),
    },
  };
}

/** One page of a list behind a cursor, which is the place in it. */
function connection<T>(
  all: readonly T[],
  after: Json | undefined,
  first: number,
  shown: (one: T) => Json,
): Json {
  const from = typeof after === "string" ? Number(atob(after)) : 0;
  const end = from + first;
  return {
    totalCount: all.length,
    pageInfo: {
      hasNextPage: end < all.length,
      endCursor: all.length === 0 ? null : btoa(String(Math.min(end, all.length))),
    },
    nodes: all.slice(from, end).map(shown),
  };
}

export interface GraphqlOptions {
  /** The server gives no more than so many pull requests, and reviews of each, at once. */
  readonly pulls?: number;
  readonly reviews?: number;
  readonly rateLimit?: Json;
}

/** Answers a query of the reader, as POST /graphql does. */
export function graphqlAnswer(
  seen: Seen,
  pulls: readonly PullWithReviews[],
  options: GraphqlOptions = {},
): Answer {
  const { variables } = seen.json() as { variables: Record<string, Json> };
  const rateLimit = options.rateLimit ?? { cost: 1, remaining: 4999, resetAt: "2030-01-01T00:00:00Z" };
  const most = (asked: Json | undefined, cap = 100) => Math.min(Number(asked), cap);
  if (variables.number !== undefined) {
    const pull = pulls.find(({ number }) => number === variables.number);
    return {
      json: {
        data: {
          rateLimit,
          repository: {
            pullRequest: pull === undefined ? null : {
              number: pull.number,
              reviews: connection(pull.reviews, variables.after, most(100, options.reviews), node),
            },
          },
        },
      },
    };
  }
  const ordered = variables.field === "UPDATED_AT"
    ? pulls.toSorted((a, b) => b.updated_at.localeCompare(a.updated_at))
    : pulls;
  return {
    json: {
      data: {
        rateLimit,
        repository: {
          pullRequests: connection(
            ordered,
            variables.after,
            most(variables.first, options.pulls),
            (pull) => ({
              number: pull.number,
              updatedAt: pull.updated_at,
              reviews: connection(pull.reviews, null, most(variables.reviews, options.reviews), node),
            }),
          ),
        },
      },
    },
  };
}

/** Answers the lists of REST. */
export function restAnswer(seen: Seen, url: string, pulls: readonly PullWithReviews[]): Answer {
  const page = Number(seen.query.get("page") ?? "1");
  const size = Number(seen.query.get("per_page") ?? "100");
  const listed = (all: readonly Json[]): Answer => {
    const more = page * size < all.length;
    const query = new URLSearchParams(seen.query);
    query.set("page", String(page + 1));
    return {
      json: all.slice((page - 1) * size, page * size),
      headers: more ? { link: `<${url}${seen.path}?${query}>; rel="next"` } : {},
    };
  };
  const number = /\/pulls\/(\d+)\/reviews$/.exec(seen.path)?.[1];
  if (number !== undefined) {
    return listed(pulls.find((pull) => pull.number === Number(number))?.reviews ?? []);
  }
  const ordered = seen.query.get("sort") === "updated"
    ? pulls.toSorted((a, b) => b.updated_at.localeCompare(a.updated_at))
    : pulls;
  return listed(ordered.map((pull) => ({ number: pull.number, updated_at: pull.updated_at })));
}
