import { type Tree, type TreeObject, Unknown } from "../tree.ts";
import type { HclBlock, HclValue } from "./hcl.ts";

/** One thing that Terraform manages, as far as its values are known. */
export interface Resource {
  /** `aws_s3_bucket.logs`, with its modules and its index in a plan. */
  address: string;
  type: string;
  mode: "managed" | "data";
  values: TreeObject;
}

/** Values of variables and locals that are written out: what `var.x` and `local.x` are unless somebody gives others. */
export type Named = ReadonlyMap<string, HclValue>;

const MAX_STEPS = 8;

/** A block as a plan would tell it: attributes as members, nested blocks as lists. */
export function blockTree(block: HclBlock, named: Named): TreeObject {
  const tree: TreeObject = Object.create(null) as TreeObject;
  for (const [key, value] of block.attributes) tree[key] = valueTree(value, named, 0);
  for (const inner of block.blocks) {
    const dynamic = inner.type === "dynamic";
    const name = dynamic ? inner.labels[0] ?? "dynamic" : inner.type;
    const content = dynamic ? inner.blocks.find(({ type }) => type === "content") ?? inner : inner;
    const list = tree[name];
    const item = blockTree(content, named);
    if (Array.isArray(list)) list.push(item);
    else tree[name] = [item];
  }
  return tree;
}

function valueTree(value: HclValue, named: Named, steps: number): Tree {
  switch (value.is) {
    case "literal":
      return value.value;
    case "list":
      return value.items.map((item) => valueTree(item, named, steps));
    case "object": {
      const tree: TreeObject = Object.create(null) as TreeObject;
      for (const [key, item] of value.entries) tree[key] = valueTree(item, named, steps);
      return tree;
    }
    case "unknown": {
      const reference = /^(var|local) \. ([\w-]+)$/.exec(value.text);
      const meant = reference ? named.get(`${reference[1]}.${reference[2]}`) : undefined;
      if (meant && steps < MAX_STEPS) return valueTree(meant, named, steps + 1);
      return new Unknown(value.text);
    }
  }
}

/** A plan's `after` with what is only known after apply marked so. */
export function planTree(after: Tree | undefined, unknown: Tree | undefined): Tree {
  if (unknown === true) return new Unknown("known after apply");
  if (Array.isArray(unknown)) {
    const given = Array.isArray(after) ? after : [];
    return Array.from(
      { length: Math.max(given.length, unknown.length) },
      (_one, at) => planTree(given[at], unknown[at]),
    );
  }
  if (typeof unknown === "object" && unknown !== null && !(unknown instanceof Unknown)) {
    const given =
      typeof after === "object" && after !== null && !Array.isArray(after) && !(after instanceof Unknown)
        ? after
        : {};
    const merged: TreeObject = Object.assign(Object.create(null) as TreeObject, given);
    for (const [key, value] of Object.entries(unknown)) {
      merged[key] = planTree(Object.hasOwn(given, key) ? given[key] : undefined, value);
    }
    return merged;
  }
  return after ?? null;
}

/** The address without modules and index: what a configuration and its plan share. */
export function shortAddress(address: string): string {
  const plain = address.replace(/\[[^\]]*\]/g, "");
  const parts = plain.split(".");
  const data = parts.at(-3) === "data" ? "data." : "";
  return `${data}${parts.slice(-2).join(".")}`;
}
