/**
 * GitLab. A stream is a row of lists: each project's, and for notes each project's issues and merge requests with the notes of each.
 * `next` is the list, the page in it, and what is still to be asked for below that page.
 */
import {
  DataFailure,
  type HttpClient,
  type HttpDialect,
  type Page,
  type RawPage,
  type ReadEnd,
  type ReadRequest,
  type Source,
  type SourceContext,
} from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import type { ConnectorSettings, Row } from "../../../specs/foundry/mod.ts";
import { isObject, parseJson } from "../../net/lossless_json.ts";
import { definitionProblems, fromWindow, instantOf, refuseDefinition } from "../definition.ts";
import { contract, type LinkPage, linkPage, objectsOf, pageOf, trail } from "../link_walk.ts";
import { GitlabParams, projectsOf } from "./params.ts";
import { LISTED, type Listed, RESOURCES } from "./resources.ts";

/** 2,000 a minute on GitLab.com, 500 without a credential: well below both leaves room for others. */
export const gitlabDialect: HttpDialect = { baseUrl: "https://gitlab.com", concurrency: 4 };

interface Place {
  /** Index of the list. */
  list: number;
  /** Page to ask for; null: the list's first. */
  url: string | null;
  /** Numbers of issues or merge requests whose notes are still to be read, and the page of the first of them. */
  below: number[];
  belowUrl: string | null;
  /** The last row and the rows of its page, for going on where no further page is allowed. */
  last: { id: number; created_at: string | null; ids: number[] } | null;
  isSplit: boolean;
}

interface List {
  readonly project: string;
  readonly path: string;
  readonly listed: Listed;
  /** Notes: the rows come from below each item. */
  readonly parent: "issue" | "merge_request" | null;
}

interface Reading {
  readonly http: HttpClient;
  readonly request: ReadRequest;
  readonly context: SourceContext;
  readonly params: GitlabParams;
  readonly lists: readonly List[];
  readonly from: string | null;
}

export function gitlabSource(): Source {
  return {
    connector: "gitlab",
    discover: () => RESOURCES,
    check: ({ resource, params }) =>
      definitionProblems("gitlab", RESOURCES, () => GitlabParams, resource, params),
    read,
    reread,
  };
}

/** `/api/v4` unless the base URL already leads there. */
function apiOf(settings: ConnectorSettings): string {
  return /\/api\/v\d+\/?$/.test(settings.baseUrl ?? "") ? "" : "/api/v4";
}

function listsOf(resource: string, params: GitlabParams, api: string): List[] {
  return projectsOf(params).flatMap(({ name, part }): List[] => {
    const path = `${api}/projects/${part}`;
    const list = (kind: string, parent: List["parent"] = null): List => {
      const listed = LISTED[kind] as Listed;
      return { project: name, path: `${path}/${listed.path}`, listed, parent };
    };
    if (resource !== "notes") return [list(resource)];
    return [
      ...(params.of === "merge_requests" ? [] : [list("issues", "issue")]),
      ...(params.of === "issues" ? [] : [list("merge_requests", "merge_request")]),
    ];
  });
}

async function* read(request: ReadRequest, context: SourceContext): AsyncGenerator<Page, ReadEnd, void> {
  refuseDefinition(gitlabSource().check(request));
  const params = GitlabParams.parse(request.params);
  const { from } = request.window;
  const lists = listsOf(request.resource, params, apiOf(context.settings));
  const reading: Reading = {
    http: context.http.as(gitlabDialect),
    request,
    context,
    params,
    lists,
    from: typeof from === "string" ? from : null,
  };
  const place = placeOf(request);
  const path = trail();
  while (place.list < lists.length) {
    context.abort.throwIfAborted();
    const list = lists[place.list] as List;
    yield place.below.length > 0
      ? await notesPage(reading, list, place, path)
      : await listPage(reading, list, place, path);
  }
  return { status: "complete" };
}

function placeOf(request: ReadRequest): Place {
  const start: Place = { list: 0, url: null, below: [], belowUrl: null, last: null, isSplit: false };
  return isObject(request.resume) ? { ...start, ...(request.resume as unknown as Place) } : start;
}

const json = (place: Place): Json => JSON.parse(JSON.stringify(place)) as Json;

