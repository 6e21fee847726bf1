/**
 * SEC EDGAR. Every document is one page: `next` is the place in the list of documents that a stream is made of, so that a read that
 * goes on asks for no document twice.
 */
import {
  DataFailure,
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
import { digestOf, type Json } from "../../../specs/mod.ts";
import { type Row } from "../../../specs/foundry/mod.ts";
import { definitionProblems, instantOf, refuseDefinition } from "../definition.ts";
import { isObject } from "../../net/lossless_json.ts";
import { cikOf, strange } from "./company.ts";
import { type Documents, documentsOf, json, type Made } from "./documents.ts";
import { PARAMS, type Resource, RESOURCES } from "./params.ts";
import { edgarDialect, type Hosts, hostsOf, requireUserAgent } from "./dialect.ts";
import { halves, hitsOf, MOST_HITS, PAGE_HITS } from "./search.ts";
import { filingRows, type Shard, submissions } from "./submissions.ts";

const FACT_KEY = ["cik", "taxonomy", "tag", "unit", "start", "end", "accession"] as const;
const FACTS: Pick<ResourceDescription, "primaryKey" | "cursor"> = {
  primaryKey: FACT_KEY,
  cursor: { path: "filed", type: "date", order: "none" },
};
const DESCRIPTIONS: Readonly<Record<Resource, Omit<ResourceDescription, "name">>> = {
  submissions: {
    description: "filings of companies, the old ones too",
    primaryKey: ["cik", "accessionNumber"],
    cursor: { path: "acceptanceDateTime", type: "datetime", order: "none" },
    required: ["ciks"],
    optional: ["forms"],
  },
  companyfacts: {
    description: "all XBRL facts of companies",
    ...FACTS,
    required: ["ciks"],
    optional: ["view", "asOf", "restatements"],
  },
  companyconcept: {
    description: "the facts of some tags of companies",
    ...FACTS,
    required: ["ciks", "tag | tags"],
    optional: ["taxonomy", "view", "asOf", "restatements"],
  },
  frames: {
    description: "one fact of every company for a period, as filed last",
    primaryKey: ["taxonomy", "tag", "unit", "period", "cik", "accession"],
    required: ["tag", "periods"],
    optional: ["taxonomy", "unit"],
  },
  index: {
    description: "lists of all filings of quarters or days",
    primaryKey: ["cik", "form", "filed", "file"],
    cursor: { path: "filed", type: "date", order: "none" },
    required: ["quarters | days"],
    optional: ["kind", "forms"],
  },
  filing: {
    description: "the files of filings; transactions of forms 3, 4 and 5; holdings of 13F",
    required: ["cik", "accession | accessions"],
    optional: ["document", "as"],
  },
  search: {
    description: "full-text search",
    primaryKey: ["id"],
    required: ["q", "from", "to"],
    optional: ["forms", "ciks"],
  },
};

const DESCRIBED: readonly ResourceDescription[] = RESOURCES.map((name) => ({ name, ...DESCRIPTIONS[name] }));

/** What a read gives back besides its pages. */
interface Reading {
  readonly http: HttpClient;
  readonly hosts: Hosts;
  readonly request: ReadRequest;
  readonly context: SourceContext;
}

export function edgarSource(): Source {
  return {
    connector: "edgar",
    discover: () => DESCRIBED,
    check: ({ resource, params }) =>
      definitionProblems("edgar", DESCRIBED, (name) => PARAMS[name as Resource], resource, params),
    read,
    reread,
  };
}

async function* read(request: ReadRequest, context: SourceContext): AsyncGenerator<Page, ReadEnd, void> {
  refuseDefinition(edgarSource().check(request));
  requireUserAgent(context.settings);
  const reading: Reading = {
    http: context.http.as(edgarDialect),
    hosts: hostsOf(context.settings),
    request,
    context,
  };
  const resource = request.resource as Resource;
  if (resource === "submissions") return yield* readSubmissions(reading);
  if (resource === "search") return yield* readSearch(reading);
  return yield* readDocuments(reading, documentsOf(resource, request, reading.hosts));
}

/** One page for each document, in order. */
async function* readDocuments(reading: Reading, documents: Documents): AsyncGenerator<Page, ReadEnd, void> {
  const missing: string[] = [];
  const { request, context } = reading;
  const start = placeOf(request.resume);
  const units = unitsSeen(request);
  for (let index = start; index < documents.count; index++) {
    context.abort.throwIfAborted();
    const document = documents.at(index);
    const reply = await reading.http.request({
      url: document.url,
      ...(document.isJson ? { expect: "json" as const } : {}),
      accept: document.mayBeMissing === true ? [404] : [],
    }).catch((error) => {
      if (document.mayBeMissing === true && error instanceof DataFailure && error.kind === "not-found") {
        return null;
      }
      throw error;
    });
    const isLast = index + 1 === documents.count;
    if (reply === null || reply.status === 404) {
      missing.push(document.url);
      yield {
        rows: [],
        locate: () => document.url,
        raw: null,
        next: isLast ? null : { at: index + 1, units: units.all() },
      };
      continue;
    }
    const made = await document.rows(reply.body, reply.url);
    for (const unit of units.add(made.rows)) {
      context.progress(`contract: the unit ${unit} is new to this stream (${reply.url})`);
    }
    yield await pageOf(made, reply, isLast ? null : { at: index + 1, units: units.all() });
  }
  if (documents.count > 0 && missing.length === documents.count && start === 0) {
    return { status: "skipped", reason: `EDGAR has none of the ${missing.length} lists: ${missing[0]}` };
  }
  if (missing.length > 0) context.progress(`no filings on ${missing.length} of the days`);
  return { status: "complete", ...(units.all().length === 0 ? {} : { state: { units: units.all() } }) };
}

/** More kinds of units than any filer uses; beyond it none is called new. */
const MOST_UNITS = 300;

/** Units of facts that this stream has met: a new one is worth a word, as sums over mixed units are wrong. */
function unitsSeen(request: ReadRequest) {
  const listed = (value: Json) =>
    isObject(value) && Array.isArray(value.units) ? value.units.map(String) : null;
  const before = listed(request.state);
  const known = new Set([...before ?? [], ...listed(request.resume) ?? []]);
  return {
    all: () => [...known].slice(0, MOST_UNITS),
    /** Takes the units of these rows, and tells those that no earlier load had. */
    add(rows: readonly Row[]): string[] {
      const fresh: string[] = [];
      for (const { unit } of rows) {
        if (typeof unit !== "string" || known.has(unit) || known.size >= MOST_UNITS) continue;
        known.add(unit);
        if (before !== null) fresh.push(unit);
      }
      return fresh;
    },
  };
}

/** First file of a company, then its shards; one that is not there makes the stream incomplete, and the others are still read. */
async function* readSubmissions(reading: Reading): AsyncGenerator<Page, ReadEnd, void> {
  const { ciks, forms } = PARAMS.submissions.parse(reading.request.params);
  const resume = reading.request.resume;
  const place = isObject(resume) ? resume : {};
  let shards = Array.isArray(place.shards) ? place.shards as Shard[] : [];
  let company: Json = place.company ?? null;
  const gone = Array.isArray(place.gone) ? place.gone.map(String) : [];
  for (let index = placeOf(resume); index < ciks.length; index++) {
    const cik = ciks[index] as string;
    const after = (left: readonly Shard[]): Json =>
      left.length > 0
        ? { at: index, shards: [...left], company, gone: [...gone] }
        : index + 1 < ciks.length
        ? { at: index + 1, gone: [...gone] }
        : null;
    const wanted = (rows: Row[]) => rows.filter((row) => isWanted(row, reading.request, forms));
    if (shards.length === 0) {
      const reply = await reading.http.request({
        url: `${reading.hosts.data}/submissions/CIK${cik}.json`,
        expect: "json",
      });
      const first = submissions(json(reply.body, reply.url), reply.url);
      shards = first.shards.filter(([, to]) => mayHaveNew(to, reading.request));
      company = first.rows[0]?.company ?? null;
      yield await pageOf({ rows: wanted(first.rows) }, reply, after(shards));
    }
    while (shards.length > 0) {
      const [[shard], ...left] = shards as [Shard, ...Shard[]];
      shards = left;
      const url = `${reading.hosts.data}/submissions/${shard}`;
      const reply = await reading.http.request({ url, expect: "json" }).catch((error) => {
        if (error instanceof DataFailure && error.kind === "not-found") return null;
        throw error;
      });
      if (reply === null) {
        gone.push(shard);
        yield { rows: [], locate: () => url, raw: null, next: after(shards) };
      } else {
        const rows = filingRows(json(reply.body, reply.url), cik, company, reply.url);
        yield await pageOf({ rows: wanted(rows) }, reply, after(shards));
      }
    }
  }
  return gone.length === 0 ? { status: "complete" } : {
    status: "incomplete",
    reason: `EDGAR does not have ${gone.length} of the older lists that it names: ${
      gone.slice(0, 3).join(", ")
    }`,
  };
}

/** Columns that tell when something was filed. */
const FILED: ReadonlySet<string> = new Set(["acceptanceDateTime", "filingDate"]);

/** A file whose last filing lies before the window has nothing for it; a day is left for the hours between filing and acceptance. */
function mayHaveNew(to: string | null, { window, cursor }: ReadRequest): boolean {
  if (to === null || cursor === null || !FILED.has(cursor.path)) return true;
  const since = instantOf(window.from);
  const last = instantOf(to);
  return since === null || last === null || last + 2 * 86_400_000 >= since;
}

async function* readSearch(reading: Reading): AsyncGenerator<Page, ReadEnd, void> {
  const params = PARAMS.search.parse(reading.request.params);
  const resume = reading.request.resume;
  // Ranges still to be read, the next one last; and the hit to go on at.
  const ranges: [string, string][] = isObject(resume)
    ? (resume.ranges as unknown as [string, string][]).map(([from, to]) => [from, to])
    : [[params.from, params.to]];
  let at = placeOf(resume);
  const seen = new Set<string>();
  for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
    const [from, to] = range;
    const reply = await reading.http.request({
      url: `${reading.hosts.search}/LATEST/search-index`,
      query: {
        q: params.q,
        dateRange: "custom",
        startdt: from,
        enddt: to,
        from: at,
        size: PAGE_HITS,
        ...(params.forms === undefined ? {} : { forms: params.forms.join(",") }),
        ...(params.ciks === undefined ? {} : { ciks: params.ciks.join(",") }),
      },
      expect: "json",
    });
    const { total, rows } = hitsOf(reply.json(), reply.url);
    const parts = at === 0 && total >= MOST_HITS ? halves(from, to) : null;
    if (parts !== null) {
      ranges.push(parts[1], parts[0]);
      continue;
    }
    if (at === 0 && total >= MOST_HITS) {
      throw new DataFailure(
        "limit",
        `EDGAR's search has ${total} or more hits on ${from} alone, and gives no more than ${MOST_HITS}`,
        "Narrow the search by forms or ciks.",
        { locator: reply.url },
      );
    }
    if (rows.length > 0 && rows.every((row) => seen.has(String(row.id)))) {
      throw new DataFailure(
        "contract",
        `EDGAR's search gave the hits from ${at} on a second time`,
        "Run again later; what was read is kept.",
        { locator: reply.url },
      );
    }
    seen.clear();
    for (const row of rows) seen.add(String(row.id));
    const read = at + rows.length;
    if (rows.length === 0 && at < total) throw strange(reply.url, `no hits from ${at} on, of ${total}`);
    if (read < total) {
      ranges.push(range);
      at = read;
    } else {
      at = 0;
    }
    yield await pageOf({ rows }, reply, ranges.length > 0 ? { at, ranges: ranges as Json } : null);
  }
  return { status: "complete" };
}

