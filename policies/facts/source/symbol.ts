import { codeOf, partners, type Token } from "./token.ts";

/** A symbol that a module shows to others. Overloads share a name. */
export interface SourceSymbol {
  name: string;
  kind: string;
  /** required..all parameters of a function, where they can be told. */
  arity?: string;
  line: number;
}

/** Tokens without comments, with their bracket partners. */
export interface Source {
  tokens: readonly Token[];
  closing: Int32Array;
}

export function sourceOf(all: readonly Token[]): Source {
  const tokens = codeOf(all);
  return { tokens, closing: partners(tokens) };
}

/** Index behind the bracket at `open`, or the end. */
export function behind(source: Source, open: number): number {
  return (source.closing[open] ?? source.tokens.length) + 1;
}

/** Index of the first token from `from` on that is one of `texts`, brackets stepped over; the end when there is none. */
export function skipTo(source: Source, from: number, texts: readonly string[], limit = 2000): number {
  const { tokens } = source;
  const end = Math.min(tokens.length, from + limit);
  for (let at = from; at < end; at++) {
    const token = tokens[at];
    if (token?.kind === "mark" && texts.includes(token.text)) return at;
    if (token?.kind === "mark" && (token.text === "(" || token.text === "[" || token.text === "{")) {
      at = behind(source, at) - 1;
    }
  }
  return tokens.length;
}

/**
 * Counts the parameters between the brackets at `open`: those that must be given, and all (`*` when there can be any number).
 * Commas in brackets and in type arguments are not between parameters.
 */
export function arityOf(
  source: Source,
  open: number,
  options: {
    optional: (parameter: readonly Token[]) => boolean;
    rest: (parameter: readonly Token[]) => boolean;
    skip?: (parameter: readonly Token[]) => boolean;
  },
): string {
  const { tokens, closing } = source;
  const end = closing[open] ?? tokens.length;
  const parameters: Token[][] = [];
  let current: Token[] = [];
  let angle = 0;
  for (let at = open + 1; at < end; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (token.kind === "mark") {
      if (token.text === "<" && tokens[at - 1]?.kind === "word") angle++;
      else if (
        token.text === ">" && angle > 0 && tokens[at - 1]?.text !== "=" && tokens[at - 1]?.text !== "-"
      ) angle--;
      if (token.text === "," && angle === 0) {
        parameters.push(current);
        current = [];
        continue;
      }
      current.push(token);
      if ("([{".includes(token.text)) at = (closing[at] ?? end) - 0;
      continue;
    }
    current.push(token);
  }
  if (current.length > 0) parameters.push(current);
  const counted = parameters.filter((parameter) =>
    parameter.length > 0 && !(options.skip?.(parameter) ?? false)
  );
  const rest = counted.some(options.rest);
  const required =
    counted.filter((parameter) => !options.rest(parameter) && !options.optional(parameter)).length;
  return `${required}..${rest ? "*" : counted.length}`;
}
