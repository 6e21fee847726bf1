/**
 * Jira, Cloud and Data Center. Cloud pages issues by tokens and ends where none comes, whatever else it says; Data Center by offsets,
 * in the order of creation, in which nothing moves. What belongs to issues is asked for issue by issue.
 */
import {
  type HttpClient,
  type HttpReply,
  type Page,
  type RawPage,
  type ReadEnd,
  type ReadRequest,
  type ResourceDescription,
  type Source,
  type SourceContext,
} from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { isObject, parseJson } from "../../net/lossless_json.ts";
import { definitionProblems, fromWindow, instantOf, refuseDefinition } from "../definition.ts";
import { contract, objectsOf, pageOf } from "../link_walk.ts";
import { windowed } from "./jql.ts";
import { JiraParams } from "./params.ts";
import { changeRows, commentRow, issueRow, utc, worklogRow } from "./rows.ts";
import { envelope, fieldIds, jiraDialect, type Site, siteOf } from "./site.ts";

const updated = { path: "updated", type: "datetime", order: "none" } as const;
const created = { path: "created", type: "datetime", order: "none" } as const;
const optional = ["jql"];
const RESOURCES: readonly ResourceDescription[] = [
  {
    name: "issues",
    description: "issues with all their fields; descriptions as Markdown beside the raw document",
    primaryKey: ["id"],
    cursor: updated,
    required: [],
    optional: ["jql", "fields", "customFields", "pageSize"],
  },
  {
    name: "changelogs",
    description: "changes of fields",
    primaryKey: ["issueId", "history", "item"],
    cursor: created,
    required: [],
    optional,
  },
  {
    name: "comments",
    description: "comments of issues",
    primaryKey: ["id"],
    cursor: updated,
    required: [],
    optional,
  },
  {
    name: "worklogs",
    description: "time that was logged",
    primaryKey: ["id"],
    cursor: updated,
    required: [],
    optional,
  },
  { name: "boards", description: "boards", primaryKey: ["id"], required: [], optional: [] },
  {
    name: "sprints",
    description: "sprints of boards",
    primaryKey: ["id", "board_id"],
    required: [],
    optional: [],
  },
  { name: "projects", description: "projects", primaryKey: ["id"], required: [], optional: [] },
  {
    name: "users",
    description: "users that the credential may see; personal data",
    primaryKey: ["accountId"],
    required: [],
    optional: [],
  },
];
const BELOW_ISSUES = new Set(["changelogs", "comments", "worklogs"]);
const MOST_EMPTY = 20;

interface Reading {
  readonly http: HttpClient;
  readonly request: ReadRequest;
  readonly context: SourceContext;
  readonly params: JiraParams;
  readonly site: Site;
  readonly columns: ReadonlyMap<string, string>;
}

/** `next` of a page. */
interface Place {
  /** Token of the page of issues to ask for (Cloud), null at the beginning. */
  token: string | null;
  /** Or where it starts (Data Center, and all lists that are not issues). */
  at: number;
  /** What is still to be asked for below the page that was read: issues, or boards. */
  below: [id: string, key: Json][];
  belowAt: number;
  /** The list above is read to its end. */
  isOver: boolean;
}

export function jiraSource(): Source {
  return {
    connector: "jira",
    discover: () => RESOURCES,
    check: ({ resource, params }) =>
      definitionProblems("jira", RESOURCES, () => JiraParams, resource, params),
    read,
    reread,
  };
}

async function* read(request: ReadRequest, context: SourceContext): AsyncGenerator<Page, ReadEnd, void> {
  refuseDefinition(jiraSource().check(request));
  const params = JiraParams.parse(request.params);
  const http = context.http.as(jiraDialect);
  const site = await siteOf(http, context);
  const columns = await fieldIds(http, site, request.resource === "issues" ? params.customFields : {});
  const reading: Reading = { http, request, context, params, site, columns };
  const place = placeOf(request);
  const { resource } = request;
  if (resource === "issues") yield* readIssues(reading, place, null);
  else if (BELOW_ISSUES.has(resource)) yield* readIssues(reading, place, resource);
  else if (resource === "sprints") yield* readSprints(reading, place);
  else yield* readList(reading, place);
  return { status: "complete" };
}

