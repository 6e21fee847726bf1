import { child, named, type Node, plain } from "../syntax/tree.ts";
import { unescapeText } from "../secrets/literals.ts";
import { assignmentOf, importsOf, moduleWay, patternNames } from "./bindings.ts";
import {
  argumentsOf,
  CALL,
  calleeOf,
  indexOf,
  isIndex,
  isList,
  isMember,
  isNumber,
  isString,
  memberOf,
  NAMES,
  objectOf,
  TRANSPARENT,
} from "./shapes.ts";

/** A syntax tree with its ways up, and with what its names stand for. */
export interface Program {
  root: Node;
  nodes: readonly Node[];
  parent(node: Node): Node | null;
  /** The dotted way to a value, such as `process.argv[1]` or `os.getcwd()`; names of imports by what they import. */
  path(node: Node): string;
  /** The text that an expression is made of literals to be; null when it is not. */
  fold(node: Node): string | null;
  /** Every use of a name, but for where it is declared. */
  uses(name: string): readonly Node[];
  /** Whether the file gives the name a meaning of its own: a variable, a parameter, a function. Imports are in `path`. */
  declares(name: string): boolean;
}

/** Deeper than any honest chain of names. */
const MAX_DEPTH = 60;

export function programOf(root: Node): Program {
  const parents = new Map<Node, Node>();
  const nodes: Node[] = [];
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    nodes.push(node);
    for (const one of node.children) {
      parents.set(one, node);
      open.push(one);
    }
  }
  const parent = (node: Node): Node | null => parents.get(node) ?? null;
  const aliases = new Map<string, string>();
  const constants = new Map<string, Node>();
  const byName = new Map<string, Node[]>();
  for (const node of nodes) {
    if (!NAMES.has(node.type)) continue;
    const known = byName.get(node.text);
    if (known) known.push(node);
    else byName.set(node.text, [node]);
  }
  const paths = new Map<Node, string>();
  const folding = new Set<Node>();

  const path = (node: Node, depth = 0): string => {
    const known = paths.get(node);
    if (known !== undefined) return known;
    const made = depth > MAX_DEPTH ? "?" : pathOf(node, depth + 1);
    paths.set(node, made);
    return made;
  };
  const pathOf = (node: Node, depth: number): string => {
    if (NAMES.has(node.type)) return aliases.get(node.text) ?? node.text;
    if (node.type === "import" || node.type === "super" || node.type === "this" || node.type === "self") {
      return node.type;
    }
    if (TRANSPARENT.has(node.type)) {
      const inner = child(node, "argument") ?? child(node, "value") ?? named(node)[0];
      return inner ? path(inner, depth) : "?";
    }
    if (isMember(node)) {
      const object = objectOf(node);
      return object ? `${path(object, depth)}.${memberOf(node)}` : "?";
    }
    if (isIndex(node)) {
      const object = objectOf(node);
      const index = indexOf(node);
      if (!object || !index) return "?";
      const text = isNumber(index) ? null : fold(index);
      return text === null
        ? `${path(object, depth)}[${isNumber(index) ? plain(index) : ""}]`
        : `${path(object, depth)}.${text}`;
    }
    if (node.type === "new_expression" || node.type === "object_creation_expression") {
      const made = child(node, "constructor") ?? child(node, "type");
      return made ? `${path(made, depth)}()` : "?";
    }
    if (CALL.has(node.type)) {
      const callee = calleeOf(node);
      const name = node.type === "method_invocation" ? `.${plain(child(node, "name"))}` : "";
      const way = callee ? path(callee, depth) + name : name.slice(1);
      const module = loaded(way, argumentsOf(node), fold);
      return module ?? `${way}()`;
    }
    return "?";
  };

  const fold = (node: Node): string | null => {
    if (folding.has(node) || folding.size > MAX_DEPTH) return null;
    folding.add(node);
    try {
      return folded(node);
    } finally {
      folding.delete(node);
    }
  };
  const all = (nodes: readonly Node[], between = ""): string | null => {
    const texts = nodes.map(fold);
    return texts.includes(null) ? null : texts.join(between);
  };
  const folded = (node: Node): string | null => {
    if (isString(node)) {
      const parts = node.children.filter((one) =>
        one.named && !/^(?:string_start|string_end)$/.test(one.type)
      );
      if (node.children.length === 0) return unescapeText(node.text.slice(1, -1));
      const texts = parts.map((part) => {
        if (part.type === "template_substitution" || part.type === "interpolation") {
          const inner = named(part)[0];
          return inner ? fold(inner) : null;
        }
        return unescapeText(plain(part));
      });
      return texts.includes(null) ? null : texts.join("");
    }
    if (TRANSPARENT.has(node.type) && node.type !== "unary_expression") {
      const inner = child(node, "value") ?? named(node)[0];
      return inner ? fold(inner) : null;
    }
    switch (node.type) {
      case "concatenated_string":
        return all(named(node));
      case "binary_expression":
      case "binary_operator": {
        const [left, right] = [child(node, "left"), child(node, "right")];
        return plain(child(node, "operator")) === "+" && left && right ? all([left, right]) : null;
      }
      case "identifier": {
        const value = constants.get(node.text);
        return value ? fold(value) : null;
      }
    }
    if (CALL.has(node.type)) {
      const callee = child(node, "function");
      const args = argumentsOf(node);
      if (callee && isMember(callee) && memberOf(callee) === "join") {
        const object = objectOf(callee);
        const [list, separator] = object && isList(object) ? [object, args[0]] : [args[0], object];
        if (list && isList(list)) {
          const between = separator ? fold(separator) : ",";
          return between === null ? null : all(named(list), between);
        }
      }
    }
    return null;
  };

  // Names first by what they import, then by the one value that they are given.
  for (const node of nodes) for (const [name, way] of importsOf(node)) aliases.set(name, way);
  const given = new Map<string, number>();
  const values: [string, Node][] = [];
  for (const node of nodes) {
    const [target, value] = assignmentOf(node);
    if (!target || !value) continue;
    if (target.type === "identifier") {
      given.set(target.text, (given.get(target.text) ?? 0) + 1);
      values.push([target.text, value]);
    } else if (target.type === "object_pattern") {
      for (const [name, key] of patternNames(target)) values.push([name, memberNode(value, key)]);
    }
  }
  for (const [name, value] of values) {
    if ((given.get(name) ?? 0) > 1) continue;
    constants.set(name, value);
  }
  for (const [name, value] of values) {
    if ((given.get(name) ?? 0) > 1 || aliases.has(name)) continue;
    const way = path(value);
    if (ROOTS.test(way)) aliases.set(name, way);
  }
  paths.clear();

  const declared = (node: Node): boolean => {
    const above = parent(node);
    return above !== null && (
      (/_declarator$|^(?:assignment|let_declaration|short_var_declaration|var_spec|default_parameter)$/.test(
        above.type,
      ) &&
        (node.field === "name" || node.field === "left" || node.field === "pattern")) ||
      /parameters?$|_pattern$|import_specifier|import_clause|namespace_import/.test(above.type)
    );
  };
  return {
    root,
    nodes,
    parent,
    path,
    fold,
    declares: (name) =>
      (byName.get(name) ?? []).some((node) =>
        declared(node) || parent(node)?.type === "function_declaration"
      ),
    uses: (name) => (byName.get(name) ?? []).filter((node) => !declared(node)),
  };
}

