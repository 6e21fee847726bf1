import { present, type SyntaxNode } from "../grammar.ts";
import { type Extractor, nameBuilder, type Receiver, type Scope, typeOf, walk } from "./names.ts";

const LITERALS: Record<string, string> = {
  string: "str",
  concatenated_string: "str",
  integer: "int",
  float: "float",
  true: "bool",
  false: "bool",
  none: "None",
  list: "list",
  list_comprehension: "list",
  dictionary: "dict",
  dictionary_comprehension: "dict",
  set: "set",
  set_comprehension: "set",
  tuple: "tuple",
};

/** `C`, `"C"`, `Optional[C]`, `C | None`: the one class that an annotation names. */
function annotated(node: SyntaxNode | null): string | null {
  const text = node?.text.replaceAll(/["']/g, "").trim() ?? "";
  const inner = /^Optional\[(.*)\]$/.exec(text)?.[1] ??
    text.replace(/\s*\|\s*None$/, "").replace(/^None\s*\|\s*/, "");
  return /^[A-Za-z_][\w.]*$/.test(inner) ? inner.slice(inner.lastIndexOf(".") + 1) : null;
}

/** The identifiers that a pattern on the left of `=`, `for`, `as` binds. */
function targets(node: SyntaxNode | null): SyntaxNode[] {
  if (node === null) return [];
  if (node.type === "identifier") return [node];
  const holders = [
    "pattern_list",
    "tuple_pattern",
    "list_pattern",
    "list_splat_pattern",
    "dictionary_splat_pattern",
    "as_pattern_target",
    "tuple",
    "list",
    "parenthesized_expression",
  ];
  return holders.includes(node.type) ? present(node.namedChildren).flatMap(targets) : [];
}

/** Names of a Python file. */
export const pythonNames: Extractor = (path, root) => {
  const b = nameBuilder(path);
  /** The first parameter of a method: `self` or `cls`. */
  const selves = new Map<Scope, string>();

  const typeOfValue = (node: SyntaxNode | null, scope: Scope): string | null => {
    if (node === null) return null;
    const literal = LITERALS[node.type];
    if (literal !== undefined) return literal;
    if (node.type === "identifier") {
      for (let at: Scope | null = scope; at !== null; at = at.parent) {
        if (selves.get(at) === node.text) return at.owner;
      }
      return typeOf(scope, node.text);
    }
    if (node.type === "await" || node.type === "parenthesized_expression") {
      return typeOfValue(present(node.namedChildren)[0] ?? null, scope);
    }
    if (node.type === "call") {
      const callee = node.childForFieldName("function");
      if (callee?.type === "identifier") {
        if (callee.text === "super") return scope.owner === null ? null : `super ${scope.owner}`;
        return `()${callee.text}`;
      }
      const method = callee?.type === "attribute" ? typeOfValue(callee, scope) : null;
      return method === null ? null : `${method}()`;
    }
    if (node.type === "attribute") {
      const base = receiverOf(node.childForFieldName("object"), scope).type;
      return base === null ? null : `${base}>${node.childForFieldName("attribute")?.text ?? ""}`;
    }
    return null;
  };
  const receiverOf = (node: SyntaxNode | null, scope: Scope): Receiver => ({
    text: node?.text ?? "",
    // A class itself is a receiver too: `C.method`.
    type: typeOfValue(node, scope) ?? (node?.type === "identifier" ? `=${node.text}` : null),
  });
  /** A comprehension's own scope takes no assignments: `:=` in it binds outside. */
  const bindingScope = (scope: Scope): Scope =>
    scope.kind === "block" && scope.parent !== null ? bindingScope(scope.parent) : scope;
  const bind = (node: SyntaxNode, scope: Scope, type: string | null) => {
    const home = bindingScope(scope);
    if (home.kind === "class" && home.owner !== null) {
      home.names.add(node.text);
      b.memberDeclare(node, home, home.owner, ["property", "variable"]);
      if (type !== null) b.result.fields.set(`${home.owner}::${node.text}`, type);
      return;
    }
    if (home.outer.has(node.text)) b.use(node, home);
    else b.declare(node, home, ["variable"]);
    b.type(home, node.text, type);
  };

  walk(root, b.result.file, (node, scope) => {
    switch (node.type) {
      case "function_definition": {
        const name = node.childForFieldName("name");
        const owner = scope.kind === "class" ? scope.owner : null;
        if (owner !== null && name !== null) {
          scope.names.add(name.text);
          b.memberDeclare(name, scope, owner, ["method", "function"]);
        } else b.declare(name, bindingScope(scope), ["function"]);
        const returns = annotated(node.childForFieldName("return_type"));
        if (returns !== null && name !== null) {
          b.result.returns.set(owner === null ? name.text : `${owner}::${name.text}`, returns);
        }
        const inner = b.scope("function", scope, owner ?? scope.owner);
        const first = present(node.childForFieldName("parameters")?.namedChildren ?? [])[0];
        const decorated = node.parent?.type === "decorated_definition" ? node.parent.text : "";
        if (owner !== null && first?.type === "identifier" && !decorated.includes("@staticmethod")) {
          selves.set(inner, first.text);
        }
        return inner;
      }
      case "lambda":
        return b.scope("function", scope);
      case "list_comprehension":
      case "set_comprehension":
      case "dictionary_comprehension":
      case "generator_expression":
        return b.scope("block", scope);
      case "class_definition": {
        const name = node.childForFieldName("name");
        if (scope.kind === "class" && scope.owner !== null) {
          b.memberDeclare(name, scope, scope.owner, ["class"]);
          if (name !== null) scope.names.add(name.text);
        } else b.declare(name, bindingScope(scope), ["class"]);
        const bases = present(node.childForFieldName("superclasses")?.namedChildren ?? [])
          .filter((it) => it.type === "identifier" || it.type === "attribute")
          .map((it) => it.text.slice(it.text.lastIndexOf(".") + 1));
        b.result.bases.set(name?.text ?? "", bases);
        return b.scope("class", scope, name?.text ?? null);
      }
      case "parameters":
      case "lambda_parameters":
        for (const parameter of present(node.namedChildren)) {
          const name = parameter.childForFieldName("name") ??
            (parameter.type === "typed_parameter" ? present(parameter.namedChildren)[0] ?? null : parameter);
          for (const target of targets(name)) {
            b.declare(target, scope, ["parameter", "variable"]);
            const type = annotated(parameter.childForFieldName("type"));
            if (type !== null) b.type(scope, target.text, type);
          }
        }
        return scope;
      case "assignment":
      case "augmented_assignment": {
        const left = node.childForFieldName("left");
        const type = annotated(node.childForFieldName("type")) ??
          typeOfValue(node.childForFieldName("right"), scope);
        for (const target of targets(left)) bind(target, scope, left?.type === "identifier" ? type : null);
        if (left?.type === "attribute") {
          const object = left.childForFieldName("object");
          for (let at: Scope | null = scope; at !== null; at = at.parent) {
            if (selves.get(at) === object?.text && at.owner !== null) {
              const attribute = left.childForFieldName("attribute");
              b.memberDeclare(attribute, scope, at.owner, ["property", "variable"]);
              const key = `${at.owner}::${attribute?.text}`;
              if (type !== null && !b.result.fields.has(key)) b.result.fields.set(key, type);
            }
          }
        }
        if (left?.text === "__all__") {
          for (
            const text of present(node.childForFieldName("right")?.descendantsOfType("string_content") ?? [])
          ) {
            b.usePart(text.text, text.startIndex, text.startPosition.row + 1, b.result.file);
          }
        }
        return scope;
      }
      case "for_statement":
      case "for_in_clause": {
        // In a comprehension the variable lives in the comprehension.
        for (const target of targets(node.childForFieldName("left"))) {
          if (node.type === "for_in_clause") b.declare(target, scope, ["variable"]);
          else bind(target, scope, null);
        }
        return scope;
      }
      case "as_pattern": {
        const [value] = present(node.namedChildren);
        for (const target of targets(node.childForFieldName("alias"))) {
          bind(target, scope, node.parent?.type === "with_item" ? typeOfValue(value ?? null, scope) : null);
        }
        return scope;
      }
      case "named_expression": {
        const name = node.childForFieldName("name");
        if (name !== null) bind(name, scope, typeOfValue(node.childForFieldName("value"), scope));
        return scope;
      }
      case "case_pattern": {
        const [inner] = present(node.namedChildren);
        const [only, more] = inner?.type === "dotted_name" ? present(inner.namedChildren) : [];
        if (only !== undefined && more === undefined && node.children.length === 1) bind(only, scope, null);
        return scope;
      }
      case "keyword_pattern":
        b.key(present(node.namedChildren)[0] ?? null, scope, null);
        return scope;
      case "global_statement":
      case "nonlocal_statement":
        for (const name of present(node.namedChildren)) {
          if (node.type === "global_statement") {
            scope.outer.add(name.text);
            b.result.file.names.add(name.text);
          }
          b.use(name, node.type === "global_statement" ? b.result.file : scope.parent ?? scope);
        }
        return null;
      case "import_statement":
        for (const it of present(node.childrenForFieldName("name"))) {
          const dotted = it.childForFieldName("name") ?? it;
          const alias = it.childForFieldName("alias");
          const [top] = present(dotted.namedChildren);
          b.import(null, dotted.text, null, alias?.text ?? null, scope);
          if (alias !== null) b.declare(alias, scope, ["namespace"]);
          else if (top !== undefined) b.declare(top, scope, ["namespace"]);
        }
        return null;
      case "import_from_statement":
      case "future_import_statement": {
        const module = node.childForFieldName("module_name")?.text ?? "__future__";
        if (present(node.namedChildren).some((it) => it.type === "wildcard_import")) {
          b.import(null, module, "*", null, scope);
        }
        for (const it of present(node.childrenForFieldName("name"))) {
          const dotted = it.childForFieldName("name") ?? it;
          const alias = it.childForFieldName("alias");
          const [name] = present(dotted.namedChildren);
          b.import(name ?? dotted, module, dotted.text, alias?.text ?? null, scope);
          if (alias !== null && alias.text !== dotted.text) b.declare(alias, scope, ["variable"]);
          else scope.names.add(dotted.text);
          // `import x as x` declares nothing of its own.
          if (alias !== null) b.use(alias, scope);
        }
        return null;
      }
      case "attribute":
        b.member(
          node.childForFieldName("attribute"),
          scope,
          receiverOf(node.childForFieldName("object"), scope),
        );
        return scope;
      case "keyword_argument": {
        const callee = node.parent?.parent?.childForFieldName("function") ?? null;
        const text = callee?.text ?? "";
        b.key(node.childForFieldName("name"), scope, {
          text,
          type: text.slice(text.lastIndexOf(".") + 1) || null,
        });
        return scope;
      }
      case "type": {
        // A forward reference is a name in a text: `x: "C"`.
        for (const text of present(node.descendantsOfType("string_content"))) {
          for (const word of text.text.matchAll(/[A-Za-z_]\w*/g)) {
            b.usePart(word[0], text.startIndex + word.index, text.startPosition.row + 1, scope);
          }
        }
        return scope;
      }
      case "identifier":
        b.use(node, scope);
        return null;
      default:
        return scope;
    }
  });
  return b.result;
};
