import { present, type SyntaxNode } from "../grammar.ts";
import type { CodemodProblem } from "../problem.ts";
import { gapBefore } from "../text_file.ts";
import type { OperationOf } from "../workbench.ts";
import { type FUNCTIONS, type Parameters, parameterText } from "./parameters.ts";
import type { Use } from "./uses.ts";

type Change = OperationOf<"change-signature">;

/** Whether a method is called through its type, with the object as the first argument. */
export function selfPassed(
  family: keyof typeof FUNCTIONS,
  node: SyntaxNode,
  use: Use,
  methods: boolean,
): boolean {
  if (!methods) return false;
  if (family === "rust") return node.parent?.type === "scoped_identifier";
  return family === "python" && /^=/.test(use.name?.receiver?.type ?? "") &&
    node.parent?.type === "attribute";
}

/** Puts the parameter into a declaration. */
export function declare(
  family: keyof typeof FUNCTIONS,
  operation: Change,
  fn: SyntaxNode,
  { list, own, end, self }: Parameters,
  index: number,
  path: string,
  text: string,
  put: (path: string, start: number, end: number, text: string) => void,
): CodemodProblem | null {
  const { add } = operation;
  const at = `${path}:${fn.startPosition.row + 1}`;
  const problem = (code: CodemodProblem["code"], message: string, remedy: string): CodemodProblem => ({
    code,
    message,
    path,
    value: add.name,
    remedy,
  });
  if (index > end) {
    return problem(
      "invalid",
      `${operation.function} takes ${end} parameters by position: ${index} is no place for another (${at})`,
      `give a position from 0 to ${end}, or leave it out`,
    );
  }
  const identifiers = present(fn.descendantsOfType(["identifier", "shorthand_property_identifier"]));
  const clash = identifiers.find((it) =>
    it.text === add.name &&
      !["attribute", "field_access", "selector_expression", "keyword_argument"].includes(
        it.parent?.type ?? "",
      ) || (it.text === add.name && it.parent?.childForFieldName("object")?.id === it.id)
  );
  if (clash !== undefined) {
    return problem(
      "collision",
      `${add.name} has a meaning in ${operation.function} already (${path}:${clash.startPosition.row + 1})`,
      "choose another name for the parameter",
    );
  }
  const optional = (it: SyntaxNode) =>
    it.type === "default_parameter" || it.type === "typed_default_parameter";
  const carries = family === "python" && (operation.calls === "needed" || own.slice(0, index).some(optional));
  if (carries && add.default === undefined) {
    return problem(
      "invalid",
      `The parameter ${add.name} follows optional ones and needs a default (${at})`,
      "give `add.default`",
    );
  }
  if (
    family === "python" && operation.calls === "needed" && own.slice(index, end).some((it) => !optional(it))
  ) {
    return problem(
      "invalid",
      `A parameter with a default cannot stand before one without (${at})`,
      'leave the position out, or set `calls: "every"`',
    );
  }
  const piece = parameterText(family, add, carries);
  const before = own[index];
  if (before !== undefined) {
    const group = family === "go" && before.parent?.type === "parameter_declaration" ? before.parent : null;
    const names = group === null ? [] : present(group.childrenForFieldName("name"));
    const place = names.findIndex((it) => it.id === before.id);
    const type = group?.childForFieldName("type")?.text ?? "";
    const start = place > 0 ? before.startIndex : (group ?? before).startIndex;
    if (place > 0) {
      // `a, b int` is parted: `a int, new T, b int`.
      const previous = names[place - 1];
      put(path, previous?.endIndex ?? start, start, ` ${type}, ${piece}, `);
    } else put(path, start, start, `${piece},${gapBefore(text, start)}`);
    return null;
  }
  const last = own.at(-1) ?? self;
  const lastWhole = last?.parent?.id === list.id ? last : last?.parent ?? null;
  if (lastWhole === null || lastWhole === undefined) {
    put(path, list.startIndex + 1, list.startIndex + 1, piece);
  } else {put(
      path,
      lastWhole.endIndex,
      lastWhole.endIndex,
      `,${gapBefore(text, lastWhole.startIndex)}${piece}`,
    );}
  return null;
}

/** Puts the default into a call. */
export function call(
  family: keyof typeof FUNCTIONS,
  operation: Change,
  list: SyntaxNode,
  index: number,
  selfFirst: boolean,
  out: { put: (start: number, end: number, text: string) => void; unclear: () => void; text: string },
): void {
  const { add } = operation;
  const value = add.default ?? "";
  const given = present(list.namedChildren).filter((it) => !it.type.includes("comment"));
  const at = index + (selfFirst ? 1 : 0);
  const positional = given.findIndex((it) =>
    it.type === "keyword_argument" || it.type === "dictionary_splat"
  );
  const count = positional < 0 ? given.length : positional;
  if (list.type === "generator_expression") return out.unclear(); // f(x for x in y) has no parentheses of its own
  const spread = given.slice(0, Math.min(at, count)).some((it) =>
    it.type === "list_splat" || it.type === "variadic_argument"
  );
  const several = family === "go" && given.length === 1 && given[0]?.type === "call_expression" && at > 1;
  if (spread || several || (family !== "python" && count < at)) return out.unclear();
  if (operation.calls === "needed" && count <= at) return;
  const byName = family === "python" && count < at;
  const before = byName ? undefined : given[at];
  const piece = byName ? `${add.name}=${value}` : value;
  if (before !== undefined) {
    out.put(before.startIndex, before.startIndex, `${piece},${gapBefore(out.text, before.startIndex)}`);
    return;
  }
  const last = given.at(-1);
  if (last === undefined) out.put(list.startIndex + 1, list.startIndex + 1, piece);
  else out.put(last.endIndex, last.endIndex, `,${gapBefore(out.text, last.startIndex)}${piece}`);
}
