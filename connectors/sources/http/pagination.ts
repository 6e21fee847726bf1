/** Ways of paging: where the next page is, when there is none, and what tells that a server walks in circles. */
import { createHash } from "node:crypto";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { DataFailure, type HttpReply } from "../../data/port.ts";
import { isObject } from "../../net/lossless_json.ts";
import { linkOf } from "./link_header.ts";
import type { Pagination } from "./params.ts";
import { at, parsePath } from "./path.ts";

/** A page's place in the walk; kept as the continuation. */
export interface Place {
  readonly v: 1;
  /** Counts pages from 1. */
  readonly page: number;
  /** Rows of the pages before. */
  readonly rows: number;
  /** What leads here: a URL, a token, a number; null for the first page. */
  readonly at: string | number | null;
  /** Short hashes of what led to the pages before, the newest last. */
  readonly seen: readonly string[];
  /** Hash of the rows of the page before, where a server could give the same page for ever. */
  readonly last: string | null;
  /** Pages without rows in a row. */
  readonly empty: number;
}

export const FIRST: Place = { v: 1, page: 1, rows: 0, at: null, seen: [], last: null, empty: 0 };

export interface PageFacts {
  readonly reply: Pick<HttpReply, "status" | "headers" | "url">;
  readonly whole: Json;
  readonly rows: readonly Row[];
  /** Items of the page, those that are no rows too. */
  readonly items: number;
  /** Where it was asked for; for relative URLs. */
  readonly url: string;
}

export type Next = { next: Place } | { end: "complete" } | { end: "incomplete"; reason: string };

/** Hashes kept in a continuation: a longer circle is found too, by the limits. */
const KEPT = 500;
/** A server may answer without rows now and then (filtered pages); so many in a row is a fault. */
const MOST_EMPTY = 100;
const MOST_PAGES = 1_000_000;
/** Of a link or token: a continuation has 16,000. */
const MOST_CHARACTERS = 7500;

/** What comes after a page. Throws `contract` for a repeat, `limit` beyond `maxPages`. */
export function nextPlace(pagination: Pagination, place: Place, facts: PageFacts): Next {
  if (pagination.type === "none") return { end: "complete" };
  const rows = place.rows + facts.items;
  const short = (limit: number | undefined) =>
    pagination.shortPage && limit !== undefined && facts.items < limit;
  const told = number(pagination.total, facts.whole);
  const pages = number(pagination.totalPages, facts.whole);
  const more = pagination.hasMore === undefined ? undefined : valueAt(pagination.hasMore, facts.whole);
  const ended = (): Next =>
    told !== undefined && rows < told
      ? { end: "incomplete", reason: `the server told of ${told} rows in all, and its pages hold ${rows}` }
      : { end: "complete" };
  if (told !== undefined && rows >= told) return { end: "complete" };
  if (more === false || more === null || more === 0 || more === "false") return ended();
  if (pages !== undefined && place.page >= pages) return ended();
  const lead = leadFrom(pagination, place, facts);
  if (lead === null) return ended();
  if (short("limit" in pagination ? pagination.limit : undefined)) return ended();

  const hash = short8(JSON.stringify(lead));
  if (place.seen.includes(hash) || lead === place.at) {
    throw circle(
      facts,
      `leads to ${typeof lead === "number" ? lead : JSON.stringify(shorten(lead))}, where it has been before`,
    );
  }
  // A number that we count up ourselves never repeats; the page behind it may.
  const counts = typeof lead === "number" || pagination.type === "id-after";
  const last = facts.items === 0 || !counts ? null : short8(JSON.stringify(facts.rows));
  if (last !== null && last === place.last) {
    throw circle(
      facts,
      "holds the very rows of the page before: the server seems to ignore the page parameter",
    );
  }
  const empty = facts.items === 0 ? place.empty + 1 : 0;
  if (empty >= MOST_EMPTY) throw circle(facts, `is the ${empty}th without rows in a row, and leads on`);
  const most = pagination.maxPages ?? MOST_PAGES;
  if (place.page >= most) {
    throw new DataFailure(
      "limit",
      `There are more than ${most} pages`,
      "Raise `maxPages` of the pagination, or read a smaller window.",
    );
  }
  return {
    next: {
      v: 1,
      page: place.page + 1,
      rows,
      at: lead,
      seen: [...place.seen, hash].slice(-KEPT),
      last,
      empty,
    },
  };
}