function placeOf(request: ReadRequest): Place {
  const start: Place = { token: null, at: 0, below: [], belowAt: 0, isOver: false };
  return isObject(request.resume) ? { ...start, ...(request.resume as unknown as Place) } : start;
}

const json = (place: Place): Json => JSON.parse(JSON.stringify(place)) as Json;

/** Issues of the window, or what lies below each of them. */
async function* readIssues(
  reading: Reading,
  place: Place,
  below: string | null,
): AsyncGenerator<Page, void, void> {
  const tokens = new Set<string>();
  let empty = 0;
  while (!place.isOver || place.below.length > 0) {
    reading.context.abort.throwIfAborted();
    if (place.below.length > 0) {
      yield await belowPage(reading, place, below as string);
      continue;
    }
    const { reply, issues, following } = await issuesPage(reading, place, below);
    empty = issues.length === 0 ? empty + 1 : 0;
    if (following !== null) {
      if (tokens.has(following) || following === place.token) {
        throw contract(
          "Jira gave a page's token a second time: the pages after it are not to be had",
          reply.url,
        );
      }
      if (empty > MOST_EMPTY) {
        throw contract(`Jira gave ${empty} empty pages in a row, each with a token for more`, reply.url);
      }
      tokens.add(following);
    }
    place.isOver = following === null ||
      (orderOf(reading) === "updated" && isBeyondStart(issues, reading.request));
    if (reading.site.isCloud) place.token = following;
    else place.at += issues.length;
    if (below === null) {
      const rows = issues.map((issue) => issueRow(issue, reading.columns));
      yield await pageOf(reply, rows, place.isOver ? null : json(place));
      continue;
    }
    place.below = issues.map((issue) => [String(issue.id), issue.key ?? null]);
    const isLast = place.isOver && place.below.length === 0;
    yield { rows: [], locate: () => reply.url, raw: null, next: isLast ? null : json(place) };
  }
}

interface Issues {
  readonly reply: HttpReply;
  readonly issues: { [key: string]: Json }[];
  /** Token of the next page, or (Data Center) its start as text; null at the end. */
  readonly following: string | null;
}

async function issuesPage(reading: Reading, place: Place, below: string | null): Promise<Issues> {
  const { http, params, request, site, columns } = reading;
  const window = {
    fromMs: instantOf(request.window.from),
    beforeMs: request.mode === "backfill" ? instantOf(request.window.to) : null,
  };
  const jql = windowed(params.jql, window, orderOf(reading));
  const own = params.fields === undefined
    ? ["*all"]
    : [...new Set(["created", "updated", ...params.fields, ...columns.values()])];
  const fields = below === null ? own.join(",") : "updated";
  const query = { jql, fields, maxResults: params.pageSize };
  if (site.isCloud) {
    const reply = await http.request({
      url: `${site.api}/search/jql`,
      query: { ...query, ...(place.token === null ? {} : { nextPageToken: place.token }) },
      expect: "json",
    });
    const body = reply.json();
    const issues = envelope(body, "issues", reply.url);
    const token = isObject(body) ? body.nextPageToken : undefined;
    // `isLast` has been seen to be wrong; a missing token has not.
    return { reply, issues, following: typeof token === "string" && token !== "" ? token : null };
  }
  const reply = await http.request({
    url: `${site.api}/search`,
    query: { ...query, startAt: place.at },
    expect: "json",
  });
  const body = reply.json();
  const issues = envelope(body, "issues", reply.url);
  const total = isObject(body) ? body.total : undefined;
  if (typeof total !== "number") throw contract(`${reply.url} answered without a total`, reply.url);
  const read = place.at + issues.length;
  if (issues.length === 0 && read < total) {
    throw contract(`${reply.url} gave no issues from ${place.at} on, of ${total}`, reply.url);
  }
  return { reply, issues, following: read < total ? String(read) : null };
}

