import { child, type Node, plain } from "../syntax/tree.ts";
import type { Bypass } from "./shell.ts";

const CALL = /^(?:call|call_expression|method_invocation)$/;
const REMOVES =
  /(?:^|[.:])(?:rm|unlink|rmdir|rimraf|remove|removeAll|rmtree|remove_dir_all|remove_file|delete|deleteIfExists|deleteDirectory|deleteRecursively|emptyDir|rename|move|del|trash|truncate)(?:Sync|Async)?$/i;
const WRITES = /(?:^|[.:])(?:write\w*|outputFile)(?:Sync)?$/i;
const MODE = /(?:^|[.:])(?:chmod|set_permissions|setExecutable)(?:Sync)?$/i;
/** The folder of the hooks, or one hook in it. */
const HOOKS = /(?:^|[/\\])(?:\.git[/\\]+hooks|\.husky|\.githooks)(?:[/\\]|$)/;
/** A hook that says yes to all. */
const SAYS_YES = /^(?:#![^\n]*\n)?\s*(?:exit 0|true|:)?\s*$/;

/** Hooks that a program removes, moves away, overwrites with nothing, or takes the right to run from. */
export function* hooksTouched(root: Node): Iterable<Omit<Bypass, "certain">> {
  const held = heldStrings(root);
  const walk = function* (node: Node): Iterable<Omit<Bypass, "certain">> {
    if (CALL.test(node.type)) {
      const callee = plain(child(node, "function") ?? child(node, "name")).slice(-80);
      const pieces = [...strings(node, held)];
      const path = pieces.join("/");
      const kind = "hooks-removed";
      if (HOOKS.test(path)) {
        if (REMOVES.test(callee)) {
          yield { line: node.line, kind, detail: "a program takes the hooks away" };
        } else if (
          WRITES.test(callee) && pieces.length > 1 && SAYS_YES.test(unescaped(pieces.at(-1) ?? "x"))
        ) {
          yield { line: node.line, kind, detail: "a hook is written over" };
        } else if (MODE.test(callee) && /(?:\b|o)0?[0246]{3}\b|false/.test(plain(child(node, "arguments")))) {
          yield { line: node.line, kind, detail: "a hook may not run any more" };
        }
      }
    }
    for (const one of node.children) yield* walk(one);
  };
  yield* walk(root);
}

const unescaped = (text: string): string => text.replace(/\\n/g, "\n");

/** The strings below a node, in their order, with those of the names that hold some. */
function* strings(node: Node, held: ReadonlyMap<string, string>): Iterable<string> {
  if (/string/.test(node.type)) {
    yield plain(node).replace(/^[a-zA-Z]{0,2}["'`]+|["'`]+$/g, "");
    return;
  }
  if (node.type === "identifier" && node.children.length === 0) {
    const path = held.get(node.text);
    if (path !== undefined) yield path;
    return;
  }
  for (const one of node.children) yield* strings(one, held);
}

/** Names that a file gives to a path with hooks in it. */
function heldStrings(root: Node): Map<string, string> {
  const held = new Map<string, string>();
  const walk = (node: Node): void => {
    const name = child(node, "left") ?? child(node, "name") ?? child(node, "pattern");
    const value = child(node, "right") ?? child(node, "value");
    if (name !== null && value !== null && /^[A-Za-z_]\w*$/.test(plain(name))) {
      const path = [...strings(value, held)].join("/");
      if (HOOKS.test(path)) held.set(plain(name), path);
    }
    node.children.forEach(walk);
  };
  walk(root);
  return held;
}
