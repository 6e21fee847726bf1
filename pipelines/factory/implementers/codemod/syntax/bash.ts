import { present, type SyntaxNode } from "../grammar.ts";
import { type Extractor, nameBuilder, type Scope, walk } from "./names.ts";

/** Builtins whose arguments name functions. */
const NAMES_FUNCTIONS: Record<string, (words: readonly SyntaxNode[]) => readonly SyntaxNode[]> = {
  trap: (words) => words.slice(0, 1),
  type: (words) => words,
  command: (words) => words[0]?.text === "-v" || words[0]?.text === "-V" ? words.slice(1) : words.slice(0, 1),
};

/** The file that `source` takes, as far as it is written down: `"$(dirname "$0")/lib.sh"` -> `lib.sh`. */
function sourced(node: SyntaxNode | undefined): string | null {
  const text = node?.text.replace(/^["']|["']$/g, "") ?? "";
  const literal = /([\w.@%+-]+(?:\/[\w.@%+-]+)*)$/.exec(text)?.[1];
  return literal ?? null;
}

/** Names of a shell file: functions (with `()` in their key) and variables. */
export const bashNames: Extractor = (path, root) => {
  const b = nameBuilder(path);
  /** Where an assignment in a function goes: to the function that has the variable as its own, else to the file. */
  const homeOf = (scope: Scope, name: string): Scope => {
    for (let at: Scope | null = scope; at !== null; at = at.parent) if (at.names.has(name)) return at;
    return b.result.file;
  };
  walk(root, b.result.file, (node, scope) => {
    switch (node.type) {
      case "function_definition": {
        const name = node.childForFieldName("name");
        // Functions are global wherever they are written.
        b.declare(name, b.result.file, ["function"], `${name?.text}()`);
        return b.scope("function", scope);
      }
      case "declaration_command":
      case "unset_command": {
        const command = node.children[0]?.text ?? "";
        // With -f what it names are functions.
        const functions = present(node.children).some((it) => /^-\w*f/.test(it.text));
        const own = scope.kind === "function" &&
          (command === "local" || command === "declare" || command === "typeset");
        for (const it of present(node.namedChildren)) {
          const name = it.type === "variable_assignment" ? it.childForFieldName("name") : it;
          if (name === null || !["variable_name", "word"].includes(name.type) || name.text.startsWith("-")) {
            continue;
          }
          if (functions) b.use(name, scope, `${name.text}()`);
          else if (command === "unset") b.use(name, scope);
          else b.declare(name, own ? scope : homeOf(scope, name.text), ["variable"]);
        }
        return scope;
      }
      case "variable_assignment": {
        const name = node.childForFieldName("name");
        if (name?.type === "variable_name") b.declare(name, homeOf(scope, name.text), ["variable"]);
        return scope;
      }
      case "for_statement": {
        const name = node.childForFieldName("variable");
        if (name !== null) b.declare(name, homeOf(scope, name.text), ["variable"]);
        return scope;
      }
      case "command": {
        const [head] = present(node.childForFieldName("name")?.namedChildren ?? []);
        const command = head?.text ?? "";
        const words = present(node.childrenForFieldName("argument"));
        if (head?.type === "word") b.use(head, scope, `${head.text}()`);
        if (command === "source" || command === ".") {
          const module = sourced(words[0]);
          if (module !== null) b.import(null, module, "*", null, scope);
        }
        if (command === "read" || command === "mapfile" || command === "readarray") {
          for (const it of words) {
            if (it.type === "word" && /^[A-Za-z_]\w*$/.test(it.text)) {
              b.declare(it, homeOf(scope, it.text), ["variable"]);
            }
          }
        }
        for (const it of NAMES_FUNCTIONS[command]?.(words) ?? []) {
          if (it.type === "word") b.use(it, scope, `${it.text}()`);
        }
        return scope;
      }
      case "variable_name":
        b.use(node, scope);
        return null;
      default:
        return scope;
    }
  });
  return b.result;
};
