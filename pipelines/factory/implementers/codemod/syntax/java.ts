import type { SymbolKind } from "../../../../../specs/mod.ts";
import { present, type SyntaxNode } from "../grammar.ts";
import { type Extractor, nameBuilder, type Receiver, type Scope, typeOf, walk } from "./names.ts";

const TYPES: Record<string, readonly SymbolKind[]> = {
  class_declaration: ["class", "type"],
  interface_declaration: ["interface", "type"],
  enum_declaration: ["enum", "type"],
  record_declaration: ["class", "type"],
  annotation_type_declaration: ["interface", "type"],
};

const LITERALS: Record<string, string> = {
  string_literal: "String",
  decimal_integer_literal: "int",
  decimal_floating_point_literal: "double",
  character_literal: "char",
  true: "boolean",
  false: "boolean",
  class_literal: "Class",
};

/** `a.b.C<T>` -> `C`; primitives and arrays have names too, for they are no types of ours. */
function typeName(node: SyntaxNode | null): string | null {
  if (node === null) return null;
  if (node.type === "generic_type") return typeName(present(node.namedChildren)[0] ?? null);
  if (node.type === "scoped_type_identifier") return node.text.slice(node.text.lastIndexOf(".") + 1);
  return node.text === "var" ? null : node.text;
}

