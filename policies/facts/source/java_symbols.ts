import { arityOf, behind, type Source, type SourceSymbol } from "./symbol.ts";
import type { Token } from "./token.ts";

const TYPES = new Set(["class", "interface", "enum", "record"]);

interface Open {
  name: string;
  end: number;
  isInterface: boolean;
  shown: boolean;
}

/** Public and protected types, methods and fields of a Java file, members as `Type.member`. */
export function javaSymbols(source: Source): SourceSymbol[] {
  const { tokens, closing } = source;
  const symbols: SourceSymbol[] = [];
  const open: Open[] = [];
  let start = 0;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    while ((open.at(-1)?.end ?? Infinity) <= at) open.pop();
    if (token === undefined) continue;
    if (token.text === "@" && tokens[at + 1]?.kind === "word" && tokens[at + 1]?.text !== "interface") {
      at++;
      while (tokens[at + 1]?.text === "." && tokens[at + 2]?.kind === "word") at += 2;
      if (tokens[at + 1]?.text === "(") at = behind(source, at + 1) - 1;
      continue;
    }
    if (token.kind === "mark" && (token.text === ";" || token.text === "}")) {
      start = at + 1;
      continue;
    }
    const owner = open.at(-1);
    const statement = () => tokens.slice(start, at);
    if (
      token.kind === "word" && TYPES.has(token.text) && tokens[at + 1]?.kind === "word" &&
      tokens[at - 1]?.text !== "."
    ) {
      const name = tokens[at + 1]?.text ?? "";
      let brace = at + 2;
      while (brace < tokens.length && tokens[brace]?.text !== "{" && tokens[brace]?.text !== ";") {
        brace = tokens[brace]?.text === "(" ? behind(source, brace) : brace + 1;
      }
      if (tokens[brace]?.text !== "{") continue;
      const shown = isShown(statement(), owner);
      const full = owner ? `${owner.name}.${name}` : name;
      if (shown) symbols.push({ name: full, kind: token.text, line: token.line });
      open.push({
        name: full,
        end: closing[brace] ?? tokens.length,
        isInterface: token.text === "interface",
        shown,
      });
      at = brace;
      start = brace + 1;
      continue;
    }
    if (token.kind !== "mark" || owner === undefined) {
      continue;
    }
    if (token.text === "(" && tokens[at - 1]?.kind === "word") {
      const name = tokens[at - 1]?.text ?? "";
      if (owner.shown && isShown(tokens.slice(start, at - 1), owner)) {
        symbols.push({
          name: `${owner.name}.${name}`,
          kind: "method",
          line: token.line,
          arity: parameters(source, at),
        });
      }
      at = behind(source, at) - 1;
      // The body, or the end of an abstract method.
      while (
        at + 1 < tokens.length && tokens[at + 1]?.text !== "{" && tokens[at + 1]?.text !== ";" &&
        tokens[at + 1]?.text !== "}"
      ) at++;
      if (tokens[at + 1]?.text === "{") at = behind(source, at + 1) - 1;
      start = at + 1;
    } else if (token.text === "=" && tokens[at - 1]?.kind === "word") {
      if (owner.shown && isShown(statement(), owner)) {
        symbols.push({ name: `${owner.name}.${tokens[at - 1]?.text}`, kind: "field", line: token.line });
      }
      while (at + 1 < tokens.length && tokens[at + 1]?.text !== ";") {
        at = "([{".includes(tokens[at + 1]?.text ?? " ") ? behind(source, at + 1) - 1 : at + 1;
      }
    } else if (token.text === "{" || token.text === "[") at = behind(source, at) - 1;
  }
  return symbols;
}

function isShown(words: readonly Token[], owner: Open | undefined): boolean {
  const texts = words.map((word) => word.text);
  if (texts.includes("private")) return false;
  return texts.includes("public") || texts.includes("protected") || (owner?.isInterface ?? false);
}

function parameters(source: Source, open: number): string {
  return arityOf(source, open, {
    optional: () => false,
    rest: (parameter) =>
      parameter.some((token, index) => token.text === "." && parameter[index + 1]?.text === "."),
  });
}
