import { arityOf, behind, skipTo, type Source, type SourceSymbol } from "./symbol.ts";
import { reads, type Token } from "./token.ts";

const TYPES = new Set(["class", "interface", "type", "enum", "namespace", "module"]);
const BEFORE = new Set(["declare", "abstract", "async"]);

/** What a TypeScript or JavaScript module exports, ES modules and CommonJS. */
export function ecmascriptSymbols(source: Source): SourceSymbol[] {
  const { tokens } = source;
  const symbols: SourceSymbol[] = [];
  const add = (name: string, kind: string, token: Token | undefined, arity?: string) => {
    if (name !== "") {
      symbols.push({ name, kind, line: token?.line ?? 1, ...(arity === undefined ? {} : { arity }) });
    }
  };
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind === "mark" && "([{".includes(token.text)) {
      at = behind(source, at) - 1;
      continue;
    }
    if (token?.kind !== "word" || tokens[at - 1]?.text === ".") continue;
    if (token.text === "export") at = Math.max(at, exported(source, at + 1, add) - 1);
    else if (reads(tokens, at, "module", ".", "exports")) commonJs(source, at + 3, add);
    else if (reads(tokens, at, "exports", ".", null, "=") && tokens[at + 4]?.text !== "=") {
      add(tokens[at + 2]?.text ?? "", "value", tokens[at + 2], functionArity(source, at + 4));
    }
  }
  return symbols;
}

type Add = (name: string, kind: string, token: Token | undefined, arity?: string) => void;

/** Reads what stands behind `export`; the index from which to go on. */
function exported(source: Source, start: number, add: Add): number {
  const { tokens } = source;
  let at = start;
  const first = tokens[at];
  if (first === undefined) return at;
  if (first.text === "default") {
    const async = tokens[at + 1]?.text === "async" ? 1 : 0;
    const isFunction = tokens[at + 1 + async]?.text === "function";
    add(
      "default",
      isFunction ? "function" : tokens[at + 1]?.text === "class" ? "class" : "value",
      first,
      functionArity(source, at + 1),
    );
    return at + 1;
  }
  if (first.text === "=") {
    add("=", "value", first);
    return at + 1;
  }
  if (first.text === "*") {
    const as = tokens[at + 1]?.text === "as";
    const from = tokens[as ? at + 4 : at + 2];
    add(as ? tokens[at + 2]?.text ?? "" : `* from ${from?.value ?? ""}`, "re-export", first);
    return at + 1;
  }
  if (first.text === "type" && (tokens[at + 1]?.text === "{" || tokens[at + 1]?.text === "*")) at++;
  if (tokens[at]?.text === "{") {
    const end = behind(source, at) - 1;
    for (let next = at + 1; next < end; next++) {
      const name = tokens[next];
      if (name?.kind !== "word" && name?.kind !== "string") continue;
      if (
        name.text === "type" && tokens[next + 1]?.text !== "," && tokens[next + 1]?.text !== "}" &&
        tokens[next + 1]?.text !== "as"
      ) continue;
      const shown = tokens[next + 1]?.text === "as" ? tokens[next + 2] : name;
      add(shown?.kind === "string" ? shown.value : shown?.text ?? "", "re-export", shown);
      next = tokens[next + 1]?.text === "as" ? next + 2 : next;
    }
    return end + 1;
  }
  while (BEFORE.has(tokens[at]?.text ?? "")) at++;
  const word = tokens[at]?.text ?? "";
  if (word === "function") {
    const name = tokens[at + 1]?.text === "*" ? at + 2 : at + 1;
    const open = skipTo(source, name + 1, ["(", "{", ";"]);
    add(
      tokens[name]?.text ?? "",
      "function",
      tokens[name],
      tokens[open]?.text === "(" ? parameters(source, open) : undefined,
    );
    return name + 1;
  }
  if (word === "import") {
    add(tokens[at + 1]?.text ?? "", "re-export", tokens[at + 1]);
    return at + 2;
  }
  if ((word === "const" || word === "let" || word === "var") && tokens[at + 1]?.text === "enum") {
    add(tokens[at + 2]?.text ?? "", "enum", tokens[at + 2]);
    return at + 3;
  }
  if (word === "const" || word === "let" || word === "var") return declarators(source, at + 1, add);
  if (TYPES.has(word)) {
    const name = tokens[at + 1];
    add(name?.kind === "string" ? name.value : name?.text ?? "", word, name);
    if (word === "class") members(source, at + 2, name?.text ?? "", add);
    return at + 2;
  }
  return at;
}

/** The brace of a class, behind its heritage: braces in type arguments are not it. */
function classBody(source: Source, from: number): number | null {
  const { tokens } = source;
  let angle = 0;
  for (let at = from; at < tokens.length && at - from < 500; at++) {
    const token = tokens[at];
    if (token?.kind !== "mark") continue;
    if (token.text === "<") angle++;
    else if (token.text === ">" && tokens[at - 1]?.text !== "=") angle--;
    else if (token.text === "{" && angle <= 0) return at;
    else if ("([{".includes(token.text)) at = behind(source, at) - 1;
  }
  return null;
}

