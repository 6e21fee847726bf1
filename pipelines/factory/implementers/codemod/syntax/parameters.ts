import { present, type SyntaxNode } from "../grammar.ts";
import type { OperationOf } from "../workbench.ts";
import type { SyntaxFamily } from "./program.ts";
import type { Use } from "./uses.ts";

type Change = OperationOf<"change-signature">;

/** A parameter list as it is written. */
export interface Parameters {
  list: SyntaxNode;
  /** Those that calls pass, without `self`; Go's `a, b int` counts as two. */
  own: SyntaxNode[];
  /** Where one more goes by default: before what takes the rest. */
  end: number;
  /** `self`, when the method is called on an object. */
  self: SyntaxNode | null;
}

/** The node of a name in a parsed file. */
export function nodeOf(root: SyntaxNode, use: Use): SyntaxNode | null {
  let node = root.descendantForIndex(use.start, Math.max(use.start, use.end - 1));
  while (node !== null && (node.startIndex < use.start || node.endIndex > use.end)) {
    node = present(node.namedChildren)[0] ?? null;
  }
  return node;
}

export const FUNCTIONS: Record<Exclude<SyntaxFamily, "bash">, string[]> = {
  python: ["function_definition"],
  go: ["function_declaration", "method_declaration", "method_elem"],
  java: ["method_declaration"],
  rust: ["function_item", "function_signature_item"],
};

/** The function that a name declares. */
export function functionOf(family: keyof typeof FUNCTIONS, node: SyntaxNode): SyntaxNode | null {
  const { parent } = node;
  if (parent === null || !FUNCTIONS[family].includes(parent.type)) return null;
  return parent.childForFieldName("name")?.id === node.id ? parent : null;
}

/** The argument list of the call of which a name is what is called. */
export function argumentsOf(family: keyof typeof FUNCTIONS, node: SyntaxNode): SyntaxNode | null {
  if (family === "java") {
    const { parent } = node;
    const called = parent?.type === "method_invocation" && parent.childForFieldName("name")?.id === node.id;
    return called ? parent?.childForFieldName("arguments") ?? null : null;
  }
  let callee: SyntaxNode = node;
  const holders = [
    "attribute",
    "selector_expression",
    "scoped_identifier",
    "field_expression",
    "generic_function",
    "type_instantiation_expression",
    "parenthesized_expression",
  ];
  while (callee.parent !== null && holders.includes(callee.parent.type)) {
    const holder: SyntaxNode = callee.parent;
    const last = ["attribute", "field", "name", "function"].map((it) =>
      holder.childForFieldName(it)
    ).find((it) => it !== null) ??
      present(holder.namedChildren)[0];
    if (last?.id !== callee.id) {
      return null;
    }
    callee = holder;
  }
  const call = callee.parent;
  if (call === null || (call.type !== "call" && call.type !== "call_expression")) return null;
  return call.childForFieldName("function")?.id === callee.id ? call.childForFieldName("arguments") : null;
}

export function parametersOf(family: keyof typeof FUNCTIONS, fn: SyntaxNode): Parameters | null {
  const list = fn.childForFieldName("parameters");
  if (list === null) return null;
  const all = present(list.namedChildren).filter((it) =>
    it.type !== "comment" && it.type !== "line_comment" && it.type !== "block_comment"
  );
  switch (family) {
    case "python": {
      const inClass = fn.parent?.parent?.type === "class_definition" ||
        (fn.parent?.type === "decorated_definition" && fn.parent.parent?.parent?.type === "class_definition");
      const isStatic = fn.parent?.type === "decorated_definition" && fn.parent.text.includes("@staticmethod");
      const self = inClass && !isStatic ? all[0] ?? null : null;
      const own = self === null ? all : all.slice(1);
      const stop = own.findIndex((it) =>
        ["list_splat_pattern", "dictionary_splat_pattern", "keyword_separator"].includes(typeOfParameter(it))
      );
      return { list, own, end: stop < 0 ? own.length : stop, self };
    }
    case "go": {
      const own = all.flatMap((it) => {
        const names = present(it.childrenForFieldName("name"));
        return names.length === 0 ? [it] : names;
      });
      const variadic = all.at(-1)?.type === "variadic_parameter_declaration" ? 1 : 0;
      return { list, own, end: own.length - variadic, self: null };
    }
    case "java": {
      const own = all.filter((it) => it.type !== "receiver_parameter");
      return { list, own, end: own.length - (own.at(-1)?.type === "spread_parameter" ? 1 : 0), self: null };
    }
    case "rust": {
      const self = all.find((it) => it.type === "self_parameter") ?? null;
      const own = all.filter((it) => it.type !== "self_parameter" && it.type !== "attribute_item");
      return { list, own, end: own.length - (own.at(-1)?.type === "variadic_parameter" ? 1 : 0), self };
    }
  }
}

/** `*args: int` is a typed parameter that holds a splat. */
function typeOfParameter(node: SyntaxNode): string {
  return node.type === "typed_parameter" ? present(node.namedChildren)[0]?.type ?? node.type : node.type;
}

export function parameterText(
  family: keyof typeof FUNCTIONS,
  add: Change["add"],
  withDefault: boolean,
): string {
  const { name, type, default: value } = add;
  switch (family) {
    case "python":
      if (type === undefined) return withDefault ? `${name}=${value}` : name;
      return withDefault ? `${name}: ${type} = ${value}` : `${name}: ${type}`;
    case "go":
      return `${name} ${type}`;
    case "java":
      return `${type} ${name}`;
    case "rust":
      return `${name}: ${type}`;
  }
}