/** Things that a name may stand for: the process, its libraries, modules. */
const ROOTS =
  /^(?:Deno|process|globalThis|os|sys|gc|inspect|module:.*|(?:module:module\.)?createRequire\(\)|(?:Deno|process|os|sys|module:)[\w.:/@-]*)(?:\.\w+|\[\d*\])*$/;

/** `await import("x")`, `require("x")`, `__import__("x")`: the module. */
function loaded(way: string, args: readonly Node[], fold: (node: Node) => string | null): string | null {
  if (!LOADS.test(way)) return null;
  const name = args[0] ? fold(args[0]) : null;
  return name === null ? null : moduleWay(name);
}

export const LOADS =
  /^import$|^(?:module\.|globalThis\.)?require$|^require\.main\.require$|(?:^|\.)getBuiltinModule$|^(?:(?:module:)?builtins\.)?__import__$|^(?:importlib\.)?import_module$|createRequire\(\)$/;

/** The member of a value, as if the program had written it. */
function memberNode(object: Node, key: string): Node {
  const property: Node = {
    type: "property_identifier",
    field: "property",
    named: true,
    line: object.line,
    text: key,
    children: [],
  };
  return {
    type: "member_expression",
    field: "",
    named: true,
    line: object.line,
    text: "",
    children: [{ ...object, field: "object" }, property],
  };
}
