/**
 * Lists of all filings of a quarter or a day. `master` has bars between its columns; `form` and `company` have columns of fixed
 * width, in another order, below a preamble, a heading (that may be broken over two lines) and a line of dashes.
 */
import type { Row } from "../../../specs/foundry/mod.ts";
import type { BadRow } from "../../data/port.ts";
import { cikOf, strange } from "./company.ts";

export type IndexKind = "master" | "form" | "company";

export interface IndexRows {
  rows: Row[];
  lines: number[];
  bad: BadRow[];
}

const DATE = /^\d{4}-?\d{2}-?\d{2}$/;

/** Rows of an index. An empty one (a day without filings) has none; a text that is no index is `contract`. */
export function readIndex(text: string, kind: IndexKind, url: string): IndexRows {
  const lines = text.split(/\r?\n/);
  const dashes = lines.findIndex((line) => /^-{20,}\s*$/.test(line));
  if (dashes < 0) throw strange(url, "a text that is no index: it has no line of dashes");
  const found: IndexRows = { rows: [], lines: [], bad: [] };
  for (let at = dashes + 1; at < lines.length; at++) {
    const line = lines[at] as string;
    if (line.trim() === "") continue;
    const row = kind === "master" ? barred(line) : fixed(line, kind);
    if (row === null) {
      found.bad.push({
        reason: `line ${at + 1} is no entry of a ${kind} index`,
        rule: "parse@1",
        locator: `${url}#line=${at + 1}`,
        row: { line: line.slice(0, 1000) },
      });
    } else {
      found.rows.push(row);
      found.lines.push(at + 1);
    }
  }
  return found;
}

function barred(line: string): Row | null {
  const cells = line.split("|");
  if (cells.length !== 5) return null;
  const [cik, company, form, date, file] = cells.map((cell) => cell.trim());
  return entry(cik, company, form, date, file);
}

/** From the right: file name, date and CIK have no blanks in them; form and company are told apart by two or more. */
function fixed(line: string, kind: "form" | "company"): Row | null {
  const parts = /^(.*?)\s{2,}(.*?)\s+(\d{1,10})\s+(\d{4}-?\d{2}-?\d{2})\s+(\S+)\s*$/.exec(line);
  if (!parts) return null;
  const [, first, second, cik, date, file] = parts;
  return kind === "form" ? entry(cik, second, first, date, file) : entry(cik, first, second, date, file);
}

function entry(
  cik: string | undefined,
  company: string | undefined,
  form: string | undefined,
  date: string | undefined,
  file: string | undefined,
): Row | null {
  const padded = cikOf(cik);
  if (padded === null || date === undefined || !DATE.test(date) || !file || !form) return null;
  const digits = date.replaceAll("-", "");
  return {
    cik: padded,
    company: company?.trim() ?? null,
    form: form.trim(),
    filed: `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`,
    file,
    accession: /(\d{10}-\d{2}-\d{6})/.exec(file)?.[1] ?? null,
  };
}
