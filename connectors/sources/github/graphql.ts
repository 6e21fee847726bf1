/**
 * Reviews by GitHub's GraphQL API: pull requests come with their reviews, where REST takes a request for each pull request. The rows
 * are those of REST. Sources: GitHub's pages on GraphQL rate and node limits, and the reference of PullRequestReview.
 */
import { digestOf, type Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import {
  DataFailure,
  type HttpAnswer,
  type HttpDialect,
  type HttpReply,
  type HttpVerdict,
  type Page,
  type RawPage,
  type ReadEnd,
  type ReadRequest,
  type SourceContext,
} from "../../data/port.ts";
import { isObject, parseJson } from "../../net/lossless_json.ts";
import { fromWindow, instantOf } from "../definition.ts";
import { contract } from "../link_walk.ts";
import { githubDialect } from "./dialect.ts";
import { type GithubParams, repositoriesOf } from "./params.ts";
import { reviewRow } from "./review_row.ts";

/** Pull requests of a page, and reviews of each: 2,550 nodes and one point, where 500,000 nodes are the most. */
const PULLS = 50;
const REVIEWS = 50;
/** What is asked for after a page was too much for the server. */
const SMALLER: Readonly<Record<number, number>> = { [PULLS]: 10, 10: 1 };
/** A quota that ends sooner is waited for; later ones park the run. */
const LONGEST_NAP_MS = 60_000;

const FIELDS =
  "totalCount pageInfo { hasNextPage endCursor } nodes { id fullDatabaseId body state url authorAssociation submittedAt commit { oid } " +
  "author { __typename login avatarUrl url ... on User { id databaseId isSiteAdmin } ... on Bot { id databaseId } " +
  "... on Mannequin { id databaseId } ... on Organization { id databaseId } ... on EnterpriseUserAccount { id } } }";
const PAGE_QUERY =
  "query($owner: String!, $name: String!, $first: Int!, $after: String, $reviews: Int!, $states: [PullRequestState!], " +
  "$field: IssueOrderField!, $direction: OrderDirection!) { rateLimit { cost remaining resetAt } repository(owner: $owner, name: $name) { " +
  "pullRequests(first: $first, after: $after, states: $states, orderBy: { field: $field, direction: $direction }) { " +
  `pageInfo { hasNextPage endCursor } nodes { number updatedAt reviews(first: $reviews) { ${FIELDS} } } } } }`;
const REST_QUERY =
  "query($owner: String!, $name: String!, $number: Int!, $after: String) { rateLimit { cost remaining resetAt } " +
  `repository(owner: $owner, name: $name) { pullRequest(number: $number) { number reviews(first: 100, after: $after) { ${FIELDS} } } } }`;

const STATES = { open: ["OPEN"], closed: ["CLOSED", "MERGED"], all: null } as const;

/** `next` of a page. */
interface Place {
  readonly api: "graphql";
  list: number;
  /** Cursor behind which the next pull requests are; null: from the first. */
  after: string | null;
  /** How many pull requests a page has. */
  size: number;
  /** Pull requests of the last page with more reviews than it brought. */
  open: { number: number; after: string }[];
}

export const isGraphqlPlace = (resume: Json): boolean => isObject(resume) && resume.api === "graphql";

/** The API is not there, or does not know these fields: REST has to do. */
export class NoGraphql extends Error {}

const dialect: HttpDialect = {
  ...githubDialect,
  classify: (answer) => githubDialect.classify?.(answer) ?? verdictOfErrors(answer),
};

/** Errors come with status 200. What a smaller page or REST may answer is left to the reader. */
function verdictOfErrors(answer: HttpAnswer): HttpVerdict | undefined {
  if (answer.status !== 200) return undefined;
  const [first] = errorsIn(answer.text());
  if (first === undefined || isTooMuch(first) || isUnknown(first)) return undefined;
  const reason = first.message.slice(0, 300);
  switch (first.type) {
    case "NOT_FOUND":
      return {
        kind: "not-found",
        reason,
        remedy: "Check the repository's name, and what the credential may read.",
      };
    case "FORBIDDEN":
    case "INSUFFICIENT_SCOPES":
    case "UNAUTHORIZED":
      return { kind: "auth", reason, remedy: "Give the credential the right to read this." };
    case "RATE_LIMITED":
    case "RATE_LIMIT":
      return { kind: "rate-limited", reason };
    default:
      return /something went wrong|timed? ?out|try again|loading/i.test(first.message)
        ? { kind: "transient", reason }
        : { kind: "contract", reason: `GraphQL refuses the query: ${reason}` };
  }
}

interface GraphqlError {
  readonly type: string;
  readonly code: string;
  readonly message: string;
}

function errorsIn(text: string): GraphqlError[] {
  let body: Json;
  try {
    body = parseJson(new TextEncoder().encode(text));
  } catch {
    return [];
  }
  return isObject(body) ? errorsOf(body) : [];
}

function errorsOf(body: { readonly [key: string]: Json }): GraphqlError[] {
  const list = Array.isArray(body.errors) ? body.errors : [];
  return list.filter(isObject).map(({ type, message, extensions }) => ({
    type: typeof type === "string" ? type : "",
    code: isObject(extensions) && typeof extensions.code === "string" ? extensions.code : "",
    message: typeof message === "string" ? message : "an error without words",
  }));
}

const isTooMuch = ({ type }: GraphqlError): boolean =>
  /^(RESOURCE_LIMITS_EXCEEDED|MAX_NODE_LIMIT_EXCEEDED)$/.test(type);
const isUnknown = ({ code }: GraphqlError): boolean => code === "undefinedField" || code === "undefinedType";

/** Throws NoGraphql before any page was given where the API cannot be used. */
export async function* readReviewsByGraphql(
  request: ReadRequest,
  context: SourceContext,
  params: GithubParams,
): AsyncGenerator<Page, ReadEnd, void> {
  const http = context.http.as(dialect);
  const url = graphqlUrl(context.settings.baseUrl);
  const repositories = repositoriesOf(params) as string[];
  const start: Place = { api: "graphql", list: 0, after: null, size: PULLS, open: [] };
  const place: Place = isGraphqlPlace(request.resume)
    ? { ...start, ...structuredClone(request.resume) as unknown as Place }
    : start;
  const from = typeof request.window.from === "string" ? instantOf(request.window.from) : null;
  const seen = new Set<string>();
  let isFirst = !isGraphqlPlace(request.resume);
  while (place.list < repositories.length) {
    context.abort.throwIfAborted();
    const repository = repositories[place.list] as string;
    const [owner = "", name = ""] = repository.split("/");
    const [more] = place.open;
    const asked = more === undefined
      ? {
        query: PAGE_QUERY,
        variables: {
          owner,
          name,
          first: place.size,
          after: place.after,
          reviews: REVIEWS,
          states: STATES[params.state] as unknown as Json,
          field: from === null ? "CREATED_AT" : "UPDATED_AT",
          direction: from === null ? "ASC" : "DESC",
        },
      }
      : { query: REST_QUERY, variables: { owner, name, number: more.number, after: more.after } };
    let reply: HttpReply;
    try {
      reply = await http.request({
        url,
        body: asked as unknown as Json,
        idempotent: true,
        expect: "json",
        accept: isFirst ? [404, 405] : [],
        verify: hasShape,
      });
    } catch (error) {
      // A page that takes the server too long is answered by something before it.
      const status = error instanceof DataFailure ? error.more.status : undefined;
      if (more !== undefined || (status !== 502 && status !== 504) || !shrink(place)) throw error;
      continue;
    }
    if (reply.status !== 200) throw new NoGraphql(`${reply.url} answers ${reply.status}`);
    const body = reply.json();
    const [error] = isObject(body) ? errorsOf(body) : [];
    if (error !== undefined) {
      if (isFirst && isUnknown(error)) throw new NoGraphql(error.message);
      if (isTooMuch(error) && more === undefined && shrink(place)) continue;
      throw contract(`${reply.url} refuses the query: ${error.message.slice(0, 300)}`, reply.url);
    }
    isFirst = false;
    const found = reviewsIn(body, reply.url, repository);
    const step = (cursor: string, of: string) => {
      if (seen.has(`${repository} ${of} ${cursor}`)) {
        throw contract(`${reply.url} leads back to a page that was read before`, reply.url);
      }
      seen.add(`${repository} ${of} ${cursor}`);
      return cursor;
    };
    const open = found.pulls.filter(({ updated }) => from === null || updated === null || updated >= from)
      .flatMap(({ number, next }) => next === null ? [] : [{ number, after: step(next, `#${number}`) }]);
    if (more === undefined) {
      place.open = open;
      const isPast = from !== null && found.pulls.length > 0 && isOld(found.pulls, from);
      place.after = found.next === null || isPast ? null : step(found.next, "pulls");
    } else place.open = [...open, ...place.open.slice(1)];
    const isEnd = place.open.length === 0 && place.after === null;
    if (isEnd) place.list++;
    const rows = fromWindow(rowsOf(found, from), request);
    yield await pageOf(
      reply,
      repository,
      asked.variables,
      rows,
      place.list < repositories.length ? place : null,
    );
    if (place.list < repositories.length) await heedCost(body, context, reply.url);
  }
  return { status: "complete" };
}

const shrink = (place: Place): boolean => {
  const smaller = SMALLER[place.size];
  if (smaller === undefined) return false;
  place.size = smaller;
  return true;
};

/** Beside the REST API: /graphql, and /api/graphql where REST is below /api/v3. */
function graphqlUrl(baseUrl: string | undefined): string {
  if (baseUrl === undefined || !/\/api\/v3\/?$/.test(baseUrl)) return "/graphql";
  return baseUrl.replace(/\/api\/v3\/?$/, "/api/graphql");
}

function hasShape(reply: HttpReply): void {
  const body = reply.json();
  if (isObject(body) && (isObject(body.data) || Array.isArray(body.errors))) return;
  throw new DataFailure(
    "transient",
    `${reply.url} answers with neither data nor errors`,
    "Look at the answer.",
    {
      locator: reply.url,
    },
  );
}

/** The next page costs what this one did: with less than that left, it waits for the quota instead of asking for a refusal. */
async function heedCost(body: Json, context: SourceContext, url: string): Promise<void> {
  const limit = isObject(body) && isObject(body.data) ? body.data.rateLimit : null;
  if (!isObject(limit ?? null)) return;
  const { cost, remaining, resetAt } = limit as { [key: string]: Json };
  const at = instantOf(resetAt);
  if (typeof cost !== "number" || typeof remaining !== "number" || at === null || remaining >= cost) return;
  const waitMs = at - context.clock.now();
  if (waitMs <= 0) return;
  if (waitMs <= LONGEST_NAP_MS) return await context.clock.sleep(waitMs, context.abort);
  throw new DataFailure(
    "rate-limited",
    `${url}: ${remaining} points are left of GraphQL's quota, and a page costs ${cost}`,
    "The run goes on by itself when the limit has ended.",
    { untilMs: at, locator: url },
  );
}

interface Pull {
  readonly number: number;
  readonly updated: number | null;
  readonly rows: readonly Row[];
  /** Cursor of the reviews that did not fit. */
  readonly next: string | null;
}
interface Found {
  readonly pulls: readonly Pull[];
  readonly next: string | null;
}

function reviewsIn(body: Json, url: string, repository: string): Found {
  const bad = (what: string) => contract(`${url} answers ${what}`, url);
  const data = isObject(body) ? body.data ?? null : null;
  const holder = isObject(data) ? data.repository ?? null : null;
  if (!isObject(holder)) throw bad(`without the repository ${repository}`);
  const nextOf = (connection: { readonly [key: string]: Json }): string | null => {
    const info = connection.pageInfo ?? null;
    if (!isObject(info) || typeof info.hasNextPage !== "boolean") throw bad("with a list that tells no end");
    if (!info.hasNextPage) return null;
    if (typeof info.endCursor !== "string") throw bad("with a list that goes on and tells no cursor");
    return info.endCursor;
  };
  const listOf = (value: Json | undefined) => {
    if (!isObject(value ?? null) || !Array.isArray((value as { nodes?: Json }).nodes)) {
      throw bad("with no list");
    }
    const connection = value as { readonly [key: string]: Json };
    const nodes = (connection.nodes as Json[]).map((node) => {
      if (!isObject(node)) throw bad("with a list whose item is no object");
      return node;
    });
    return { nodes, next: nextOf(connection) };
  };
  const pullOf = (node: { readonly [key: string]: Json }): Pull => {
    const { number } = node;
    if (!Number.isSafeInteger(number) || Number(number) < 1) {
      throw bad("with a pull request without a number");
    }
    const { nodes, next } = listOf(node.reviews);
    const rows = nodes.map((review) => reviewRow(review, { repository, number: Number(number), url }));
    return { number: Number(number), updated: instantOf(node.updatedAt), rows, next };
  };
  if (holder.pullRequest !== undefined) {
    if (!isObject(holder.pullRequest)) throw bad("without the pull request");
    return { pulls: [pullOf(holder.pullRequest)], next: null };
  }
  const { nodes, next } = listOf(holder.pullRequests);
  return { pulls: nodes.map(pullOf), next };
}

const rowsOf = ({ pulls }: Found, from: number | null): Row[] =>
  pulls.filter(({ updated }) => from === null || updated === null || updated >= from).flatMap((
    { rows },
  ) => [...rows]);

/** As REST's walk: the last one tells it where the server kept to the order, else all of them. */
function isOld(pulls: readonly Pull[], from: number): boolean {
  const old = (updated: number | null | undefined) => typeof updated === "number" && updated < from;
  const isOrdered = pulls.every(({ updated }, at) =>
    at === 0 || (updated ?? NaN) <= (pulls[at - 1]?.updated ?? NaN)
  );
  return isOrdered ? old(pulls.at(-1)?.updated) : pulls.every(({ updated }) => old(updated));
}

async function pageOf(
  reply: HttpReply,
  repository: string,
  variables: { after: string | null; number?: number },
  rows: readonly Row[],
  next: Place | null,
): Promise<Page> {
  const { after, number } = variables;
  const named = new URLSearchParams({
    repository,
    ...(number === undefined ? {} : { number: String(number) }),
    ...(after === null ? {} : { after }),
  });
  const locator = `${reply.url}#${named}`;
  return {
    rows,
    locate: (at) => `${locator}&row=${at + 1}`,
    raw: {
      locator,
      digest: await digestOf(reply.body),
      bytes: reply.body.byteLength,
      mediaType: "application/json",
      content: reply.body,
    },
    next: next === null ? null : JSON.parse(JSON.stringify(next)) as Json,
  };
}

export const isGraphqlPage = (raw: RawPage): boolean => new URL(raw.locator).hash.startsWith("#repository=");

/** Kept pages give the same rows again, without any request. */
export function rereadGraphql(raw: RawPage & { readonly content: Uint8Array }, request: ReadRequest): Page {
  const url = new URL(raw.locator);
  const repository = new URLSearchParams(url.hash.slice(1)).get("repository") ?? "";
  url.hash = "";
  const from = typeof request.window.from === "string" ? instantOf(request.window.from) : null;
  const rows = rowsOf(reviewsIn(parseJson(raw.content), url.href, repository), from);
  return {
    rows: fromWindow(rows, request),
    locate: (at) => `${raw.locator}&row=${at + 1}`,
    raw,
    next: null,
  };
}