/** Kept documents give the same rows again, without any request. */
async function reread(
  raw: RawPage & { readonly content: Uint8Array },
  request: ReadRequest,
): Promise<Page> {
  const url = raw.locator;
  const body = raw.content;
  const made = async (): Promise<Made> => {
    switch (request.resource as Resource) {
      case "submissions": {
        const { forms } = PARAMS.submissions.parse(request.params);
        const document = json(body, url);
        const cik = cikOf(/CIK(\d{10})/.exec(url)?.[1]) ?? "";
        const rows = isObject(document) && "filings" in document
          ? submissions(document, url).rows
          : filingRows(document, cik, null, url);
        return { rows: rows.filter((row) => isWanted(row, request, forms)) };
      }
      case "search":
        return { rows: hitsOf(json(body, url), url).rows };
      default: {
        const hosts: Hosts = { data: "", archives: "", search: "" };
        const documents = documentsOf(request.resource as Resource, request, hosts);
        // The document's own reading depends on its kind, not on its number, but for filings.
        for (let index = 0; index < documents.count; index++) {
          const document = documents.at(index);
          if (index === documents.count - 1 || url.endsWith(document.url)) {
            return await document.rows(body, url);
          }
        }
        return { rows: [] };
      }
    }
  };
  const { rows, bad, locate } = await made();
  return {
    rows,
    locate: locate ?? ((at) => `${url}#row=${at + 1}`),
    raw,
    next: null,
    ...(bad === undefined ? {} : { bad }),
  };
}

async function pageOf(made: Made, reply: HttpReply, next: Json): Promise<Page> {
  return {
    rows: made.rows,
    locate: made.locate ?? ((at) => `${reply.url}#row=${at + 1}`),
    raw: {
      locator: reply.url,
      digest: await digestOf(reply.body),
      bytes: reply.body.byteLength,
      mediaType: reply.headers.get("content-type")?.split(";")[0]?.trim() || "application/octet-stream",
      content: reply.body,
    },
    next,
    ...(made.bad === undefined || made.bad.length === 0 ? {} : { bad: made.bad }),
  };
}

function placeOf(resume: Json): number {
  const at = isObject(resume) ? resume.at : undefined;
  return typeof at === "number" ? at : 0;
}

function isWanted(row: Row, request: ReadRequest, forms: readonly string[] | undefined): boolean {
  if (forms !== undefined && !forms.includes(String(row.form))) return false;
  const path = request.cursor?.path;
  const value = path === undefined ? null : row[path];
  if (typeof value !== "string") return true;
  const { from, to } = request.window;
  return (typeof from !== "string" || value >= from.slice(0, value.length)) &&
    (request.mode !== "backfill" || typeof to !== "string" || value < to);
}
