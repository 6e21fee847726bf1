import type { CodeLanguage } from "../../specs/mod.ts";
import { resolveModule } from "./entry.ts";
import { tokensOf } from "./source/lexicon.ts";
import type { SourceSymbol } from "./source/symbol.ts";
import { scanSymbols } from "./source/symbols.ts";
import { codeOf, partners, type Token } from "./source/token.ts";

/** A name that a module shows and another one makes; `*` is all that the other one shows. */
interface ReExport {
  from: string;
  name: string;
  as: string;
}

/** One side of a change: its files and how to read them. */
export interface Side {
  known: ReadonlySet<string>;
  read(path: string): Promise<string | null>;
}

const MAX_DEPTH = 6;

/** A module as it is written: what it shows by itself, and what it passes on. */
interface Written {
  own: SourceSymbol[];
  passedOn: ReExport[];
}

/** What was read of a side already: modules lead to each other by many ways, and each is read once and followed once from a depth. */
interface Visited {
  written: Map<string, Promise<Written | null>>;
  shown: Map<string, Promise<SourceSymbol[]>>;
}

const VISITED = new WeakMap<Side, Visited>();

function visitedOf(side: Side): Visited {
  const found = VISITED.get(side) ?? { written: new Map(), shown: new Map() };
  VISITED.set(side, found);
  return found;
}

function kept<T>(values: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const found = values.get(key) ?? make();
  values.set(key, found);
  return found;
}

const written = (text: string, language: CodeLanguage, path: string): Written => ({
  own: scanSymbols(text, language, path),
  passedOn: reExportsOf(text, language),
});

/**
 * What a module shows, with what it passes on from other modules of the repository: barrels, `pub use`, `from .x import y`. What
 * comes from a package stays as it is written.
 */
export async function shownSymbols(
  text: string,
  language: CodeLanguage,
  path: string,
  side: Side,
): Promise<SourceSymbol[]> {
  return await shownBy(written(text, language, path), language, path, side, MAX_DEPTH);
}

async function shownBy(
  { own, passedOn }: Written,
  language: CodeLanguage,
  path: string,
  side: Side,
  depth: number,
): Promise<SourceSymbol[]> {
  if (depth === 0) return own;
  const visited = visitedOf(side);
  const symbols = new Map(own.map((symbol) => [symbol.name, symbol]));
  for (const { from, name, as } of passedOn) {
    const target = targetOf(from, language, path, side.known);
    if (target === null || target === path) continue;
    const source = await kept(visited.written, `${language} ${target}`, async () => {
      const text = await side.read(target);
      return text === null ? null : written(text, language, target);
    });
    if (source === null) continue;
    const line = symbols.get(as)?.line ?? 1;
    const others = await kept(
      visited.shown,
      `${depth} ${language} ${target}`,
      () => shownBy(source, language, target, side, depth - 1),
    );
    // What stood for the whole module gives way to what is in it.
    if (name === "*") symbols.delete(from.startsWith("=") ? "default" : `* from ${from}`);
    for (const other of others) {
      const shown = name === "*"
        ? other.name === "default" && language === "ecmascript" && !from.startsWith("=") ? null : other.name
        : other.name === name
        ? as
        : /^(?:\.|::)/.test(other.name.slice(name.length)) && other.name.startsWith(name)
        ? as + other.name.slice(name.length)
        : null;
      if (shown === null) continue;
      const known = symbols.get(shown);
      // What is written here wins over what is passed on, but a name alone says less than its definition.
      if (known === undefined || known.kind === "re-export" || known.kind === "value") {
        symbols.set(shown, { ...other, name: shown, line });
      }
    }
  }
  return [...symbols.values()];
}

/** Names that a Python module can be asked for though it does not show them: what it imports. */
export function passedNames(text: string, language: CodeLanguage): Set<string> {
  return new Set(language === "python" ? reExportsOf(text, language).map(({ as }) => as) : []);
}

function reExportsOf(text: string, language: CodeLanguage): ReExport[] {
  const tokens = codeOf(tokensOf(text, language));
  switch (language) {
    case "ecmascript":
      return [...moduleReExports(tokens), ...commonJsReExports(tokens)];
    case "python":
      return pythonImports(tokens);
    case "rust":
      return rustUses(tokens);
    case "go":
    case "java":
    case "shell":
      return [];
  }
}

const LOCAL = /^=?\.{1,2}(?:\/|$)/;

