import { isObject, itemsOf, member, textOf, type Tree, type TreeObject } from "../tree.ts";

/** An object that a cluster is given. */
export interface KubeObject {
  kind: string;
  /** `Deployment/shop/web`; the namespace is left out where none is named. */
  name: string;
  path: string;
  line: number;
  tree: TreeObject;
}

const PLAIN = /^[\w.:-]{1,253}$/;

/** The objects of a document: itself, or the items of a List. */
export function objectsOf(tree: Tree, path: string, line: number, depth = 0): KubeObject[] {
  const kind = textOf(member(tree, "kind"));
  if (!isObject(tree) || kind === null || textOf(member(tree, "apiVersion")) === null) return [];
  if (kind.endsWith("List") && Array.isArray(member(tree, "items")) && depth < 3) {
    return itemsOf(member(tree, "items")).flatMap((item) => objectsOf(item, path, line, depth + 1));
  }
  const meta = member(tree, "metadata");
  const name = textOf(member(meta, "name")) ?? textOf(member(meta, "generateName")) ?? "";
  const namespace = textOf(member(meta, "namespace")) ?? "";
  const shown = (text: string) => PLAIN.test(text) ? text : "?";
  return [{
    kind: shown(kind),
    name: [shown(kind), ...(namespace === "" ? [] : [shown(namespace)]), shown(name)].join("/"),
    path,
    line,
    tree,
  }];
}

/** Every specification of pods in an object, however deep its kind keeps it. */
export function podSpecs(tree: Tree): TreeObject[] {
  const specs: TreeObject[] = [];
  const queue: Tree[] = [tree];
  while (queue.length > 0) {
    const next = queue.pop();
    if (Array.isArray(next)) queue.push(...next);
    else if (isObject(next)) {
      if (Array.isArray(next.containers)) specs.push(next);
      queue.push(...Object.values(next));
    }
  }
  return specs;
}