/** Public methods of an exported class, as `Class.method`. */
function members(source: Source, from: number, owner: string, add: Add): void {
  const { tokens } = source;
  const open = classBody(source, from);
  if (open === null) return;
  const end = behind(source, open) - 1;
  let hidden = false;
  for (let at = open + 1; at < end; at++) {
    const token = tokens[at];
    if (token === undefined) return;
    if (
      token.text === "private" || token.text === "protected" || token.text === "#" || token.text === "declare"
    ) hidden = true;
    if (
      token.kind === "word" && tokens[at + 1]?.text === "(" &&
      !["if", "for", "while", "switch", "catch"].includes(token.text)
    ) {
      const after = behind(source, at + 1);
      const method = tokens[after]?.text === "{" || tokens[after]?.text === ":" ||
        tokens[after]?.text === ";";
      if (method && !hidden) add(`${owner}.${token.text}`, "method", token, parameters(source, at + 1));
      // On to the body, over a return type.
      at = after - 1;
      while (
        at + 1 < end && tokens[at + 1]?.text !== "{" && tokens[at + 1]?.text !== ";" &&
        !(tokens[at + 1]?.first && tokens[at + 1]?.kind === "word")
      ) at++;
      hidden = false;
      continue;
    }
    if (token.kind === "mark" && "([{".includes(token.text)) at = behind(source, at) - 1;
    if (
      token.text === ";" || token.text === "}" ||
      (tokens[at + 1]?.first && tokens[at + 1]?.kind === "word" && token.kind !== "word")
    ) hidden = false;
  }
}

const STATEMENTS = new Set([
  ...[
    "export",
    "import",
    "function",
    "class",
    "const",
    "let",
    "var",
    "interface",
    "type",
    "enum",
    "module",
    "exports",
  ],
  ...["if", "for", "while", "return", "switch", "try", "declare", "namespace", "abstract"],
]);

/** Where the statement ends that is open at `from`: a semicolon, or a line that begins with a keyword. */
function statementEnd(source: Source, from: number): number {
  const { tokens } = source;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.text === ";" || (token?.kind === "word" && token.first && STATEMENTS.has(token.text))) {
      return at;
    }
    if (token?.kind === "mark" && "([{".includes(token.text)) at = behind(source, at) - 1;
  }
  return tokens.length;
}

/** `a = 1, b = 2`, `{ a, b: c }`, `[a, b]`. */
function declarators(source: Source, start: number, add: Add): number {
  const { tokens } = source;
  const first = tokens[start];
  if (first?.text === "{" || first?.text === "[") {
    const end = behind(source, start) - 1;
    for (let at = start + 1; at < end; at++) {
      if (tokens[at]?.kind === "word" && tokens[at + 1]?.text !== ":") {
        add(tokens[at]?.text ?? "", "value", tokens[at]);
      }
      if (tokens[at]?.text === "=") at = Math.min(end, skipTo(source, at + 1, [","]));
    }
    return end + 1;
  }
  const end = statementEnd(source, start);
  let valued = false;
  for (let at = start; at < end; at++) {
    const token = tokens[at];
    // A declarator is a name at the start, or behind a comma where a value or a type follows it: `Map<a, b>` has neither.
    const begins = at === start ||
      (tokens[at - 1]?.text === "," && valued && ["=", ":"].includes(tokens[at + 1]?.text ?? ""));
    if (token?.kind === "word" && begins) {
      let equals = at + 1;
      while (
        equals < end && !(tokens[equals]?.text === "=" && tokens[equals + 1]?.text !== ">") &&
        tokens[equals]?.text !== ";"
      ) {
        equals = tokens[equals]?.kind === "mark" && "([{".includes(tokens[equals]?.text ?? " ")
          ? behind(source, equals)
          : equals + 1;
      }
      valued = equals < end;
      add(token.text, "value", token, valued ? functionArity(source, equals + 1) : undefined);
      at = Math.min(equals, end);
      continue;
    }
    if (token?.kind === "mark" && "([{".includes(token.text)) at = behind(source, at) - 1;
  }
  return Math.max(end, start + 1);
}

/** `module.exports = { a, b: c }`, `module.exports.a = 1`, `module.exports = value`. */
function commonJs(source: Source, at: number, add: Add): void {
  const { tokens } = source;
  if (tokens[at]?.text === "." && tokens[at + 2]?.text === "=") {
    add(tokens[at + 1]?.text ?? "", "value", tokens[at + 1], functionArity(source, at + 3));
    return;
  }
  if (tokens[at]?.text !== "=" || tokens[at + 1]?.text === "=") return;
  if (tokens[at + 1]?.text !== "{") {
    add("default", "value", tokens[at], functionArity(source, at + 1));
    return;
  }
  const end = behind(source, at + 1) - 1;
  for (let next = at + 2; next < end; next = skipTo(source, next, [","]) + 1) {
    const name = tokens[next];
    if (name === undefined || next >= end) break;
    if (name.kind === "word" || name.kind === "string") {
      add(name.kind === "string" ? name.value : name.text, "value", name);
    }
  }
}

/** Parameters of the function expression or arrow that begins at `at`. */
function functionArity(source: Source, at: number): string | undefined {
  const { tokens } = source;
  let next = tokens[at]?.text === "async" ? at + 1 : at;
  if (tokens[next]?.text === "function") {
    next = skipTo(source, next + 1, ["(", "{", ";"]);
    return tokens[next]?.text === "(" ? parameters(source, next) : undefined;
  }
  if (tokens[next]?.text === "(") {
    const after = behind(source, next);
    const arrow = reads(tokens, after, "=", ">") || tokens[after]?.text === ":";
    return arrow ? parameters(source, next) : undefined;
  }
  return tokens[next]?.kind === "word" && reads(tokens, next + 1, "=", ">") ? "1..1" : undefined;
}

function parameters(source: Source, open: number): string {
  return arityOf(source, open, {
    optional: (parameter) =>
      parameter[1]?.text === "?" ||
      parameter.some((token) => token.kind === "mark" && token.text === "=" && !isArrow(parameter, token)),
    rest: (parameter) => parameter[0]?.text === ".",
    skip: (parameter) => parameter[0]?.text === "this",
  });
}

function isArrow(parameter: readonly Token[], token: Token): boolean {
  return parameter[parameter.indexOf(token) + 1]?.text === ">";
}
