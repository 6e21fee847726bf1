/** Credentials of a run: known in each form in which they travel, and taken out of what is read before anything else looks at it. */
import {
  connectorCredentials,
  DataFailure,
  type Page,
  secretForms,
  sinkCredentials,
} from "../../connectors/data/mod.ts";
import type { Json } from "../../specs/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import type { Asked } from "./input.ts";
import type { FoundryPorts } from "./ports.ts";
import { holdsCredential } from "./credential_scan.ts";
import { hidden, withoutSecrets } from "./row_path.ts";

/** A shorter one would blank out ordinary words. */
const SHORTEST = 6;
/** What `hidden` puts in a credential's place. */
const MARK = hidden("x", new Set(["x"]));
/** Characters of a longer credential's beginning that are taken for it where a text was cut. */
const BEGINNING = 12;

/** What the connectors and the sinks of a pipeline's streams are given: hidden from the first row on, whoever uses it first. */
export function knownCredentials(
  ports: Pick<FoundryPorts, "secret">,
  { pipeline, environment }: Pick<Asked, "pipeline" | "environment">,
): Set<string> {
  const secret = (reference: string) => ports.secret(reference);
  const named = <T>(all: Readonly<Record<string, T>>, names: readonly string[]): T[] =>
    [...new Set(names)].flatMap((name) => Object.hasOwn(all, name) ? [all[name] as T] : []);
  const { streams } = pipeline;
  const found = [
    ...named(environment.connectors, streams.map(({ source }) => source.connector)).flatMap((settings) =>
      connectorCredentials(settings, secret)
    ),
    ...named(environment.sinks, streams.map(({ write }) => write.sink)).flatMap((settings) =>
      sinkCredentials(settings, secret)
    ),
  ];
  const secrets = new Set<string>();
  for (const value of [...found, ...canaryValues(ports, environment)]) addCredential(secrets, value);
  return secrets;
}

/** Values that an operator planted, in all their forms. Whoever brings one has read what nobody may read. */
export function knownCanaries(
  ports: Pick<FoundryPorts, "secret">,
  { environment }: Pick<Asked, "environment">,
): Set<string> {
  const canaries = new Set<string>();
  for (const value of canaryValues(ports, environment)) addCredential(canaries, value);
  return canaries;
}

function canaryValues(
  ports: Pick<FoundryPorts, "secret">,
  { canaries = [] }: Asked["environment"],
): string[] {
  return canaries.map((reference) => {
    const value = ports.secret(reference);
    if (value.trim().length >= SHORTEST) return value;
    throw new DataFailure(
      "invalid",
      `The canary ${reference} has ${value.trim().length} characters: it cannot be told from words`,
      `Plant a value of at least ${SHORTEST} characters, better a random one of 20`,
    );
  });
}

/** Whether a page, its rows, what of it could not be read or its bytes, holds a canary. */
export function holdsCanary(page: Page, canaries: ReadonlySet<string>): boolean {
  if (canaries.size === 0) return false;
  const content = page.raw?.content;
  return holdsCredential(JSON.stringify([page.rows, page.bad ?? []]), canaries) ||
    (content !== undefined && holdsCredential(new TextDecoder().decode(content), canaries));
}

/** Words about a failure without credentials. They may quote a text that was cut, so that only a credential's beginning is left. */
export function hiddenWords(text: string, secrets: ReadonlySet<string>): string {
  let clean = hidden(text, secrets);
  for (const secret of secrets) {
    // The beginning of a URL is no secret, and its password is one of its own.
    if (secret.includes("://")) continue;
    const least = Math.max(SHORTEST, Math.min(BEGINNING, Math.ceil(secret.length / 2)));
    const start = secret.slice(0, least);
    for (let at = clean.indexOf(start); at >= 0; at = clean.indexOf(start, at + MARK.length)) {
      let end = at + least;
      while (end < clean.length && clean[end] === secret[end - at]) end++;
      clean = clean.slice(0, at) + MARK + clean.slice(end);
    }
  }
  return clean;
}

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
  if (secrets.size === 0 || !holdsCredential(JSON.stringify(page.rows), secrets)) return { page, cleaned: 0 };
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

/** What a source could not read as a row, as it is told: it may be cut. */
export function cleanWords(value: Json, secrets: ReadonlySet<string>): Json {
  if (secrets.size === 0 || value === null) return value;
  if (typeof value === "string") return hiddenWords(value, secrets);
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((one) => cleanWords(one, secrets));
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [hiddenWords(name, secrets), cleanWords(one, secrets)]),
  );
}

/** A value that is kept for the next page or run, without credentials. */
export function cleanValue(value: Json, secrets: ReadonlySet<string>): Json {
  if (secrets.size === 0 || value === null) return value;
  const text = JSON.stringify(value);
  const clean = hidden(text, secrets);
  return clean === text ? value : JSON.parse(clean) as Json;
}

/** Counts by column where a row held a credential when it was read: asked only of loads with such rows, as these are words like others. */
export function countCleaned(row: Row, found: Record<string, number>): void {
  if (!JSON.stringify(row).includes(MARK)) return;
  for (const [column, value] of Object.entries(row)) {
    if (!column.includes(MARK) && !JSON.stringify(value).includes(MARK)) continue;
    found[column] = (found[column] ?? 0) + 1;
  }
}
