import { type Node, type ParseError, parseTree } from "jsonc-parser";

/**
 * Files that are protected in parts: the parts at base and head are compared as data, so that a dependency bump or a new version
 * is no protected edit, and reordering or reformatting is none either. Part -> its content. A part whose name begins with `?`
 * counts only where base and head both have it: adding or dropping it changes nothing that was checked before.
 */
export type Parts = Map<string, unknown>;

export type Data = Record<string, unknown>;
export const isData = (value: unknown): value is Data =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const entriesOf = (value: unknown): [string, unknown][] => isData(value) ? Object.entries(value) : [];

/** JSON with comments, read strictly: a name that stands twice in one object is read differently by different tools. */
export function jsonOf(text: string): Data {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  if (errors.length > 0 || root?.type !== "object") throw new Error("not a JSON object");
  return valueOf(root) as Data;
}

function valueOf(node: Node): unknown {
  if (node.type === "array") return (node.children ?? []).map(valueOf);
  if (node.type !== "object") return node.value;
  const data: Data = Object.create(null);
  for (const { children } of node.children ?? []) {
    const [key, value] = children ?? [];
    if (key === undefined || value === undefined) throw new Error("a member without a value");
    const name = String(key.value);
    if (name in data) throw new Error(`the name ${name} stands twice`);
    data[name] = valueOf(value);
  }
  return data;
}

/** Puts the keys that are there into the parts. */
export function pick(parts: Parts, data: Data, keys: readonly string[], prefix = ""): void {
  for (const key of keys) if (data[key] !== undefined) parts.set(`${prefix}${key}`, data[key]);
}
