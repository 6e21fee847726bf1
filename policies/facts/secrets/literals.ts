import { charClass } from "./runs.ts";

/** What stands in a text as far as it can make a value: literals, names, numbers, and the marks between them. */
export type Element =
  | { kind: "string"; value: string; parts: readonly Part[]; start: number; end: number; decoded: boolean }
  | { kind: "name"; name: string; start: number; end: number }
  | { kind: "number"; value: number; start: number; end: number }
  | { kind: "mark"; text: string };

/** A literal is text with names put in, as `${a}-x` and "$A$B" are. */
export type Part = { text: string } | { name: string };

/** A string that may cross lines is given up beyond this: then its quote was none. */
const MAX_TEMPLATE = 4000;
const COMMENT = /\/\/[^\n]*|\/\*[^]{0,400}?\*\/|#(?=[ \t])[^\n]*|--(?=[ \t])[^\n]*/y;
const WORD = /[A-Za-z_$@][\w$]*(?:(?:\.|->|::)[A-Za-z_$][\w$]*)*/y;
const NUMBER = /(?:0[xX][0-9a-fA-F]{1,6}|\d{1,7})(?![\w.])|\d[\w.]*/y;
const WORD_START = new Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$@");
const PREFIX = /^(?:[rbuft]|[rb]{2}|[rf]{2}|L|u8|\$|@|R)$/i;

/**
 * Cuts a text of any language into elements, in one pass. It need not be right about every language: what it misreads gives
 * elements that join to nothing.
 */
export function elementsOf(text: string): Element[] {
  const elements: Element[] = [];
  const marks = new Map<string, Element>();
  const closing = closingIn(text);
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (char === " " || char === "\n" || char === "\t" || char === "\r") {
      at++;
      continue;
    }
    if (char === "/" || char === "#" || char === "-") {
      COMMENT.lastIndex = at;
      const comment = COMMENT.exec(text)?.[0];
      if (comment !== undefined) {
        at += comment.length;
        continue;
      }
    }
    if (char === '"' || char === "'" || char === "`") {
      const end = closing(at, char);
      if (end !== null) {
        const quote = text.startsWith(char.repeat(3), at) && char !== "`" && end - at >= 6 ? 3 : 1;
        const prefix = elements.at(-1);
        // `f"..."` and `b'...'`: the letter belongs to the literal.
        if (prefix?.kind === "name" && prefix.end === at && PREFIX.test(prefix.name)) elements.pop();
        elements.push(literal(text, at, end, quote));
        at = end;
        continue;
      }
      at++;
      continue;
    }
    const pattern = WORD_START.has(char) ? WORD : char >= "0" && char <= "9" ? NUMBER : null;
    if (pattern !== null) {
      pattern.lastIndex = at;
      const found = pattern.exec(text)?.[0];
      if (found !== undefined) {
        const end = at + found.length;
        if (pattern === WORD) elements.push({ kind: "name", name: lastWord(found), start: at, end });
        else elements.push({ kind: "number", value: Number(found), start: at, end });
        at = end;
        continue;
      }
    }
    let mark = marks.get(char);
    if (mark === undefined) marks.set(char, mark = { kind: "mark", text: char });
    elements.push(mark);
    at++;
  }
  return elements;
}

const PATH_MARK = charClass(".:>");
const SIGN = charClass("$@");

/** The last of `parts.first`, without the sign that marks variables in some languages. */
function lastWord(name: string): string {
  let start = name.length;
  while (start > 0 && PATH_MARK[name.charCodeAt(start - 1)] !== 1) start--;
  while (SIGN[name.charCodeAt(start)] === 1) start++;
  return start === 0 ? name : name.slice(start);
}

/** Tells where a literal of a text ends that begins at `start`; null when it does not. */
function closingIn(text: string): (start: number, quote: string) => number | null {
  const escape = nextIn(text, "\\");
  const lineEnd = nextIn(text, "\n");
  // Escapes that a literal without an end went over: none ends that comes to one of them.
  const endless = { '"': new Set<number>(), "'": new Set<number>(), "`": new Set<number>() };
  return (start, quote) => {
    const triple = quote !== "`" && text.startsWith(quote.repeat(3), start);
    const many = triple || quote === "`";
    const mark = triple ? quote.repeat(3) : quote;
    const limit = many ? start + MAX_TEMPLATE : text.length;
    const known = endless[quote as keyof typeof endless];
    const passed: number[] = [];
    let at = start + mark.length;
    for (let end = text.indexOf(mark, at); end >= 0 && end < limit;) {
      const escaped = escape(at);
      if (!many && lineEnd(at) < Math.min(escaped, end)) break;
      if (escaped > end) return end + mark.length;
      if (!many && known.has(escaped)) break;
      passed.push(escaped);
      at = escaped + (text[escaped + 1] === "\r" ? 3 : 2);
      if (end < at) end = text.indexOf(mark, at);
    }
    if (!many) { for (const one of passed) known.add(one); }
    return null;
  };
}

/** Tells where a character stands next, at a place or behind it; asked for places that mostly grow. */
function nextIn(text: string, char: string): (from: number) => number {
  let asked = 0;
  let found = -1;
  return (from) => {
    if (from < asked || from > found) {
      const at = text.indexOf(char, from);
      asked = from;
      found = at < 0 ? Infinity : at;
    }
    return found;
  };
}

const ESCAPE =
  /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|([0-7]{3})|(\r?\n[ \t]*)|([^]))/g;
const NAMED: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  v: "\v",
  "0": "\0",
};
const PUT_IN = /\$\{([A-Za-z_][\w.]*)\}|\$([A-Za-z_]\w*)|#\{([A-Za-z_][\w.]*)\}|\{([A-Za-z_][\w.]*)\}/g;

/** The value of an escape-free or escaped literal's inside. */
export function unescapeText(inside: string): string {
  return inside.includes("\\")
    ? inside.replace(
      ESCAPE,
      (_all, two?: string, four?: string, many?: string, octal?: string, line?: string, other?: string) => {
        const code = two ?? four ?? many;
        if (code !== undefined) return point(parseInt(code, 16));
        if (octal !== undefined) return point(parseInt(octal, 8));
        return line !== undefined ? "" : NAMED[other ?? ""] ?? other ?? "";
      },
    )
    : inside;
}

const point = (code: number): string => code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";

function literal(text: string, start: number, end: number, quote: number): Element {
  const inside = text.slice(start + quote, end - quote);
  const value = unescapeText(inside);
  const parts: Part[] = [];
  let at = 0;
  if (/[${#]/.test(value)) {
    for (const put of value.matchAll(PUT_IN)) {
      if (put.index > at) parts.push({ text: value.slice(at, put.index) });
      parts.push({ name: lastWord(put[1] ?? put[2] ?? put[3] ?? put[4] ?? "") });
      at = put.index + put[0].length;
    }
  }
  if (at < value.length || parts.length === 0) parts.push({ text: value.slice(at) });
  return { kind: "string", value, parts, start, end, decoded: value !== inside };
}
