import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseAllDocuments,
  type ParsedNode,
  Parser,
  Scalar,
  stringify,
} from "yaml";
import { type Json, ok, type Result } from "../../../../../specs/mod.ts";
import { type CodemodProblem, fail, messageOf } from "../problem.ts";
import { applyEdits, lineEnd, type TextFile, withLineEnd } from "../text_file.ts";
import { locate, sameValue, type Segment, withValueAt } from "./value.ts";

/** More expansions than this are an alias bomb, not a configuration. */
const MAX_ALIASES = 100;

type Parsed = Document.Parsed<ParsedNode, true>;

function readAll(file: TextFile): Result<{ documents: Parsed[]; values: unknown[] }, CodemodProblem> {
  const broken = (why: string) =>
    fail("invalid", `${file.path} is not valid YAML: ${why}`, {
      path: file.path,
      remedy: "correct the file first",
    });
  const parsed = parseAllDocuments(file.text, { logLevel: "error", keepSourceTokens: false });
  const documents: Parsed[] = Array.isArray(parsed) ? parsed as Parsed[] : [];
  const values: unknown[] = [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) return broken(error.message.split("\n")[0] ?? error.code);
    try {
      values.push(document.toJS({ maxAliasCount: MAX_ALIASES }));
    } catch (cause) {
      if (cause instanceof ReferenceError) {
        return fail("limit", `${file.path} expands too many aliases: ${cause.message}`, {
          path: file.path,
          remedy: "write the repeated values out, or edit this file by a patch",
        });
      }
      return broken(messageOf(cause));
    }
  }
  return ok({ documents, values });
}

/** The same, for one file of one document. */
export function readYaml(file: TextFile): Result<unknown, CodemodProblem> {
  const read = readAll(file);
  return read.ok ? ok(read.value.values[0]) : read;
}

/** Texts that YAML 1.1 readers take for something else (`yes`, `12:30`) get quotes. */
const WRITE = { lineWidth: 0, compat: "yaml-1.1" } as const;

/** One line of YAML for a scalar, in the quotes of the scalar that it replaces. */
function scalarText(value: Json, like?: Scalar): string | null {
  if (typeof value === "object" && value !== null) return null;
  const scalar = new Scalar(value);
  if (
    typeof value === "string" && like !== undefined &&
    (like.type === "QUOTE_DOUBLE" || like.type === "QUOTE_SINGLE")
  ) {
    scalar.type = like.type;
  }
  const text = stringify(scalar, { ...WRITE, blockQuote: false }).replace(/\n$/, "");
  return text.includes("\n") ? null : text;
}

/** A value as flow YAML, on one line. JSON is YAML. */
function flowText(value: Json): string {
  return JSON.stringify(value);
}

/** `key: value`, with a container's lines below it. */
function entryText(key: string | null, value: Json, indent: string, step: number): string {
  const object = key === null ? [value] : { [key]: value };
  const text = stringify(object, { ...WRITE, indent: step, blockQuote: "literal" }).replace(/\n$/, "");
  return text.split("\n").map((line) => line === "" ? line : indent + line).join("\n");
}

