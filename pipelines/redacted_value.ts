import { redact } from "../policies/mod.ts";
import type { Json } from "../specs/mod.ts";

/** A value without secrets that is still of its form: texts are redacted one by one, with the name that they stand under. */
export function redactedValue(value: Json, name = ""): Json {
  if (typeof value === "string") return redactedText(value, name);
  if (Array.isArray(value)) return value.map((one) => redactedValue(one, name));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [redact(key), redactedValue(one, key)]),
  );
}

function redactedText(text: string, name: string): string {
  const clean = redact(text);
  if (clean !== text) return clean;
  // Some are known by what they are assigned to.
  const line = JSON.stringify({ [name]: text });
  return redact(line) === line ? text : "[redacted]";
}
