import { parse, TomlDate } from "smol-toml";
import { type Json, ok, type Result } from "../../../../../specs/mod.ts";
import { type CodemodProblem, fail, messageOf } from "../problem.ts";
import { applyEdits, lineEnd, type TextEdit, type TextFile, withLineEnd } from "../text_file.ts";
import { scanToml, type TomlTable, type TomlValue } from "./toml_scan.ts";
import { isRecord, locate, sameValue, type Segment, withValueAt } from "./value.ts";

/** Parses TOML. Whole numbers beyond 2^53 come as bigint, so that they compare exactly. */
export function readToml(file: TextFile): Result<Record<string, unknown>, CodemodProblem> {
  try {
    return ok(parse(file.text, { integersAsBigInt: "asNeeded", maxDepth: 200 }));
  } catch (cause) {
    return fail("invalid", `${file.path} is not valid TOML: ${messageOf(cause).split("\n")[0]}`, {
      path: file.path,
      remedy: "correct the file first",
    });
  }
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
}

/** A value on one line; null where TOML has no such value. */
function valueText(value: Json): string | null {
  if (value === null) return null;
  if (typeof value === "string") {
    if (!value.isWellFormed()) return null;
    return JSON.stringify(value).replaceAll("\u007f", "\\u007F");
  }
  if (typeof value === "number") {
    return Number.isFinite(value) ? String(value).replace(/^(-?\d+)e/, "$1.0e") : null;
  }
  if (typeof value === "boolean") return String(value);
  if (Array.isArray(value)) {
    const items = value.map(valueText);
    return items.includes(null) ? null : `[${items.join(", ")}]`;
  }
  const entries: string[] = [];
  for (const [key, inner] of Object.entries(value)) {
    const text = valueText(inner);
    if (text === null) return null;
    entries.push(`${keyText(key)} = ${text}`);
  }
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

function startsWith(path: readonly Segment[], head: readonly Segment[]): boolean {
  return head.length <= path.length && head.every((segment, i) => segment === path[i]);
}

/** The value that a path leads to inside a value, or the innermost container that it reaches. */
function descend(value: TomlValue, rest: readonly Segment[]): { value: TomlValue; rest: readonly Segment[] } {
  const [first] = rest;
  if (typeof first === "number" && value.items !== undefined) {
    const item = value.items[first];
    if (item !== undefined) return descend(item, rest.slice(1));
  } else if (value.entries !== undefined) {
    for (const entry of value.entries) {
      if (startsWith(rest, entry.path)) return descend(entry.value, rest.slice(entry.path.length));
    }
  }
  return { value, rest };
}

/** The edits that could set the value, in the order of preference. The first that reads back as expected is taken. */
function* candidates(text: string, tables: readonly TomlTable[], path: readonly Segment[], value: Json) {
  const plain = valueText(value);
  if (plain === null) return;
  // 1. In the value that is there, or inside the array or inline table that is there.
  for (const entry of tables.flatMap((table) => table.entries)) {
    if (!startsWith(path, entry.path)) continue;
    const found = descend(entry.value, path.slice(entry.path.length));
    if (found.rest.length === 0) {
      yield { start: found.value.start, end: found.value.end, text: plain };
      continue;
    }
    const [next, ...deeper] = found.rest;
    const inner = valueText(withValueAt(undefined, deeper, value) as Json);
    if (inner === null || next === undefined) continue;
    const container = found.value;
    const children = container.items ?? container.entries?.map((it) => it.value);
    if (children === undefined) continue;
    const piece = container.items === undefined ? `${keyText(String(next))} = ${inner}` : inner;
    const last = children.at(-1);
    if (last === undefined) {
      const padded = container.items === undefined ? ` ${piece} ` : piece;
      yield { start: container.start + 1, end: container.end - 1, text: padded };
    } else {
      const lead = /\n[ \t]*$/.exec(text.slice(0, last.start))?.[0] ?? " ";
      yield { start: last.end, end: last.end, text: `,${lead}${piece}` };
    }
  }
  // 2. A new line in the table that the path leads into, the deepest one first.
  const homes = tables.filter((table) => path.length > table.path.length && startsWith(path, table.path))
    .sort((a, b) => b.path.length - a.path.length);
  for (const table of homes) {
    const rest = path.slice(table.path.length);
    if (rest.some((segment) => typeof segment === "number")) continue;
    const siblings = table.entries.filter((entry) => startsWith(entry.path, path.slice(0, -1)));
    const after = (siblings.at(-1) ?? table.entries.at(-1))?.lineEnd ?? table.lineEnd;
    const direct = rest.length === 1 || siblings.length > 0;
    if (!direct) continue;
    const line = `${rest.map((it) => keyText(String(it))).join(".")} = ${plain}`;
    const lineStart = text.lastIndexOf("\n", after - 1) + 1;
    const indent = /^[ \t]*/.exec(text.slice(lineStart))?.[0] ?? "";
    const atTop = table.path.length === 0 && table.entries.length === 0;
    if (!atTop) yield { start: after, end: after, text: `\n${indent}${line}` };
    else {
      const first = tables[1];
      if (first === undefined) {
        yield {
          start: text.length,
          end: text.length,
          text: `${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`,
        };
      } else yield { start: first.start, end: first.start, text: `${line}\n\n` };
    }
  }
  // 3. A new table at the end.
  if (path.length > 1 && !path.some((segment) => typeof segment === "number")) {
    const header = path.slice(0, -1).map((it) => keyText(String(it))).join(".");
    const gap = text === "" ? "" : text.endsWith("\n") ? "\n" : "\n\n";
    const line = `${keyText(String(path.at(-1)))} = ${plain}`;
    yield { start: text.length, end: text.length, text: `${gap}[${header}]\n${line}\n` };
  }
  // 4. A new element of an array of tables.
  const lastSegment = path.at(-1);
  if (typeof lastSegment === "number" && isRecord(value)) {
    const header = path.slice(0, -1).filter((it) => typeof it === "string").map(keyText).join(".");
    const lines = Object.entries(value).map(([key, it]) => `${keyText(key)} = ${valueText(it as Json)}`);
    const gap = text.endsWith("\n") ? "\n" : "\n\n";
    yield { start: text.length, end: text.length, text: `${gap}[[${header}]]\n${lines.join("\n")}\n` };
  }
}

/** The text with the value set; every other byte stays. */
export function setToml(
  file: TextFile,
  segments: readonly Segment[],
  value: Json,
): Result<string, CodemodProblem> {
  const read = readToml(file);
  if (!read.ok) return read;
  const located = locate(read.value, segments, file.path);
  if (!located.ok) return located;
  const { path, current } = located.value;
  if (valueText(value) === null) {
    return fail("invalid", `TOML has no value ${JSON.stringify(value)}`, {
      path: file.path,
      value: JSON.stringify(value),
      remedy: "use a text, number, boolean, list or object without null",
    });
  }
  if (current instanceof TomlDate && typeof value === "string") {
    return fail("unsupported", `${path.join(".")} is a date in ${file.path}; a text would change its type`, {
      path: file.path,
      value,
      remedy: "edit this value by a patch",
    });
  }
  const tables = scanToml(file.text);
  const expected = withValueAt(read.value, path, value);
  const eol = lineEnd(file.text);
  for (const edit of tables === null ? [] : candidates(file.text, tables, path, value)) {
    const staged: TextEdit = { ...edit, text: withLineEnd(edit.text, eol) };
    const text = applyEdits(file.text, [staged]);
    const again = readToml({ ...file, text });
    if (again.ok && sameValue(again.value, expected)) return ok(text);
  }
  return fail(
    "unsupported",
    `${path.join(".")} cannot be set in ${file.path} without changing anything else`,
    {
      path: file.path,
      value: path.join("."),
      remedy: "edit this file by a patch, or set its table as a whole",
    },
  );
}
