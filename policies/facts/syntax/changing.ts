import type { Dialect } from "./step.ts";
import { named, type Node } from "./tree.ts";

const FOUND = new WeakMap<Node, ReadonlySet<string>>();
const ASSIGNS =
  /^(?:assignment_expression|augmented_assignment\w*|update_expression|assignment_statement|inc_statement|dec_statement|compound_assignment_expr)$/;
const COUNTED = /^(?:assignment|variable_assignment)$/;

/** Names that are assigned again, that a method is called upon, or that another function is given. */
export function changingNames(root: Node, dialect: Dialect): ReadonlySet<string> {
  const known = FOUND.get(root);
  if (known !== undefined) return known;
  const found = new Set<string>();
  const times = new Map<string, number>();
  const first = (node: Node | undefined): string => {
    for (let inner = node; inner !== undefined; inner = named(inner)[0]) {
      if (dialect.isName(inner) || inner.type === "variable_name") return inner.text;
    }
    return "";
  };
  const walk = (node: Node): void => {
    if (ASSIGNS.test(node.type)) found.add(first(named(node)[0]));
    if (COUNTED.test(node.type)) {
      const name = first(named(node)[0]);
      times.set(name, (times.get(name) ?? 0) + 1);
      if ((times.get(name) ?? 0) > 1) found.add(name);
    }
    const step = dialect.step(node);
    if (step.kind === "call") {
      const { path, args, name } = step.call;
      if (path.length > 1) found.add(path[0] ?? "");
      const asserts = /^(?:assert|expect|self|t|chai|should)$/.test(path[0] ?? "") ||
        /assert|expect|equal|same/i.test(name);
      if (!asserts) { for (const arg of args) found.add(first(arg)); }
    }
    node.children.forEach(walk);
  };
  walk(root);
  FOUND.set(root, found);
  return found;
}
