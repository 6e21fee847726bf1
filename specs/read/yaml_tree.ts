import type { Document, Node, Pair, ParsedNode } from "yaml";
import type { Problem } from "../base.ts";
import { MAX_ALIASES, MAX_DEPTH, MAX_NODES, MAX_PROBLEMS, MAX_YAML_TOKENS } from "./limits.ts";
import { tooDeep, type Tree } from "./tree.ts";
import { type Path, pathText, showText } from "./wording.ts";

type Yaml = typeof import("yaml");

/** The tags of the core schema; every other tag is a custom type and refused. */
const CORE_TAGS = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((tag) => `tag:yaml.org,2002:${tag}`),
);

/** Reads one YAML document of the core schema, with the line of every value. Costs are linear in the text. */
export async function readYamlTree(text: string): Promise<Tree> {
  const yaml = await import("yaml");
  const lineCounter = new yaml.LineCounter();
  const lineAt = (offset: number) => Math.max(1, lineCounter.linePos(offset).line);
  const tree: Tree = { value: undefined, lines: new Map(), problems: [] };

  const tokens = tokenize(yaml, text, lineCounter);
  if ("problem" in tokens) return { ...tree, problems: [tokens.problem] };
  // The library compares every key with every other when it looks for duplicates; `convert` does it by a set.
  const composer = new yaml.Composer({
    schema: "core",
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: "silent",
  });
  const documents = [...composer.compose(tokens.tokens, true, text.length)];
  const document = documents[0];
  for (const found of documents) tree.problems.push(...syntaxProblems(found, lineAt));
  const second = documents[1];
  if (second !== undefined) {
    tree.problems.push({
      code: "spec.syntax",
      message: "The YAML holds more than one document.",
      line: lineAt(second.range[0]),
      remedy: "write one document; fields followed by free text are Markdown, so name the file .md",
    });
  }
  if (document?.directives.yaml.explicit === true) {
    tree.problems.push({
      code: "spec.syntax",
      message: "A %YAML directive is not accepted: a spec is read as YAML 1.2, core schema.",
      line: 1,
      remedy: "remove the line",
    });
  }
  if (document === undefined || tree.problems.length > 0) return tree;
  const conversion = new Conversion(yaml, document, tree, lineAt);
  tree.value = conversion.convert(document.contents, []);
  return tree;
}

function tokenize(
  yaml: Yaml,
  text: string,
  lineCounter: InstanceType<Yaml["LineCounter"]>,
): { tokens: import("yaml").CST.Token[] } | { problem: Problem } {
  const parser = new yaml.Parser(lineCounter.addNewLine);
  const tokens: import("yaml").CST.Token[] = [];
  let count = 0;
  lineCounter.addNewLine(0);
  for (const lexeme of new yaml.Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    count += 1;
    if (lexeme.startsWith('"') && hasManyBadEscapes(lexeme)) {
      return {
        problem: {
          code: "spec.syntax",
          message: `A text in double quotes has more than ${MAX_PROBLEMS} escapes that YAML does not know.`,
          line: lineCounter.linePos(parser.offset).line,
          remedy: "put the text in single quotes, or write \\\\ for a backslash",
        },
      };
    }
    if (count > MAX_YAML_TOKENS) {
      return {
        problem: {
          code: "spec.size",
          message: `The YAML has more than ${MAX_YAML_TOKENS} tokens.`,
          remedy: "keep long material in the repository and name its path",
        },
      };
    }
    // One level is at most two entries of the parser's stack, and the next stage recurses.
    if (parser.stack.length > 2 * MAX_DEPTH + 8) {
      return { problem: tooDeep([], lineCounter.linePos(parser.offset).line) };
    }
  }
  tokens.push(...parser.end());
  return { tokens };
}

/** The library makes an error with a stack for each bad escape: half a million of them take seconds. */
function hasManyBadEscapes(quoted: string): boolean {
  const escape = /\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0abtnvfre "/\\N_LP\t\n]|([^]))/g;
  let bad = 0;
  for (const match of quoted.matchAll(escape)) {
    if (match[1] !== undefined) bad += 1;
    if (bad > MAX_PROBLEMS) return true;
  }
  return false;
}

