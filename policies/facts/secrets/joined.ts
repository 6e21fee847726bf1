import { disguisedTokens } from "./disguise.ts";
import { type Element, elementsOf } from "./literals.ts";
import { brokenTokens, madeByChance } from "./broken.ts";
import { jsonWebTokens, knownTokens, privateKeys, type Span } from "./scan.ts";

/** A stretch of the text that a value is made of. */
type Place = readonly [start: number, end: number];

interface Piece {
  /** Where it begins in the value's text. */
  at: number;
  /** Where it stands in the source. */
  place: Place;
  /** What it says is not what stands there: it is written in escapes. */
  decoded?: boolean;
}

interface Value {
  text: string;
  pieces: Piece[];
}

/** No value is followed beyond this; what a name stands for is a piece of a token, or a key. */
const MAX_VALUE = 40_000;
const MAX_NAMED = 4_200;
const MAX_NAMES = 20_000;
/** How much text may come out of names, for each character of the source: beyond it they are not put in any more. */
const MAX_GROWTH = 8;

/** Between operands of one value: what joins, groups or continues. A dot is the joiner of PHP and Perl. */
const JOINS = new Set(["+", ".", "&", "|", "~", "<", ">", "(", ")", "\\", "!", "^"]);
/** Between members of one list. */
const LISTS = new Set([",", "[", "]", "{", "}"]);
/** Calls that give back what they are given. */
const TRANSPARENT = new Set(
  ("concat to_string toString to_owned into String from str join fmt Sprintf sprintf format strings append push " +
    "as_str as_bytes bytes byte Buffer fromCharCode fromCodePoint chr Join implode lower strip trim " +
    "string list vec StringBuilder paste0 repr").split(" "),
);

