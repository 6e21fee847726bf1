import type { Json } from "../specs/mod.ts";

/** Texts of objects that were frozen and written before: a workflow definition goes into the first event of each of its runs. */
const known = new WeakMap<object, string>();

/** Freezes a value, all the way down, and keeps its canonical text for as long as it lives. */
export function keepCanonical<T extends object>(value: T): T {
  freeze(value);
  if (!known.has(value)) known.set(value, canonicalJson(value as unknown as Json));
  return value;
}

function freeze(value: unknown): void {
  if (value === null || typeof value !== "object" || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const item of Object.values(value)) freeze(item);
}

/** Whether an object was frozen and its text kept. */
export function isKept(value: object): boolean {
  return known.has(value);
}

/**
 * The canonical JSON text of a value (RFC 8785, JCS): keys sorted by UTF-16 code units, ECMAScript numbers, no white space.
 * A small writer of our own because it runs for every event; a property test holds it equal to `canonicalize`.
 *
 * @throws {TypeError} for what JSON cannot say (NaN, Infinity, functions, symbols, bigint, a lone undefined).
 */
export function canonicalJson(value: Json): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) {
        throw new TypeError(`Cannot write JSON as a number must be finite: current value is ${value}`);
      }
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value);
    default:
      throw new TypeError(`Cannot write JSON as a value of type ${typeof value} has no JSON form`);
  }
}

function canonicalArray(values: readonly Json[]): string {
  let text = "[";
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ",";
    const item = values[i];
    text += item === undefined ? "null" : canonicalJson(item);
  }
  return text + "]";
}

function canonicalObject(object: { readonly [key: string]: Json | undefined }): string {
  const kept = known.get(object);
  if (kept !== undefined) return kept;
  let text = "{";
  for (const key of inOrder(Object.keys(object))) {
    const item = object[key];
    if (item === undefined) continue;
    if (text.length > 1) text += ",";
    text += quoted(key) + ":" + canonicalJson(item);
  }
  return text + "}";
}

/** More keys than this are left to the engine's own sort, which is quicker then. */
const FEW = 10;

function inOrder(keys: string[]): string[] {
  if (keys.length > FEW) return keys.sort();
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string;
    let at = i;
    for (; at > 0 && (keys[at - 1] as string) > key; at--) keys[at] = keys[at - 1] as string;
    keys[at] = key;
  }
  return keys;
}

const texts = new Map<string, string>();
const KEPT_TEXTS = 500;
const SHORT = 40;

/** The JSON text of a name: the same few are written over and over. */
export function quoted(name: string): string {
  const known = texts.get(name);
  if (known !== undefined) return known;
  const text = JSON.stringify(name);
  if (name.length <= SHORT && texts.size < KEPT_TEXTS) texts.set(name, text);
  return text;
}
