import { child, named, type Node, plain } from "../syntax/tree.ts";

/** A module of the platform by the name that its members have in code; any other by its own. */
export function moduleWay(name: string): string {
  const plainName = name.replace(/^node:/, "").replace(/^npm:/, "");
  return /^(?:process|os|sys|gc|inspect|socket|platform|traceback|importlib)$/.test(plainName)
    ? plainName
    : `module:${plainName}`;
}

/** Names that an import brings in, and what each stands for. */
export function* importsOf(node: Node): Iterable<[string, string]> {
  switch (node.type) {
    case "import_statement": {
      const source = child(node, "source");
      if (source) {
        const module = moduleWay(plain(named(source)[0]));
        for (const clause of named(node).filter(({ type }) => type === "import_clause")) {
          for (const one of named(clause)) {
            if (one.type === "identifier") yield [one.text, module];
            else if (one.type === "namespace_import") yield [plain(named(one)[0]), module];
            else {
              for (const specifier of named(one)) {
                const name = plain(child(specifier, "name"));
                yield [plain(child(specifier, "alias")) || name, `${module}.${name}`];
              }
            }
          }
        }
        return;
      }
      for (const one of node.children.filter(({ field }) => field === "name")) {
        const name = plain(child(one, "name") ?? one);
        const alias = plain(child(one, "alias"));
        if (alias !== "") yield [alias, moduleWay(name)];
        else if (moduleWay(name).startsWith("module:")) {
          yield [name.split(".")[0] ?? name, `module:${name.split(".")[0]}`];
        }
      }
      return;
    }
    case "import_from_statement": {
      const module = moduleWay(plain(child(node, "module_name")));
      for (const one of node.children.filter(({ field }) => field === "name")) {
        const name = plain(child(one, "name") ?? one);
        yield [plain(child(one, "alias")) || name, `${module}.${name}`];
      }
      return;
    }
    case "import_spec": {
      const path = plain(child(node, "path")).replace(/["`]/g, "");
      const name = plain(child(node, "name"));
      if (name !== "" && name !== "_" && name !== ".") yield [name, path.split("/").at(-1) ?? path];
      return;
    }
    case "use_as_clause":
      yield [plain(child(node, "alias")), plain(child(node, "path")).replaceAll("::", ".")];
      return;
    case "use_declaration": {
      const way = plain(child(node, "argument"));
      if (/^[\w:]+$/.test(way)) {
        yield [way.split("::").at(-1) ?? way, way.replaceAll("::", ".").replace(/^std\./, "")];
      }
    }
  }
}

/** Target and value of whatever gives a name a value. */
export function assignmentOf(node: Node): [Node | null, Node | null] {
  switch (node.type) {
    case "variable_declarator":
    case "var_spec":
    case "const_spec":
    case "let_declaration":
    case "named_expression":
    case "default_parameter":
    case "typed_default_parameter":
    case "required_parameter":
    case "public_field_definition":
    case "field_definition":
    case "const_item":
    case "static_item":
      return [
        child(node, "name") ?? child(node, "pattern") ?? child(node, "property"),
        single(child(node, "value")),
      ];
    case "assignment_expression":
    case "assignment":
    case "short_var_declaration":
    case "assignment_statement":
    case "augmented_assignment_expression":
    case "augmented_assignment":
    case "assignment_pattern":
      return [single(child(node, "left")), single(child(node, "right"))];
    case "for_statement":
    case "for_in_clause":
    case "for_in_statement":
      return [child(node, "left"), child(node, "right")];
    case "enhanced_for_statement":
      return [child(node, "name"), child(node, "value")];
    default:
      return [null, null];
  }
}

/** The one member of a list of expressions. */
function single(node: Node | null): Node | null {
  if (node?.type !== "expression_list") return node;
  const members = named(node);
  return members.length === 1 ? members[0] ?? null : node;
}

/** Names that an object pattern binds, with the member that each takes. */
export function* patternNames(pattern: Node): Iterable<[name: string, key: string]> {
  for (const one of named(pattern)) {
    if (one.type === "shorthand_property_identifier_pattern") yield [one.text, one.text];
    else if (one.type === "pair_pattern") yield [plain(child(one, "value")), plain(child(one, "key"))];
    else if (one.type === "object_assignment_pattern") {
      const name = plain(child(one, "left"));
      yield [name, name];
    }
  }
}
