import { hiddenCharacters } from "./hidden.ts";

export type Path = readonly (string | number)[];

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]{0,60}$/;

/** `intent.scope[0]`; a key that is not a plain word is quoted: `operations[0]["a b"]`. */
export function pathText(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (PLAIN_KEY.test(part) && !looksSecret(part)) text += text === "" ? part : `.${part}`;
    else text += `[${showText(part, 60)}]`;
  }
  return text;
}

/** Shapes of credentials. Linear patterns only: they run over text from strangers. */
const SECRET_SHAPES = [
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}/,
  /\b(?:gh[pousr]_|github_pat_|glpat-|sk-|sk_live_|rk_live_|xox[abeprs]-|npm_|pypi-|AIza)[A-Za-z0-9_-]{12,}/,
  /\bforge_[A-Za-z0-9]+\.[A-Za-z0-9_-]{8,}/,
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY/,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/,
  /:\/\/[^\s/@:]{1,200}:[^\s/@]{1,200}@/,
  /(?:passw(?:or)?d|passwd|secret|token|api[_-]?key|credential)s?["']?\s{0,4}[=:]\s{0,4}\S/i,
  /\bBearer\s+\S{8,}/i,
  /[?&](?:sig|signature|x-amz-signature)=[^&\s]{6,}/i,
  /\bhooks\.slack\.com\/services\/T\w{4,}\/B\w{4,}\/\w{8,}/,
];
const SECRET_NAME =
  /passw|secret|canar(?:y|ies)|token$|api[_-]?key|private[_-]?key|credential|authorization/i;

/** Whether a text looks as if it held a credential; then no error may repeat it. */
export function looksSecret(text: string): boolean {
  if (SECRET_SHAPES.some((shape) => shape.test(text))) return true;
  // A long run of mixed letters and digits is a key more often than a word.
  return (text.match(/[A-Za-z0-9+=_-]{32,}/g) ?? []).some((run) =>
    /[0-9]/.test(run) && /[a-z]/.test(run) && /[A-Z]/.test(run)
  );
}

const WITHHELD = "(withheld: it looks like a secret)";

/** A text for an error message: quoted, escaped, shortened, never a secret. */
export function showText(text: string, max = 80): string {
  const short = text.length > max ? text.slice(0, max) : text;
  if (looksSecret(text.slice(0, 20_000))) return WITHHELD;
  let shown = JSON.stringify(short);
  if (hiddenCharacters(short, 1).length > 0) {
    shown = "";
    const hidden = new Set(hiddenCharacters(short, 1000).map((character) => character.offset));
    let offset = 0;
    for (const character of short) {
      const code = character.codePointAt(0) ?? 0;
      shown += hidden.has(offset) ? `\\u{${code.toString(16)}}` : JSON.stringify(character).slice(1, -1);
      offset += character.length;
    }
    shown = `"${shown}"`;
  }
  return text.length > max ? `${shown}... (${text.length} characters)` : shown;
}

/** A value for an error message. Lists and fields are named, not printed. */
export function showValue(value: unknown, path: Path = []): string {
  const name = path.findLast((part) => typeof part === "string");
  if (typeof value === "string") {
    return typeof name === "string" && SECRET_NAME.test(name) ? WITHHELD : showText(value);
  }
  if (Array.isArray(value)) return value.length === 1 ? "a list of 1" : `a list of ${value.length}`;
  if (value !== null && typeof value === "object") {
    const keys = Object.keys(value);
    const some = keys.slice(0, 5).map((key) =>
      PLAIN_KEY.test(key) && !looksSecret(key) ? key : showText(key, 30)
    );
    return keys.length === 0 ? "no fields" : `fields ${some.join(", ")}${keys.length > 5 ? ", ..." : ""}`;
  }
  return String(value);
}

/** What a value is, in words of the spec's reader. */
export function kindOf(value: unknown): string {
  if (value === null) return "empty (null)";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "string":
      return "text";
    case "number":
      return Number.isInteger(value) ? "a whole number" : "a number";
    case "boolean":
      return "true or false";
    case "object":
      return "a set of fields";
    case "undefined":
      return "missing";
    default:
      return typeof value;
  }
}

const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + same,
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, (before[column - 2] ?? 0) + 1);
      current.push(best);
    }
    before = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

/** The candidate that was most likely meant, or undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(word.slice(0, 60));
  if (wanted === "") return undefined;
  let best: { candidate: string; distance: number; shared: boolean } | undefined;
  for (const candidate of candidates) {
    const known = plain(candidate);
    const extends_ = known.length >= 4 && wanted.length >= 4 &&
      (wanted.startsWith(known) || known.startsWith(wanted));
    const distance = extends_ ? Math.min(1, editDistance(wanted, known)) : editDistance(wanted, known);
    if (best === undefined || distance < best.distance) best = { candidate, distance, shared: false };
    else if (distance === best.distance) best.shared = true;
  }
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  // Two candidates at the same distance are a guess, not a suggestion.
  return best !== undefined && !best.shared && best.distance <= allowed ? best.candidate : undefined;
}