/** `a, b as c` between braces. */
function pairs(tokens: readonly Token[], open: number): [name: string, as: string][] {
  const found: [string, string][] = [];
  for (let at = open + 1; at < tokens.length && tokens[at]?.text !== "}"; at++) {
    const token = tokens[at];
    if (
      token?.kind !== "word" ||
      (token.text === "type" && tokens[at + 1]?.kind === "word" && tokens[at + 1]?.text !== "as")
    ) continue;
    const renamed = tokens[at + 1]?.text === "as" ||
      (tokens[at + 1]?.text === ":" && tokens[at + 2]?.kind === "word");
    found.push([token.text, renamed ? tokens[at + 2]?.text ?? token.text : token.text]);
    if (renamed) at += 2;
  }
  return found;
}

function moduleReExports(tokens: readonly Token[]): ReExport[] {
  const found: ReExport[] = [];
  const closing = partners(tokens);
  const imported = new Map<string, { from: string; name: string }>();
  const sourceBehind = (at: number): string | null =>
    tokens[at]?.text === "from" && tokens[at + 1]?.kind === "string" ? tokens[at + 1]?.value ?? null : null;
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== "word" || tokens[at - 1]?.text === ".") continue;
    if (token.text === "import") {
      let next = tokens[at + 1]?.text === "type" && tokens[at + 2]?.text !== "from" ? at + 2 : at + 1;
      const names: [string, string][] = [];
      if (tokens[next]?.kind === "word") {
        names.push(["default", tokens[next]?.text ?? ""]);
        next += tokens[next + 1]?.text === "," ? 2 : 1;
      }
      if (tokens[next]?.text === "{") {
        names.push(...pairs(tokens, next));
        next = (closing[next] ?? next) + 1;
      }
      const from = sourceBehind(next);
      if (from !== null) { for (const [name, as] of names) imported.set(as, { from, name }); }
    } else if (token.text === "export") {
      const open = tokens[at + 1]?.text === "type" ? at + 2 : at + 1;
      if (tokens[open]?.text === "*") {
        const from = sourceBehind(open + 1);
        if (from !== null) found.push({ from, name: "*", as: "*" });
      } else if (tokens[open]?.text === "{") {
        const from = sourceBehind((closing[open] ?? open) + 1);
        for (const [name, as] of pairs(tokens, open)) {
          const way = from === null ? imported.get(name) : { from, name };
          if (way) found.push({ ...way, as });
        }
      }
    }
  }
  return found.filter(({ from }) => LOCAL.test(from));
}

/** `exports.a = require("./x").b`, `module.exports = require("./x")`, `module.exports = { a, ...require("./x") }`. */
function commonJsReExports(tokens: readonly Token[]): ReExport[] {
  const found: ReExport[] = [];
  const closing = partners(tokens);
  const locals = new Map<string, { from: string; name: string }>();
  const requiredAt = (at: number): { from: string; name: string; end: number } | null => {
    if (tokens[at]?.text === "require" && tokens[at + 1]?.text === "(" && tokens[at + 2]?.kind === "string") {
      const member = tokens[at + 4]?.text === "." ? tokens[at + 5]?.text : undefined;
      return { from: tokens[at + 2]?.value ?? "", name: member ?? "*", end: at + (member ? 6 : 4) };
    }
    const local = locals.get(tokens[at]?.text ?? "");
    if (!local) return null;
    const member = local.name === "*" && tokens[at + 1]?.text === "." ? tokens[at + 2]?.text : undefined;
    return { from: local.from, name: member ?? local.name, end: at + (member ? 3 : 1) };
  };
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== "word") continue;
    if (/^(?:const|let|var)$/.test(token.text)) {
      const open = tokens[at + 1]?.text === "{" ? at + 1 : -1;
      const equals = open >= 0 ? (closing[open] ?? open) + 1 : at + 2;
      const made = tokens[equals]?.text === "=" ? requiredAt(equals + 1) : null;
      if (made && open >= 0 && made.name === "*") {
        for (const [name, as] of pairs(tokens, open)) locals.set(as, { from: made.from, name });
      } else if (made) locals.set(tokens[at + 1]?.text ?? "", made);
      continue;
    }
    if (token.text !== "exports") continue;
    if (tokens[at + 1]?.text === "." && tokens[at + 3]?.text === "=") {
      const made = requiredAt(at + 4);
      if (made) {
        found.push({
          from: made.from,
          name: made.name === "*" ? "default" : made.name,
          as: tokens[at + 2]?.text ?? "",
        });
      }
    } else if (tokens[at + 1]?.text === "=" && tokens[at + 2]?.text === "{") {
      const end = closing[at + 2] ?? at + 2;
      for (let next = at + 3; next < end; next++) {
        const spread = tokens[next]?.text === "." && tokens[next + 1]?.text === "." &&
          tokens[next + 2]?.text === ".";
        const key = tokens[next]?.kind === "word" && tokens[next + 1]?.text === ":";
        const made = requiredAt(spread ? next + 3 : key ? next + 2 : next);
        if (made) {
          found.push({
            from: made.from,
            name: made.name,
            as: made.name === "*" ? "*" : tokens[next]?.text ?? "",
          });
          next = made.end;
        }
        while (next < end && tokens[next]?.text !== ",") {
          next = "([{".includes(tokens[next]?.text ?? " ") ? (closing[next] ?? end) + 1 : next + 1;
        }
      }
    } else if (tokens[at + 1]?.text === "=") {
      const made = requiredAt(at + 2);
      if (made?.name === "*") found.push({ from: `=${made.from}`, name: "*", as: "*" });
    }
  }
  return found.filter(({ from }) => LOCAL.test(from));
}

