/**
 * GitHub. A stream is a row of lists, one for each repository; `next` is the list and the page in it. Reviews are asked for pull
 * request by pull request, along the list of those that changed.
 */
import {
  type HttpClient,
  type Page,
  type RawPage,
  type ReadEnd,
  type ReadRequest,
  type Source,
  type SourceContext,
} from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { isObject, parseJson } from "../../net/lossless_json.ts";
import { definitionProblems, fromWindow, instantOf, refuseDefinition } from "../definition.ts";
import { contract, type LinkPage, linkPage, objectsOf, pageOf, trail } from "../link_walk.ts";
import { githubDialect } from "./dialect.ts";
import { isGraphqlPage, isGraphqlPlace, NoGraphql, readReviewsByGraphql, rereadGraphql } from "./graphql.ts";
import { type GithubParams, githubParams, repositoriesOf } from "./params.ts";
import { LISTED, type ListedResource, RESOURCES, STILL_CHANGES_MS } from "./resources.ts";

/** Of first pages: what did not change costs no request of the quota. */
type Tags = Record<string, string>;
const MOST_TAGS = 300;

/** `next` of a page. */
interface Place {
  /** Index of the repository. */
  list: number;
  /** Page to ask for; null: the list's first. */
  url: string | null;
  /** Reviews: numbers of pull requests still to be asked, and the page of the first of them. */
  pulls: number[];
  pullUrl: string | null;
  /** Lists that were as they had been. */
  same: number;
  /** Repositories without what is asked for, in words. */
  without: string[];
  tags: Tags;
}

interface Reading {
  readonly http: HttpClient;
  readonly request: ReadRequest;
  readonly context: SourceContext;
  readonly params: GithubParams;
  readonly from: string | null;
}

export function githubSource(): Source {
  return {
    connector: "github",
    discover: () => RESOURCES,
    check: ({ resource, params }) => definitionProblems("github", RESOURCES, githubParams, resource, params),
    read,
    reread,
  };
}

async function* read(request: ReadRequest, context: SourceContext): AsyncGenerator<Page, ReadEnd, void> {
  refuseDefinition(githubSource().check(request));
  const params = githubParams(request.resource).parse(request.params);
  const { from } = request.window;
  const reading: Reading = {
    http: context.http.as(githubDialect),
    request,
    context,
    params,
    from: typeof from === "string" ? from : null,
  };
  if (request.resource === "repositories") return yield* readRepositories(reading);
  if (request.resource === "reviews") {
    // Where a read goes on is a place of the API that it began with.
    const isBegun = request.resume !== null;
    if (isBegun ? !isGraphqlPlace(request.resume) : params.api === "rest") return yield* readReviews(reading);
    try {
      return yield* readReviewsByGraphql(request, context, params);
    } catch (error) {
      if (!(error instanceof NoGraphql)) throw error;
      context.progress(`GraphQL cannot be used (${error.message.slice(0, 200)}): reviews are read by REST`);
      return yield* readReviews(reading);
    }
  }
  return yield* readLists(reading, LISTED[request.resource] as ListedResource);
}

function placeOf(request: ReadRequest): Place {
  const start: Place = { list: 0, url: null, pulls: [], pullUrl: null, same: 0, without: [], tags: {} };
  return isObject(request.resume) ? { ...start, ...(request.resume as unknown as Place) } : start;
}

const json = (place: Place): Json => JSON.parse(JSON.stringify(place)) as Json;

async function* readLists(
  reading: Reading,
  resource: ListedResource,
): AsyncGenerator<Page, ReadEnd, void> {
  const { request, params, context } = reading;
  const repositories = repositoriesOf(params) as string[];
  const place = placeOf(request);
  const before = tagsOf(request.state);
  // A list that is left out is missing wherever all rows are wanted; of one list alone the whole answer is `unchanged`.
  const mayBeSame = request.mode === "incremental" && request.partial !== false &&
    (repositories.length === 1 || request.partial === true);
  const path = trail();
  while (place.list < repositories.length) {
    context.abort.throwIfAborted();
    const repository = repositories[place.list] as string;
    const start = resource.start(repository, params, reading.from);
    const key = `${repository} ${JSON.stringify(start.query)}`;
    const tag = place.url === null && mayBeSame ? before[key] : undefined;
    const page = await linkPage(
      reading.http,
      place.url === null
        ? {
          url: start.path,
          query: start.query,
          accept: [304, 409, 410],
          ...(tag === undefined ? {} : { headers: { "If-None-Match": tag } }),
        }
        : { url: place.url },
      resource.records === undefined
        ? undefined
        : (body) => isObject(body) ? body[resource.records as string] : undefined,
    );
    path.step(page.next, page.reply.url);
    note(place, page, repository, request.resource, key, tag);
    const items = page.items.filter((item) => resource.keep?.(item, params) ?? true);
    const ends = page.next === null || isPast(page, start.newestFirst, reading);
    place.url = ends ? null : page.next;
    if (ends) place.list++;
    const isLast = place.list >= repositories.length;
    const rows = fromWindow(items, request).map((item): Row => ({ ...item, repository }));
    yield page.reply.status >= 300
      ? { rows: [], locate: () => page.reply.url, raw: null, next: isLast ? null : json(place) }
      : await pageOf(page.reply, rows, isLast ? null : json(place));
  }
  return endOf(place, repositories.length, before);
}

