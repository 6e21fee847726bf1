/** Credentials of a run: known in each form in which they travel, and taken out of what is read before anything else looks at it. */
import { type Page, secretForms } from "../../connectors/data/mod.ts";
import type { Json, Row } from "../../specs/mod.ts";
import { hidden, withoutSecrets } from "./row_path.ts";

/** A shorter one would blank out ordinary words. */
const SHORTEST = 6;

/** From now on the value is hidden, in all its forms; the longest first, so that no end of one is left behind a shorter one. */
export function addCredential(secrets: Set<string>, value: string): void {
  const forms = [value, value.trim()].flatMap(secretForms).filter((form) => form.length >= SHORTEST);
  if (forms.every((form) => secrets.has(form))) return;
  const all = [...new Set([...secrets, ...forms])].sort((a, b) => b.length - a.length);
  secrets.clear();
  for (const form of all) secrets.add(form);
}

/** The page without credentials that its server sent back, and how many of its rows held one. Faultless pages are given as they are. */
export function withoutCredentials(
  page: Page,
  secrets: ReadonlySet<string>,
): { page: Page; cleaned: number } {
  if (secrets.size === 0) return { page, cleaned: 0 };
  let cleaned = 0;
  const rows = page.rows.map((row): Row => {
    const text = JSON.stringify(row);
    if (hidden(text, secrets) === text) return row;
    cleaned++;
    return withoutSecrets(row, secrets, {});
  });
  if (cleaned === 0) return { page, cleaned };
  return { page: { ...page, rows, locate: (index) => page.locate(index) }, cleaned };
}

/** A value that is kept for the next page or run, without credentials. */
export function cleanValue(value: Json, secrets: ReadonlySet<string>): Json {
  if (secrets.size === 0 || value === null) return value;
  const text = JSON.stringify(value);
  const clean = hidden(text, secrets);
  return clean === text ? value : JSON.parse(clean) as Json;
}

/** What `hidden` puts in a credential's place. */
const MARK = hidden("x", new Set(["x"]));

/** Counts by column where a row held a credential when it was read: asked only of loads with such rows, as these are words like others. */
export function countCleaned(row: Row, found: Record<string, number>): void {
  if (!JSON.stringify(row).includes(MARK)) return;
  for (const [column, value] of Object.entries(row)) {
    if (!column.includes(MARK) && !JSON.stringify(value).includes(MARK)) continue;
    found[column] = (found[column] ?? 0) + 1;
  }
}
