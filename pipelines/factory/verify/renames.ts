export interface Rename {
  from: string;
  to: string;
}

const isPath = (name: string) =>
  name.includes("/") || /\.[A-Za-z]{1,5}$/.test(name) && !/^[A-Z]\w*\./.test(name);

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

/**
 * A base test as it reads after the renames: symbols by whole word, files where they are named as relative imports, as
 * paths from the root, or as dotted modules. Bytes that are no UTF-8 stay as they are.
 */
export function renameIn(
  bytes: Uint8Array,
  before: string,
  after: string,
  renames: readonly Rename[],
): Uint8Array {
  if (renames.length === 0) return bytes;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
  for (const [from, to] of replacements(before, after, renames)) {
    text = text.replace(new RegExp(`(?<![\\w$/.-])${escape(from)}(?![\\w$])`, "g"), () => to);
  }
  for (const { from, to } of renames) {
    if (isPath(from)) continue;
    const [old, fresh] = [lastName(from), lastName(to)];
    if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(old) || old === fresh) continue;
    text = text.replace(
      new RegExp(`(?<![\\p{L}\\p{N}_$])${escape(old)}(?![\\p{L}\\p{N}_$])`, "gu"),
      () => fresh,
    );
  }
  return new TextEncoder().encode(text);
}

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