/** Tokens that stand in several literals and are put together by operators, lists, templates or names. */
export function joinedSecrets(text: string, depth = 1): Span[] {
  if (!/["'`\\$]|=\r?\n|[0-9a-fA-F]{2},\s{0,9}[0-9]/.test(text)) return [...brokenTokens(text)];
  const elements = elementsOf(text);
  const names = new Map<string, Value>();
  bareAssignments(text, names);
  // Twice, so that a name may be used above the line that gives it a value.
  const budget = 50_000 + MAX_GROWTH * text.length;
  follow(elements, names, budget, null);
  const spans: Span[] = [];
  follow(elements, names, budget, (value, list) => {
    for (const span of secretsIn(value, list, depth)) spans.push(span);
  });
  for (const value of unquoted(text, names)) spans.push(...secretsIn(value, false, 0));
  return [...spans, ...continued(text), ...brokenTokens(text)];
}

const isMark = (one: Element | undefined, text: string) => one?.kind === "mark" && one.text === text;

const NO_NAMES: ReadonlyMap<string, Value> = new Map();
type Check = (value: Value, list: boolean) => void;

function follow(
  elements: readonly Element[],
  names: Map<string, Value>,
  budget: number,
  check: Check | null,
): void {
  let left = budget;
  const grown = new Map<string, Value>();
  let joined = empty();
  let listed = empty();
  let target: { name: string; adds: boolean } | null = null;
  const assign = (name: string, adds: boolean, value: Value) => {
    const before = adds ? grown.get(name) ?? names.get(name) : undefined;
    const known = before ?? empty();
    if (before && before.text.length + value.text.length <= MAX_VALUE) {
      const whole = grown.get(name) ?? add(empty(), known);
      grown.set(name, add(whole, value));
    } else {
      const was = grown.get(name);
      if (was) check?.(was, false);
      grown.delete(name);
    }
    const now = grown.get(name) ?? value;
    if (now.text.length <= MAX_NAMED && (names.size < MAX_NAMES || names.has(name))) names.set(name, now);
  };
  const settle = () => {
    if (joined.pieces.length > 0) {
      if (target !== null && joined.text !== "") assign(target.name, target.adds, joined);
      check?.(joined, false);
    }
    joined = empty();
  };
  const settleList = () => {
    if (listed.pieces.length > 1) check?.(listed, true);
    listed = empty();
  };
  const put = (value: Value) => {
    if (joined.text.length + value.text.length > MAX_VALUE) settle();
    if (listed.text.length + value.text.length > MAX_VALUE) settleList();
    add(joined, value);
    add(listed, value);
  };
  for (let at = 0; at < elements.length; at++) {
    const element = elements[at];
    if (element === undefined) break;
    if (element.kind === "string") {
      for (const value of valuesOf(element, left > 0 ? names : NO_NAMES)) {
        left -= element.parts.length > 1 ? value.text.length + 8 * value.pieces.length : 0;
        put(value);
      }
      continue;
    }
    if (element.kind === "number") {
      // The codes of characters, in a list.
      const code = element.value;
      settle();
      if (code >= 32 && code <= 126) {
        add(listed, {
          text: String.fromCharCode(code),
          pieces: [{ at: 0, place: [element.start, element.end] }],
        });
      } else settleList();
      continue;
    }
    if (element.kind === "mark") {
      if (JOINS.has(element.text)) continue;
      settle();
      if (LISTS.has(element.text)) continue;
      settleList();
      if (element.text !== "=" && element.text !== ":") target = null;
      continue;
    }
    const next = elements[at + 1];
    const after = elements[at + 2];
    const assigned = isMark(next, "=") && !isMark(after, "=") && !isMark(after, ">") ||
      isMark(next, ":");
    const added = (isMark(next, "+") || isMark(next, ".")) && isMark(after, "=");
    if (assigned || added) {
      settle();
      if (!isMark(next, ":")) settleList();
      // `name: string = "..."`: the name is the one before the colon.
      const typed = target !== null && at >= 2 && isMark(elements[at - 1], ":") && isMark(next, "=");
      if (!typed) target = { name: element.name, adds: added };
      continue;
    }
    const known = names.get(element.name);
    if (known && left > 0) {
      left -= known.text.length + 8 * known.pieces.length;
      put(known);
      continue;
    }
    if (TRANSPARENT.has(element.name)) continue;
    settle();
    settleList();
  }
  settle();
  settleList();
  for (const value of grown.values()) check?.(value, false);
}

function empty(): Value {
  return { text: "", pieces: [] };
}

/** Puts a value behind another one, in place. */
function add(one: Value, other: Value): Value {
  const from = one.text.length;
  one.text += other.text;
  for (const { at, place, decoded } of other.pieces) {
    one.pieces.push({ at: from + at, place, ...(decoded ? { decoded } : {}) });
  }
  return one;
}

/** A literal with the names in it put in; a format's own marks are left out, since its arguments follow. */
function valuesOf(element: Element & { kind: "string" }, names: ReadonlyMap<string, Value>): Value[] {
  const place: Place = [element.start, element.end];
  const own = (text: string): Value => ({
    text,
    pieces: [{ at: 0, place, ...(element.decoded ? { decoded: true } : {}) }],
  });
  if (/^(?:%s|\{\d?\}|%v|\s)+$/.test(element.value)) return [];
  return element.parts.map((part) =>
    "text" in part ? own(part.text) : names.get(part.name) ?? own(`{${part.name}}`)
  );
}

/** `NAME=value` of shells and of files that shells read. */
const BARE = /^[ \t]*(?:export[ \t]+|set[ \t]+|-[ \t]+)?([A-Za-z_]\w{0,80})=([^\s"'`$;&|<>(){}]{1,400})$/gm;

function bareAssignments(text: string, names: Map<string, Value>): void {
  for (const match of text.matchAll(BARE)) {
    const [all, name = "", value = ""] = match;
    const end = match.index + all.length;
    if (names.size < MAX_NAMES) {
      names.set(name, { text: value, pieces: [{ at: 0, place: [end - value.length, end] }] });
    }
  }
}

const PUT = /\$\{?(\w{1,80})\}?/g;
const GLUE = /^[\w+/=.-]{0,200}$/;

/** `$A$B` and `ghp_${REST}` outside of quotes. */
function* unquoted(text: string, names: ReadonlyMap<string, Value>): Iterable<Value> {
  if (names.size === 0) return;
  let value = empty();
  let left = 50_000 + MAX_GROWTH * text.length;
  let end = -1;
  const piece = (start: number, stop: number) => {
    if (stop > start) {
      add(value, { text: text.slice(start, stop), pieces: [{ at: 0, place: [start, stop] }] });
    }
  };
  const rest = () => {
    let stop = end;
    while (stop - end < 200 && /[\w+/=.-]/.test(text[stop] ?? " ")) stop++;
    piece(end, stop);
  };
  for (const found of text.matchAll(PUT)) {
    if (
      end >= 0 && value.text.length < MAX_VALUE && found.index - end <= 200 &&
      GLUE.test(text.slice(end, found.index))
    ) {
      piece(end, found.index);
    } else {
      if (end >= 0) {
        rest();
        yield value;
      }
      value = empty();
      let start = found.index;
      while (found.index - start < 200 && /[\w+/.-]/.test(text[start - 1] ?? " ")) start--;
      piece(start, found.index);
    }
    end = found.index + found[0].length;
    const known = names.get(found[1] ?? "");
    if (known && left > 0) {
      left -= known.text.length + 8 * known.pieces.length;
      add(value, known);
    } else add(value, { text: " ", pieces: [{ at: 0, place: [found.index, end] }] });
  }
  if (end >= 0) {
    rest();
    yield value;
  }
}

/** A backslash at the end of a line, `=` in mail: the next line goes on where this one stopped. */
const CONTINUATION = /(?:\\|=)\r?\n[ \t]*/g;

function* continued(text: string): Iterable<Span> {
  const cuts = [...text.matchAll(CONTINUATION)];
  if (cuts.length === 0) return;
  let value = empty();
  let at = 0;
  for (const cut of [...cuts, null]) {
    const end = cut?.index ?? text.length;
    // A token is on at most a few lines: what stands far from a cut is scanned elsewhere.
    const near: Place = [Math.max(at, end - 600), end];
    const far = end - at > 1200;
    const head: Place = [at, far ? at + 600 : end];
    add(value, { text: text.slice(...head), pieces: [{ at: 0, place: head }] });
    if (far) {
      if (value.pieces.length > 1) yield* secretsIn(value, false, 0);
      value = { text: text.slice(...near), pieces: [{ at: 0, place: near }] };
    }
    at = end + (cut?.[0].length ?? 0);
  }
  if (value.pieces.length > 1) yield* secretsIn(value, false, 0);
}

/** Secrets of a value that no single piece of it holds. */
function secretsIn(value: Value, list: boolean, depth: number): Span[] {
  const spans: Span[] = [];
  const total = value.text.length;
  if (total < 16) return spans;
  // What one literal says as it stands there is found where it stands.
  const composed = value.pieces.length > 1 || value.pieces[0]?.decoded === true;
  const look = (text: string, order: Value) => {
    const found = composed
      ? [
        ...knownTokens(text, () => new Set(order.pieces.map(({ at }) => at))),
        ...jsonWebTokens(text),
        ...privateKeys(text),
        ...disguisedTokens(text),
      ]
      : [];
    // Source text within a string, as notebooks keep it.
    const nested = depth > 0 && order === value && /["']/.test(text) ? joinedSecrets(text, depth - 1) : [];
    for (const span of [...found, ...nested]) {
      const crossed = order.pieces.filter(({ at }, index) =>
        at < span.end && (order.pieces[index + 1]?.at ?? total) > span.start
      );
      if (crossed.length < 2 && crossed[0]?.decoded !== true && !nested.includes(span)) continue;
      // Members of a list need not belong together: only what looks made by chance counts.
      if (list && !madeByChance(text.slice(span.start, span.end))) continue;
      for (const { place } of crossed) spans.push({ rule: span.rule, start: place[0], end: place[1] });
    }
  };
  look(value.text, value);
  if (list && value.pieces.length <= 200) {
    look(...reversed(value));
    for (const separator of ["_", "-", "."]) look(...separated(value, separator));
  }
  return spans;
}

function textOf(value: Value, index: number): string {
  return value.text.slice(value.pieces[index]?.at ?? 0, value.pieces[index + 1]?.at);
}

function reversed(value: Value): [string, Value] {
  const made = empty();
  for (let index = value.pieces.length - 1; index >= 0; index--) {
    const place = value.pieces[index]?.place ?? [0, 0];
    add(made, { text: textOf(value, index), pieces: [{ at: 0, place }] });
  }
  return [made.text, made];
}

function separated(value: Value, separator: string): [string, Value] {
  const made = empty();
  for (const [index, { place }] of value.pieces.entries()) {
    const text = (index > 0 ? separator : "") + textOf(value, index);
    add(made, { text, pieces: [{ at: 0, place }] });
  }
  return [made.text, made];
}
