/** A value that is only known when it is evaluated or applied. */
export class Unknown {
  constructor(readonly text: string) {}
}

export type Tree = null | string | number | boolean | Unknown | Tree[] | { [key: string]: Tree };
export type TreeObject = { [key: string]: Tree };

export const isObject = (tree: Tree | undefined): tree is TreeObject =>
  typeof tree === "object" && tree !== null && !Array.isArray(tree) && !(tree instanceof Unknown);

/** A member of an object, its own only: never what every object inherits. */
export const member = (tree: Tree | undefined, key: string): Tree | undefined =>
  isObject(tree) && Object.hasOwn(tree, key) ? tree[key] : undefined;

/** A list whether it is written as one or as a single item. */
export const itemsOf = (tree: Tree | undefined): Tree[] =>
  tree === undefined || tree === null ? [] : Array.isArray(tree) ? tree : [tree];

export const textOf = (tree: Tree | undefined): string | null => typeof tree === "string" ? tree : null;

/** Whether a switch is on: `true`, and "true" as Terraform takes it. */
export const isTrue = (tree: Tree | undefined): boolean => tree === true || tree === "true";
export const isFalse = (tree: Tree | undefined): boolean => tree === false || tree === "false";