/** Columns that the file indents by. */
function indentStep(text: string): number {
  const lead = /\n( +)[^\s#-]/.exec(text)?.[1];
  return lead === undefined ? 2 : Math.min(Math.max(lead.length, 1), 8);
}

/** The offset of the end of the line that holds the last character before `offset`. */
function endOfLine(text: string, offset: number): number {
  const at = text.indexOf("\n", Math.max(0, offset - 1));
  return at < 0 ? text.length : at;
}

/** Edits that keep every other byte, in the order of preference; each is checked by parsing its result. */
function* rangeEdits(text: string, document: Parsed, path: readonly Segment[], missing: number, value: Json) {
  const at = path.length === 0 ? document.contents : document.getIn(path, true);
  if (missing === 0) {
    const node = at as ParsedNode | null | undefined;
    const range = node?.range;
    if (range === null || range === undefined) return;
    const block = isScalar(node) && (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED");
    const inline = isScalar(node) && !block && range[1] > range[0];
    const flow = isCollection(node) && node.flow === true;
    if (!inline && !flow && !isAlias(node)) return;
    const scalar = scalarText(value, isScalar(node) ? node : undefined);
    yield { start: range[0], end: range[1], text: scalar ?? flowText(value) };
    yield { start: range[0], end: range[1], text: flowText(value) };
    return;
  }
  const parentPath = path.slice(0, path.length - missing);
  const parent = parentPath.length === 0 ? document.contents : document.getIn(parentPath, true);
  const key = path[parentPath.length];
  if (key === undefined || !isCollection(parent) || parent.flow === true || parent.items.length === 0) return;
  const put = withValueAt(undefined, path.slice(parentPath.length + 1), value) as Json;
  const last = parent.items.at(-1);
  const firstItem = parent.items[0];
  const firstNode = isPair(firstItem) ? firstItem.key : firstItem;
  const lastNode = isPair(last) ? last.value ?? last.key : last;
  const range = (lastNode as ParsedNode | null)?.range;
  let start = (firstNode as ParsedNode | null)?.range?.[0];
  if (range === null || range === undefined || start === undefined) return;
  if (isSeq(parent)) start = text.lastIndexOf("-", start);
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  // Below a dash (`- a: 1`) the column counts, whatever stands before it.
  const indent = text.slice(lineStart, start).replace(/[^\t]/g, " ");
  const entry = entryText(isMap(parent) ? String(key) : null, put, indent, indentStep(text));
  const end = endOfLine(text, range[1]);
  const cr = text[end - 1] === "\r" ? 1 : 0;
  yield { start: end - cr, end: end - cr, text: `\n${entry}` };
}

/** The text with the value set in one document; comments stay, and so does every other byte where YAML allows it. */
export function setYaml(
  file: TextFile,
  segments: readonly Segment[],
  value: Json,
  which: number | undefined,
): Result<string, CodemodProblem> {
  const read = readAll(file);
  if (!read.ok) return read;
  const { documents, values } = read.value;
  if (documents.length > 1 && which === undefined) {
    return fail("ambiguous", `${file.path} holds ${documents.length} documents`, {
      path: file.path,
      remedy: `say which one: document 0 to ${documents.length - 1}`,
    });
  }
  const index = which ?? 0;
  if (index > 0 && index >= documents.length) {
    return fail("no-match", `${file.path} has no document ${index}`, {
      path: file.path,
      value: String(index),
      remedy: `use 0 to ${documents.length - 1}`,
    });
  }
  const document = documents[index];
  const before = values[index] ?? undefined;
  const located = locate(before === undefined ? {} : before, segments, file.path);
  if (!located.ok) return located;
  const { path, missing } = located.value;
  const eol = lineEnd(file.text);
  if (document !== undefined) {
    for (let i = 0; i < path.length; i++) {
      if (isAlias(i === 0 ? document.contents : document.getIn(path.slice(0, i), true))) {
        return fail(
          "unsupported",
          `${file.path}: ${path.slice(0, i).join(".")} is an alias of an anchored value`,
          {
            path: file.path,
            value: path.join("."),
            remedy: "set the value at its anchor, or replace the alias as a whole",
          },
        );
      }
    }
  }
  const expected = [...values];
  expected[index] = withValueAt(before, path, value);
  const holds = (text: string): boolean => {
    const again = readAll({ ...file, text });
    return again.ok && sameValue(again.value.values, expected) && commentsOf(text) >= commentsOf(file.text);
  };
  if (document !== undefined) {
    for (const edit of rangeEdits(file.text, document, path, missing, value)) {
      const text = applyEdits(file.text, [{ ...edit, text: withLineEnd(edit.text, eol) }]);
      if (holds(text)) return ok(text);
    }
  }
  // The document writer keeps comments and order; spacing may change, so it is the last resort.
  const written = document ?? parseAllDocuments("{}\n")[0] as Parsed;
  if (isMap(written.contents) && document === undefined) written.contents.flow = false;
  written.setIn(path.length === 0 ? [] : path, written.createNode(value));
  const all = document === undefined ? [written] : documents;
  const text = withLineEnd(
    all.map((it) => it.toString({ lineWidth: 0, indent: indentStep(file.text) })).join(""),
    eol,
  );
  const kept = document === undefined ? file.text + text : text;
  if (holds(kept)) return ok(kept);
  return fail("unsupported", `The value cannot be set in ${file.path} without changing anything else`, {
    path: file.path,
    value: path.join("."),
    remedy: "edit this file by a patch",
  });
}

/** How many comments a text has: an edit must not lose any. */
function commentsOf(text: string): number {
  let count = 0;
  const pending: unknown[] = [...new Parser().parse(text)];
  while (pending.length > 0) {
    const token = pending.pop();
    if (typeof token !== "object" || token === null) continue;
    if ("type" in token && token.type === "comment") count++;
    for (const inner of Object.values(token)) if (typeof inner === "object") pending.push(inner);
  }
  return count;
}
