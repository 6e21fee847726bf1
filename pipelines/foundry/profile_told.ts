/** What of a column's frequent texts may be told: none that is a credential or looks like personal data. */
import { redact } from "../../policies/mod.ts";
import type { ColumnProfile } from "../../specs/foundry/mod.ts";

/** E-mail address, international phone number, US social security number, IBAN. */
const PERSONAL = [
  /[^\s@]+@[^\s@]+\.[^\s@]+/,
  /(?:^|\s)\+\d[\d ().-]{6,}\d/,
  /\b\d{3}-\d{2}-\d{4}\b/,
  /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,8}/,
];

/** The column without texts that are nobody's business; how many there were is told. */
export function toldColumn(column: ColumnProfile): ColumnProfile {
  const top = column.top.filter(({ value }) => !isSensitive(value));
  return { ...column, top, hidden: column.hidden + column.top.length - top.length };
}

const isSensitive = (text: string): boolean =>
  redact(text) !== text || PERSONAL.some((shape) => shape.test(text)) || isCard(text);

/** A payment card's number: 13 to 19 digits that pass the Luhn check. */
function isCard(text: string): boolean {
  for (const [run] of text.matchAll(/\d(?:[ -]?\d){12,18}/g)) {
    const digits = run.replaceAll(/\D/g, "");
    let sum = 0;
    for (let at = 0; at < digits.length; at++) {
      const digit = Number(digits[digits.length - 1 - at]);
      sum += at % 2 === 1 ? digit < 5 ? digit * 2 : digit * 2 - 9 : digit;
    }
    if (sum % 10 === 0) return true;
  }
  return false;
}
