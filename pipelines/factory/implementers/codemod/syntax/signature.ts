import { ok, type Result } from "../../../../../specs/mod.ts";
import { type Grammar, grammar, present, type SyntaxNode } from "../grammar.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import { gapBefore, type TextEdit } from "../text_file.ts";
import { ownerAndName } from "../typescript/lookup.ts";
import type { OperationOf, Workbench } from "../workbench.ts";
import { type Program, readProgram, type SyntaxFamily } from "./program.ts";
import { findTarget } from "./target.ts";
import { placeOf, type Use, usesOf } from "./uses.ts";

type Change = OperationOf<"change-signature">;

interface Signature {
  edits: Map<string, TextEdit[]>;
  matches: number;
  notes: string[];
}

/** A parameter list as it is written. */
interface Parameters {
  list: SyntaxNode;
  /** Those that calls pass, without `self`; Go's `a, b int` counts as two. */
  own: SyntaxNode[];
  /** Where one more goes by default: before what takes the rest. */
  end: number;
  /** `self`, when the method is called on an object. */
  self: SyntaxNode | null;
}

/** The node of a name in a parsed file. */
function nodeOf(root: SyntaxNode, use: Use): SyntaxNode | null {
  let node = root.descendantForIndex(use.start, Math.max(use.start, use.end - 1));
  while (node !== null && (node.startIndex < use.start || node.endIndex > use.end)) {
    node = present(node.namedChildren)[0] ?? null;
  }
  return node;
}

const FUNCTIONS: Record<Exclude<SyntaxFamily, "bash">, string[]> = {
  python: ["function_definition"],
  go: ["function_declaration", "method_declaration", "method_elem"],
  java: ["method_declaration"],
  rust: ["function_item", "function_signature_item"],
};

/** The function that a name declares. */
function functionOf(family: keyof typeof FUNCTIONS, node: SyntaxNode): SyntaxNode | null {
  const { parent } = node;
  if (parent === null || !FUNCTIONS[family].includes(parent.type)) return null;
  return parent.childForFieldName("name")?.id === node.id ? parent : null;
}