/** Keeps what the first page of a list says of itself; throws for an answer that this list may not give. */
function note(
  place: Place,
  page: LinkPage,
  repository: string,
  resource: string,
  key: string,
  tag: string | undefined,
): void {
  const { status, headers, url } = page.reply;
  if (status === 304) {
    if (tag === undefined) throw contract(`${url} answered 304 to a request without a condition`, url);
    place.same++;
    place.tags[key] = tag;
    return;
  }
  if (status === 410) {
    place.without.push(`${repository} has its ${resource} switched off`);
    return;
  }
  // An empty repository has no commits; of anything else it would be an answer that nobody knows.
  if (status === 409 && resource !== "commits") throw contract(`${url} answered 409`, url);
  const fresh = headers.get("etag");
  if (
    place.url === null && fresh !== null && fresh.length <= 200 && Object.keys(place.tags).length < MOST_TAGS
  ) {
    place.tags[key] = fresh;
  }
}

function endOf(place: Place, lists: number, before: Tags): ReadEnd {
  const state = Object.keys(place.tags).length === 0 && Object.keys(before).length === 0
    ? {}
    : { state: { tags: place.tags } };
  const [first, ...others] = place.without;
  const reason = first === undefined ? {} : {
    reason: others.length === 0 ? first : `${first}, and ${others.length} more`,
  };
  if (lists > 0 && place.without.length === lists) return { status: "skipped", ...reason, ...state };
  const unchanged = place.same === 0 ? {} : { unchanged: place.same };
  if (lists > 0 && place.same === lists) return { status: "unchanged", ...state, ...unchanged };
  const unread = place.without.length === 0 ? {} : { unread: place.without.length };
  return { status: "complete", ...reason, ...state, ...unchanged, ...unread };
}

