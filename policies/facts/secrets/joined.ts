import { disguisedTokens } from "./disguise.ts";
import { type Element, elementsOf } from "./literals.ts";
import { brokenTokens } from "./broken.ts";
import { classChanges, madeByChance } from "./placeholder.ts";
import { BLANK, crossings, mayHoldBlanks } from "./crossing.ts";
import { jsonWebTokens, knownTokens, privateKeys, type Span } from "./scan.ts";
import { START, STARTS } from "./starts.ts";
import { mayHoldToken } from "./traces.ts";
import {
  add,
  arranged,
  type Arrangement,
  AS_WRITTEN,
  empty,
  OTHERWISE,
  type Piece,
  type Place,
  textOf,
  type Value,
} from "./value.ts";

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
  const budget = 50_000 + MAX_GROWTH * text.length;
  // Twice, so that a name may be used above the line that gives it a value.
  if (elements.some((_, at) => givenAt(elements, at) !== null)) follow(elements, names, budget, null);
  const spans: Span[] = [];
  follow(elements, names, budget, (value, list) => {
    for (const span of secretsIn(value, list, depth)) spans.push(span);
  });
  for (const value of unquoted(text, names)) spans.push(...secretsIn(value, false, 0));
  return [...spans, ...continued(text), ...brokenTokens(text)];
}

function named(known: Value): Value;
function named(known: Value | undefined): Value | undefined;
function named(known: Value | undefined): Value | undefined {
  return known && { ...known, named: true };
}

const isMark = (one: Element | undefined, text: string) => one?.kind === "mark" && one.text === text;

