import { arityOf, behind, type Source, type SourceSymbol } from "./symbol.ts";
import type { Token } from "./token.ts";

const isPublic = (name: string): boolean => /^\p{Lu}/u.test(name);

/** Exported names of a Go file, methods as `Type.Method`. A command has none: nobody can import the package main. */
export function goSymbols(source: Source): SourceSymbol[] {
  const { tokens } = source;
  const symbols: SourceSymbol[] = [];
  if (tokens[0]?.text === "package" && tokens[1]?.text === "main") return [];
  const add = (name: string, kind: string, token: Token | undefined, arity?: string) =>
    symbols.push({ name, kind, line: token?.line ?? 1, ...(arity === undefined ? {} : { arity }) });
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind === "mark" && "([{".includes(token.text)) {
      at = behind(source, at) - 1;
      continue;
    }
    if (token?.kind !== "word" || !token.first || token.column !== 0) continue;
    if (token.text === "func") {
      const hasReceiver = tokens[at + 1]?.text === "(";
      const name = hasReceiver ? behind(source, at + 1) : at + 1;
      const receiver = hasReceiver ? receiverOf(tokens.slice(at + 2, name - 1)) : "";
      const text = tokens[name]?.text ?? "";
      if (!isPublic(text) || (hasReceiver && !isPublic(receiver))) continue;
      const open = tokens[name + 1]?.text === "[" ? behind(source, name + 1) : name + 1;
      const arity = tokens[open]?.text === "(" ? parameters(source, open) : undefined;
      add(hasReceiver ? `${receiver}.${text}` : text, "function", tokens[name], arity);
      continue;
    }
    if (token.text !== "type" && token.text !== "const" && token.text !== "var") continue;
    const kind = token.text === "type" ? "type" : "value";
    if (tokens[at + 1]?.text !== "(") {
      for (const name of namesAt(tokens, at + 1)) if (isPublic(name.text)) add(name.text, kind, name);
      continue;
    }
    const end = behind(source, at + 1) - 1;
    for (let next = at + 2; next < end; next++) {
      const name = tokens[next];
      if (name?.kind === "mark" && "([{".includes(name.text)) {
        next = behind(source, next) - 1;
        continue;
      }
      if (name?.first) {
        for (const one of namesAt(tokens, next)) if (isPublic(one.text)) add(one.text, kind, one);
      }
    }
  }
  return symbols;
}

/** `A`, or `A, B` in front of a type or a value. */
function namesAt(tokens: readonly Token[], start: number): Token[] {
  const names: Token[] = [];
  for (let at = start; tokens[at]?.kind === "word"; at += 2) {
    const token = tokens[at];
    if (token) names.push(token);
    if (tokens[at + 1]?.text !== ",") break;
  }
  return names;
}

function receiverOf(tokens: readonly Token[]): string {
  const words = tokens.filter((token) => token.kind === "word");
  const bracket = tokens.findIndex((token) => token.text === "[");
  const before = bracket < 0 ? words : tokens.slice(0, bracket).filter((token) => token.kind === "word");
  return before.at(-1)?.text ?? "";
}

function parameters(source: Source, open: number): string {
  return arityOf(source, open, {
    optional: () => false,
    rest: (parameter) =>
      parameter.some((token, index) =>
        token.text === "." && parameter[index + 1]?.text === "." && parameter[index + 2]?.text === "."
      ),
  });
}