function tagsOf(state: Json): Tags {
  const tags = isObject(state) && isObject(state.tags) ? state.tags : {};
  return Object.fromEntries(
    Object.entries(tags).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** Whether a list that has its newest first has come to what is older than the window. */
function isPast(page: LinkPage, column: string | null, { from, request }: Reading): boolean {
  const since = instantOf(from);
  if (column === null || since === null || page.items.length === 0) return false;
  const limit = since - (STILL_CHANGES_MS[request.resource] ?? 0);
  const instants = page.items.map((item) => instantOf(item[column]));
  const isOld = (at: number | null | undefined) => typeof at === "number" && at < limit;
  // The last one tells it, where the server kept to the order; where it did not, all of them have to.
  const isOrdered = instants.every((at, index) => index === 0 || (at ?? NaN) <= (instants[index - 1] ?? NaN));
  return isOrdered ? isOld(instants.at(-1)) : instants.every(isOld);
}

async function* readRepositories(reading: Reading): AsyncGenerator<Page, ReadEnd, void> {
  const { params, http, request } = reading;
  const named = repositoriesOf(params);
  const place = placeOf(request);
  if (named !== null) {
    while (place.list < named.length) {
      const reply = await http.request({ url: `/repos/${named[place.list]}`, expect: "json" });
      place.list++;
      const rows = fromWindow(objectsOf([reply.json()], reply.url), request).map((item): Row => ({
        ...item,
      }));
      yield await pageOf(reply, rows, place.list < named.length ? json(place) : null);
    }
    return { status: "complete" };
  }
  const path = trail();
  for (;;) {
    const page = await linkPage(http, place.url !== null ? { url: place.url } : await ownerList(reading));
    path.step(page.next, page.reply.url);
    place.url = page.next;
    const rows = fromWindow(page.items, request).map((item): Row => ({ ...item }));
    yield await pageOf(page.reply, rows, page.next === null ? null : json(place));
    if (page.next === null) return { status: "complete" };
  }
}

/** An owner is an organisation or a user; only the right list shows what the credential may see. */
async function ownerList({ http, params }: Reading) {
  const owner = await http.request({ url: `/users/${params.owner}`, expect: "json" });
  const body = owner.json();
  const isOrganisation = isObject(body) && body.type === "Organization";
  return {
    url: isOrganisation ? `/orgs/${params.owner}/repos` : `/users/${params.owner}/repos`,
    query: { type: isOrganisation ? "all" : "owner", sort: "created", direction: "asc", per_page: 100 },
  };
}

async function* readReviews(reading: Reading): AsyncGenerator<Page, ReadEnd, void> {
  const { http, params, request, context, from } = reading;
  const repositories = repositoriesOf(params) as string[];
  const place = placeOf(request);
  const pulls = LISTED.pulls as ListedResource;
  const path = trail();
  /** The page of pull requests whose reviews are being read leads here. */
  let after: string | null = place.url;
  let known = place.pulls.length > 0;
  while (place.list < repositories.length) {
    context.abort.throwIfAborted();
    const repository = repositories[place.list] as string;
    if (!known) {
      const start = pulls.start(repository, params, from);
      const page = await linkPage(
        http,
        after === null ? { url: start.path, query: start.query } : { url: after },
      );
      path.step(page.next, page.reply.url);
      const ends = page.next === null || isPast(page, start.newestFirst, reading);
      const since = instantOf(from);
      place.pulls = page.items
        .filter((item) => since === null || (instantOf(item.updated_at) ?? since) >= since)
        .map((item) => Number(item.number));
      if (place.pulls.some((number) => !Number.isSafeInteger(number) || number < 1)) {
        throw contract(`${page.reply.url} lists a pull request without a number`, page.reply.url);
      }
      after = ends ? null : page.next;
      place.url = after;
      known = true;
      if (place.pulls.length === 0) yield empty(page, advance(place, repositories.length));
      if (place.pulls.length === 0) known = false;
      continue;
    }
    const [number, ...left] = place.pulls as [number, ...number[]];
    const page = await linkPage(
      http,
      place.pullUrl === null
        ? { url: `/repos/${repository}/pulls/${number}/reviews`, query: { per_page: 100 } }
        : { url: place.pullUrl },
    );
    path.step(page.next, page.reply.url);
    place.pullUrl = page.next;
    if (page.next === null) place.pulls = left;
    const isDone = place.pulls.length === 0;
    const rows = fromWindow(page.items, request).map((item): Row => ({
      repository,
      pull_number: number,
      ...item,
    }));
    yield await pageOf(page.reply, rows, isDone ? advance(place, repositories.length) : json(place));
    if (isDone) known = false;
  }
  return endOf(place, 0, {});
}

/** To the next page of pull requests, or the next repository; null at the end. */
function advance(place: Place, lists: number): Json {
  if (place.url === null) place.list++;
  return place.list < lists ? json(place) : null;
}

function empty(page: LinkPage, next: Json): Page {
  return { rows: [], locate: () => page.reply.url, raw: null, next };
}

/** Kept pages give the same rows again, without any request. */
function reread(raw: RawPage & { readonly content: Uint8Array }, request: ReadRequest): Page {
  if (isGraphqlPage(raw)) return rereadGraphql(raw, request);
  const params = githubParams(request.resource).parse(request.params);
  const resource = LISTED[request.resource];
  const body = parseJson(raw.content);
  const records = resource?.records === undefined
    ? body
    : isObject(body)
    ? body[resource.records]
    : undefined;
  const items = objectsOf(
    request.resource === "repositories" && !Array.isArray(body) ? [body] : records,
    raw.locator,
  );
  const found = /\/repos\/([^/]+\/[^/]+)(?:\/pulls\/(\d+)\/reviews)?/.exec(new URL(raw.locator).pathname);
  const named = repositoriesOf(params);
  const repository = found?.[1] ?? (named?.length === 1 ? named[0] : null) ?? null;
  const head: Row = request.resource === "repositories"
    ? {}
    : request.resource === "reviews"
    ? { repository, pull_number: found?.[2] === undefined ? null : Number(found[2]) }
    : { repository };
  const kept = items.filter((item) => resource?.keep?.(item, params) ?? true);
  return {
    rows: fromWindow(kept, request).map((item): Row => ({ ...item, ...head })),
    locate: (at) => `${raw.locator}#row=${at + 1}`,
    raw,
    next: null,
  };
}
