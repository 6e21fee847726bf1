/** One column of a load while rows go by: counts, and what is needed for quantiles, bins and frequent values. Bounded by its rows. */
import { isMissing } from "../../policies/quality/value_rules.ts";
import type { Json } from "../../specs/mod.ts";
import type { ColumnProfile, ColumnType, PiiTreatment } from "../../specs/foundry/mod.ts";
import { MASK } from "./personal.ts";

const BINS = 24;
const TOP = 10;
const SHOWN_CHARACTERS = 80;
/** Lossy counting (Manku and Motwani 2002): of each so many rows those texts go that came no more often than the rounds so far. */
const ROUND = 500;
const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const;
const HASH = /^[0-9a-f]{64}$/;
/** No leading zeros and no sign in front: what has them is a code that only looks like a number. */
const NUMBER = /^-?(?:0|[1-9]\d{0,17})(?:\.\d{1,30})?$/;
const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?)?$/;
/** Doubles that grow, for values and for the hashes of texts. */
function doubles() {
  let held = new Float64Array(256);
  let count = 0;
  return {
    push(value: number) {
      if (count === held.length) {
        const wider = new Float64Array(Math.max(256, count * 2));
        wider.set(held);
        held = wider;
      }
      held[count++] = value;
    },
    clear() {
      held = new Float64Array(0);
      count = 0;
    },
    get count() {
      return count;
    },
    sorted: () => held.subarray(0, count).sort(),
  };
}

export interface ColumnTally {
  add(value: Json | undefined): void;
  /** With all frequent texts; see profile_told.ts for those that may be told. */
  end(rows: number, type: ColumnType | null): ColumnProfile;
}