/** How the element at a place, a name, gets a value behind it: anew, added to the one that it has, or not at all. */
function givenAt(elements: readonly Element[], at: number): "anew" | "added" | null {
  const next = elements[at + 1];
  if (elements[at]?.kind !== "name" || next?.kind !== "mark") return null;
  if (next.text === ":") return "anew";
  const after = elements[at + 2];
  if (next.text === "=") return isMark(after, "=") || isMark(after, ">") ? null : "anew";
  return (next.text === "+" || next.text === ".") && isMark(after, "=") ? "added" : null;
}

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
  let members = 0;
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
      joined = empty();
      members++;
    }
  };
  const settleList = () => {
    // What has one member is no list, and was looked at as a value.
    if (members + (joined.pieces.length > 0 ? 1 : 0) > 1) check?.(listed, true);
    if (listed.pieces.length > 0) listed = empty();
    members = 0;
  };
  const put = (value: Value) => {
    if (joined.text.length + value.text.length > MAX_VALUE) settle();
    if (listed.text.length + value.text.length > MAX_VALUE) settleList();
    add(joined, value);
    // Lists give no names their values.
    if (check !== null) add(listed, value);
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
        members++;
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
    const given = givenAt(elements, at);
    if (given !== null) {
      const next = elements[at + 1];
      settle();
      if (!isMark(next, ":")) settleList();
      // `name: string = "..."`: the name is the one before the colon.
      const typed = target !== null && at >= 2 && isMark(elements[at - 1], ":") && isMark(next, "=");
      if (!typed) target = { name: element.name, adds: given === "added" };
      continue;
    }
    const known = names.get(element.name);
    if (known && left > 0) {
      left -= known.text.length + 8 * known.pieces.length;
      put(named(known));
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

/** A literal with the names in it put in; a format's own marks are left out, since its arguments follow. */
function valuesOf(element: Element & { kind: "string" }, names: ReadonlyMap<string, Value>): Value[] {
  const place: Place = [element.start, element.end];
  const own = (text: string): Value => ({
    text,
    pieces: [{ at: 0, place, ...(element.decoded ? { decoded: true } : {}) }],
  });
  if (/^[%{\s]/.test(element.value) && /^(?:%s|\{\d?\}|%v|\s)+$/.test(element.value)) return [];
  return element.parts.map((part) =>
    "text" in part ? own(part.text) : named(names.get(part.name)) ?? own(`{${part.name}}`)
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
  const cuts = text.includes("\n") ? [...text.matchAll(CONTINUATION)] : [];
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
  const { text } = value;
  if (text.length < 16) return spans;
  // Members of a list need not belong together: only what looks made by chance counts.
  if (list && !DIGIT.test(text)) return spans;
  const orders = ordersOf(value, list);
  const mayHold = orders.length > 0 && mayHoldToken(textsOf(value, orders), () => mayJoinHex(value));
  // Without a blank it is one stretch.
  const whole = mayHold && (!BLANK.test(text) || mayHoldBlanks(value));
  const lookAs = (order: Arrangement) => {
    const runs = !whole
      ? crossings(value, order, list)
      : [order === AS_WRITTEN ? value : arranged(value, order)];
    for (const run of runs) for (const span of tokensIn(run)) take(spans, run, span, list, true);
  };
  if (mayHold) lookAs(AS_WRITTEN);
  // Source text within a string, or its lines in a list, as notebooks keep it.
  if (depth > 0 && value.named !== true && (!list || text.includes("\n")) && /["']/.test(text)) {
    for (const span of joinedSecrets(text, depth - 1)) take(spans, value, span, list, false);
  }
  if (mayHold) orders.slice(1).forEach(lookAs);
  return spans;
}

/** The pieces of what was found, where they stand in the source. */
function take(spans: Span[], order: Value, span: Span, list: boolean, crossing: boolean): void {
  const crossed = piecesOf(order, span);
  // What one literal says as it stands there is found where it stands.
  if (crossing && !isCrossing(crossed)) return;
  const piece = order.text.slice(span.start, span.end);
  if (list && !(madeByChance(piece) && classChanges(piece) >= 6)) return;
  for (const { place } of crossed) spans.push({ rule: span.rule, start: place[0], end: place[1] });
}

const NO_ORDER: readonly Arrangement[] = [];
const ONE_ORDER: readonly Arrangement[] = [AS_WRITTEN];
const ALL_ORDERS: readonly Arrangement[] = [AS_WRITTEN, ...OTHERWISE];

/** The ways in which the pieces of a value are put together. */
function ordersOf({ pieces }: Value, list: boolean): readonly Arrangement[] {
  if (pieces.length > 1) return list && pieces.length <= 200 ? ALL_ORDERS : ONE_ORDER;
  return pieces[0]?.decoded === true ? ONE_ORDER : NO_ORDER;
}

/** All that a value says in these orders. */
function textsOf(value: Value, orders: readonly Arrangement[]): string {
  if (orders === ONE_ORDER) return value.text;
  const texts = value.pieces.map((_, index) => textOf(value, index));
  const turned = texts.toReversed();
  return orders.map(({ backwards, separator }) => (backwards ? turned : texts).join(separator)).join(" ");
}

/** Whether a run of hexadecimal can go from one piece into another, in any order of them, or is written in escapes. */
function mayJoinHex(value: Value): boolean {
  const { pieces } = value;
  return pieces.some(({ decoded }, index) => {
    const [one, other] = [textOf(value, index), textOf(value, index + 1)];
    return decoded === true || one === "" ||
      (index + 1 < pieces.length &&
        (HEX.test(one.at(-1) ?? "") && HEX.test(other.at(0) ?? "") ||
          HEX.test(other.at(-1) ?? "") && HEX.test(one.at(0) ?? "")));
  });
}
const HEX = /[0-9a-fA-F]/;

const DIGIT = /[0-9]/;

/** The pieces that a stretch of a value touches. */
function piecesOf({ pieces, text }: Value, { start, end }: Pick<Span, "start" | "end">): Piece[] {
  const first = firstWith(pieces, (index) => (pieces[index + 1]?.at ?? text.length) > start);
  return pieces.slice(first, firstWith(pieces, (index) => (pieces[index]?.at ?? 0) >= end));
}

/** The first index for which something holds that holds for all behind it. */
function firstWith(pieces: readonly Piece[], holds: (index: number) => boolean): number {
  let [from, to] = [0, pieces.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

const isCrossing = (crossed: readonly Piece[]) => crossed.length > 1 || crossed[0]?.decoded === true;

/** Tokens of a value, as far as more than one piece of it, or one in escapes, may hold them. */
function tokensIn(value: Value): Span[] {
  const { text, pieces } = value;
  const starts = STARTS.kindsIn(text);
  return [
    ...(starts & START.plain) === 0 ? [] : knownTokens(text, () => new Set(pieces.map(({ at }) => at))),
    ...jsonWebTokens(text),
    ...privateKeys(text),
    ...disguisedTokens(text, undefined, {
      starts,
      counts: (start, end) => isCrossing(piecesOf(value, { start, end })),
    }),
  ];
}
