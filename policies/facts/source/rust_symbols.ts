import { arityOf, behind, skipTo, type Source, type SourceSymbol } from "./symbol.ts";
import type { Token } from "./token.ts";

const ITEMS = new Set(["struct", "enum", "trait", "mod", "const", "static", "type", "union"]);

/** Public items of a Rust file, methods as `Type::method`. `pub(crate)` and narrower are not shown to others. */
export function rustSymbols(source: Source): SourceSymbol[] {
  const { tokens, closing } = source;
  const symbols: SourceSymbol[] = [];
  const open: { name: string; end: number; trait: boolean }[] = [];
  const add = (name: string, kind: string, token: Token | undefined, arity?: string) => {
    const owner = open.slice(-8).map((one) => one.name).filter((one) => one !== "").join("::");
    symbols.push({
      name: owner === "" ? name : `${owner}::${name}`,
      kind,
      line: token?.line ?? 1,
      ...(arity === undefined ? {} : { arity }),
    });
  };
  let exportedMacro = false;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    while ((open.at(-1)?.end ?? Infinity) <= at) open.pop();
    if (token === undefined) continue;
    if (token.text === "#" && tokens[at + 1]?.text === "[") {
      exportedMacro ||= tokens[at + 2]?.text === "macro_export";
      at = behind(source, at + 1) - 1;
      continue;
    }
    if (token.text === "impl" && token.kind === "word") {
      const brace = skipTo(source, at + 1, ["{", ";"], 500);
      if (tokens[brace]?.text !== "{") continue;
      const { name, ofTrait } = implemented(tokens.slice(at + 1, brace));
      // What a trait asks for is not the type's own choice: it shows no names of its own.
      if (ofTrait) at = behind(source, brace) - 1;
      else {
        open.push({ name, end: closing[brace] ?? tokens.length, trait: false });
        at = brace;
      }
      continue;
    }
    if (token.text === "macro_rules" && exportedMacro) {
      add(tokens[at + 2]?.text ?? "", "macro", token);
      exportedMacro = false;
    }
    const inTrait = open.at(-1)?.trait ?? false;
    const isPub = token.text === "pub" && token.kind === "word" && tokens[at + 1]?.text !== "(";
    if (isPub || (inTrait && token.text === "fn")) {
      const item = isPub ? at + 1 : at;
      at = Math.max(at, shown(source, item, add, open) - 1);
      continue;
    }
    if (token.text === "mod" && tokens[at + 1]?.kind === "word" && tokens[at + 2]?.text === "{") {
      at = behind(source, at + 2) - 1;
      continue;
    }
    if (token.kind === "mark" && token.text === "{") at = behind(source, at) - 1;
  }
  return symbols;
}

function shown(
  source: Source,
  start: number,
  add: (name: string, kind: string, token: Token | undefined, arity?: string) => void,
  open: { name: string; end: number; trait: boolean }[],
): number {
  const { tokens, closing } = source;
  let at = start;
  while (
    ["async", "unsafe", "extern", "default"].includes(tokens[at]?.text ?? "") || tokens[at]?.kind === "string"
  ) at++;
  if (tokens[at]?.text === "const" && tokens[at + 1]?.text === "fn") at++;
  const word = tokens[at]?.text ?? "";
  const name = tokens[at + 1];
  if (word === "fn") {
    const bracket = skipTo(source, at + 2, ["(", "{", ";"]);
    add(
      name?.text ?? "",
      "function",
      name,
      tokens[bracket]?.text === "(" ? parameters(source, bracket) : undefined,
    );
    const body = skipTo(source, bracket + 1, ["{", ";"]);
    return tokens[bracket]?.text === "(" ? skipBody(source, behind(source, bracket)) : body;
  }
  if (word === "use") {
    const end = skipTo(source, at + 1, [";"]);
    for (const used of usedNames(tokens.slice(at + 1, usedEnd(tokens, at + 1)))) {
      add(used, "re-export", tokens[at]);
    }
    return Math.max(end, usedEnd(tokens, at + 1));
  }
  if (!ITEMS.has(word)) return at + 1;
  const shownName = word === "static" && name?.text === "mut" ? tokens[at + 2] : name;
  add(shownName?.text ?? "", word, shownName);
  const brace = skipTo(source, at + 2, ["{", ";", "="]);
  if (tokens[brace]?.text === "{" && (word === "mod" || word === "trait")) {
    open.push({ name: shownName?.text ?? "", end: closing[brace] ?? tokens.length, trait: word === "trait" });
    return brace + 1;
  }
  return tokens[brace]?.text === "{" ? behind(source, brace) : brace + 1;
}

/** From behind the parameters to behind the body, or to the semicolon of a declaration. */
function skipBody(source: Source, from: number): number {
  const { tokens } = source;
  for (let at = from; at < tokens.length && at - from < 400; at++) {
    if (tokens[at]?.text === ";") return at + 1;
    if (tokens[at]?.text === "{") return behind(source, at);
    if (tokens[at]?.text === "(" || tokens[at]?.text === "[") at = behind(source, at) - 1;
  }
  return from;
}

function usedEnd(tokens: readonly Token[], from: number): number {
  let at = from;
  while (at < tokens.length && tokens[at]?.text !== ";" && at - from < 2000) at++;
  return at;
}

/** The names that `use a::{b, c as d}` brings in. */
function usedNames(tokens: readonly Token[]): string[] {
  const names: string[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.text === "*" && token.kind === "mark") {
      names.push(`* from ${tokens.slice(0, at).map((one) => one.text).join("")}`);
    }
    if (token.kind !== "word" || token.text === "as") continue;
    const next = tokens[at + 1]?.text;
    if (next === undefined || next === "," || next === "}") names.push(token.text);
  }
  return names;
}

function implemented(tokens: readonly Token[]): { name: string; ofTrait: boolean } {
  const at = tokens.findIndex((token) => token.kind === "word" && token.text === "for");
  const target = at >= 0 ? tokens.slice(at + 1) : skipGenerics(tokens);
  const names = target.filter((token) =>
    token.kind === "word" && !["dyn", "mut", "const", "where"].includes(token.text)
  );
  return { name: names[0]?.text ?? "", ofTrait: at >= 0 };
}

function skipGenerics(tokens: readonly Token[]): readonly Token[] {
  if (tokens[0]?.text !== "<") return tokens;
  let depth = 0;
  for (const [at, token] of tokens.entries()) {
    if (token.text === "<") depth++;
    else if (token.text === ">" && --depth === 0) return tokens.slice(at + 1);
  }
  return [];
}

function parameters(source: Source, open: number): string {
  return arityOf(source, open, {
    optional: () => false,
    rest: () => false,
    skip: (parameter) =>
      parameter.some((token, index) =>
        token.text === "self" && index < 4 && !parameter.slice(0, index).some((one) => one.text === ":")
      ),
  });
}