/** `treatment`: personal data, of which nothing but counts is kept. */
export function columnTally(column: string, treatment: PiiTreatment | null): ColumnTally {
  const isQuiet = treatment !== null;
  const keys = doubles();
  const numbers = doubles();
  const texts = new Map<string, { count: number; before: number }>();
  let [values, round] = [0, 1];
  /** Whether any text came often enough to stay; a column in which none does is not counted on. */
  let counts = true;
  let [short, long] = [Infinity, 0];
  /** What every value so far was; one that is not decides. */
  let [allNumbers, allTimes, allHashes, allMasked] = [true, true, true, true];

  const frequent = (text: string) => {
    const known = texts.get(text);
    if (known !== undefined) known.count++;
    else texts.set(text, { count: 1, before: round - 1 });
    if (values < round * ROUND) return;
    for (const [one, { count, before }] of texts) if (count + before <= round) texts.delete(one);
    if (round >= 4 && texts.size === 0) counts = false;
    round++;
  };

  return {
    add(value) {
      if (value === undefined || isMissing(value)) return;
      values++;
      if (typeof value === "number") {
        keys.push(value);
        [allTimes, allHashes, allMasked] = [false, false, false];
        if (allNumbers && !isQuiet) numbers.push(value);
        return;
      }
      const text = typeof value === "string" ? value : JSON.stringify(value);
      keys.push(hash53(text));
      if (typeof value !== "string") {
        allNumbers =
          allTimes =
          allHashes =
          allMasked =
            false;
        if (typeof value === "boolean" && !isQuiet) frequent(text);
        return;
      }
      if (allHashes) allHashes = text.length === 64 && HASH.test(text);
      if (allMasked) allMasked = text === MASK;
      if (isQuiet) return;
      if (text.length < short) short = text.length;
      if (text.length > long) long = text.length;
      if (allNumbers || allTimes) {
        const number = allNumbers && NUMBER.test(text) ? Number(text) : allTimes ? millisecondsOf(text) : NaN;
        const isTime = text.length >= 10 && text.charCodeAt(4) === 0x2d;
        if (isTime) allNumbers = false;
        else allTimes = false;
        if (Number.isNaN(number)) {
          allNumbers = allTimes = false;
          numbers.clear();
        } else if (allNumbers || allTimes) numbers.push(number);
        else numbers.clear();
      }
      // A text of a page has no twin that matters; its head stands for it.
      if (counts) frequent(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
    },
    end(rows, type) {
      const found = treatment ??
        (values === 0 ? null : allHashes ? "hash" as const : allMasked ? "mask" as const : null);
      const head = {
        column,
        type,
        treatment: found,
        values,
        nulls: rows - values,
        distinct: distinctOf(keys),
      };
      const measured = found === null && numbers.count > 0 && numbers.count === values;
      const sorted = measured ? numbers.sorted() : null;
      const { top, hidden } = found === null && sorted === null ? topOf(texts) : { top: [], hidden: 0 };
      const isTime = allTimes && sorted !== null;
      return {
        ...head,
        ...(sorted === null ? NO_FIGURES : figuresOf(sorted, isTime)),
        lengths: found === null && long > 0 && sorted === null ? { min: short, max: long } : null,
        top,
        hidden,
      };
    },
  };
}

const NO_FIGURES = { min: null, max: null, mean: null, deviation: null, quantiles: null, histogram: null };

function figuresOf(
  sorted: Float64Array,
  isTime: boolean,
): Pick<ColumnProfile, keyof typeof NO_FIGURES> {
  const n = sorted.length;
  const [least, most] = [sorted[0] ?? 0, sorted[n - 1] ?? 0];
  let [mean, squares] = [0, 0];
  for (let at = 0; at < n; at++) {
    const value = sorted[at] ?? 0;
    const delta = value - mean;
    mean += delta / (at + 1);
    squares += delta * (value - mean);
  }
  const deviation = n > 1 ? Math.sqrt(squares / (n - 1)) : 0;
  const told = (value: number) => Number.isFinite(value) ? value : null;
  return {
    min: isTime ? instant(least) : least,
    max: isTime ? instant(most) : most,
    mean: isTime ? null : told(mean),
    deviation: isTime ? null : told(deviation),
    quantiles: isTime ? null : Object.fromEntries(
      QUANTILES.map((share) => [String(share), sorted[Math.min(n - 1, Math.floor(share * n))] ?? least]),
    ),
    histogram: binsOf(sorted, least, most),
  };
}

/** Bins of one width from the least to the greatest value; whole numbers of a small range get one each. */
function binsOf(sorted: Float64Array, least: number, most: number): ColumnProfile["histogram"] {
  const span = most - least;
  if (!Number.isFinite(span)) return null;
  if (span === 0) return [{ from: least, to: most, count: sorted.length }];
  const whole = Number.isInteger(least) && sorted.every(Number.isInteger);
  const single = whole && span < BINS;
  const count = single ? span + 1 : BINS;
  const width = single ? 1 : span / count;
  const bins = Array.from({ length: count }, (_, at) => ({
    from: least + at * width,
    to: single ? least + at : at === count - 1 ? most : least + (at + 1) * width,
    count: 0,
  }));
  for (const value of sorted) {
    const bin = bins[Math.min(count - 1, Math.floor((value - least) / width))];
    if (bin !== undefined) bin.count++;
  }
  return bins;
}

/** Texts that occur at least twice: one that occurs once tells of one row only. */
function topOf(texts: ReadonlyMap<string, { count: number }>): Pick<ColumnProfile, "top" | "hidden"> {
  const often = [...texts].filter(([, { count }]) => count > 1)
    .sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1)).slice(0, TOP);
  return { top: often.map(([value, { count }]) => ({ value, count })), hidden: 0 };
}

function distinctOf(keys: ReturnType<typeof doubles>): number {
  const sorted = keys.sorted();
  let different = 0;
  for (let at = 0; at < sorted.length; at++) if (at === 0 || sorted[at] !== sorted[at - 1]) different++;
  return different;
}

/** A date or an instant; one without a zone is taken as UTC, whatever the machine's own zone is. */
function millisecondsOf(text: string): number {
  const found = TIME.exec(text);
  if (found === null) return NaN;
  const [, date = "", time, zone = "Z"] = found;
  return Date.parse(time === undefined ? date : `${date}T${time}${zone}`);
}

function instant(ms: number): string {
  const text = new Date(ms).toISOString();
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text.replace(".000Z", "Z");
}

/** 53 bits of a text's hash (two rounds of multiply and xor, as in cyrb53): two texts of a million meet once in ten thousand loads. */
function hash53(text: string): number {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x5f356495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}
