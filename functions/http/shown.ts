/** What an error may show of a value that came from outside: short, escaped, and nothing that could be a secret. */

const SECRET = [
  /forge_[A-Za-z0-9_-]+\.[^\s"']*/,
  /(?:gh[pousr]|github_pat|glpat|xox[abprs]|sk|pk|rk)[-_][A-Za-z0-9_-]{16,}/,
  /A(?:KI|SI)A[0-9A-Z]{16}/,
  /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY/,
  /:\/\/[^\s/@]*@/,
  /[A-Za-z0-9+_=-]{32,}/,
];

/** What stands in the place of a value that could be a secret. */
export const WITHHELD = "(withheld)";

/** A value as JSON text of at most `max` characters, or `WITHHELD` when it could hold a secret. */
export function shown(value: unknown, max = 60): string {
  if (
    typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean" && value !== null
  ) {
    return Array.isArray(value) ? "(a list)" : `(${typeof value})`;
  }
  const text = String(value);
  if (SECRET.some((pattern) => pattern.test(text))) return WITHHELD;
  const cut = text.length > max ? text.slice(0, max) + "..." : text;
  return JSON.stringify(cut).replace(
    /[<>&\u007f-\u00a0\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