/**
 * A window of changes is read by update, and ends where the run began. Where every issue is wanted nothing may move while it is read:
 * one that changes meanwhile would go behind that end, and a census would take it for deleted.
 */
function orderOf({ site, request }: Reading): "updated" | "created" {
  return site.isCloud && request.mode === "incremental" && request.cursor !== null ? "updated" : "created";
}

/**
 * By update, oldest first: a page that begins after the run did has only what changed since, and the next run's window has that.
 * Without this end an issue that changes all the time would be read for ever.
 */
function isBeyondStart(issues: readonly { [key: string]: Json }[], request: ReadRequest): boolean {
  const start = instantOf(request.window.to);
  const fields = issues[0]?.fields;
  const first = instantOf(utc(isObject(fields) ? fields.updated : undefined));
  return start !== null && first !== null && first >= start;
}

/** One page of what the first issue of the place has. */
async function belowPage(reading: Reading, place: Place, resource: string): Promise<Page> {
  const { http, site } = reading;
  const [id, key] = place.below[0] as [string, Json];
  const kind = resource === "changelogs" ? "changelog" : resource === "comments" ? "comment" : "worklog";
  // Data Center has changes only together with their issue.
  const isExpanded = kind === "changelog" && !site.isCloud;
  const reply = await http.request({
    url: isExpanded ? `${site.api}/issue/${id}` : `${site.api}/issue/${id}/${kind}`,
    query: isExpanded
      ? { expand: "changelog", fields: "updated" }
      : { startAt: place.belowAt, maxResults: 100 },
    expect: "json",
  });
  const { items, total } = belowItems(reply.json(), resource, reply.url);
  place.belowAt += items.length;
  if (isExpanded || items.length === 0 || place.belowAt >= total) {
    if (items.length === 0 && place.belowAt < total) {
      throw contract(`${reply.url} gave nothing from ${place.belowAt} on, of ${total}`, reply.url);
    }
    place.below = place.below.slice(1);
    place.belowAt = 0;
  }
  const rows = fromWindow(belowRows(items, resource, { id, key }), reading.request);
  const isLast = place.isOver && place.below.length === 0;
  return await pageOf(reply, rows, isLast ? null : json(place));
}

function belowItems(
  body: Json,
  resource: string,
  url: string,
): { items: { [key: string]: Json }[]; total: number } {
  const nested = isObject(body) && isObject(body.changelog) ? body.changelog : body;
  const name = resource === "changelogs"
    ? isObject(nested) && "histories" in nested ? "histories" : "values"
    : resource;
  const items = envelope(nested, name, url);
  const total = isObject(nested) ? nested.total : undefined;
  return { items, total: typeof total === "number" ? total : items.length };
}

function belowRows(
  items: readonly { [key: string]: Json }[],
  resource: string,
  issue: { id: string; key: Json },
): Row[] {
  if (resource === "changelogs") return items.flatMap((item) => changeRows(issue, item));
  return items.map((item) => resource === "comments" ? commentRow(issue, item) : worklogRow(issue, item));
}

/** Boards, projects and users: lists by offset. */
async function* readList(reading: Reading, place: Place): AsyncGenerator<Page, void, void> {
  while (!place.isOver) {
    reading.context.abort.throwIfAborted();
    const { reply, items } = await offsetPage(reading, reading.request.resource, null, place);
    yield await pageOf(reply, items.map((item): Row => ({ ...item })), place.isOver ? null : json(place));
  }
}