/** Names of a Java file. */
export const javaNames: Extractor = (path, root) => {
  const b = nameBuilder(path);
  const typeOfValue = (node: SyntaxNode | null, scope: Scope): string | null => {
    if (node === null) return null;
    const literal = LITERALS[node.type];
    if (literal !== undefined) return literal;
    switch (node.type) {
      case "this":
        return scope.owner;
      case "super":
        return scope.owner === null ? null : `super ${scope.owner}`;
      case "identifier":
        return typeOf(scope, node.text);
      case "object_creation_expression":
      case "cast_expression":
        return typeName(node.childForFieldName("type"));
      case "parenthesized_expression":
        return typeOfValue(present(node.namedChildren)[0] ?? null, scope);
      case "field_access": {
        const base = receiverOf(node.childForFieldName("object"), scope).type;
        return base === null ? null : `${base}>${node.childForFieldName("field")?.text ?? ""}`;
      }
      case "method_invocation": {
        const object = node.childForFieldName("object");
        const base = object === null ? scope.owner : receiverOf(object, scope).type;
        const name = node.childForFieldName("name")?.text ?? "";
        // A bare call may be of a method that is imported by its name.
        if (object === null && (base === null || !declaresHere(scope, `${name}()`))) return `()${name}`;
        return base === null ? null : `${base}>${name}()`;
      }
      default:
        return null;
    }
  };
  const receiverOf = (node: SyntaxNode | null, scope: Scope): Receiver => ({
    text: node?.text ?? "",
    type: typeOfValue(node, scope) ??
      (node?.type === "identifier" ? `=${node.text}` : null),
  });
  const declaresHere = (scope: Scope, key: string) => {
    for (let at: Scope | null = scope; at !== null; at = at.parent) if (at.names.has(key)) return true;
    return false;
  };
  const local = (
    node: SyntaxNode | null,
    scope: Scope,
    type: string | null,
    kinds: readonly SymbolKind[],
  ) => {
    if (node === null) return;
    b.declareFrom(node, scope, kinds, node.startIndex);
    b.type(scope, node.text, type);
  };
  const member = (node: SyntaxNode | null, scope: Scope, kinds: readonly SymbolKind[], key?: string) => {
    if (node === null || scope.owner === null) return;
    scope.names.add(key ?? node.text);
    b.memberDeclare(node, scope, scope.owner, kinds);
  };

  walk(root, b.result.file, (node, scope) => {
    const kinds = TYPES[node.type];
    if (kinds !== undefined) {
      const name = node.childForFieldName("name");
      if (scope.kind === "class") member(name, scope, kinds);
      else b.declare(name, scope, kinds);
      const heads = [node.childForFieldName("superclass"), node.childForFieldName("interfaces")]
        .concat(present(node.namedChildren).filter((it) => it.type === "extends_interfaces"));
      b.result.bases.set(
        name?.text ?? "",
        heads.flatMap((it) => present(it?.descendantsOfType("type_identifier") ?? [])).map((it) => it.text),
      );
      const inner = b.scope("class", scope, name?.text ?? null);
      if (node.type === "record_declaration") {
        for (const it of present(node.childForFieldName("parameters")?.namedChildren ?? [])) {
          const component = it.childForFieldName("name");
          member(component, inner, ["property"]);
          if (component !== null) {
            inner.names.add(`${component.text}()`);
            b.type(inner, component.text, typeName(it.childForFieldName("type")));
          }
        }
      }
      return inner;
    }
    switch (node.type) {
      case "package_declaration":
        b.result.unit = present(node.namedChildren).at(-1)?.text ?? null;
        return null;
      case "import_declaration": {
        const path = present(node.namedChildren).find((it) => it.type !== "asterisk");
        const all = present(node.namedChildren).some((it) => it.type === "asterisk");
        const last = path?.childForFieldName("name") ?? path ?? null;
        const whole = path?.text ?? "";
        if (all) b.import(null, whole, "*", null, scope);
        else {
          b.import(last, path?.childForFieldName("scope")?.text ?? "", last?.text ?? "", null, scope);
          const owner = path?.childForFieldName("scope");
          // import static a.B.c: the class is named there too.
          if (node.children.some((it) => it?.type === "static") && owner !== null && owner !== undefined) {
            const type = owner.childForFieldName("name") ?? owner;
            b.import(type, owner.childForFieldName("scope")?.text ?? "", type.text, null, scope);
          }
          if (last !== null) scope.names.add(last.text);
        }
        return null;
      }
      case "class_body":
        // An unnamed class: its members are nobody's.
        return node.parent?.type === "object_creation_expression" ? b.scope("class", scope, null) : scope;
      case "method_declaration":
      case "annotation_type_element_declaration": {
        const name = node.childForFieldName("name");
        member(name, scope, ["method"], `${name?.text}()`);
        const type = typeName(node.childForFieldName("type"));
        if (name !== null && type !== null) {
          b.result.returns.set(name.text, type); // for bare calls of a name that is imported
          if (scope.owner !== null) b.result.returns.set(`${scope.owner}::${name.text}`, type);
        }
        return b.scope("function", scope);
      }
      case "constructor_declaration":
      case "compact_constructor_declaration": {
        const name = node.childForFieldName("name");
        if (name !== null) b.use(name, scope.parent ?? scope);
        return b.scope("function", scope);
      }
      case "field_declaration":
      case "constant_declaration":
        for (const it of present(node.childrenForFieldName("declarator"))) {
          const name = it.childForFieldName("name");
          member(name, scope, ["property", "variable"]);
          const type = typeName(node.childForFieldName("type"));
          if (name !== null) b.type(scope, name.text, type);
          if (name !== null && type !== null) b.result.fields.set(`${scope.owner}::${name.text}`, type);
        }
        return scope;
      case "enum_constant":
        member(node.childForFieldName("name"), scope, ["property"]);
        return scope;
      case "lambda_expression": {
        const inner = b.scope("function", scope);
        const parameters = node.childForFieldName("parameters");
        if (parameters?.type === "identifier") local(parameters, inner, null, ["parameter", "variable"]);
        for (
          const it of parameters?.type === "inferred_parameters" ? present(parameters.namedChildren) : []
        ) {
          local(it, inner, null, ["parameter", "variable"]);
        }
        return inner;
      }
      case "block":
      case "for_statement":
      case "enhanced_for_statement":
      case "try_with_resources_statement":
      case "catch_clause":
      case "switch_block_statement_group":
      case "switch_rule": {
        const inner = b.scope("block", scope);
        if (node.type === "enhanced_for_statement") {
          local(node.childForFieldName("name"), inner, typeName(node.childForFieldName("type")), [
            "variable",
          ]);
        }
        return inner;
      }
      case "formal_parameter":
      case "catch_formal_parameter":
      case "resource": {
        if (node.parent?.parent?.type === "record_declaration") return scope;
        const type = node.childForFieldName("type") ?? present(node.namedChildren).find((it) =>
          it.type === "catch_type"
        ) ?? null;
        local(node.childForFieldName("name"), scope, typeName(type), ["parameter", "variable"]);
        return scope;
      }
      case "spread_parameter":
        for (const it of present(node.namedChildren).filter((it) => it.type === "variable_declarator")) {
          local(it.childForFieldName("name"), scope, "array", ["parameter", "variable"]);
        }
        return scope;
      case "local_variable_declaration":
        for (const it of present(node.childrenForFieldName("declarator"))) {
          const type = typeName(node.childForFieldName("type")) ??
            typeOfValue(it.childForFieldName("value"), scope);
          local(it.childForFieldName("name"), scope, type, ["variable"]);
        }
        return scope;
      case "instanceof_expression":
        local(node.childForFieldName("name"), scope, typeName(node.childForFieldName("right")), ["variable"]);
        return scope;
      case "type_pattern": {
        const [type, name] = present(node.namedChildren);
        local(name ?? null, scope, typeName(type ?? null), ["variable"]);
        return scope;
      }
      case "type_parameter": {
        const [name] = present(node.namedChildren);
        local(name ?? null, scope, null, ["type"]);
        return scope;
      }
      case "method_invocation": {
        const name = node.childForFieldName("name");
        const object = node.childForFieldName("object");
        if (object !== null) b.member(name, scope, receiverOf(object, scope));
        else if (name !== null) b.use(name, scope, `${name.text}()`);
        return scope;
      }
      case "method_reference": {
        const [object, name] = present(node.namedChildren);
        if (name?.type === "identifier") b.member(name, scope, receiverOf(object ?? null, scope));
        return scope;
      }
      case "field_access":
        b.member(node.childForFieldName("field"), scope, receiverOf(node.childForFieldName("object"), scope));
        return scope;
      case "scoped_identifier":
      case "scoped_type_identifier": {
        const parts = present(node.namedChildren).filter((it) => it.type.endsWith("identifier"));
        const text = parts[0]?.text ?? "";
        if (parts.length > 1) {
          b.member(parts.at(-1) ?? null, scope, { text, type: `=${text.slice(text.lastIndexOf(".") + 1)}` });
        }
        return scope;
      }
      case "element_value_pair": {
        const annotation = node.parent?.parent?.childForFieldName("name")?.text ?? "";
        b.key(node.childForFieldName("key"), scope, { text: annotation, type: annotation || null });
        return scope;
      }
      case "labeled_statement":
      case "break_statement":
      case "continue_statement": {
        const [label] = present(node.namedChildren);
        if (label?.type === "identifier") b.done(label);
        return scope;
      }
      case "identifier":
      case "type_identifier":
        if (!b.isDone(node)) b.use(node, scope);
        return null;
      default:
        return scope;
    }
  });
  return b.result;
};
