/** Paths into an answer: `items`, `$.items`, `data.page[0].rows`, `$['odd name'][*].rows`. A small part of JSONPath, read once. */
import type { Json } from "../../../specs/mod.ts";
import { isObject } from "../../net/lossless_json.ts";

/** A key, an index, or each element. */
type Step = string | number | "*each";

export interface JsonPath {
  readonly text: string;
  readonly steps: readonly Step[];
}

const EACH = "*each";

/** Null when the text is no path. */
export function parsePath(text: string): JsonPath | null {
  const steps: Step[] = [];
  let rest = text.trim();
  if (rest === "" || rest === "$") return { text, steps };
  rest = rest.startsWith("$.") ? rest.slice(2) : rest.startsWith("$[") ? rest.slice(1) : rest;
  for (let first = true; rest !== ""; first = false) {
    const found = /^\[(\d{1,9})\]/.exec(rest) ?? /^\[\s*'([^']*)'\s*\]/.exec(rest) ??
      /^\[\s*"([^"]*)"\s*\]/.exec(rest);
    const each = /^\[\*\]/.exec(rest);
    if (each) {
      steps.push(EACH);
      rest = rest.slice(each[0].length);
    } else if (found) {
      steps.push(/^\[\d/.test(found[0]) ? Number(found[1]) : found[1] ?? "");
      rest = rest.slice(found[0].length);
    } else {
      const key = (first ? /^([^.[\]]+)/ : /^\.([^.[\]]+)/).exec(rest);
      if (!key) return null;
      steps.push(key[1] === "*" ? EACH : key[1] ?? "");
      rest = rest.slice(key[0].length);
    }
  }
  return { text, steps };
}

/** What stands there; undefined when nothing does. `[*]` gives a list of what stands below each element. */
export function at(value: Json, { steps }: Pick<JsonPath, "steps">): Json | undefined {
  let here: Json | undefined = value;
  for (const [i, step] of steps.entries()) {
    if (step === EACH) {
      if (!Array.isArray(here)) return undefined;
      const rest = { steps: steps.slice(i + 1) };
      return here.flatMap((one) => {
        const found = at(one, rest);
        return found === undefined ? [] : Array.isArray(found) ? found : [found];
      });
    }
    if (typeof step === "number") here = Array.isArray(here) ? here[step] : undefined;
    else here = isObject(here) && Object.hasOwn(here, step) ? here[step] : undefined;
    if (here === undefined) return undefined;
  }
  return here;
}

/** Where one of the rows of a path stands, for people: `items[3]`. */
export const rowPlace = (path: JsonPath | null, index: number): string => {
  const text = (path?.text ?? "").replace(/^\$\.?/, "");
  return text === "" ? `[${index}]` : `${text}[${index}]`;
};

/** The object with a value put at a dotted path, for bodies of requests. */
export function withValue(value: Json, path: JsonPath, put: Json): Json {
  const [first, ...rest] = path.steps;
  if (first === undefined) return put;
  const next = { ...path, steps: rest };
  if (typeof first === "number" && Array.isArray(value)) {
    return value.map((one, i) => i === first ? withValue(one, next, put) : one);
  }
  const object = isObject(value) ? value : {};
  return { ...object, [String(first)]: withValue(object[String(first)] ?? null, next, put) };
}
