/** Filings of a company. The recent ones stand in columns; older ones lie in shards, and who stops at the first file loses them. */
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { isObject } from "../../net/lossless_json.ts";
import { accessionOf, cikOf, strange } from "./company.ts";

/** Name of a further file, and the day of its last filing where it is told. */
export type Shard = [name: string, to: string | null];

export interface Submissions {
  readonly rows: Row[];
  /** Further files, oldest last. */
  readonly shards: Shard[];
}

/** The first file of a company. Throws `contract` for another shape. */
export function submissions(document: Json, url: string): Submissions {
  if (!isObject(document)) throw strange(url, "no object");
  const cik = cikOf(document.cik);
  if (cik === null) throw strange(url, `the CIK ${JSON.stringify(document.cik ?? null)}`);
  const filings = document.filings;
  if (!isObject(filings) || !isObject(filings.recent)) throw strange(url, "no filings.recent");
  const files = filings.files ?? [];
  if (!Array.isArray(files)) throw strange(url, "filings.files that is no list");
  const shards = files.map((file): Shard => {
    const name = isObject(file) ? file.name : undefined;
    // It becomes part of a URL.
    if (typeof name !== "string" || !/^CIK\d{10}-submissions-\d{3,6}\.json$/.test(name)) {
      throw strange(url, `the shard name ${JSON.stringify(name ?? null)}`);
    }
    const to = isObject(file) && typeof file.filingTo === "string" ? file.filingTo : null;
    return [name, to];
  });
  return { rows: filingRows(filings.recent, cik, document.name ?? null, url), shards };
}

/** Rows of columns that are all of one length. */
export function filingRows(columns: Json, cik: string, company: Json, url: string): Row[] {
  if (!isObject(columns)) throw strange(url, "no columns of filings");
  const names = Object.keys(columns);
  const accessions = columns.accessionNumber;
  if (!Array.isArray(accessions)) throw strange(url, "no column accessionNumber");
  // By the name that facts, frames and indexes have it under, too.
  const rows: Row[] = accessions.map((number: Json) => ({
    cik,
    company,
    accession: accessionOf(number) ?? number,
  }));
  for (const name of names) {
    const column = columns[name];
    if (!Array.isArray(column) || column.length !== rows.length) {
      throw strange(url, `the column ${name} of another length than accessionNumber (${rows.length})`);
    }
    // A blank is how EDGAR says that there is none.
    column.forEach((value: Json, at: number) => (rows[at] as Row)[name] = value === "" ? null : value);
  }
  return rows;
}
