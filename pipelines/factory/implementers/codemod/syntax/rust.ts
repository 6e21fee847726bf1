import type { SymbolKind } from "../../../../../specs/mod.ts";
import { present, type SyntaxNode } from "../grammar.ts";
import { type Extractor, nameBuilder, type Receiver, type Scope, typeOf, walk } from "./names.ts";

const ITEMS: Record<string, readonly SymbolKind[]> = {
  struct_item: ["class", "type"],
  union_item: ["class", "type"],
  enum_item: ["enum", "type"],
  trait_item: ["interface", "type"],
  type_item: ["type"],
  const_item: ["variable"],
  static_item: ["variable"],
  mod_item: ["namespace"],
};

const LITERALS: Record<string, string> = {
  string_literal: "str",
  raw_string_literal: "str",
  integer_literal: "i32",
  float_literal: "f64",
  boolean_literal: "bool",
  char_literal: "char",
};

/** `&mut S<T>`, `a::S`, `S` -> `S`. */
function typeName(node: SyntaxNode | null): string | null {
  if (node === null) return null;
  switch (node.type) {
    case "type_identifier":
    case "primitive_type":
      return node.text;
    case "identifier":
      return node.text;
    case "generic_type":
    case "generic_type_with_turbofish": {
      const outer = typeName(node.childForFieldName("type"));
      // These hand on what is called on them.
      if (outer !== "Box" && outer !== "Rc" && outer !== "Arc") return outer;
      return typeName(present(node.childForFieldName("type_arguments")?.namedChildren ?? [])[0] ?? null);
    }
    case "reference_type":
      return typeName(node.childForFieldName("type"));
    case "dynamic_type":
    case "abstract_type":
      return typeName(node.childForFieldName("trait") ?? present(node.namedChildren)[0] ?? null);
    case "scoped_type_identifier":
    case "scoped_identifier":
      return typeName(node.childForFieldName("name"));
    default:
      return null;
  }
}

/** The last name of a path without its type arguments: `a::S::<T>` -> `S`. */
function lastSegment(text: string): string {
  const bare = text.replace(/(::)?<[^]*$/, "");
  return bare.slice(bare.lastIndexOf(":") + 1);
}

/** A name in a pattern binds when it looks like a variable; constants and variants are capitalized. */
function binds(node: SyntaxNode): boolean {
  return node.type === "identifier" && /^[_\p{Ll}]/u.test(node.text);
}

