import type { CodeLanguage } from "../../../specs/mod.ts";
import { ecmascriptSymbols } from "./ecmascript_symbols.ts";
import { goSymbols } from "./go_symbols.ts";
import { javaSymbols } from "./java_symbols.ts";
import { tokensOf } from "./lexicon.ts";
import { pythonSymbols } from "./python_symbols.ts";
import { rustSymbols } from "./rust_symbols.ts";
import { sourceOf, type SourceSymbol } from "./symbol.ts";

/** Public symbols of a source text, one entry a name; overloads are told by their arities together. Shell has no exports. */
export function scanSymbols(text: string, language: CodeLanguage, path: string): SourceSymbol[] {
  const source = sourceOf(tokensOf(text, language));
  switch (language) {
    case "ecmascript":
      return merged(ecmascriptSymbols(source));
    case "python":
      return merged(pythonSymbols(source, path));
    case "go":
      return merged(goSymbols(source));
    case "java":
      return merged(javaSymbols(source));
    case "rust":
      return merged(rustSymbols(source));
    case "shell":
      return [];
  }
}

function merged(symbols: readonly SourceSymbol[]): SourceSymbol[] {
  const byName = new Map<string, SourceSymbol>();
  for (const symbol of symbols) {
    const known = byName.get(symbol.name);
    if (known === undefined) byName.set(symbol.name, { ...symbol });
    else if (symbol.arity !== undefined) {
      known.arity = [...new Set([...(known.arity?.split("|") ?? []), symbol.arity])].sort().join("|");
    }
  }
  return [...byName.values()];
}
