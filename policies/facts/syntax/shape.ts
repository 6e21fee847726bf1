import type { Step } from "./step.ts";
import { child, named, type Node } from "./tree.ts";

const OTHER: Step = { kind: "other" };

/** Statements of a block of this type; anything else stands for itself. */
export const blockIn = (type: string) => (node: Node | null): Node[] =>
  node === null ? [] : node.type === type ? named(node) : [node];

/** A name, or a pattern of names, that is given a value. */
export const binding = (pattern: Node | null, value: Node | null): Step =>
  pattern && value ? { kind: "bind", pattern, value } : OTHER;

/** A loop over the elements of one list. */
export const loopOver = (pattern: Node | null, items: Node | null, body: Node[]): Step => ({
  kind: "each",
  pattern,
  items: items === null ? [] : [items],
  body,
});

/** Two operands with an operator between them that may leave the second one out. */
export function shortCut(node: Node, operators: Readonly<Record<string, "and" | "or">>): Step {
  const operator = operators[child(node, "operator")?.type ?? ""];
  const [left, right] = [child(node, "left"), child(node, "right")];
  return left && right && operator !== undefined ? { kind: "logic", operator, left, right } : OTHER;
}
