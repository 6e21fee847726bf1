/** The `http` connector: any API that answers with rows, by a definition of how it pages. */
import { createHash } from "node:crypto";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import {
  type BadRow,
  DataFailure,
  type HttpReply,
  type HttpRequest,
  type Page,
  type RawPage,
  type ReadEnd,
  type ReadRequest,
  type Source,
  type SourceContext,
} from "../../data/port.ts";
import { isObject } from "../../net/lossless_json.ts";
import { isSameSite } from "../../net/request.ts";
import { filterOf, verdictOf } from "./filters.ts";
import { formatOf, readRecords, type Records } from "./formats.ts";
import { FIRST, nextPlace, type Place } from "./pagination.ts";
import { type HttpParams, parseParams } from "./params.ts";
import { parsePath, withValue } from "./path.ts";
import { fillPath, fillValue } from "./template.ts";
import { bound, isBefore } from "./window.ts";

const NOTHING: Records = { rows: [], places: [], bad: [], whole: null };

/** One instance serves all streams. */
export function httpSource(): Source {
  return {
    connector: "http",
    discover: () => [{
      name: "*",
      description:
        "Rows of any HTTP API: JSON, NDJSON, CSV or XML, paged by links, tokens, pages, offsets or ranges",
      required: ["path"],
      optional: [
        ...["records", "pagination", "query", "headers", "method", "body", "format", "csv", "cursorParam"],
        ...["cursorEndParam", "cursorFormat", "responses", "add", "conditional", "missing", "idempotent"],
      ],
    }],
    check({ params, cursor }) {
      const parsed = parseParams(params);
      const problems = parsed.ok ? [] : [...parsed.problems];
      if (parsed.ok && parsed.params.cursorParam !== undefined && cursor === null) {
        problems.push({
          path: "cursorParam",
          message: "cursorParam sends the start of the cursor's window, and the stream has no cursor",
          remedy: "Give the stream a `cursor`, or leave cursorParam out.",
        });
      }
      return problems;
    },
    read,
    async reread(raw, request) {
      const { params, values } = paramsOf(request);
      const records = raw.content.length === 0
        ? NOTHING
        : await readRecords(raw.content, raw.mediaType, params, raw.locator);
      return pageOf(records, { ...raw }, params, values, raw.locator, null);
    },
  };
}

async function* read(request: ReadRequest, context: SourceContext): AsyncGenerator<Page, ReadEnd, void> {
  const { params, values } = paramsOf(request);
  const { pagination } = params;
  const http = context.http.as({ classify: (answer) => verdictOf(filterOf(params.responses, answer)) });
  let place = placeOf(request.resume);
  const key = stateKey(params, request, context);
  const known = etagOf(request.state, key);
  const isConditional = (params.conditional ?? pagination.type === "none") && request.mode === "incremental";
  const mayBeSame = isConditional && request.partial !== false;
  let etag = known;
  for (;;) {
    context.abort.throwIfAborted();
    const isFirst = place.page === 1;
    const asked = requestFor(params, values, request, place, context);
    const reply = await http.request({
      ...asked,
      ...(mayBeSame && isFirst && known !== null
        ? { headers: { ...asked.headers, ...conditions(known) }, accept: [...asked.accept ?? [], 304] }
        : {}),
    });
    if (reply.status === 304) {
      return { status: "unchanged", reason: "the server says that nothing has changed", unchanged: 1 };
    }
    if (isFirst) etag = etagFrom(reply, key);
    if (reply.status === 404 || filterOf(params.responses, reply)?.action === "ignore") {
      return {
        status: "complete",
        reason: reply.status === 404
          ? "404 ends the pages"
          : `the answer with status ${reply.status} is ignored`,
        ...(reply.status === 404 ? {} : { unread: 1 }),
        ...(etag === null || !isConditional ? {} : { state: etag as unknown as Json }),
      };
    }
    const empty = reply.status === 204 || reply.status === 416;
    const records = empty ? NOTHING : await readRecords(reply.body, mediaTypeOf(reply), params, reply.url);
    const facts = {
      reply,
      whole: records.whole,
      rows: records.rows,
      items: records.rows.length + records.bad.length,
      url: reply.url,
    };
    const reached = isBefore(records.rows, request.cursor, request.window.from);
    const then = reached ? { end: "complete" as const } : nextPlace(pagination, place, facts);
    if ("next" in then) refuseStrangers(then.next, reply, params, context);
    const next = "next" in then ? withoutCredential(then.next, context) : null;
    yield pageOf(
      records,
      rawOf(reply, locatorOf(reply.url, place)),
      params,
      values,
      locatorOf(reply.url, place),
      next as unknown as Json,
    );
    if (next === null) {
      return {
        status: "end" in then ? then.end : "complete",
        ...("reason" in then ? { reason: then.reason } : {}),
        ...(etag === null || !isConditional ? {} : { state: etag as unknown as Json }),
      };
    }
    place = next;
  }
}

