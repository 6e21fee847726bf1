/**
 * XBRL facts of a company as rows. A fact is named by company, taxonomy, tag, unit, period and filing: `fy` and `fp` tell the
 * period of the FILING, never that of the fact, and `frame` stands on the fact that was filed last.
 */
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { isObject } from "../../net/lossless_json.ts";
import { accessionOf, cikOf, strange } from "./company.ts";

export type View = "all" | "latest" | "as-filed";

export interface FactOptions {
  readonly view: View;
  /** For `as-filed`: what was known on that day (YYYY-MM-DD); null for each value as it was filed first. */
  readonly asOf: string | null;
  /** Only facts that were filed on this day or later, unless their day is missing. */
  readonly filedFrom: string | null;
  /** And before this day. */
  readonly filedBefore: string | null;
  /** Adds `restatement`: how the value differs from the one filed before for the same period. */
  readonly classify: boolean;
}

interface Head {
  readonly cik: string;
  readonly entityName: Json;
}

/** Rows of a `companyfacts` document. Throws `contract` for another shape. */
export function companyFacts(document: Json, url: string, options: FactOptions): Row[] {
  const head = headOf(document, url);
  const facts = (document as { facts?: Json }).facts;
  if (!isObject(facts)) throw strange(url, "no object `facts`");
  const rows: Row[] = [];
  for (const [taxonomy, tags] of Object.entries(facts)) {
    if (!isObject(tags)) throw strange(url, `facts.${taxonomy} that is no object`);
    for (const [tag, concept] of Object.entries(tags)) {
      addConcept(rows, head, taxonomy, tag, concept, url, options);
    }
  }
  return rows;
}

/** Rows of a `companyconcept` document. */
export function companyConcept(document: Json, url: string, options: FactOptions): Row[] {
  const head = headOf(document, url);
  const { taxonomy, tag } = document as { taxonomy?: Json; tag?: Json };
  if (typeof taxonomy !== "string" || typeof tag !== "string") throw strange(url, "no taxonomy or tag");
  const rows: Row[] = [];
  addConcept(rows, head, taxonomy, tag, document, url, options);
  return rows;
}

/** Rows of a `frames` document: one fact of every company for one period, the last one filed. */
export function frame(document: Json, url: string): Row[] {
  if (!isObject(document) || !Array.isArray(document.data)) throw strange(url, "no list `data`");
  const { taxonomy = null, tag = null, uom = null, ccp = null, label = null, data } = document;
  return (data as Json[]).map((fact) => {
    if (!isObject(fact)) throw strange(url, "a fact that is no object");
    const { accn, cik, ...rest } = fact;
    return {
      taxonomy,
      tag,
      label,
      unit: uom,
      period: ccp,
      cik: cikOf(cik) ?? cik ?? null,
      accession: accessionOf(accn) ?? accn ?? null,
      ...rest,
      start: rest.start ?? null,
    };
  });
}

function headOf(document: Json, url: string): Head {
  if (!isObject(document)) throw strange(url, "no object");
  const cik = cikOf(document.cik);
  if (cik === null) throw strange(url, `the CIK ${JSON.stringify(document.cik ?? null)}`);
  return { cik, entityName: document.entityName ?? null };
}

function addConcept(
  rows: Row[],
  head: Head,
  taxonomy: string,
  tag: string,
  concept: Json,
  url: string,
  options: FactOptions,
): void {
  const units = isObject(concept) ? concept.units : undefined;
  if (!isObject(concept) || !isObject(units)) throw strange(url, `${taxonomy}/${tag} without units`);
  const label = concept.label ?? null;
  for (const [unit, facts] of Object.entries(units)) {
    if (!Array.isArray(facts)) throw strange(url, `${taxonomy}/${tag}/${unit} that is no list`);
    const own: Row[] = facts.map((fact: Json) => {
      if (!isObject(fact)) throw strange(url, `a fact of ${taxonomy}/${tag}/${unit} that is no object`);
      return {
        cik: head.cik,
        entityName: head.entityName,
        taxonomy,
        tag,
        label,
        unit,
        start: fact.start ?? null,
        end: fact.end ?? null,
        val: fact.val ?? null,
        accession: accessionOf(fact.accn) ?? fact.accn ?? null,
        fy: fact.fy ?? null,
        fp: fact.fp ?? null,
        form: fact.form ?? null,
        filed: fact.filed ?? null,
        frame: fact.frame ?? null,
      };
    });
    const seen = options.classify || options.view !== "all" ? viewed(own, options) : own;
    for (const row of seen) if (isWanted(row.filed, options)) rows.push(row);
  }
}

function isWanted(filed: Json | undefined, options: FactOptions): boolean {
  if (typeof filed !== "string") return true;
  return (options.filedFrom === null || filed >= options.filedFrom) &&
    (options.filedBefore === null || filed < options.filedBefore);
}

/** Facts of one concept and unit by period, in the order in which they were filed. */
function viewed(facts: Row[], options: FactOptions): Row[] {
  const periods = new Map<string, Row[]>();
  for (const fact of facts) {
    const key = `${fact.start}|${fact.end}`;
    const list = periods.get(key);
    if (list === undefined) periods.set(key, [fact]);
    else list.push(fact);
  }
  const chosen: Row[] = [];
  for (const list of periods.values()) {
    list.sort((a, b) => order(a, b));
    if (options.classify) {
      list.forEach((fact, at) => fact.restatement = at === 0 ? null : restatement(list[at - 1], fact));
    }
    if (options.view === "all") chosen.push(...list);
    else if (options.view === "latest") chosen.push(list[list.length - 1] as Row);
    else {
      const { asOf } = options;
      const filed = list.filter((fact) => typeof fact.filed === "string");
      // What a reader knew that day: the last value filed until then. Without a day: what was filed before any restatement.
      const own = asOf === null ? filed[0] : filed.filter((fact) => String(fact.filed) <= asOf).at(-1);
      if (own !== undefined) chosen.push(own);
    }
  }
  return chosen;
}

function order(a: Row, b: Row): number {
  const [left, right] = [`${a.filed} ${a.accession}`, `${b.filed} ${b.accession}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * Why two filings tell different values for one period: `same`; `rounding` (one is the other, rounded to fewer digits); `split` (a
 * whole multiple, for shares and amounts per share); `restated` for all else.
 */
export function restatement(before: Row | undefined, after: Row): "same" | "rounding" | "split" | "restated" {
  const [old, now] = [Number(before?.val), Number(after.val)];
  if (before?.val === after.val || old === now) return "same";
  if (!Number.isFinite(old) || !Number.isFinite(now)) return "restated";
  if (isRounded(old, now) || isRounded(now, old)) return "rounding";
  if (/shares/i.test(String(after.unit)) && old !== 0 && now !== 0) {
    const ratio = Math.abs(now) > Math.abs(old) ? now / old : old / now;
    const whole = Math.round(ratio);
    if (ratio > 1.4 && whole >= 2 && Math.abs(ratio - whole) / whole < 0.005) return "split";
  }
  return "restated";
}

/** Whether `coarse` is `exact` rounded (or cut) to some power of ten. */
function isRounded(exact: number, coarse: number): boolean {
  for (let power = 1; power <= 9; power++) {
    const step = 10 ** power;
    if (coarse % step !== 0) return false;
    if (coarse !== 0 && Math.abs(exact - coarse) < step) return true;
  }
  return false;
}
