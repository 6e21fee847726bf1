/** Lists that are read page by page along `Link` headers: shared by code forges. */
import { DataFailure, type HttpClient, type HttpReply, type HttpRequest, type Page } from "../data/port.ts";
import { digestOf, type Json } from "../../specs/mod.ts";
import { type Row } from "../../specs/foundry/mod.ts";
import { isObject } from "../net/lossless_json.ts";
import { linkOf } from "./http/link_header.ts";

export interface LinkPage {
  readonly reply: HttpReply;
  readonly items: readonly { [key: string]: Json }[];
  /** Absolute URL of the next page; null at the end. */
  readonly next: string | null;
}

/** An answer that is JSON but no list of objects, or that leads nowhere. */
export function contract(message: string, url: string): DataFailure {
  return new DataFailure(
    "contract",
    message,
    "Look at the answer; if the API has changed its form, the connector has to follow.",
    { locator: url },
  );
}

/**
 * One page of a list. `records` finds the list in the answer. A page that leads to itself is `contract`: it would never end, and
 * whatever comes after it would be lost.
 */
export async function linkPage(
  http: HttpClient,
  request: HttpRequest,
  records: (body: Json) => Json | undefined = (body) => body,
): Promise<LinkPage> {
  const reply = await http.request({ ...request, expect: "json" });
  if (reply.status < 200 || reply.status > 299) return { reply, items: [], next: null };
  const items = objectsOf(records(reply.json()), reply.url);
  const link = linkOf(reply.headers, "next");
  if (link === null) return { reply, items, next: null };
  let next: URL;
  try {
    next = new URL(link, reply.url);
  } catch {
    throw contract(`${reply.url} names a next page that is no URL`, reply.url);
  }
  if (next.href === new URL(reply.url).href || next.href === asked(request)) {
    throw contract(`${reply.url} names itself as its next page`, reply.url);
  }
  return { reply, items, next: next.href };
}

export function objectsOf(value: Json | undefined, url: string): { [key: string]: Json }[] {
  if (!Array.isArray(value)) throw contract(`${url} answered with no list`, url);
  return value.map((item, at) => {
    if (!isObject(item)) throw contract(`${url} answered with a list whose item ${at + 1} is no object`, url);
    return item;
  });
}

function asked(request: HttpRequest): string | null {
  return request.query === undefined && URL.canParse(request.url) ? new URL(request.url).href : null;
}

/** Pages met in a walk: one that comes again, directly or after others, is `contract`. */
export function trail() {
  const seen = new Set<string>();
  return {
    step(next: string | null, from: string): void {
      if (next === null) return;
      if (seen.has(next)) throw contract(`${from} leads back to a page that was read before`, from);
      // Enough for any list that a forge pages by links; a ring that is longer ends at the stream's own limits.
      if (seen.size < 20_000) seen.add(next);
    },
  };
}

/** A page of rows with the bytes behind it. */
export async function pageOf(reply: HttpReply, rows: readonly Row[], next: Json): Promise<Page> {
  return {
    rows,
    locate: (at) => `${reply.url}#row=${at + 1}`,
    raw: {
      locator: reply.url,
      digest: await digestOf(reply.body),
      bytes: reply.body.byteLength,
      mediaType: reply.headers.get("content-type")?.split(";")[0]?.trim() || "application/json",
      content: reply.body,
    },
    next,
  };
}