function pythonImports(tokens: readonly Token[]): ReExport[] {
  const found: ReExport[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.text !== "from" || !token.first || token.column !== 0) continue;
    let next = at + 1;
    let from = "";
    while (tokens[next] !== undefined && tokens[next]?.text !== "import") from += tokens[next++]?.text ?? "";
    const grouped = tokens[next + 1]?.text === "(";
    for (next += grouped ? 2 : 1; tokens[next] !== undefined; next++) {
      const one = tokens[next];
      if (one === undefined || one.text === ")" || (!grouped && one.first)) break;
      if (one.text === "*") found.push({ from, name: "*", as: "*" });
      else if (one.kind === "word") {
        const renamed = tokens[next + 1]?.text === "as";
        found.push({ from, name: one.text, as: renamed ? tokens[next + 2]?.text ?? one.text : one.text });
        if (renamed) next += 2;
      }
    }
    at = next - 1;
  }
  return found;
}

/** `pub use a::{b, c as d}` and `pub use a::*`. */
function rustUses(tokens: readonly Token[]): ReExport[] {
  const found: ReExport[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.text !== "use" || tokens[at - 1]?.text !== "pub") continue;
    const end = tokens.findIndex((one, index) => index > at && one.text === ";");
    const words = tokens.slice(at + 1, end < 0 ? tokens.length : end);
    const brace = words.findIndex(({ text }) => text === "{");
    const path = (brace < 0 ? words : words.slice(0, brace)).map(({ text }) => text).join("");
    if (brace >= 0) {
      for (const [name, as] of pairs(words, brace)) found.push({ from: path.replace(/::$/, ""), name, as });
      continue;
    }
    const [, from = "", last = "", as] = /^(.*?)::(\*|\w+?)(?:as(\w+))?$/.exec(path) ?? [];
    const renamed = words.at(-2)?.text === "as";
    if (from !== "") {
      found.push({
        from,
        name: renamed ? words.at(-3)?.text ?? last : words.at(-1)?.text ?? last,
        as: renamed ? as ?? last : last,
      });
    }
  }
  return found;
}

const directoryOf = (path: string): string => path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
const joined = (...parts: string[]): string => parts.filter((part) => part !== "").join("/");

/** The file of the repository that a module's name leads to. */
function targetOf(
  from: string,
  language: CodeLanguage,
  path: string,
  known: ReadonlySet<string>,
): string | null {
  const first = (candidates: string[]) => candidates.find((one) => known.has(one)) ?? null;
  switch (language) {
    case "ecmascript":
      return resolveModule(directoryOf(path), from.replace(/^=/, ""), known);
    case "python": {
      const dots = /^\.*/.exec(from)?.[0].length ?? 0;
      const rest = from.slice(dots).replaceAll(".", "/");
      let base = directoryOf(path);
      for (let up = 1; up < dots; up++) base = directoryOf(base);
      const places = dots > 0 ? [base] : ["", "src", directoryOf(path), directoryOf(directoryOf(path))];
      return first(
        places.flatMap((place) => [`${joined(place, rest)}.py`, joined(place, rest, "__init__.py")]),
      );
    }
    case "rust": {
      const parts = from.split("::").filter((part) => part !== "self");
      const stem = path.slice(path.lastIndexOf("/") + 1).replace(/\.rs$/, "");
      let base = /^(?:lib|main|mod)$/.test(stem) ? directoryOf(path) : joined(directoryOf(path), stem);
      if (parts[0] === "crate") base = /^(?:.*\/)?src(?=\/|$)/.exec(path)?.[0] ?? directoryOf(path);
      while (parts[0] === "super") {
        base = directoryOf(base);
        parts.shift();
      }
      if (parts[0] === "crate") parts.shift();
      return first([`${joined(base, ...parts)}.rs`, joined(base, ...parts, "mod.rs")]);
    }
    case "go":
    case "java":
    case "shell":
      return null;
  }
}