/** Names of a Rust file. */
export const rustNames: Extractor = (path, root) => {
  const b = nameBuilder(path);
  const typeOfValue = (node: SyntaxNode | null, scope: Scope): string | null => {
    if (node === null) return null;
    const literal = LITERALS[node.type];
    if (literal !== undefined) return literal;
    switch (node.type) {
      case "self":
        return scope.owner;
      case "identifier":
        // A capitalized name is a type, or a constant whose type is written down.
        return typeOf(scope, node.text) ?? (/^\p{Lu}/u.test(node.text) ? `=${node.text}` : null);
      case "scoped_identifier": {
        const owner = lastSegment(node.childForFieldName("path")?.text ?? "");
        return /^\p{Lu}/u.test(owner) ? `=${owner}` : null;
      }
      case "struct_expression":
        return typeName(node.childForFieldName("name"));
      case "reference_expression":
      case "parenthesized_expression":
      case "unary_expression":
      case "try_expression":
      case "await_expression":
        return typeOfValue(node.childForFieldName("value") ?? present(node.namedChildren)[0] ?? null, scope);
      case "call_expression": {
        const callee = node.childForFieldName("function");
        if (callee?.type === "identifier") return `()${callee.text}`;
        if (callee?.type === "scoped_identifier") {
          // By custom a constructor: `S::new()`. What else it may be is looked up where it is declared.
          const owner = lastSegment(callee.childForFieldName("path")?.text ?? "");
          const type = owner === "Self" ? scope.owner : owner;
          const name = callee.childForFieldName("name")?.text ?? "";
          return type !== null && /^\p{Lu}/u.test(type) ? `${type}>${name}()` : `()${name}`;
        }
        const method = callee?.type === "field_expression" ? typeOfValue(callee, scope) : null;
        return method === null ? null : `${method}()`;
      }
      case "field_expression": {
        const base = typeOfValue(node.childForFieldName("value"), scope);
        return base === null ? null : `${base}>${node.childForFieldName("field")?.text ?? ""}`;
      }
      default:
        return null;
    }
  };
  const pathReceiver = (node: SyntaxNode | null, scope: Scope): Receiver => {
    const last = lastSegment(node?.text ?? "");
    return { text: node?.text ?? "", type: last === "Self" ? scope.owner : `=${last}` };
  };
  /** What a pattern binds, known from an offset on. */
  const pattern = (
    node: SyntaxNode | null,
    scope: Scope,
    type: string | null,
    kinds: readonly SymbolKind[],
    since = node?.startIndex ?? 0,
  ) => {
    if (node === null) return;
    const pending = [node];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (binds(at)) {
        b.declareFrom(at, scope, kinds, since);
        b.type(scope, at.text, at === node ? type : null);
      } else if (at.type === "struct_pattern" || at.type === "tuple_struct_pattern") {
        const built = typeName(at.childForFieldName("type"));
        const head = at.childForFieldName("type");
        for (const child of present(at.namedChildren)) {
          if (child.id === head?.id) continue;
          if (child.type === "field_pattern") {
            const name = child.childForFieldName("name");
            const inner = child.childForFieldName("pattern");
            const receiver = { text: built ?? "", type: built };
            if (inner === null && name !== null) {
              if (!scope.names.has(name.text)) scope.since.set(name.text, since);
              scope.names.add(name.text);
              b.key(name, scope, receiver, true);
            } else {
              b.key(name, scope, receiver);
              if (inner !== null) pending.push(inner);
            }
          } else pending.push(child);
        }
      } else if (!["scoped_identifier", "match_pattern"].includes(at.type) || at.type === "match_pattern") {
        const condition = at.childForFieldName("condition");
        for (const child of present(at.namedChildren)) if (child.id !== condition?.id) pending.push(child);
      }
    }
  };
  /** `a::{b, c as d, self, e::*}` as one import a name. */
  const use = (node: SyntaxNode | null, prefix: string, scope: Scope): void => {
    if (node === null) return;
    const under = (text: string) => prefix === "" ? text : `${prefix}::${text}`;
    switch (node.type) {
      case "identifier":
        b.import(node, prefix, node.text, null, scope);
        scope.names.add(node.text);
        break;
      case "scoped_identifier": {
        const name = node.childForFieldName("name");
        const head = node.childForFieldName("path");
        b.import(name, under(head?.text ?? ""), name?.text ?? "", null, scope);
        if (name !== null) scope.names.add(name.text);
        pathNames(head, scope);
        break;
      }
      case "use_as_clause": {
        const target = node.childForFieldName("path");
        const alias = node.childForFieldName("alias");
        const name = target?.childForFieldName("name") ?? target;
        const head = target?.type === "scoped_identifier" ? target.childForFieldName("path")?.text ?? "" : "";
        b.import(
          name ?? null,
          head === "" ? prefix : under(head),
          name?.text ?? "",
          alias?.text ?? null,
          scope,
        );
        if (alias !== null) b.declare(alias, scope, ["variable"]);
        if (target?.type === "scoped_identifier") pathNames(target.childForFieldName("path"), scope);
        break;
      }
      case "use_wildcard": {
        const [head] = present(node.namedChildren);
        b.import(null, head === undefined ? prefix : under(head.text), "*", null, scope);
        pathNames(head ?? null, scope);
        break;
      }
      case "use_list":
        for (const it of present(node.namedChildren)) use(it, prefix, scope);
        break;
      case "scoped_use_list": {
        const head = node.childForFieldName("path");
        pathNames(head, scope);
        use(node.childForFieldName("list"), under(head?.text ?? ""), scope);
        break;
      }
    }
  };
  /** The modules and types that a `use` path leads through are names too. */
  const pathNames = (node: SyntaxNode | null, scope: Scope): void => {
    for (let at = node; at !== null;) {
      if (at.type === "identifier") {
        b.use(at, scope);
        return;
      }
      const head: SyntaxNode | null = at.childForFieldName("path");
      if (at.type !== "scoped_identifier") return;
      b.member(at.childForFieldName("name"), scope, pathReceiver(head, scope));
      at = head;
    }
  };

  walk(root, b.result.file, (node, scope) => {
    const kinds = ITEMS[node.type];
    if (kinds !== undefined) {
      const name = node.childForFieldName("name");
      const inType = scope.kind === "class" && scope.owner !== null;
      if (inType && scope.owner !== null) b.memberDeclare(name, scope, scope.owner, kinds);
      else b.declare(name, scope, kinds);
      if (node.type === "const_item" || node.type === "static_item") {
        if (!inType && name !== null) b.type(scope, name.text, typeName(node.childForFieldName("type")));
        return scope;
      }
      if (node.type === "mod_item") {
        if (node.childForFieldName("body") === null) return scope;
        const inner = b.scope("module", scope, null);
        b.result.modules.set(inner, name?.text ?? "");
        return inner;
      }
      return b.scope("class", scope, name?.text ?? null);
    }
    switch (node.type) {
      case "use_declaration":
        use(node.childForFieldName("argument"), "", scope);
        return null;
      case "function_item":
      case "function_signature_item": {
        const name = node.childForFieldName("name");
        const returns = typeName(node.childForFieldName("return_type"));
        if (scope.kind === "class" && scope.owner !== null) {
          b.memberDeclare(name, scope, scope.owner, ["method", "function"]);
          const type = returns === "Self" ? scope.owner : returns;
          if (name !== null && type !== null) b.result.returns.set(`${scope.owner}::${name.text}`, type);
        } else {
          b.declare(name, scope, ["function"]);
          if (name !== null && returns !== null) b.result.returns.set(name.text, returns);
        }
        return b.scope("function", scope);
      }
      case "impl_item": {
        const owner = typeName(node.childForFieldName("type"));
        const base = typeName(node.childForFieldName("trait"));
        if (owner !== null && base !== null) {
          b.result.bases.set(owner, [...b.result.bases.get(owner) ?? [], base]);
        }
        return b.scope("class", scope, owner);
      }
      case "macro_definition": {
        const name = node.childForFieldName("name");
        b.declare(name, scope, ["function"], `${name?.text}!`);
        return scope;
      }
      case "macro_invocation": {
        const name = node.childForFieldName("macro");
        if (name?.type === "identifier") b.use(name, scope, `${name.text}!`);
        return scope;
      }
      case "enum_variant": {
        const owner = scope.owner;
        if (owner !== null) b.memberDeclare(node.childForFieldName("name"), scope, owner, ["property"]);
        return b.scope("class", scope, null);
      }
      case "field_declaration":
        if (scope.owner !== null) {
          const name = node.childForFieldName("name");
          const type = typeName(node.childForFieldName("type"));
          b.memberDeclare(name, scope, scope.owner, ["property"]);
          if (type !== null) b.result.fields.set(`${scope.owner}::${name?.text}`, type);
        } else b.key(node.childForFieldName("name"), scope, null);
        return scope;
      case "type_parameter":
      case "const_parameter":
        b.declare(node.childForFieldName("name"), scope, ["type"]);
        return scope;
      case "block":
      case "match_arm":
      case "for_expression":
      case "if_expression":
      case "while_expression":
      case "closure_expression": {
        const inner = b.scope("block", scope);
        if (node.type === "match_arm" || node.type === "for_expression") {
          const body = node.childForFieldName("body")?.startIndex;
          pattern(node.childForFieldName("pattern"), inner, null, ["variable"], body);
        }
        if (node.type === "closure_expression") {
          for (const it of present(node.childForFieldName("parameters")?.namedChildren ?? [])) {
            if (it.type !== "parameter") pattern(it, inner, null, ["parameter", "variable"]);
          }
        }
        return inner;
      }
      case "parameter":
        pattern(node.childForFieldName("pattern"), scope, typeName(node.childForFieldName("type")), [
          "parameter",
          "variable",
        ]);
        return scope;
      case "let_declaration": {
        const type = typeName(node.childForFieldName("type")) ??
          typeOfValue(node.childForFieldName("value"), scope);
        pattern(node.childForFieldName("pattern"), scope, type, ["variable"], node.endIndex);
        return scope;
      }
      case "let_condition":
        pattern(node.childForFieldName("pattern"), scope, null, ["variable"], node.endIndex);
        return scope;
      case "field_expression": {
        const value = node.childForFieldName("value");
        const field = node.childForFieldName("field");
        if (field?.type === "field_identifier") {
          b.member(field, scope, { text: value?.text ?? "", type: typeOfValue(value, scope) });
        }
        return scope;
      }
      case "scoped_identifier":
      case "scoped_type_identifier":
        b.member(node.childForFieldName("name"), scope, pathReceiver(node.childForFieldName("path"), scope));
        return scope;
      case "field_initializer": {
        const built = typeName(node.parent?.parent?.childForFieldName("name") ?? null);
        const type = built === "Self" ? scope.owner : built;
        b.key(node.childForFieldName("field"), scope, { text: type ?? "", type });
        return scope;
      }
      case "shorthand_field_initializer": {
        const built = typeName(node.parent?.parent?.childForFieldName("name") ?? null);
        const type = built === "Self" ? scope.owner : built;
        b.key(present(node.namedChildren)[0] ?? null, scope, { text: type ?? "", type }, true);
        return null;
      }
      case "lifetime":
      case "label":
        return null;
      case "identifier":
      case "type_identifier": {
        if (b.isDone(node)) return null;
        // In a macro's arguments there is no structure: the sign before the name tells what it is.
        if (node.parent?.type === "token_tree") {
          const before = node.previousSibling;
          const head = before?.previousSibling ?? null;
          if (before?.type === "." || before?.text === ".") {
            b.member(node, scope, {
              text: head?.text ?? "",
              type: head?.type === "self" ? scope.owner : typeOf(scope, head?.text ?? ""),
            });
            return null;
          }
          if (before?.type === "::" || before?.text === "::") {
            b.member(node, scope, pathReceiver(head, scope));
            return null;
          }
          if (node.nextSibling?.text === "!") {
            b.use(node, scope, `${node.text}!`);
            return null;
          }
        }
        b.use(node, scope);
        return null;
      }
      default:
        return scope;
    }
  });
  return b.result;
};