/** One page of a list: its rows, or (notes) what has to be asked for below it. */
async function listPage(
  reading: Reading,
  list: List,
  place: Place,
  path: ReturnType<typeof trail>,
): Promise<Page> {
  const { params, from, lists } = reading;
  const query = list.listed.query(params, from);
  const page = await asked(reading, list, place, query);
  path.step(page.next, page.reply.url);
  const again = new Set(place.isSplit ? place.last?.ids ?? [] : []);
  const items = page.items.filter((item) => !again.has(Number(item.id)));
  if (place.isSplit && page.items.length > 0 && items.length === 0 && page.next === null) {
    throw contract(
      `${page.reply.url} gave the rows before it once more, and nothing after them`,
      page.reply.url,
    );
  }
  const last = page.items.at(-1);
  if (last !== undefined) {
    place.last = {
      id: Number(last.id),
      created_at: typeof last.created_at === "string" ? last.created_at : null,
      ids: page.items.map((item) => Number(item.id)),
    };
  }
  const ends = page.next === null || isPast(page, list.listed.newestFirst, from);
  place.url = ends ? null : page.next;
  if (list.parent !== null) {
    const since = instantOf(from);
    place.below = items
      .filter((item) => since === null || (instantOf(item.updated_at) ?? since) >= since)
      .map((item) => Number(item.iid));
    if (place.below.some((iid) => !Number.isSafeInteger(iid) || iid < 1)) {
      throw contract(`${page.reply.url} lists an item without an iid`, page.reply.url);
    }
    if (place.below.length === 0) leave(place);
    return {
      rows: [],
      locate: () => page.reply.url,
      raw: null,
      next: place.list < lists.length ? json(place) : null,
    };
  }
  if (ends) leave(place);
  const rows = fromWindow(items, reading.request).map((item): Row => ({ ...item, project: list.project }));
  return await pageOf(page.reply, rows, place.list < lists.length ? json(place) : null);
}

/** To the next list, unless there is a page left of this one. */
function leave(place: Place): void {
  if (place.url !== null) return;
  place.list++;
  place.last = null;
  place.isSplit = false;
}

/** GitLab ends offset paging at 50,000 rows with 405: from there the list goes on after its last row, by keyset. */
async function asked(
  { http }: Reading,
  list: List,
  place: Place,
  query: Record<string, string | number>,
): Promise<LinkPage> {
  const first = place.url === null ? { url: list.path, query } : { url: place.url };
  const page = await linkPage(http, { ...first, accept: [405] });
  if (page.reply.status !== 405) return page;
  const { order } = list.listed;
  const { last } = place;
  if (order === null || last === null || place.isSplit) {
    throw new DataFailure(
      "limit",
      `${page.reply.url}: GitLab gives no further pages of this list`,
      "Read it in parts: by a backfill over ranges, or project by project.",
      { locator: page.reply.url, status: 405 },
    );
  }
  place.isSplit = true;
  const { sort: _sort, order_by: _order, ...rest } = query;
  return await linkPage(http, {
    url: list.path,
    query: {
      ...rest,
      pagination: "keyset",
      order_by: order,
      sort: "asc",
      id_after: last.id,
      ...(order === "created_at" && last.created_at !== null ? { created_after: last.created_at } : {}),
    },
  });
}

/** One page of the notes of the first item below. */
async function notesPage(
  reading: Reading,
  list: List,
  place: Place,
  path: ReturnType<typeof trail>,
): Promise<Page> {
  const [iid, ...left] = place.below as [number, ...number[]];
  const page = await linkPage(
    reading.http,
    place.belowUrl === null
      ? { url: `${list.path}/${iid}/notes`, query: { order_by: "updated_at", sort: "desc", per_page: 100 } }
      : { url: place.belowUrl },
  );
  path.step(page.next, page.reply.url);
  // Notes know no `updated_after`: newest first, until they are older than the window.
  const ends = page.next === null || isPast(page, "updated_at", reading.from);
  place.belowUrl = ends ? null : page.next;
  if (ends) place.below = left;
  if (place.below.length === 0) leave(place);
  const rows = fromWindow(page.items, reading.request)
    .map((item): Row => ({ ...item, project: list.project, parent: list.parent, parent_iid: iid }));
  return await pageOf(page.reply, rows, place.list < reading.lists.length ? json(place) : null);
}

function isPast(page: LinkPage, column: string | null, from: string | null): boolean {
  const since = instantOf(from);
  if (column === null || since === null || page.items.length === 0) return false;
  return page.items.every((item) => {
    const at = instantOf(item[column]);
    return at !== null && at < since;
  });
}

/** Kept pages give the same rows again, without any request. */
function reread(raw: RawPage & { readonly content: Uint8Array }, request: ReadRequest): Page {
  const params = GitlabParams.parse(request.params);
  const { pathname } = new URL(raw.locator);
  const found = /\/projects\/([^/]+)\/(?:(issues|merge_requests)\/(\d+)\/notes)?/.exec(pathname);
  const project = found?.[1] === undefined
    ? projectsOf(params)[0]?.name ?? null
    : decodeURIComponent(found[1]);
  const rows = fromWindow(objectsOf(parseJson(raw.content), raw.locator), request).map((item): Row => ({
    ...item,
    project,
    ...(found?.[3] === undefined
      ? {}
      : { parent: found[2] === "issues" ? "issue" : "merge_request", parent_iid: Number(found[3]) }),
  }));
  return { rows, locate: (at) => `${raw.locator}#row=${at + 1}`, raw, next: null };
}
