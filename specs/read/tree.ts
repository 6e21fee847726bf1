import type { Problem } from "../base.ts";
import { hiddenCharacters } from "./hidden.ts";
import { MAX_DEPTH, MAX_NODES, MAX_SPEC_BYTES } from "./limits.ts";
import { type Path, pathText, showValue } from "./wording.ts";

/** A parsed text: its value, and the line on which each path stands. */
export interface Tree {
  value: unknown;
  /** Path (`intent.scope[0]`) to line, counted from 1. */
  lines: Map<string, number>;
  problems: Problem[];
}

/** The line of a path, or of the nearest field that holds it. */
export function lineOf(lines: Map<string, number>, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const line = lines.get(pathText(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return undefined;
}

export function tooDeep(path: Path, line?: number): Problem {
  return {
    code: "spec.depth",
    message: `The fields are nested deeper than ${MAX_DEPTH} levels.`,
    // A path of thousands of levels helps nobody.
    path: pathText(path.slice(0, 8)),
    line,
    remedy: "write the value flat; no field of a spec needs such nesting",
  };
}

/**
 * Looks at every value of a parsed spec for what no field may hold, whatever its contract says: hidden text (also
 * when it was written as an escape), numbers that JSON cannot carry, `__proto__`, too much of it, values that
 * are not data.
 */
export function inspectTree(value: unknown, lines: Map<string, number>): Problem[] {
  const problems: Problem[] = [];
  const stack: { value: unknown; path: Path }[] = [{ value, path: [] }];
  let nodes = 0;
  let characters = 0;
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const { path } = at;
    const where = { path: pathText(path), line: lineOf(lines, path) };
    nodes += 1;
    if (typeof at.value === "string") characters += at.value.length;
    if (nodes > MAX_NODES || characters > MAX_SPEC_BYTES) {
      problems.push({
        code: "spec.size",
        message: `The spec holds more than ${MAX_NODES} values or ${MAX_SPEC_BYTES} characters.`,
        remedy: "keep long material in the repository and name its path",
      });
      return problems;
    }
    if (path.length > MAX_DEPTH) {
      problems.push(tooDeep(path, where.line));
      return problems;
    }
    problems.push(...inspectValue(at.value, path, where));
    if (Array.isArray(at.value)) {
      for (let index = at.value.length - 1; index >= 0; index--) {
        stack.push({ value: at.value[index], path: [...path, index] });
      }
    } else if (at.value !== null && typeof at.value === "object") {
      for (const key of Object.keys(at.value).reverse()) {
        const inner = (at.value as Record<string, unknown>)[key];
        characters += key.length;
        problems.push(...inspectKey(key, where));
        if (inner !== undefined) stack.push({ value: inner, path: [...path, key] });
      }
    }
  }
  return problems;
}

function inspectKey(key: string, where: { path: string; line?: number }): Problem[] {
  if (key === "__proto__") {
    return [{
      code: "spec.key",
      message: "A field may not be named __proto__.",
      ...where,
      remedy: "remove it",
    }];
  }
  return hiddenCharacters(key, 1).map((hidden) => ({
    code: "spec.hidden-text",
    message: `A field's name holds the ${hidden.kind} character ${hidden.name}, which a reader does not see.`,
    ...where,
    remedy: "type the name again by hand",
  }));
}

function inspectValue(value: unknown, path: Path, where: { path: string; line?: number }): Problem[] {
  switch (typeof value) {
    case "string":
      return hiddenCharacters(value, 3).map((hidden) => ({
        code: "spec.hidden-text",
        message: `The text holds the ${hidden.kind} character ${hidden.name}, which a reader does not see.`,
        ...where,
        value: showValue(value, path),
        remedy: "remove the character; write what is meant in visible text",
      }));
    case "number":
      if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return [];
      return [{
        code: "spec.number",
        message: "The number cannot be kept exactly: it is not finite or is beyond 2^53.",
        ...where,
        value: String(value),
        remedy: "write a smaller number, or put it in quotes when it is text",
      }];
    case "boolean":
    case "object":
      return [];
    default:
      return [{
        code: "spec.type",
        message: `A spec holds only data, and this is ${typeof value}.`,
        ...where,
        remedy: "remove it",
      }];
  }
}