function syntaxProblems(
  document: Document.Parsed<ParsedNode> | import("yaml").Document<Node>,
  lineAt: (offset: number) => number,
): Problem[] {
  return [...document.errors, ...document.warnings].slice(0, MAX_PROBLEMS).map((error) => {
    const tag = error.code === "TAG_RESOLVE_FAILED";
    return {
      code: tag ? "spec.tag" : "spec.syntax",
      // The first sentence only: the rest may quote the text at length, and the text may hold a secret.
      message: tag
        ? "The YAML uses a custom tag, which a spec may not."
        : `The YAML does not parse: ${quietly(error.message)}.`,
      line: lineAt(error.pos[0]),
      remedy: tag
        ? "remove the tag (the word that starts with !) and write the plain value"
        : "check the indentation and put text that holds any of : # { } [ ] , & * ! | > ' \" % @ ` in quotes",
    };
  });
}

/** The library's sentence without the pieces of text that it quotes. */
function quietly(message: string): string {
  const sentence = (message.split("\n")[0] ?? "").replace(/[.:]\s*$/, "");
  const quoted = sentence.search(/: |\\/);
  return (quoted > 0 ? sentence.slice(0, quoted) : sentence).trim().slice(0, 160);
}

/** Turns the library's nodes into plain data and says what a spec may not use. */
class Conversion {
  #aliases = 0;
  #nodes = 0;
  #stopped = false;

  constructor(
    readonly yaml: Yaml,
    readonly document: Document.Parsed<ParsedNode> | import("yaml").Document<Node>,
    readonly tree: Tree,
    readonly lineAt: (offset: number) => number,
  ) {}

  convert(node: Node | null | undefined, path: Path): unknown {
    if (node === null || node === undefined || this.#stopped) return null;
    const line = this.#mark(node, path);
    this.#nodes += 1;
    if (path.length > MAX_DEPTH) return this.#stop(tooDeep(path, line));
    if (this.#nodes > MAX_NODES) {
      return this.#stop({
        code: "spec.size",
        message: `The spec holds more than ${MAX_NODES} values once its aliases are written out.`,
        line,
        remedy: "write the values out; a spec needs no aliases",
      });
    }
    if (this.yaml.isAlias(node)) {
      this.#aliases += 1;
      if (this.#aliases > MAX_ALIASES) {
        return this.#stop({
          code: "spec.alias",
          message: `The YAML uses more than ${MAX_ALIASES} aliases.`,
          path: pathText(path),
          line,
          remedy: "write the values out; a spec needs no aliases",
        });
      }
      const target = node.resolve(this.document);
      if (target === undefined) {
        return this.#refuse(
          "spec.alias",
          "The alias names no anchor above it.",
          path,
          line,
          "write the value out",
        );
      }
      return this.convert(target, path);
    }
    if (node.tag !== undefined && !CORE_TAGS.has(node.tag)) {
      this.#refuse(
        "spec.tag",
        "The YAML uses a custom tag, which a spec may not.",
        path,
        line,
        "remove the tag",
      );
    }
    if (this.yaml.isMap(node)) return this.#map(node.items as Pair<Node, Node | null>[], path, line);
    if (this.yaml.isSeq(node)) {
      return node.items.map((item, index) => this.convert(item as Node, [...path, index]));
    }
    return this.yaml.isScalar(node) ? node.value : null;
  }

  #map(items: Pair<Node, Node | null>[], path: Path, line: number): unknown {
    const result: Record<string, unknown> = {};
    for (const { key, value } of items) {
      const name = this.yaml.isScalar(key) ? key.value : undefined;
      const at = key?.range?.[0] === undefined ? line : this.lineAt(key.range[0]);
      if (typeof name !== "string") {
        this.#refuse("spec.key", "A field's name must be text.", path, at, "put the name in quotes");
      } else if (name === "<<") {
        this.#refuse(
          "spec.merge-key",
          "Merge keys (<<) are not accepted.",
          path,
          at,
          "write the merged fields out",
        );
      } else if (name === "__proto__") {
        this.#refuse("spec.key", "A field may not be named __proto__.", path, at, "remove it");
      } else if (Object.hasOwn(result, name)) {
        const message = `The field ${showText(name, 60)} is given twice.`;
        this.#refuse("spec.duplicate-key", message, [...path, name], at, "keep one of the two");
      } else {
        result[name] = this.convert(value, [...path, name]);
        this.tree.lines.set(pathText([...path, name]), at);
      }
    }
    return result;
  }

  #mark(node: Node, path: Path): number {
    const line = this.lineAt(node.range?.[0] ?? 0);
    this.tree.lines.set(pathText(path), line);
    return line;
  }

  #refuse(code: string, message: string, path: Path, line: number, remedy: string): null {
    if (this.tree.problems.length < MAX_PROBLEMS) {
      this.tree.problems.push({ code, message, path: pathText(path), line, remedy });
    }
    return null;
  }

  #stop(problem: Problem): null {
    this.#stopped = true;
    this.tree.problems.push(problem);
    return null;
  }
}
