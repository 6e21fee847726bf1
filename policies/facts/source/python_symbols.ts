import { arityOf, behind, type Source, type SourceSymbol } from "./symbol.ts";
import { reads } from "./token.ts";

/** Public names of a Python module: `__all__` where there is one, else what has no leading underscore; public methods of its classes. */
export function pythonSymbols(source: Source, path: string): SourceSymbol[] {
  const { tokens } = source;
  const symbols: SourceSymbol[] = [];
  const listed = allList(source);
  const isPackage = path.endsWith("__init__.py");
  const shown = (name: string) =>
    listed ? listed.has(name) : !name.startsWith("_") || /^__(?:version|author)__$/.test(name);
  let inClass: { name: string; column: number; body: number } | null = null;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) continue;
    if (token.kind === "mark" && "([{".includes(token.text)) {
      at = behind(source, at) - 1;
      continue;
    }
    if (!token.first) continue;
    if (inClass && token.column <= inClass.column) inClass = null;
    if (inClass && inClass.body < 0) inClass.body = token.column;
    const word = token.text === "async" ? at + 1 : at;
    const kind = tokens[word]?.text;
    const name = tokens[word + 1]?.text ?? "";
    if (kind === "def") {
      const arity = tokens[word + 2]?.text === "(" ? parameters(source, word + 2) : undefined;
      const symbol = (full: string) =>
        symbols.push({
          name: full,
          kind: "function",
          line: token.line,
          ...(arity === undefined ? {} : { arity }),
        });
      if (token.column === 0 && shown(name)) symbol(name);
      else if (
        inClass && !name.startsWith("_") && token.column === inClass.body
      ) symbol(`${inClass.name}.${name}`);
    } else if (kind === "class" && token.column === 0) {
      if (shown(name)) symbols.push({ name, kind: "class", line: token.line });
      inClass = shown(name) ? { name, column: 0, body: -1 } : null;
    } else if (
      token.column === 0 && token.kind === "word" &&
      (tokens[at + 1]?.text === "=" || tokens[at + 1]?.text === ":") && tokens[at + 2]?.text !== "="
    ) {
      if (shown(token.text) && !RESERVED.has(token.text)) {
        symbols.push({ name: token.text, kind: "value", line: token.line });
      }
    } else if (token.column === 0 && (isPackage || listed) && token.text === "from") {
      // Without `__all__` a package passes on what is its own; what it imports from elsewhere it only uses.
      if (listed || isOwn(tokens[at + 1]?.text ?? "", path)) {
        imported(
          source,
          at,
          (imported) =>
            shown(imported) && symbols.push({ name: imported, kind: "re-export", line: token.line }),
        );
      }
    }
  }
  return symbols;
}

/** Whether a module is of the package that this file belongs to: `from .m import a`, or `from pkg.m import a` in `src/pkg/`. */
function isOwn(module: string, path: string): boolean {
  return module.startsWith(".") || path.split("/").slice(0, -1).includes(module.split(".")[0] ?? "");
}

const RESERVED = new Set([
  "else",
  "try",
  "finally",
  "except",
  "with",
  "if",
  "for",
  "while",
  "match",
  "case",
  "lambda",
]);

function allList(source: Source): Set<string> | null {
  const { tokens } = source;
  let names: Set<string> | null = null;
  for (const [at, token] of tokens.entries()) {
    if (!token.first || token.text !== "__all__") continue;
    const open = tokens[at + 1]?.text === "=" ? at + 2 : reads(tokens, at + 1, "+", "=") ? at + 3 : -1;
    if (open < 0 || !"([".includes(tokens[open]?.text ?? " ")) continue;
    names ??= new Set();
    for (let next = open + 1; next < behind(source, open) - 1; next++) {
      if (tokens[next]?.kind === "string") names.add(tokens[next]?.value ?? "");
    }
  }
  return names;
}

/** The names that `from x import a, b as c` brings in. */
function imported(source: Source, at: number, add: (name: string) => void): void {
  const { tokens } = source;
  const line = tokens[at]?.line;
  let next = at + 1;
  while (next < tokens.length && tokens[next]?.text !== "import" && tokens[next]?.line === line) next++;
  if (tokens[next]?.text !== "import") return;
  const open = tokens[next + 1]?.text === "(" ? next + 1 : -1;
  const end = open >= 0 ? behind(source, open) - 1 : tokens.length;
  for (next = open >= 0 ? open + 1 : next + 1; next < end; next++) {
    const token = tokens[next];
    if (open < 0 && token?.first) return;
    if (token?.kind !== "word") continue;
    if (tokens[next + 1]?.text === "as") {
      add(tokens[next + 2]?.text ?? "");
      next += 2;
    } else add(token.text);
  }
}

function parameters(source: Source, open: number): string {
  return arityOf(source, open, {
    optional: (parameter) => parameter.some((token) => token.kind === "mark" && token.text === "="),
    rest: (parameter) => parameter[0]?.text === "*" && parameter.length > 1,
    skip: (parameter) =>
      ["self", "cls", "/"].includes(parameter[0]?.text ?? "") ||
      (parameter.length === 1 && parameter[0]?.text === "*"),
  });
}