function paramsOf(request: ReadRequest): { params: HttpParams; values: Record<string, Json> } {
  const parsed = parseParams(request.params);
  if (parsed.ok) return parsed;
  const [first] = parsed.problems;
  throw new DataFailure(
    "invalid",
    `The parameters of stream ${request.stream} cannot be used: ${
      parsed.problems.map((one) => one.message).join("; ")
    }`,
    first?.remedy ?? "Correct them.",
  );
}

/** The request of a page. */
function requestFor(
  params: HttpParams,
  values: Record<string, Json>,
  request: ReadRequest,
  place: Place,
  context: SourceContext,
): HttpRequest {
  const { pagination } = params;
  const query = new Map<string, string | number | (string | number)[]>();
  for (const [name, value] of Object.entries(params.query)) {
    query.set(name, [value].flat().map((one) => String(fillValue(one, values))));
  }
  const put = (name: string | undefined, value: Json) => {
    if (name !== undefined && value !== null) query.set(name, String(value));
  };
  put(params.cursorParam, bound(request.window.from, params.cursorFormat));
  put(params.cursorEndParam, bound(request.window.to, params.cursorFormat));
  let body = params.body === undefined ? undefined : fillValue(params.body, values);
  const headers = Object.fromEntries(
    Object.entries(params.headers).map(([name, value]) => [name, String(fillValue(value, values))]),
  );
  const send = (name: string, value: string | number) => {
    const path = parsePath(name);
    if ("in" in pagination && pagination.in === "body" && path !== null) {
      body = withValue(body ?? {}, path, value);
    } else put(name, value);
  };
  let url = fillPath(params.path, values);
  switch (pagination.type) {
    case "none":
      break;
    case "link-header":
    case "next-url":
      // A link holds the whole query already.
      if (typeof place.at === "string") {
        url = place.at;
        query.clear();
      }
      break;
    case "cursor":
    case "id-after":
      if (pagination.limitParam !== undefined && pagination.limit !== undefined) {
        send(pagination.limitParam, pagination.limit);
      }
      if (place.at !== null) send(pagination.param, place.at);
      break;
    case "page":
      if (pagination.limitParam !== undefined && pagination.limit !== undefined) {
        send(pagination.limitParam, pagination.limit);
      }
      send(pagination.param, place.at ?? pagination.start);
      break;
    case "offset":
      send(pagination.limitParam, pagination.limit);
      send(pagination.param, place.at ?? pagination.start);
      break;
    case "range": {
      const start = Number(place.at ?? 0);
      headers.range = `${pagination.unit}=${start}-${start + pagination.limit - 1}`;
      break;
    }
  }
  const mayEnd = place.page > 1 && "notFoundEnds" in pagination && pagination.notFoundEnds;
  return {
    url,
    ...(query.size === 0 ? {} : { query: Object.fromEntries(query) }),
    method: params.method,
    headers: { accept: ACCEPT[params.format ?? "json"], ...headers },
    ...(body === undefined ? {} : { body }),
    ...(params.method === "POST" ? { idempotent: params.idempotent } : {}),
    accept: [...(mayEnd ? [404] : []), ...(pagination.type === "range" ? [416] : [])],
    verify: (reply) => verify(reply, params),
    signal: context.abort,
  };
}

const ACCEPT = {
  json: "application/json, */*;q=0.5",
  ndjson: "application/x-ndjson, application/jsonl, */*",
  csv: "text/csv, */*",
  xml: "application/xml, text/xml, */*",
};

/** What a fault between us and the API looks like is tried again: JSON that is none, markup where rows should be. */
function verify(reply: HttpReply, params: HttpParams): void {
  if (reply.status === 204 || filterOf(params.responses, reply)?.action === "ignore") return;
  const again = (why: string, cause?: unknown) =>
    new DataFailure(
      "transient",
      `${reply.url} answers ${reply.status} ${why}`,
      "Look at the answer, or set `format`.",
      {
        status: reply.status,
        locator: reply.url,
        cause,
      },
    );
  const format = formatOf(params, mediaTypeOf(reply));
  if (format === "json") {
    try {
      reply.json();
    } catch (error) {
      if (!(error instanceof DataFailure)) throw error;
      throw new DataFailure("transient", error.message, error.remedy, error.more);
    }
    return;
  }
  const start = new TextDecoder().decode(reply.body.subarray(0, 500)).trimStart();
  if (reply.body.length === 0 && format !== "ndjson") throw again("with nothing");
  if (/^<(!doctype\s+html|html)/i.test(start)) throw again("with an HTML page");
  if (format === "xml") {
    const end = new TextDecoder().decode(reply.body.subarray(-2000)).trimEnd();
    if (!end.endsWith(">")) throw again("with XML that breaks off");
  }
}