async function* readSprints(reading: Reading, place: Place): AsyncGenerator<Page, void, void> {
  while (!place.isOver || place.below.length > 0) {
    reading.context.abort.throwIfAborted();
    if (place.below.length === 0) {
      const { reply, items } = await offsetPage(reading, "boards", null, place);
      // Only these boards have sprints; another answers with a 400.
      place.below = items.filter((board) => board.type !== "kanban").map((board) => [String(board.id), null]);
      const isLast = place.isOver && place.below.length === 0;
      yield { rows: [], locate: () => reply.url, raw: null, next: isLast ? null : json(place) };
      continue;
    }
    const [[board] = ["", null]] = place.below;
    const below: Place = { ...place, at: place.belowAt, isOver: false };
    const { reply, items } = await offsetPage(reading, "sprints", board, below);
    place.belowAt = below.isOver ? 0 : below.at;
    if (below.isOver) place.below = place.below.slice(1);
    const isLast = place.isOver && place.below.length === 0;
    const rows = items.map((item): Row => ({
      ...item,
      board_id: /^\d+$/.test(board) ? Number(board) : board,
    }));
    yield await pageOf(reply, rows, isLast ? null : json(place));
  }
}

/** One page of a list by offset; moves the place on. */
async function offsetPage(reading: Reading, resource: string, board: string | null, place: Place) {
  const { http, site } = reading;
  const size = 50;
  const url = {
    boards: "/rest/agile/1.0/board",
    sprints: `/rest/agile/1.0/board/${board}/sprint`,
    projects: site.isCloud ? `${site.api}/project/search` : `${site.api}/project`,
    users: site.isCloud ? `${site.api}/users/search` : `${site.api}/user/search`,
  }[resource] as string;
  const reply = await http.request({
    url,
    query: {
      startAt: place.at,
      maxResults: size,
      ...(resource === "users" && !site.isCloud ? { username: ".", includeInactive: "true" } : {}),
    },
    expect: "json",
  });
  const body = reply.json();
  const isPlain = Array.isArray(body);
  const items = isPlain ? objectsOf(body, reply.url) : envelope(body, "values", reply.url);
  const total = isObject(body) && typeof body.total === "number" ? body.total : null;
  const isLast = isObject(body) && typeof body.isLast === "boolean" ? body.isLast : null;
  place.at += items.length;
  if (isPlain) {
    // Projects of Data Center come at once; users end with an empty page, as a short one may only be filtered.
    place.isOver = resource === "projects" || items.length === 0;
  } else {
    place.isOver = total !== null ? place.at >= total : isLast ?? items.length === 0;
    if (!place.isOver && items.length === 0) {
      throw contract(`${reply.url} gave nothing from ${place.at} on, and says that there is more`, reply.url);
    }
  }
  return { reply, items };
}

/** Kept pages give the same rows again, without any request. Columns by the name of a field need the field's id for that. */
function reread(raw: RawPage & { readonly content: Uint8Array }, request: ReadRequest): Page {
  const params = JiraParams.parse(request.params);
  const body = parseJson(raw.content);
  const { resource } = request;
  const rows = (): readonly Row[] => {
    if (resource === "issues") {
      const columns = new Map(Object.entries(params.customFields));
      return envelope(body, "issues", raw.locator).map((issue) => issueRow(issue, columns));
    }
    if (BELOW_ISSUES.has(resource)) {
      const id = /\/issue\/([^/?]+)/.exec(raw.locator)?.[1] ?? "";
      return fromWindow(
        belowRows(belowItems(body, resource, raw.locator).items, resource, { id, key: null }),
        request,
      );
    }
    const items = Array.isArray(body) ? objectsOf(body, raw.locator) : envelope(body, "values", raw.locator);
    const board = /\/board\/(\d+)\/sprint/.exec(raw.locator)?.[1];
    return items.map((item): Row => ({
      ...item,
      ...(board === undefined ? {} : { board_id: Number(board) }),
    }));
  };
  return { rows: rows(), locate: (at) => `${raw.locator}#row=${at + 1}`, raw, next: null };
}
