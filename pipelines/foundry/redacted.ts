import { redact, scanSecrets } from "../../policies/mod.ts";

/**
 * The value with everything that looks like a credential taken out of its texts and names, for what people and other systems get
 * to see of data. Costs one scan where there is none.
 */
export function redacted<T>(value: T): T {
  const texts: string[] = [];
  walk(value, (text) => (texts.push(text), text));
  return scanSecrets(texts.join("\n")).length === 0 ? value : walk(value, redact) as T;
}

function walk(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one) => walk(one, change));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [change(name), walk(one, change)]));
}
