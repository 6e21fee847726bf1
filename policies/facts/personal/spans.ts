import * as check from "./numbers.ts";

/** What is personal data by its form. */
export type PersonalKind = "email" | "phone" | "iban" | "card" | "national-id";

export interface PersonalSpan {
  readonly kind: PersonalKind;
  readonly start: number;
  readonly end: number;
}

interface Form {
  readonly kind: PersonalKind;
  /** Linear: no part of it can be matched in two ways by its neighbour. */
  readonly pattern: RegExp;
  /** Which group is the value; the whole match unless told. */
  readonly group?: number;
  readonly holds?: (value: string) => boolean;
}

/** A number without punctuation is only a person's where a word before it says so. */
const labelled = (words: string, digits: string): RegExp =>
  new RegExp(`\\b(?:${words})\\b[^\\d\\n]{0,20}(${digits})(?![\\w])`, "gi");

const FORMS: readonly Form[] = [
  {
    kind: "email",
    pattern:
      /(?<![\p{L}\p{N}._%+'-])[\p{L}\p{N}_%+'][\p{L}\p{N}._%+'-]{0,63}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}-])/gu,
    // The user of an address of a repository: git@host:path.
    holds: (value) => !/^(?:git|hg|org-\d+)@/i.test(value),
  },
  {
    kind: "phone",
    pattern: /(?<![\w.+])(?:\+|00(?=[1-9]))\d(?:[ ()./-]{0,2}\d){7,14}(?![\w])/g,
    holds: (value) => /^\+|[ ()/-]/.test(value),
  },
  { kind: "phone", pattern: /(?<![\w.-])(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}(?![\w-]|\.\d)/g },
  {
    kind: "phone",
    pattern: labelled(
      "tel|telefon|telephone|phone|mobile|mobil|cell|fax|call",
      "[(]?\\d(?:[ ()./-]{0,2}\\d){6,14}",
    ),
    group: 1,
  },
  {
    kind: "iban",
    pattern: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g,
    holds: check.isIban,
  },
  {
    kind: "card",
    pattern: /(?<![\w.-])[3-6]\d{3}(?:[ -]?\d){9,15}(?![\w-]|\.\d)/g,
    holds: check.isCard,
  },
  { kind: "national-id", pattern: /(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-])/g, holds: check.isAmerican },
  {
    kind: "national-id",
    pattern:
      /(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)/g,
  },
  { kind: "national-id", pattern: /(?<!\w)[XYZ\d]\d{7}[- ]?[A-HJ-NP-TV-Z](?!\w)/g, holds: check.isSpanish },
  {
    kind: "national-id",
    pattern: /(?<!\w)[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z](?!\w)/g,
    holds: check.isItalian,
  },
  {
    kind: "national-id",
    pattern:
      /(?<!\w)[12] ?\d{2} ?(?:0\d|1[0-2]|[2-4]\d|[5-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?!\w)/g,
    holds: check.isFrench,
  },
  { kind: "national-id", pattern: /(?<![\w.-])[1-9]\d (?:\d{3} ){2}\d{3}(?!\w)/g, holds: check.isGermanTax },
  {
    kind: "national-id",
    pattern: labelled("steuer-?(?:id|idnr|identifikationsnummer|nummer)|idnr|tax[ -]?id", "\\d{11}"),
    group: 1,
    holds: check.isGermanTax,
  },
  {
    kind: "national-id",
    pattern: labelled("bsn|burgerservicenummer|sofinummer", "\\d{9}"),
    group: 1,
    holds: check.isDutch,
  },
  { kind: "national-id", pattern: labelled("pesel", "\\d{11}"), group: 1, holds: check.isPolish },
  {
    kind: "national-id",
    pattern: labelled("ssn|social security(?: number| no)?", "\\d{9}"),
    group: 1,
  },
  { kind: "national-id", pattern: /(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?!\w)/g, holds: check.isBrazilian },
  { kind: "national-id", pattern: labelled("cpf", "\\d{11}"), group: 1, holds: check.isBrazilian },
  {
    kind: "national-id",
    pattern: /(?<!\w)\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y](?!\w)/g,
    holds: check.isFinnish,
  },
  {
    kind: "national-id",
    pattern: /(?<![\w-])(?:\d{2})?\d{2}(?:0\d|1[0-2])(?:[0-8]\d|9[01])[-+]\d{4}(?![\w-])/g,
    holds: (value) => check.hasLuhn(value.slice(-11)),
  },
  {
    kind: "national-id",
    pattern: labelled("cpr(?:-nummer)?", "(?:[0-2]\\d|3[01])(?:0\\d|1[0-2])\\d{2}-?\\d{4}"),
    group: 1,
  },
  { kind: "national-id", pattern: /(?<!\w)[1-9]\d{5}(?:19|20)\d{9}[\dXx](?!\w)/g, holds: check.isChinese },
  { kind: "national-id", pattern: /(?<![\w.])756\.\d{4}\.\d{4}\.\d{2}(?!\w)/g, holds: check.isSwiss },
  {
    kind: "national-id",
    pattern: /(?<![\w.])\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}(?!\w)/g,
    holds: check.isBelgian,
  },
  { kind: "national-id", pattern: /(?<![\w.-])[2-9]\d{3} \d{4} \d{4}(?![\w-]| \d)/g, holds: check.isIndian },
  { kind: "national-id", pattern: labelled("aadhaar", "[2-9]\\d{11}"), group: 1, holds: check.isIndian },
];

/** What is left in the place of a value: its digits are letters, so that no number is found in it. */
export const PERSONAL_MARK = /\[personal:[a-z-]{1,20}:[a-p]{32}\]/g;

/** Where personal data stands in a text, in order, no character in two of them. Marks hold none. */
export function personalSpans(text: string): PersonalSpan[] {
  const hasDigit = /\d{2}/.test(text);
  if (!hasDigit && !text.includes("@")) return [];
  const found: PersonalSpan[] = [];
  for (const { kind, pattern, group = 0, holds } of FORMS) {
    if (kind === "email" ? !text.includes("@") : !hasDigit) continue;
    for (const match of text.matchAll(pattern)) {
      const value = match[group] ?? "";
      if (holds !== undefined && !holds(value)) continue;
      const start = match.index + match[0].length - value.length;
      found.push({ kind, start, end: start + value.length });
    }
  }
  return apart(found);
}

function apart(found: PersonalSpan[]): PersonalSpan[] {
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const kept: PersonalSpan[] = [];
  let end = -1;
  for (const span of found) {
    if (span.start < end) continue;
    kept.push(span);
    end = span.end;
  }
  return kept;
}