/** Null: there is no next page. */
function leadFrom(
  pagination: Exclude<Pagination, { type: "none" }>,
  place: Place,
  facts: PageFacts,
): string | number | null {
  switch (pagination.type) {
    case "link-header":
      return absolute(linkOf(facts.reply.headers, pagination.rel), facts);
    case "next-url":
      return absolute(token(valueAt(pagination.path, facts.whole), facts), facts);
    case "cursor":
      return token(
        pagination.header === undefined
          ? valueAt(pagination.path ?? "$", facts.whole)
          : facts.reply.headers.get(pagination.header),
        facts,
      );
    case "page":
      return facts.items === 0 ? null : (typeof place.at === "number" ? place.at : pagination.start) + 1;
    case "offset":
      // By what came, not by what was asked for: a server that gives less than the limit skips nothing.
      return facts.items === 0
        ? null
        : (typeof place.at === "number" ? place.at : pagination.start) + facts.items;
    case "range": {
      if (facts.reply.status === 416 || facts.items === 0) return null;
      const [, end, total] = /(\d+)\s*\/\s*(\d+|\*)/.exec(facts.reply.headers.get("content-range") ?? "") ??
        [];
      // 200 is the whole of it: the server does not know ranges.
      if (facts.reply.status === 200 && end === undefined) return null;
      const next = end === undefined ? place.rows + facts.items : Number(end) + 1;
      return total !== undefined && total !== "*" && next >= Number(total) ? null : next;
    }
    case "id-after": {
      const row = facts.rows.at(-1);
      if (row === undefined) return null;
      const id = token(valueAt(pagination.path, row), facts);
      if (id === null) {
        throw new DataFailure(
          "contract",
          `The last row of ${facts.reply.url} has no \`${pagination.path}\`, by which the next page is asked for`,
          "Set `path` of the pagination to the row's id.",
          { locator: facts.reply.url },
        );
      }
      return id;
    }
  }
}

const valueAt = (path: string, value: Json): Json | undefined => {
  const parsed = parsePath(path);
  return parsed === null ? undefined : at(value, parsed);
};

/** Missing, null, false and empty end the walk. */
function token(value: Json | undefined, facts: PageFacts): string | null {
  if (value === undefined || value === null || value === "" || value === false) return null;
  if (typeof value === "number") return String(value);
  if (typeof value === "string" && value.length <= MOST_CHARACTERS) return value;
  throw new DataFailure(
    "contract",
    `The continuation in ${facts.reply.url} is ${
      typeof value === "string"
        ? `${value.length} characters long`
        : isObject(value)
        ? "an object"
        : `a ${typeof value}`
    }, not a token or URL`,
    "Set the pagination's path to the token.",
    { locator: facts.reply.url },
  );
}

function absolute(text: string | null, facts: PageFacts): string | null {
  if (text === null || text.trim() === "") return null;
  let url: URL;
  try {
    url = new URL(text.trim(), facts.url);
  } catch {
    throw new DataFailure(
      "contract",
      `The next link in ${facts.reply.url} is no URL: ${JSON.stringify(shorten(text))}`,
      "Set the pagination's path to the link.",
      { locator: facts.reply.url },
    );
  }
  const asked = new URL(facts.url);
  // A server behind a TLS proxy may not know that it is one; nobody is asked in the clear for that.
  if (
    asked.protocol === "https:" && url.protocol === "http:" && url.hostname === asked.hostname &&
    url.port === ""
  ) {
    url.protocol = "https:";
    url.port = asked.port;
  }
  url.hash = "";
  if (url.href.length > MOST_CHARACTERS) {
    throw new DataFailure(
      "contract",
      `The next link in ${facts.reply.url} is ${url.href.length} characters long, more than ${MOST_CHARACTERS}`,
      "Page by a token or a number instead.",
      { locator: facts.reply.url },
    );
  }
  return url.href;
}

function number(path: string | undefined, whole: Json): number | undefined {
  const value = path === undefined ? undefined : valueAt(path, whole);
  const count = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof count === "number" && Number.isFinite(count) && count >= 0 ? count : undefined;
}

const circle = (facts: PageFacts, why: string): DataFailure =>
  new DataFailure(
    "contract",
    `The page ${facts.reply.url} ${why}`,
    "Check the pagination's settings against the API's documentation; pages before it are kept.",
    { locator: facts.reply.url },
  );

const shorten = (text: string): string => text.length > 200 ? `${text.slice(0, 200)}…` : text;
const short8 = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, 11);
