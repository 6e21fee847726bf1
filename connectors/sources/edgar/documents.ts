/** The documents that a stream is made of, and how each becomes rows. */
import { DataFailure, type Page, type ReadRequest } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { isObject, parseJson } from "../../net/lossless_json.ts";
import { accessionOf, cikOf, filingFolder, strange } from "./company.ts";
import type { Hosts } from "./dialect.ts";
import { companyConcept, companyFacts, type FactOptions, frame } from "./facts.ts";
import { type IndexKind, readIndex } from "./index_file.ts";
import { holdingRows, ownershipRows } from "./ownership.ts";
import { PARAMS, type Params, type Resource } from "./params.ts";

/** A document and how its rows are made. */
export interface Document {
  readonly url: string;
  rows(body: Uint8Array, url: string): Made | Promise<Made>;
  /** Fixed-width lists and XML are the others. */
  readonly isJson: boolean;
  /** A weekday list that SEC does not have is a holiday. */
  readonly mayBeMissing?: boolean;
}
export interface Made {
  rows: Row[];
  bad?: Page["bad"];
  locate?: (at: number) => string;
}

/** The documents of a resource by number, without holding a list of them all. */
export interface Documents {
  readonly count: number;
  at(index: number): Document;
}

export function documentsOf(resource: Resource, request: ReadRequest, hosts: Hosts): Documents {
  switch (resource) {
    case "companyfacts": {
      const params = PARAMS.companyfacts.parse(request.params);
      const options = factOptions(params, request);
      return {
        count: params.ciks.length,
        at: (index) => ({
          url: `${hosts.data}/api/xbrl/companyfacts/CIK${params.ciks[index]}.json`,
          isJson: true,
          rows: (body, url) => ({ rows: companyFacts(json(body, url), url, options) }),
        }),
      };
    }
    case "companyconcept": {
      const params = PARAMS.companyconcept.parse(request.params);
      const tags = params.tags ?? [params.tag as string];
      const options = factOptions(params, request);
      return {
        count: params.ciks.length * tags.length,
        at: (index) => ({
          url: `${hosts.data}/api/xbrl/companyconcept/CIK${
            params.ciks[Math.floor(index / tags.length)]
          }/${params.taxonomy}/${tags[index % tags.length]}.json`,
          isJson: true,
          rows: (body, url) => ({ rows: companyConcept(json(body, url), url, options) }),
        }),
      };
    }
    case "frames": {
      const { taxonomy, tag, unit, periods } = PARAMS.frames.parse(request.params);
      return {
        count: periods.length,
        at: (index) => ({
          url: `${hosts.data}/api/xbrl/frames/${taxonomy}/${tag}/${unit}/${periods[index]}.json`,
          isJson: true,
          rows: (body, url) => ({ rows: frame(json(body, url), url) }),
        }),
      };
    }
    case "index": {
      const { kind, quarters, days, forms } = PARAMS.index.parse(request.params);
      return {
        count: (quarters ?? days ?? []).length,
        at: (index) => ({
          url: quarters === undefined
            ? `${hosts.archives}${dailyPath(days?.[index] as string, kind)}`
            : `${hosts.archives}${quarterPath(quarters[index] as string, kind)}`,
          rows: (body, url) => indexRows(body, url, kind, forms),
          isJson: false,
          mayBeMissing: days !== undefined,
        }),
      };
    }
    case "filing": {
      const params = PARAMS.filing.parse(request.params);
      const accessions = params.accessions ?? [params.accession as string];
      const cik = cikOf(params.cik) as string;
      return {
        count: accessions.length,
        at: (index) => filingDocument(hosts, cik, accessionOf(accessions[index]) as string, params),
      };
    }
    default:
      throw new DataFailure(
        "invalid",
        `${resource} is not read by documents`,
        "This is a fault of Edgeforge.",
      );
  }
}

export function json(body: Uint8Array, url: string): Json {
  try {
    return parseJson(body);
  } catch (error) {
    throw strange(url, `what is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

function factOptions(
  params: { view: FactOptions["view"]; asOf?: string | undefined; restatements: boolean },
  request: ReadRequest,
): FactOptions {
  // The window is the cursor's; only where that is the day of filing can whole facts be left out here.
  const own = request.cursor?.path === "filed";
  const day = (value: Json) => (own && typeof value === "string" ? value.slice(0, 10) : null);
  return {
    view: params.view,
    asOf: params.asOf ?? null,
    classify: params.restatements,
    filedFrom: day(request.window.from),
    // The end of the window is an instant; the day that it lies in may have facts from before it.
    filedBefore: request.mode === "backfill" ? day(request.window.to) : null,
  };
}

function indexRows(
  body: Uint8Array,
  url: string,
  kind: IndexKind,
  forms: readonly string[] | undefined,
): Made {
  // Old lists are Latin-1: every byte is a character there, so none is lost.
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    text = new TextDecoder("windows-1252").decode(body);
  }
  const { rows, lines, bad } = readIndex(text, kind, url);
  const kept = rows.map((row, at) => ({ row, line: lines[at] as number }))
    .filter(({ row }) => forms === undefined || forms.includes(String(row.form)));
  return {
    rows: kept.map(({ row }) => row),
    bad,
    locate: (at) => `${url}#line=${kept[at]?.line}`,
  };
}

function quarterPath(quarter: string, kind: IndexKind): string {
  return `/Archives/edgar/full-index/${quarter.slice(0, 4)}/QTR${quarter.slice(5)}/${kind}.idx`;
}

function dailyPath(day: string, kind: IndexKind): string {
  const [year, month] = day.split("-") as [string, string];
  const quarter = Math.ceil(Number(month) / 3);
  return `/Archives/edgar/daily-index/${year}/QTR${quarter}/${kind}.${day.replaceAll("-", "")}.idx`;
}

function filingDocument(
  hosts: Hosts,
  cik: string,
  accession: string,
  params: Params<"filing">,
): Document {
  const folder = `${hosts.archives}${filingFolder(cik, accession)}`;
  const head = { cik, accession };
  if (params.as === "files") {
    return {
      url: `${folder}/index.json`,
      isJson: true,
      rows: (body, url) => {
        const document = json(body, url);
        const directory = isObject(document) ? document.directory : undefined;
        const items = isObject(directory) ? directory.item : undefined;
        if (!Array.isArray(items)) throw strange(url, "no directory.item");
        return {
          rows: items.filter(isObject).map((item) => ({
            ...head,
            name: item.name ?? null,
            type: item.type ?? null,
            size: item.size ?? null,
            modified: item["last-modified"] ?? null,
          })),
        };
      },
    };
  }
  if (params.document === undefined) {
    throw new DataFailure(
      "invalid",
      `source.params.document: \`as: ${params.as}\` needs the file's name`,
      "List the filing with `as: files` first; names are not to be guessed.",
    );
  }
  const rows = params.as === "ownership" ? ownershipRows : holdingRows;
  return {
    url: `${folder}/${params.document}`,
    isJson: false,
    rows: async (body, url) => ({
      rows: (await rows(new TextDecoder().decode(body), url, accession)).map((row) => ({ cik, ...row })),
    }),
  };
}
