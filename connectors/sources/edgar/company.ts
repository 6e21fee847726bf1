/** Names of companies and filings as EDGAR writes them. */
import { DataFailure } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";

/** Ten digits with leading zeros, from what may be a number or a text; null when it is neither. */
export function cikOf(value: Json | undefined): string | null {
  const digits = typeof value === "number" && Number.isSafeInteger(value) && value >= 0
    ? String(value)
    : typeof value === "string"
    ? value.trim().replace(/^CIK/i, "")
    : "";
  return /^\d{1,10}$/.test(digits) ? digits.padStart(10, "0") : null;
}

/** `0000320193-24-000123` from what may lack its dashes; null when it is none. */
export function accessionOf(value: Json | undefined): string | null {
  if (typeof value !== "string") return null;
  // Documents of facts have thousands of them, written in full: those need no taking apart.
  if (/^\d{10}-\d{2}-\d{6}$/.test(value)) return value;
  const parts = /^(\d{10})-?(\d{2})-?(\d{6})$/.exec(value.trim());
  return parts ? `${parts[1]}-${parts[2]}-${parts[3]}` : null;
}

/** The folder of a filing below the archives. */
export function filingFolder(cik: string, accession: string): string {
  return `/Archives/edgar/data/${Number(cik)}/${accession.replaceAll("-", "")}`;
}

/** An answer that is JSON but not what the endpoint gives. */
export function strange(url: string, what: string): DataFailure {
  return new DataFailure(
    "contract",
    `EDGAR answered ${url} with ${what}`,
    "Look at the answer in a browser; if SEC has changed its form, this connector has to follow.",
    { locator: url },
  );
}
