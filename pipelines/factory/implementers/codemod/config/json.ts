import {
  createScanner,
  findNodeAtLocation,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { type Json, ok, type Result } from "../../../../../specs/mod.ts";
import { type CodemodProblem, fail } from "../problem.ts";
import { applyEdits, lineAt, lineEnd, type TextEdit, type TextFile, withLineEnd } from "../text_file.ts";
import { locate, MAX_DEPTH, sameValue, type Segment, withValueAt } from "./value.ts";

/** How deep braces and brackets nest, without recursion. */
function depthOf(text: string): number {
  const scanner = createScanner(text, true);
  let depth = 0, deepest = 0;
  for (scanner.scan(); scanner.getTokenLength() > 0; scanner.scan()) {
    const sign = text[scanner.getTokenOffset()]; // a text starts with a quote, so a bracket is a bracket
    if (sign === "{" || sign === "[") deepest = Math.max(deepest, ++depth);
    else if (sign === "}" || sign === "]") depth--;
  }
  return deepest;
}

/** A value of a JSON tree, as JavaScript. The library's own would let `__proto__` through. */
function valueOf(node: Node): unknown {
  if (node.type === "array") return (node.children ?? []).map(valueOf);
  if (node.type !== "object") return node.value;
  return Object.fromEntries((node.children ?? []).flatMap((pair) => {
    const [key, value] = pair.children ?? [];
    return key === undefined || value === undefined ? [] : [[String(key.value), valueOf(value)]];
  }));
}

/** Parses JSON with comments and trailing commas. */
export function readJson(file: TextFile): Result<{ tree: Node; value: unknown }, CodemodProblem> {
  if (depthOf(file.text) > MAX_DEPTH) {
    return fail("limit", `${file.path} nests deeper than ${MAX_DEPTH} levels`, {
      path: file.path,
      remedy: "edit this file by a patch",
    });
  }
  const errors: ParseError[] = [];
  const tree = parseTree(file.text, errors, { allowTrailingComma: true, disallowComments: false });
  const [first] = errors;
  if (tree === undefined || first !== undefined) {
    const where = `${file.path}:${lineAt(file.text, first?.offset ?? 0)}`;
    return fail(
      "invalid",
      `${where} is not valid JSON: ${first === undefined ? "empty" : printParseErrorCode(first.error)}`,
      {
        path: file.path,
        remedy: "correct the file first",
      },
    );
  }
  return ok({ tree, value: valueOf(tree) });
}

/** One level of the file's indentation: the first line that is indented tells. */
function indentUnit(text: string): string {
  const lead = /\n([ \t]+)\S/.exec(text)?.[1];
  return lead === undefined ? "  " : lead.startsWith("\t") ? "\t" : lead;
}

/** A value on one line, spaced as people write it. */
function compact(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(compact).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${compact(inner)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

/** The white space that the line of an offset starts with. */
function leadOf(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1))?.[0] ?? "";
}

const endOf = (node: Node) => node.offset + node.length;

/** The edits that put a value in the place of one that is there. */
function replacement(text: string, node: Node, value: Json): TextEdit[] {
  const old = text.slice(node.offset, endOf(node));
  const inline = (node.type === "object" || node.type === "array") && (node.children ?? []).length > 0 &&
    !old.includes("\n");
  const printed = inline
    ? compact(value)
    : JSON.stringify(value, null, indentUnit(text)).replaceAll("\n", `\n${leadOf(text, node.offset)}`);
  return [{ start: node.offset, end: endOf(node), text: printed }];
}

/** The edits that put a new member into an object (`key`) or a new element at the end of an array. */
function insertion(text: string, container: Node, key: string | null, value: Json): TextEdit[] {
  const unit = indentUnit(text);
  const named = (printed: string) => key === null ? printed : `${JSON.stringify(key)}: ${printed}`;
  const last = container.children?.at(-1);
  const end = endOf(container) - 1;
  const multiline = (indent: string) =>
    named(JSON.stringify(value, null, unit).replaceAll("\n", `\n${indent}`));
  if (last === undefined) {
    const scalar = key === null && (value === null || typeof value !== "object");
    const inside = text.slice(container.offset + 1, end);
    if (scalar && inside.trim() === "") return [{ start: container.offset + 1, end, text: compact(value) }];
    const indent = leadOf(text, container.offset);
    // A comment in an otherwise empty container stays above what comes in.
    const kept = inside.trimEnd();
    return [{
      start: container.offset + 1 + kept.length,
      end,
      text: `\n${indent}${unit}${multiline(indent + unit)}\n${indent}`,
    }];
  }
  const after = endOf(last);
  const inline = !text.slice(container.offset, endOf(container)).includes("\n");
  const lineBreak = text.indexOf("\n", after);
  if (inline || lineBreak < 0 || lineBreak > end) {
    return [{ start: after, end: after, text: `, ${named(compact(value))}` }];
  }
  // What follows on the last one's line, such as a comment, stays with it; so does the habit of a trailing comma.
  const indent = leadOf(text, last.offset);
  const trailing = hasComma(text.slice(after, end));
  const lineEnding = text[lineBreak - 1] === "\r" ? lineBreak - 1 : lineBreak;
  const entry = {
    start: lineEnding,
    end: lineEnding,
    text: `\n${indent}${multiline(indent)}${trailing ? "," : ""}`,
  };
  if (trailing && !hasComma(text.slice(after, lineEnding))) {
    return [{ start: after, end: after, text: `,\n${indent}${multiline(indent)}` }];
  }
  return trailing ? [entry] : [{ start: after, end: after, text: "," }, entry];
}

/** Whether there is a comma outside of comments. */
function hasComma(text: string): boolean {
  const scanner = createScanner(text, true);
  for (scanner.scan(); scanner.getTokenLength() > 0; scanner.scan()) {
    if (text[scanner.getTokenOffset()] === ",") return true;
  }
  return false;
}

/** The text with the value set; comments and formatting of the rest stay. */
export function setJson(
  file: TextFile,
  segments: readonly Segment[],
  value: Json,
): Result<string, CodemodProblem> {
  const read = readJson(file);
  if (!read.ok) return read;
  const located = locate(read.value.value, segments, file.path);
  if (!located.ok) return located;
  const { path, missing } = located.value;
  // A key that stands twice has two readings: the last wins for most parsers, an edit would take the first.
  for (let i = 0; i < path.length; i++) {
    const node = findNodeAtLocation(read.value.tree, path.slice(0, i));
    if (node?.type !== "object") continue;
    const same = (node.children ?? []).filter((pair) => pair.children?.[0]?.value === path[i]);
    if (same.length > 1) {
      const lines = same.map((pair) => `${file.path}:${lineAt(file.text, pair.offset)}`).join(", ");
      return fail("ambiguous", `The key ${String(path[i])} stands ${same.length} times: ${lines}`, {
        path: file.path,
        value: path.join("."),
        remedy: "remove the repeated key first",
      });
    }
  }
  const there = path.length - missing;
  const node = findNodeAtLocation(read.value.tree, path.slice(0, there));
  let edits: TextEdit[] = [];
  if (node !== undefined && missing === 0) edits = replacement(file.text, node, value);
  else if (node !== undefined) {
    const key = path[there];
    const put = withValueAt(undefined, path.slice(there + 1), value) as Json; // JSON in, JSON out
    edits = insertion(file.text, node, node.type === "array" ? null : String(key), put);
  }
  const eol = lineEnd(file.text);
  const text = applyEdits(file.text, edits.map((edit) => ({ ...edit, text: withLineEnd(edit.text, eol) })));
  const again = readJson({ ...file, text });
  if (!again.ok || !sameValue(again.value.value, withValueAt(read.value.value, path, value))) {
    return fail("unsupported", `The value cannot be set in ${file.path} without changing anything else`, {
      path: file.path,
      value: path.join("."),
      remedy: "edit this file by a patch",
    });
  }
  return ok(text);
}
