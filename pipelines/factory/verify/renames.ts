import { rewriteSource } from "./code_words.ts";

export interface Rename {
  from: string;
  to: string;
}

const code = /\.([cm]?[jt]sx?|py|go|rs|java|kt|kts|rb|sh|bash|bats|cs|php|swift|scala)$/;

/** A rename of a file or directory, and not of a symbol, whose module may stand before it: `src/calc.ts#add`, `calc.add`. */
const isPath = (name: string) =>
  !/#|::/.test(name) &&
  (name.includes("/") || code.test(name) || /\.(json|ya?ml|toml|md|txt|css|html|sql|snap)$/.test(name));

/** Where a file is after the renames of files: the file itself, or its directory, may have moved. */
export function renamedPath(path: string, renames: readonly Rename[]): string {
  for (const { from, to } of renames) {
    if (path === from) return to;
    if (from.includes("/") && path.startsWith(`${from.replace(/\/$/, "")}/`)) {
      return `${to.replace(/\/$/, "")}${path.slice(from.replace(/\/$/, "").length)}`;
    }
  }
  return path;
}

/** Calls whose first argument is the name of a test: that stays as it is, whatever it is called after. */
const declares = /(?<![\w$])(test|it|describe|suite|context|step|Run|bench)(\.\w+)?\(\s*["'`]$/;

/**
 * A base test as it reads after the renames: symbols by whole word in code, and in quotes when nothing else is quoted with them; files
 * where they are named as relative imports, as paths from the root, or as dotted modules. Names of tests stay, data stays, and
 * so do bytes that are no UTF-8.
 */
export function renameIn(
  bytes: Uint8Array,
  before: string,
  after: string,
  renames: readonly Rename[],
): Uint8Array {
  if (renames.length === 0 || !code.test(before)) return bytes;
  let source: string;
  try {
    source = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
  const files = replacements(before, after, renames);
  const symbols = renames.filter(({ from }) => !isPath(from))
    .map(({ from, to }): [string, string] => [lastName(from), lastName(to)])
    .filter(([old, fresh]) => /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(old) && old !== fresh);
  const inFiles = atOnce(files, (either) => wholePath(either, before));
  const inSymbols = atOnce(symbols, wholeWord);
  const renamed = rewriteSource(before, source, {
    code: (text) => inSymbols(before.endsWith(".py") ? inFiles(text) : text),
    text: (text, ahead) => {
      if (declares.test(ahead)) return text;
      // A mock names what it replaces: "add", "shapes.Rect".
      return /^[\p{L}\p{N}_$.:#]+$/u.test(text) ? inSymbols(inFiles(text)) : inFiles(text);
    },
  });
  return new TextEncoder().encode(renamed);
}

/** All renames in one pass: what was put in is not renamed again, where `money.ts` becomes `money/amount.ts` or two names change places. */
function atOnce(
  pairs: readonly [string, string][],
  pattern: (either: string) => RegExp,
): (text: string) => string {
  if (pairs.length === 0) return (text) => text;
  // Of two renames of one name the first counts.
  const names = new Map(pairs.toReversed());
  const either = pattern([...names.keys()].sort((a, b) => b.length - a.length).map(escape).join("|"));
  return (text) => text.replace(either, (old) => names.get(old) ?? old);
}

const wholeWord = (either: string) =>
  new RegExp(`(?<![\\p{L}\\p{N}_$])(?:${either})(?![\\p{L}\\p{N}_$])`, "gu");
/** In Go a package is imported by its module's name and its path. */
const wholePath = (either: string, file: string) =>
  new RegExp(`(?<![\\w$.${file.endsWith(".go") ? "" : "/"}-])(?:${either})(?![\\w$])`, "g");

/** The spellings by which a test names a moved file, longest first. */
function replacements(before: string, after: string, renames: readonly Rename[]): [string, string][] {
  const found = new Map<string, string>();
  for (const { from, to } of renames) {
    if (!isPath(from) || !isPath(to)) continue;
    const [bareFrom, bareTo] = [withoutExtension(from), withoutExtension(to)];
    const pairs: [string, string][] = [[from, to], [bareFrom, bareTo]];
    for (const [old, fresh] of pairs) {
      found.set(relative(before, old), relative(after, fresh));
      if (old.includes("/")) found.set(old, fresh);
    }
    if (from.endsWith(".py")) found.set(bareFrom.replaceAll("/", "."), bareTo.replaceAll("/", "."));
  }
  return [...found].sort(([a], [b]) => b.length - a.length);
}

/** `Calc.add`, `src/calc.ts#add` and `calc.add` all end in the name that a test writes. */
function lastName(symbol: string): string {
  return symbol.split(/[#.:]+/).pop() ?? symbol;
}

function withoutExtension(path: string): string {
  return path.replace(/(?<=[^/])\.[A-Za-z]{1,5}$/, "");
}

/** The relative import of `target` from a file, as TypeScript and JavaScript write it. */
function relative(file: string, target: string): string {
  const from = file.split("/").slice(0, -1);
  const to = target.split("/");
  let shared = 0;
  while (shared < from.length && shared < to.length - 1 && from[shared] === to[shared]) shared++;
  const up = from.slice(shared).map(() => "..");
  return [...(up.length === 0 ? ["."] : up), ...to.slice(shared)].join("/");
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
