/**
 * Where things stand in a TOML text. smol-toml tells what a text means but not where; this reader tells where, and
 * what it says is only used for edits that smol-toml then reads back as expected.
 */
export interface TomlValue {
  start: number;
  end: number;
  /** Elements of an array, in order. */
  items?: TomlValue[];
  /** Entries of an inline table. */
  entries?: { path: string[]; value: TomlValue }[];
}

export interface TomlEntry {
  /** From the top, with indices of arrays of tables. */
  path: (string | number)[];
  start: number;
  value: TomlValue;
  /** Where the line ends, before its line break. */
  lineEnd: number;
}

export interface TomlTable {
  path: (string | number)[];
  /** The header's line; both 0 for the root. */
  start: number;
  lineEnd: number;
  entries: TomlEntry[];
}

class Unreadable extends Error {}

/** The tables of a text, the root first; null when the text is not understood. */
export function scanToml(text: string): TomlTable[] | null {
  try {
    return scan(text);
  } catch (cause) {
    if (cause instanceof Unreadable) return null;
    throw cause;
  }
}

function scan(text: string): TomlTable[] {
  let at = 0;
  const root: TomlTable = { path: [], start: 0, lineEnd: 0, entries: [] };
  const tables = [root];
  /** How many tables an array of tables has so far, by its path. */
  const counts = new Map<string, number>();
  let table = root;

  const spaces = () => {
    while (text[at] === " " || text[at] === "\t") at++;
  };
  const comment = () => {
    if (text[at] === "#") { while (at < text.length && text[at] !== "\n") at++; }
  };
  /** Spaces, comments and line breaks, as arrays allow between elements. */
  const gap = () => {
    for (;;) {
      const before = at;
      while (/[ \t\r\n]/.test(text[at] ?? "x")) at++;
      comment();
      if (at === before) return;
    }
  };
  const endOfLine = () => {
    spaces();
    comment();
    let end = at;
    if (text[end - 1] === "\r") end--;
    if (text[at] === "\r") at++;
    if (at < text.length && text[at] !== "\n") throw new Unreadable(`something after the value at ${at}`);
    at++;
    return end;
  };
  const string = (): string => {
    const quote = text[at] ?? "";
    if (text.startsWith(quote.repeat(3), at)) {
      const start = at;
      at += 3;
      while (at < text.length) {
        if (quote === '"' && text[at] === "\\") at += 2;
        else if (text.startsWith(quote.repeat(3), at)) {
          at += 3;
          // Up to two quotes may stand before the closing three.
          for (let i = 0; i < 2 && text[at] === quote; i++) at++;
          return text.slice(start, at);
        } else at++;
      }
      throw new Unreadable("a text is not closed");
    }
    const start = at++;
    while (at < text.length && text[at] !== quote) {
      if (text[at] === "\n") throw new Unreadable("a text is not closed");
      at += quote === '"' && text[at] === "\\" ? 2 : 1;
    }
    at++;
    return text.slice(start, at);
  };
  const simpleKey = (): string => {
    const first = text[at];
    if (first === '"') {
      const raw = string();
      try {
        return String(JSON.parse(raw.replace(/\\U([0-9A-Fa-f]{8})/g, (_, hex) => {
          return JSON.stringify(String.fromCodePoint(parseInt(hex, 16))).slice(1, -1);
        })));
      } catch {
        throw new Unreadable(`the key ${raw}`);
      }
    }
    if (first === "'") return string().slice(1, -1);
    const start = at;
    while (/[A-Za-z0-9_-]/.test(text[at] ?? "")) at++;
    if (at === start) throw new Unreadable(`no key at ${at}`);
    return text.slice(start, at);
  };
  const key = (): string[] => {
    const path = [simpleKey()];
    for (;;) {
      spaces();
      if (text[at] !== ".") return path;
      at++;
      spaces();
      path.push(simpleKey());
    }
  };
  const value = (depth: number): TomlValue => {
    if (depth > 100) throw new Unreadable("nested too deeply");
    const start = at;
    if (text[at] === '"' || text[at] === "'") {
      string();
      return { start, end: at };
    }
    if (text[at] === "[") {
      const items: TomlValue[] = [];
      at++;
      for (gap(); text[at] !== "]"; gap()) {
        items.push(value(depth + 1));
        gap();
        if (text[at] === ",") at++;
        else if (text[at] !== "]") throw new Unreadable(`no comma at ${at}`);
      }
      at++;
      return { start, end: at, items };
    }
    if (text[at] === "{") {
      const entries: { path: string[]; value: TomlValue }[] = [];
      at++;
      for (gap(); text[at] !== "}"; gap()) {
        const path = key();
        spaces();
        if (text[at] !== "=") throw new Unreadable(`no equals sign at ${at}`);
        at++;
        spaces();
        entries.push({ path, value: value(depth + 1) });
        gap();
        if (text[at] === ",") at++;
        else if (text[at] !== "}") throw new Unreadable(`no comma at ${at}`);
      }
      at++;
      return { start, end: at, entries };
    }
    // Numbers, booleans, dates; a date may have one space before its time.
    while (at < text.length && !/[,\]}#\r\n]/.test(text[at] ?? "")) at++;
    let end = at;
    while (end > start && /[ \t]/.test(text[end - 1] ?? "")) end--;
    if (end === start) throw new Unreadable(`no value at ${at}`);
    at = end;
    return { start, end };
  };
  /** A header's path with the index of the latest table of each array that it leads through. */
  const indexed = (path: readonly string[]): (string | number)[] => {
    const out: (string | number)[] = [];
    for (const [i, segment] of path.entries()) {
      out.push(segment);
      const count = counts.get(JSON.stringify(out));
      if (count !== undefined && i < path.length - 1) out.push(count - 1);
    }
    return out;
  };

  while (at < text.length) {
    gap();
    if (at >= text.length) break;
    const start = at;
    if (text[at] === "[") {
      const many = text[at + 1] === "[";
      at += many ? 2 : 1;
      spaces();
      const path = indexed(key());
      spaces();
      if (!text.startsWith(many ? "]]" : "]", at)) throw new Unreadable(`the header at ${start}`);
      at += many ? 2 : 1;
      if (many) {
        const name = JSON.stringify(path);
        const count = counts.get(name) ?? 0;
        counts.set(name, count + 1);
        path.push(count);
      }
      table = { path, start, lineEnd: endOfLine(), entries: [] };
      tables.push(table);
    } else {
      const path = key();
      if (text[at] !== "=") throw new Unreadable(`no equals sign at ${at}`);
      at++;
      spaces();
      const read = value(0);
      table.entries.push({ path: [...table.path, ...path], start, value: read, lineEnd: endOfLine() });
    }
  }
  return tables;
}