/** The argument list of the call of which a name is what is called. */
function argumentsOf(family: keyof typeof FUNCTIONS, node: SyntaxNode): SyntaxNode | null {
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

function parametersOf(family: keyof typeof FUNCTIONS, fn: SyntaxNode): Parameters | null {
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

function parameterText(family: keyof typeof FUNCTIONS, add: Change["add"], withDefault: boolean): string {
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

/** The edits that add a parameter; null when no function of this family is called so. */
export async function syntaxSignature(
  family: SyntaxFamily,
  operation: Change,
  bench: Workbench,
): Promise<Result<Signature | null, CodemodProblem>> {
  const { owner, name } = ownerAndName(operation.function);
  const { add } = operation;
  const read = await readProgram(family, [name, ...(owner === null ? [] : [owner])], bench);
  if (!read.ok) return read;
  const program = read.value;
  if (family === "bash") return ok(null);
  const found = findTarget(program, {
    name: operation.function,
    in: operation.in,
    kind: owner === null ? undefined : "method",
  });
  if (!found.ok) return found;
  if (found.value === null) return ok(null);
  const target = found.value;
  if (!target.name.kinds.includes("function") && !target.name.kinds.includes("method")) {
    return fail(
      "unsupported",
      `${operation.function} is no function (${target.file.path}:${target.name.line})`,
      {
        value: operation.function,
        remedy: "name a function or a method",
      },
    );
  }
  const { rules } = program;
  if (!rules.identifier.test(add.name) || rules.keywords.has(add.name)) {
    return fail("invalid", `${add.name} cannot be a parameter in ${family}`, {
      value: add.name,
      remedy: "give an identifier that is no keyword",
    });
  }
  if (family !== "python" && add.type === undefined) {
    return fail("invalid", `A parameter needs a type in ${family}`, {
      value: add.name,
      remedy: "give `add.type`",
    });
  }
  if (family !== "python" && operation.calls === "needed") {
    return fail("unsupported", `Parameters have no defaults in ${family}`, {
      value: "needed",
      remedy: 'leave `calls` out, or set it to "every"',
    });
  }
  const parser = await grammar(rules.language);
  if (!parser.ok) return parser;
  const expression = checkFragments(family, operation, parser.value);
  if (!expression.ok) return expression;
  const gathered = await usesOf(program, target, bench);
  if (!gathered.ok) return gathered;
  const { uses, uncertain, notes } = gathered.value;
  const unsure = uncertain.map(placeOf);
  if (unsure.length > 0) {
    return fail(
      "ambiguous",
      `The code does not say whether these mean ${operation.function}: ${enumerate(unsure)}`,
      {
        value: operation.function,
        remedy: "write down the types of the variables there, or make this change by a patch",
      },
    );
  }
  return await edit(program, family, operation, uses, parser.value, bench, [...notes]);
}

/** Sample files into which a type and an expression must fit without an error. */
function checkFragments(
  family: keyof typeof FUNCTIONS,
  { add }: Change,
  parser: Grammar,
): Result<void, CodemodProblem> {
  const value = add.default ?? "0";
  const type = add.type ?? "int";
  const samples = {
    python: `def f(x: ${type}):\n    pass\nf(${value})\n`,
    go: `package p\nfunc f(x ${type}) { f(${value}) }\n`,
    java: `class C { void f(${type} x) { f(${value}); } }\n`,
    rust: `fn f(x: ${type}) { f(${value}); }\n`,
  };
  const syntax = parser.parse(samples[family]);
  const calls = present(syntax.root.descendantsOfType(["argument_list", "arguments"]));
  const one = calls[0] !== undefined && present(calls[0].namedChildren).length === 1 &&
    !["keyword_argument", "list_splat", "dictionary_splat"].includes(
      present(calls[0].namedChildren)[0]?.type ?? "",
    );
  const fine = !syntax.root.hasError && one;
  syntax.free();
  if (fine) return ok(undefined);
  return fail(
    "invalid",
    `The type ${add.type ?? "(none)"} or the default ${add.default ?? "(none)"} is not ${family}`,
    {
      value: add.default ?? add.type ?? "",
      remedy: "write one type and one expression of the language",
    },
  );
}

async function edit(
  program: Program,
  family: keyof typeof FUNCTIONS,
  operation: Change,
  uses: readonly Use[],
  parser: Grammar,
  bench: Workbench,
  notes: string[],
): Promise<Result<Signature, CodemodProblem>> {
  const { add } = operation;
  const byFile = new Map<string, Use[]>();
  for (const use of uses) byFile.set(use.file.path, [...byFile.get(use.file.path) ?? [], use]);
  const edits = new Map<string, TextEdit[]>();
  const put = (path: string, start: number, end: number, text: string) =>
    edits.set(path, [...edits.get(path) ?? [], { start, end, text }]);
  const values: string[] = [];
  const unclear: string[] = [];
  const declared = new Map<string, string[]>();
  let index: number | null = add.position ?? null;
  let methods = false;

  /** Declarations first: they say where the argument goes. */
  for (const pass of ["declarations", "calls"] as const) {
    for (const [path, list] of byFile) {
      bench.check();
      const file = await bench.stage.text(path);
      if (!file.ok) return file;
      const syntax = parser.parse(file.value.text);
      try {
        for (const use of list) {
          const node = nodeOf(syntax.root, use);
          if (node === null || use.name === null || use.name.quoted) continue;
          const fn = functionOf(family, node);
          if (pass === "declarations") {
            if (fn === null) continue;
            const parameters = parametersOf(family, fn);
            if (parameters === null) continue;
            const key = `${use.name.owner ?? ""}`;
            declared.set(key, [...declared.get(key) ?? [], `${path}:${use.line}`]);
            methods ||= parameters.self !== null;
            index ??= parameters.end;
            const problem = declare(family, operation, fn, parameters, index, path, file.value.text, put);
            if (problem !== null) return { ok: false, error: problem };
          } else if (fn === null) {
            const given = argumentsOf(family, node);
            if (given === null) values.push(`${path}:${use.line}`);
            else {call(family, operation, given, index ?? 0, selfPassed(family, node, use, methods), {
                put: (start, end, text) => put(path, start, end, text),
                unclear: () => unclear.push(`${path}:${use.line}`),
                text: file.value.text,
              });}
          }
        }
      } finally {
        syntax.free();
      }
    }
  }
  const overloaded = [...declared.values()].find((it) => it.length > 1);
  if (family === "java" && overloaded !== undefined) {
    return fail("ambiguous", `${operation.function} is overloaded: ${enumerate(overloaded)}`, {
      value: operation.function,
      remedy: "give the overloads different names first, or make this change by a patch",
    });
  }
  if (declared.size === 0) {
    return fail("unsupported", `${operation.function} has no parameter list that can be seen`, {
      value: operation.function,
      remedy: "name a function or a method that is declared by itself",
    });
  }
  if (values.length > 0 && operation.values === "refuse") {
    return fail(
      "unsupported",
      `${operation.function} is used without a call, so its callers cannot be seen: ${enumerate(values)}`,
      {
        value: operation.function,
        remedy: 'change these places first, or set `values: "keep"` where one more parameter does no harm',
      },
    );
  }
  if (values.length > 0) notes.push(`kept as they are, without a call: ${enumerate(values)}`);
  if (unclear.length > 0) {
    return fail(
      "ambiguous",
      `The place of the new argument cannot be seen in these calls: ${enumerate(unclear)}`,
      {
        value: operation.function,
        remedy: "write their arguments out first",
      },
    );
  }
  const calls = uses.length - [...declared.values()].flat().length - values.length;
  if (add.default === undefined && calls > uses.filter((it) => it.name === null).length) {
    return fail("invalid", `${operation.function} is called, and calls need a default`, {
      value: operation.function,
      remedy: "give `add.default`: the expression that the calls pass",
    });
  }
  if (program.skipped.length > 0) notes.push(`not searched: ${enumerate(program.skipped)}`);
  const matches = [...edits.values()].reduce((sum, it) => sum + it.length, 0);
  return ok({ edits, matches, notes });
}

/** Whether a method is called through its type, with the object as the first argument. */
function selfPassed(family: keyof typeof FUNCTIONS, node: SyntaxNode, use: Use, methods: boolean): boolean {
  if (!methods) return false;
  if (family === "rust") return node.parent?.type === "scoped_identifier";
  return family === "python" && /^=/.test(use.name?.receiver?.type ?? "") &&
    node.parent?.type === "attribute";
}

/** Puts the parameter into a declaration. */
function declare(
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
function call(
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