function mediaTypeOf(reply: Pick<HttpReply, "headers">): string {
  return reply.headers.get("content-type")?.slice(0, 200) ?? "application/json";
}

function rawOf(reply: HttpReply, locator: string): RawPage {
  return {
    locator: locator.slice(0, 2000),
    digest: `sha256:${createHash("sha256").update(reply.body).digest("hex")}`,
    bytes: reply.body.length,
    mediaType: mediaTypeOf(reply),
    content: reply.body,
  };
}

/** Pages whose URL is the same (a POST, a token that is not shown) are told apart by their number. */
const locatorOf = (url: string, place: Place): string => place.page === 1 ? url : `${url}#page=${place.page}`;

function pageOf(
  records: Records,
  raw: RawPage,
  params: HttpParams,
  values: Readonly<Record<string, Json>>,
  locator: string,
  next: Json,
): Page {
  const base = locator.slice(0, 1800);
  const mark = base.includes("#") ? "/" : "#";
  const whole = (place: string) => `${base}${mark}${place.slice(0, 180)}`;
  const added = Object.entries(params.add).map((
    [column, value],
  ): [string, Json] => [column, fillValue(value, values)]);
  const missing = new Set(params.missing);
  const rows = added.length === 0 && missing.size === 0 ? records.rows : records.rows.map((row): Row => ({
    ...(missing.size === 0 ? row : Object.fromEntries(
      Object.entries(row).map((
        [column, value],
      ) => [column, typeof value === "string" && missing.has(value) ? null : value]),
    )),
    ...Object.fromEntries(added),
  }));
  const bad: BadRow[] = records.bad.map((one) => ({ ...one, locator: whole(one.locator) }));
  return { rows, locate: (index) => whole(records.places[index] ?? `[${index}]`), bad, raw, next };
}

/** Where links lead is checked by the client against the base URL; without one the first address stands for it. */
function refuseStrangers(next: Place, reply: HttpReply, params: HttpParams, context: SourceContext): void {
  const isLink = params.pagination.type === "link-header" || params.pagination.type === "next-url";
  if (!isLink || typeof next.at !== "string" || context.settings.baseUrl !== undefined) return;
  const [from, to] = [new URL(reply.url), new URL(next.at)];
  if (isSameSite(from, to)) return;
  throw new DataFailure(
    "refused",
    `The next link of ${reply.url} leads to another host, ${to.host}; nothing was sent there`,
    "Set `baseUrl` of connector http in the env file to the right host.",
    { locator: reply.url },
  );
}

/** A continuation lies on disk: the key that a server repeats in its links is left out, as the client adds it anyway. */
function withoutCredential(place: Place, context: SourceContext): Place {
  const { auth } = context.settings;
  if (auth?.type !== "query" || typeof place.at !== "string" || !/^https?:\/\//i.test(place.at)) return place;
  const url = new URL(place.at);
  url.searchParams.delete(auth.name);
  return { ...place, at: url.href };
}

function placeOf(resume: Json): Place {
  if (resume === null) return FIRST;
  if (isObject(resume) && resume.v === 1 && typeof resume.page === "number" && Array.isArray(resume.seen)) {
    return resume as unknown as Place;
  }
  throw new DataFailure(
    "contract",
    "The kept place of this stream is not one of the http connector",
    "Start the stream anew: `forge etl state reset`.",
  );
}

/** What the server called the answer of the first page; kept for the same question only. */
interface Etag {
  readonly v: 1;
  readonly key: string;
  readonly etag: string | null;
  readonly modified: string | null;
}

function stateKey(params: HttpParams, request: ReadRequest, { settings }: SourceContext): string {
  const { path, method, query, headers, body } = params;
  const asked = JSON.stringify([
    path,
    method,
    query,
    headers,
    body ?? null,
    request.params,
    request.window.from,
    settings.baseUrl ?? null,
    settings.auth ?? null,
  ]);
  return createHash("sha256").update(asked).digest("base64url").slice(0, 22);
}

function etagOf(state: Json, key: string): Etag | null {
  return isObject(state) && state.v === 1 && state.key === key ? state as unknown as Etag : null;
}

function etagFrom(reply: HttpReply, key: string): Etag | null {
  const [etag, modified] = [reply.headers.get("etag"), reply.headers.get("last-modified")];
  const known = (text: string | null) => text !== null && text.length <= 1000 ? text : null;
  return known(etag) === null && known(modified) === null
    ? null
    : { v: 1, key, etag: known(etag), modified: known(modified) };
}

const conditions = (etag: Etag): Record<string, string> =>
  etag.etag !== null
    ? { "if-none-match": etag.etag }
    : etag.modified !== null
    ? { "if-modified-since": etag.modified }
    : {};
