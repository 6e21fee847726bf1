import type { Node } from "jsonc-parser";
import { MAX_DEPTH } from "./limits.ts";
import { tooDeep, type Tree } from "./tree.ts";
import { type Path, pathText, showText } from "./wording.ts";

/** Line, counted from 1, of an offset. */
function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}

/** Where the nesting passes the cap, or -1: found without recursion, before a recursive parser sees the text. */
function depthBreach(text: string): number {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === "\\") at += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{" || character === "[") {
      depth += 1;
      if (depth > MAX_DEPTH) return at;
    } else if (character === "}" || character === "]") depth -= 1;
  }
  return -1;
}

/** Reads strict JSON (no comments, no trailing commas, no key twice) with the line of every value. */
export async function readJsonTree(text: string): Promise<Tree> {
  const breach = depthBreach(text);
  const lines = new Map<string, number>();
  if (breach >= 0) return { value: undefined, lines, problems: [tooDeep([], lineAt(text, breach))] };
  const { parseTree, printParseErrorCode } = await import("jsonc-parser");
  const errors: { error: number; offset: number; length: number }[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's own message quotes the text, which may hold a secret; the tolerant parser tells the place.
    const first = errors[0];
    const what = first === undefined
      ? "it holds a character that JSON does not allow"
      : printParseErrorCode(first.error).replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
    return {
      value: undefined,
      lines,
      problems: [{
        code: "spec.syntax",
        message: `The JSON does not parse: ${what}.`,
        line: first === undefined ? undefined : lineAt(text, first.offset),
        remedy: "write strict JSON: double quotes, no comments, no trailing commas",
      }],
    };
  }
  const tree: Tree = { value, lines, problems: [] };
  if (root !== undefined) mark(root, [], tree, lineCounter(text));
  return tree;
}

/** Lines of rising offsets cost one pass in all. */
function lineCounter(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}

function mark(node: Node, path: Path, tree: Tree, lineAtOffset: (offset: number) => number): void {
  tree.lines.set(pathText(path), lineAtOffset(node.offset));
  const children = node.children ?? [];
  if (node.type === "array") {
    children.forEach((child, index) => mark(child, [...path, index], tree, lineAtOffset));
  } else if (node.type === "object") {
    const seen = new Set<string>();
    for (const property of children) {
      const [key, value] = property.children ?? [];
      const name = String(key?.value);
      if (seen.has(name)) {
        tree.problems.push({
          code: "spec.duplicate-key",
          message: `The field ${showText(name, 60)} is given twice.`,
          path: pathText([...path, name]),
          line: lineAtOffset(property.offset),
          remedy: "keep one of the two",
        });
      }
      seen.add(name);
      if (value !== undefined) mark(value, [...path, name], tree, lineAtOffset);
    }
  }
}
