import { present, type SyntaxNode } from "../grammar.ts";
import { type Extractor, nameBuilder, type Receiver, type Scope, typeOf, walk } from "./names.ts";

/** `*S`, `S[T]`, `S` -> `S`; types of other packages and unnamed ones have no name here. */
function typeName(node: SyntaxNode | null): string | null {
  if (node === null) return null;
  if (node.type === "type_identifier") return node.text;
  if (node.type === "qualified_type") return node.text;
  if (node.type === "pointer_type" || node.type === "parenthesized_type") {
    return typeName(present(node.namedChildren)[0] ?? null);
  }
  if (node.type === "generic_type") return typeName(node.childForFieldName("type"));
  return null;
}

const LITERALS: Record<string, string> = {
  int_literal: "int",
  float_literal: "float64",
  interpreted_string_literal: "string",
  raw_string_literal: "string",
  rune_literal: "rune",
  true: "bool",
  false: "bool",
};

/** The first result of a function. */
function resultType(node: SyntaxNode): string | null {
  const result = node.childForFieldName("result");
  if (result?.type !== "parameter_list") return typeName(result);
  return typeName(present(result.namedChildren)[0]?.childForFieldName("type") ?? null);
}

/** Names of a Go file. */
export const goNames: Extractor = (path, root) => {
  const b = nameBuilder(path);
  const typeOfValue = (node: SyntaxNode | null, scope: Scope): string | null => {
    if (node === null) return null;
    const literal = LITERALS[node.type];
    if (literal !== undefined) return literal;
    if (node.type === "identifier") return typeOf(scope, node.text);
    if (node.type === "composite_literal") return typeName(node.childForFieldName("type"));
    if (node.type === "unary_expression" || node.type === "parenthesized_expression") {
      return typeOfValue(node.childForFieldName("operand") ?? present(node.namedChildren)[0] ?? null, scope);
    }
    if (node.type === "type_assertion_expression") return typeName(node.childForFieldName("type"));
    if (node.type === "call_expression") {
      const callee = node.childForFieldName("function");
      if (callee?.text === "new") {
        return present(node.childForFieldName("arguments")?.namedChildren ?? [])[0]?.text ?? null;
      }
      if (callee?.type === "identifier") return `()${callee.text}`;

      if (callee?.type === "selector_expression") {
        const method = typeOfValue(callee, scope);
        return method === null ? null : `${method}()`;
      }
    }
    if (node.type === "selector_expression") {
      const base = receiverOf(node.childForFieldName("operand"), scope).type;
      return base === null ? null : `${base}>${node.childForFieldName("field")?.text ?? ""}`;
    }
    return null;
  };
  const receiverOf = (node: SyntaxNode | null, scope: Scope): Receiver => ({
    text: node?.text ?? "",
    type: typeOfValue(node, scope) ?? (node?.type === "identifier" ? `=${node.text}` : null),
  });
  /** What a literal builds; for elements without a type of their own, what the list or map holds. */
  const literalType = (literal: SyntaxNode | null): { type: string | null; fields: boolean } => {
    let at = literal, depth = 0;
    while (at !== null && at.type !== "composite_literal") {
      if (at.type === "literal_value") depth++;
      at = at.parent;
    }
    let type = at?.childForFieldName("type") ?? null;
    for (let i = 1; i < depth && type !== null; i++) {
      type = type.childForFieldName("value") ?? type.childForFieldName("element");
    }
    const container = type !== null &&
      ["map_type", "slice_type", "array_type", "implicit_length_array_type"].includes(type.type);
    return { type: typeName(type), fields: !container };
  };
  /** Local names are known from the end of their declaration on, those of the package everywhere. */
  const declareAll = (
    nodes: readonly SyntaxNode[],
    scope: Scope,
    since: number,
    types: readonly (string | null)[],
  ) => {
    nodes.forEach((node, i) => {
      if (node.type !== "identifier" || node.text === "_") return;
      if (scope.kind === "file") b.declare(node, scope, ["variable"]);
      else b.declareFrom(node, scope, ["variable"], since);
      b.type(scope, node.text, types[i] ?? null);
    });
  };
  const list = (node: SyntaxNode | null) => node === null ? [] : present(node.namedChildren);

  walk(root, b.result.file, (node, scope) => {
    switch (node.type) {
      case "package_clause":
        b.result.unit = present(node.namedChildren)[0]?.text ?? null;
        return null;
      case "import_spec": {
        const module = node.childForFieldName("path")?.text.slice(1, -1) ?? "";
        const name = node.childForFieldName("name");
        b.import(
          null,
          module,
          name?.type === "dot" ? "*" : null,
          name?.type === "package_identifier" ? name.text : null,
          scope,
        );
        return null;
      }
      case "function_declaration": {
        const name = node.childForFieldName("name");
        if (name?.text !== "init" && name?.text !== "_") b.declare(name, scope, ["function"]);
        else b.done(name);
        const returns = resultType(node);
        if (name !== null && returns !== null) b.result.returns.set(name.text, returns);
        return b.scope("function", scope, null);
      }
      case "method_declaration": {
        const receiver = present(node.childForFieldName("receiver")?.namedChildren ?? [])[0];
        const owner = typeName(receiver?.childForFieldName("type") ?? null);
        const name = node.childForFieldName("name");
        const returns = resultType(node);
        if (owner !== null) b.memberDeclare(name, scope, owner, ["method"]);
        if (owner !== null && returns !== null) b.result.returns.set(`${owner}::${name?.text}`, returns);
        return b.scope("function", scope, owner);
      }
      case "func_literal":
      case "function_type":
      case "method_elem":
        if (node.type === "method_elem" && scope.owner !== null) {
          const name = node.childForFieldName("name");
          const returns = resultType(node);
          b.memberDeclare(name, scope, scope.owner, ["method"]);
          if (returns !== null) b.result.returns.set(`${scope.owner}::${name?.text}`, returns);
        }
        return b.scope("function", scope);
      case "block":
      case "if_statement":
      case "for_statement":
      case "expression_switch_statement":
      case "type_switch_statement":
      case "select_statement":
      case "expression_case":
      case "default_case":
      case "type_case":
      case "communication_case":
        if (node.type === "type_switch_statement") {
          const inner = b.scope("block", scope);
          declareAll(list(node.childForFieldName("alias")), inner, node.startIndex, []);
          return inner;
        }
        return b.scope("block", scope);
      case "type_spec":
      case "type_alias": {
        const name = node.childForFieldName("name");
        const type = node.childForFieldName("type");
        b.declare(name, scope, type?.type === "interface_type" ? ["interface", "type"] : ["type", "class"]);
        const embedded = type === null
          ? []
          : present(type.descendantsOfType(["field_declaration", "type_elem"]))
            .filter((it) => it.childForFieldName("name") === null)
            .map((it) => typeName(it.childForFieldName("type") ?? present(it.namedChildren)[0] ?? null))
            .filter((it) => it !== null);
        if (name !== null) b.result.bases.set(name.text, embedded);
        // An embedded type is a field of its own name.
        for (const it of embedded) {
          b.result.fields.set(`${name?.text}::${it.slice(it.lastIndexOf(".") + 1)}`, it);
        }
        return b.scope("class", scope, name?.text ?? null);
      }
      case "field_declaration":
        for (const name of present(node.childrenForFieldName("name"))) {
          if (scope.kind === "class" && scope.owner !== null) {
            b.memberDeclare(name, scope, scope.owner, ["property"]);
            const type = typeName(node.childForFieldName("type"));
            if (type !== null) b.result.fields.set(`${scope.owner}::${name.text}`, type);
          } else b.key(name, scope, null);
        }
        return scope;
      case "type_parameter_declaration":
        for (const name of present(node.childrenForFieldName("name"))) b.declare(name, scope, ["type"]);
        return scope;
      case "const_spec":
      case "var_spec": {
        const names = present(node.childrenForFieldName("name"));
        const type = typeName(node.childForFieldName("type"));
        const values = list(node.childForFieldName("value"));
        declareAll(
          names,
          scope,
          node.endIndex,
          names.map((_, i) => type ?? typeOfValue(values[i] ?? null, scope)),
        );
        return scope;
      }
      case "parameter_declaration":
      case "variadic_parameter_declaration": {
        const type = node.type === "parameter_declaration" ? typeName(node.childForFieldName("type")) : null;
        for (const name of present(node.childrenForFieldName("name"))) {
          b.declare(name, scope, ["parameter", "variable"]);
          b.type(scope, name.text, type);
        }
        return scope;
      }
      case "short_var_declaration": {
        const values = list(node.childForFieldName("right"));
        const left = list(node.childForFieldName("left"));
        declareAll(left, scope, node.endIndex, left.map((_, i) => typeOfValue(values[i] ?? null, scope)));
        return scope;
      }
      case "range_clause":
      case "receive_statement":
        if (node.children.some((it) => it?.type === ":=")) {
          declareAll(list(node.childForFieldName("left")), scope, node.endIndex, []);
        }
        return scope;
      case "selector_expression":
        b.member(
          node.childForFieldName("field"),
          scope,
          receiverOf(node.childForFieldName("operand"), scope),
        );
        return scope;
      case "qualified_type": {
        const text = node.childForFieldName("package")?.text ?? "";
        b.member(node.childForFieldName("name"), scope, { text, type: `=${text}` });
        return scope;
      }
      case "keyed_element": {
        const key = node.childForFieldName("key");
        const inner = key?.type === "literal_element" ? present(key.namedChildren)[0] ?? null : key;
        if (inner?.type === "identifier") {
          const built = literalType(node.parent);
          if (built.fields) b.key(inner, scope, { text: built.type ?? "", type: built.type });
        }
        return scope;
      }
      case "identifier":
      case "type_identifier":
        if (node.text !== "_") b.use(node, scope);
        return null;
      default:
        return scope;
    }
  });
  return b.result;
};
