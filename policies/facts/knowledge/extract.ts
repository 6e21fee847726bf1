import type { FileFacts, KnowledgeFinding } from "../../../specs/mod.ts";
import type { Contents } from "../content.ts";
import { addressed, overriding } from "./phrases.ts";

const MAX_FOUND = 200;
const MAX_TEXT = 1_000_000;

/** Text that people write for people, and that models are given to read. */
const KNOWLEDGE =
  /\.(?:md|mdx|mdc|markdown|rst|adoc|asciidoc|txt|prompt|j2)$|(?:^|\/)(?:AGENTS|CLAUDE|GEMINI|SKILL|README|CONTRIBUTING|llms(?:-full)?)(?:\.[a-z]+)?$|(?:^|\/)\.(?:cursorrules|windsurfrules|clinerules|goosehints)$/i;
const NOT_KNOWLEDGE =
  /(?:^|\/)(?:requirements[^/]*|constraints[^/]*|robots|CMakeLists|go\.(?:mod|sum))\.txt$|(?:^|\/)LICEN[CS]E/i;

export const isKnowledge = (path: string): boolean => KNOWLEDGE.test(path) && !NOT_KNOWLEDGE.test(path);

/** Comments in brackets, which are not shown when the file is rendered. One that is not closed goes to the end. */
const BRACKETS: readonly (readonly [open: string, close: string])[] = [["<!--", "-->"], ["{/*", "*/}"]];
/** Comments of a line or a paragraph: links that are shown nowhere, and those of reStructuredText. */
const LINES: readonly RegExp[] = [
  /^[ \t]*\[[^\]\n]{1,40}\]:[ \t]*(?:#|<>)[ \t]*([("'][^\n]*)$/gm,
  /^\.\.[ \t]+(?![\w-]+::|_|\[|\|)([^\n]+(?:\n[ \t]+[^\n]+)*)/gm,
];
/** An element with its attributes and the text behind it. */
const ELEMENT = /<[a-z][a-z0-9]*\b([^<>]{1,800})>([^<]{0,2000})/gi;
const NOT_SHOWN =
  /\bhidden\b(?!-)|style\s*=[^>]*?(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|rem|%)?\s*(?:;|["'])|opacity\s*:\s*0(?:\.0+)?\s*(?:;|["'])|color\s*:\s*(?:white|transparent|#fff(?:fff)?)\b)/i;
const IMAGE = /!\[[^\]\n]{0,200}\]\(\s*<?(https?:\/\/[^)\n]{1,600})/gi;
const TO_FILL_IN = /[?&/=][^?&]*?(?:\{\{?|\$\{|%7b|<[a-z_ -]{2,40}>|\[[A-Z_ -]{3,40}\])/i;
const BASE64 = /[A-Za-z0-9+/]{40,4000}={0,2}/g;
const LATIN = /[A-Za-z]/;
/** Letters of other scripts that stand for a Latin one in most fonts. */
const ALIKE =
  /[\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u03bf\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7]/;
const WORD = /[\p{L}\p{N}_.-]{2,200}/gu;

/** What changed text that models read says to them where, or as, people do not see it. */
export async function knowledgeFacts(
  files: readonly FileFacts[],
  contents: Contents,
): Promise<KnowledgeFinding[]> {
  const found: KnowledgeFinding[] = [];
  for (const file of files) {
    if (file.binary || file.status === "D" || !file.newMode.startsWith("100") || !isKnowledge(file.path)) {
      continue;
    }
    const after = await contents.head(file);
    if (after === null) continue;
    if (after.length > MAX_TEXT) {
      found.push({
        path: file.path,
        line: 1,
        kind: "unread",
        text: "it is too large to be looked through",
        certain: false,
      });
      continue;
    }
    const before = new Set((await contents.base(file))?.split("\n") ?? []);
    found.push(...findings(file.path, after, before));
    if (found.length >= MAX_FOUND) return found.slice(0, MAX_FOUND);
  }
  return found;
}

function findings(path: string, text: string, before: ReadonlySet<string>): KnowledgeFinding[] {
  const found: KnowledgeFinding[] = [];
  const lines = text.split("\n");
  const starts: number[] = [];
  let offset = 0;
  for (const line of lines) {
    starts.push(offset);
    offset += line.length + 1;
  }
  const lineAt = (at: number): number => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  /** The first line of a part that the change brings in; null when all of it was there. */
  const added = (from: number, length: number): number | null => {
    const last = lineAt(from + Math.max(0, length - 1));
    for (let at = lineAt(from); at <= last; at++) if (!before.has(lines[at] ?? "")) return at + 1;
    return null;
  };
  const tell = (
    from: number,
    length: number,
    kind: KnowledgeFinding["kind"],
    what: string,
    certain: boolean,
  ) => {
    const line = added(from, length);
    if (line !== null) found.push({ path, line, kind, text: what, certain });
  };
  const unseen: [number, number][] = [];
  for (const { from, to, inner, how } of notShown(text)) {
    unseen.push([from, to]);
    const what = overriding(inner);
    if (what !== null) tell(from, to - from, "hidden-instruction", `${how}: ${what}`, true);
    else if (addressed(inner)) {
      tell(from, to - from, "hidden-instruction", `${how} asks an agent to do something`, false);
    }
  }
  const isUnseen = (at: number) => unseen.some(([from, to]) => at >= from && at < to);
  for (const match of text.matchAll(BASE64)) {
    const decoded = decodedText(match[0]);
    const what = decoded === null ? null : overriding(decoded);
    if (what !== null) tell(match.index, match[0].length, "hidden-instruction", `in base 64: ${what}`, true);
  }
  for (const [at, line] of lines.entries()) {
    if (before.has(line) || line.length > 20_000) continue;
    const start = starts[at] ?? 0;
    // A sentence may go on in the next line.
    const next = lines[at + 1] ?? "";
    const goesOn = line.trim() !== "" && overriding(next) === null;
    const what = isUnseen(start) ? null : overriding(line) ?? (goesOn ? overriding(`${line} ${next}`) : null);
    if (what !== null) tell(start, line.length, "instruction", what, false);
    if ([...line.matchAll(IMAGE)].some(([, address = ""]) => TO_FILL_IN.test(address))) {
      tell(start, line.length, "leak", "an image whose address takes what a model fills in", false);
    }
    const mixed = mixedWord(line);
    if (mixed !== null) tell(start, line.length, "look-alike", mixed.what, mixed.host);
  }
  return once(found);
}

interface Unseen {
  from: number;
  to: number;
  inner: string;
  how: string;
}

/** Parts of a text that are not seen when it is rendered. */
function* notShown(text: string): Generator<Unseen> {
  for (const [open, close] of BRACKETS) {
    for (let from = text.indexOf(open); from >= 0;) {
      const end = text.indexOf(close, from + open.length);
      const to = end < 0 ? text.length : end + close.length;
      yield { from, to, inner: text.slice(from + open.length, end < 0 ? to : end), how: "a comment" };
      from = text.indexOf(open, to);
    }
  }
  for (const pattern of LINES) {
    for (const { 0: whole, 1: inner = "", index } of text.matchAll(pattern)) {
      yield { from: index, to: index + whole.length, inner, how: "a comment" };
    }
  }
  for (const { 0: whole, 1: attributes = "", 2: inner = "", index } of text.matchAll(ELEMENT)) {
    if (NOT_SHOWN.test(attributes)) {
      yield { from: index, to: index + whole.length, inner, how: "text that is not shown" };
    }
  }
}

function mixedWord(line: string): { what: string; host: boolean } | null {
  if (!ALIKE.test(line)) return null;
  for (const { 0: word, index } of line.matchAll(WORD)) {
    const letter = ALIKE.exec(word)?.[0];
    if (letter === undefined || !LATIN.test(word)) continue;
    const code = `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
    // A word that is glued to one of another script with a dash is not disguised.
    if (word.split(/[-_.]/).every((part) => !(ALIKE.test(part) && LATIN.test(part)))) {
      if (!/:\/\/$/.test(line.slice(0, index))) continue;
    }
    const host = /:\/\/(?:[^/\s]*[.@])?$/.test(line.slice(0, index));
    return { what: `${code} stands among Latin letters${host ? " in the name of a host" : ""}`, host };
  }
  return null;
}

function decodedText(run: string): string | null {
  const whole = run.replace(/=+$/, "");
  try {
    const bytes = Uint8Array.from(
      atob(whole.slice(0, whole.length - (whole.length % 4))),
      (one) => one.charCodeAt(0),
    );
    const text = new TextDecoder().decode(bytes);
    // deno-lint-ignore no-control-regex
    return /[\u0000-\u0008\ufffd]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

/** One finding of a kind for a line, the surest. */
function once(found: readonly KnowledgeFinding[]): KnowledgeFinding[] {
  const best = new Map<string, KnowledgeFinding>();
  for (const one of found) {
    const key = `${one.line} ${one.kind}`;
    const other = best.get(key);
    if (other === undefined || (one.certain && !other.certain)) best.set(key, one);
  }
  return [...best.values()].sort((a, b) => a.line - b.line);
}
