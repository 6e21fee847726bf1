import { ok, type Result } from "../../../../../specs/mod.ts";
import { type Grammar, grammar, present } from "../grammar.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import type { TextEdit } from "../text_file.ts";
import { ownerAndName } from "../typescript/lookup.ts";
import type { OperationOf, Workbench } from "../workbench.ts";
import { type Program, readProgram, type SyntaxFamily } from "./program.ts";
import { findTarget, type Target } from "./target.ts";
import { argumentsOf, functionOf, FUNCTIONS, nodeOf, parametersOf } from "./parameters.ts";
import { call, declare, selfPassed } from "./signature_edits.ts";
import { aliasesOf, aliasUses, placeOf, type Use, usesOf } from "./uses.ts";

type Change = OperationOf<"change-signature">;

interface Signature {
  edits: Map<string, TextEdit[]>;
  matches: number;
  notes: string[];
}

/** A function, and all that calls it. */
interface Gathered {
  program: Program;
  target: Target;
  uses: Use[];
  uncertain: string[];
  notes: string[];
}

/**
 * Finds a function and its uses, also under the names that imports give it. A file may know only such a name, so
 * files are read again until no new one turns up.
 */
async function gather(
  family: SyntaxFamily,
  operation: Change,
  bench: Workbench,
): Promise<Result<Gathered | null, CodemodProblem>> {
  const { owner, name } = ownerAndName(operation.function);
  const words = new Set(owner === null ? [name] : [name, owner]);
  for (;;) {
    const read = await readProgram(family, [...words], bench);
    if (!read.ok) return read;
    const program = read.value;
    const found = findTarget(program, {
      name: operation.function,
      in: operation.in,
      kind: owner === null ? undefined : "method",
    });
    if (!found.ok) return found;
    if (found.value === null) return ok(null);
    const target = found.value;
    const gathered = await usesOf(program, target, bench);
    if (!gathered.ok) return gathered;
    const { uses, uncertain, notes } = gathered.value;
    const under = await aliasUses(program, gathered.value, bench);
    const known = words.size;
    for (const alias of [...aliasesOf(gathered.value), ...under.map((it) => it.name?.text ?? "")]) {
      if (alias !== "") words.add(alias);
    }
    if (words.size > known) continue;
    return ok({
      program,
      target,
      uses: [...uses, ...under],
      uncertain: uncertain.map(placeOf),
      notes: [...notes],
    });
  }
}

/** The edits that add a parameter; null when no function of this family is called so. */
export async function syntaxSignature(
  family: SyntaxFamily,
  operation: Change,
  bench: Workbench,
): Promise<Result<Signature | null, CodemodProblem>> {
  if (family === "bash") return ok(null);
  const gathered = await gather(family, operation, bench);
  if (!gathered.ok) return gathered;
  if (gathered.value === null) return ok(null);
  const { program, target, uses, uncertain, notes } = gathered.value;
  const { rules } = program;
  const refusal = whyNot(family, operation, target, program);
  if (refusal !== null) return { ok: false, error: refusal };
  const parser = await grammar(rules.language);
  if (!parser.ok) return parser;
  const expression = checkFragments(family, operation, parser.value);
  if (!expression.ok) return expression;
  if (uncertain.length > 0) {
    return fail(
      "ambiguous",
      `The code does not say whether these mean ${operation.function}: ${enumerate(uncertain)}`,
      {
        value: operation.function,
        remedy: "write down the types of the variables there, or make this change by a patch",
      },
    );
  }
  return await edit(program, family, operation, uses, parser.value, bench, notes);
}

/** What the language or the function does not allow. */
function whyNot(
  family: keyof typeof FUNCTIONS,
  operation: Change,
  target: Target,
  { rules }: Program,
): CodemodProblem | null {
  const { add } = operation;
  const problem = (
    code: CodemodProblem["code"],
    message: string,
    value: string,
    remedy: string,
  ): CodemodProblem => ({
    code,
    message,
    value,
    remedy,
  });
  if (!target.name.kinds.includes("function") && !target.name.kinds.includes("method")) {
    const at = `${target.file.path}:${target.name.line}`;
    return problem(
      "unsupported",
      `${operation.function} is no function (${at})`,
      operation.function,
      "name a function or a method",
    );
  }
  if (!rules.identifier.test(add.name) || rules.keywords.has(add.name)) {
    return problem(
      "invalid",
      `${add.name} cannot be a parameter in ${family}`,
      add.name,
      "give an identifier that is no keyword",
    );
  }
  if (family !== "python" && add.type === undefined) {
    return problem("invalid", `A parameter needs a type in ${family}`, add.name, "give `add.type`");
  }
  if (family !== "python" && operation.calls === "needed") {
    return problem(
      "unsupported",
      `Parameters have no defaults in ${family}`,
      "needed",
      'leave `calls` out, or set it to "every"',
    );
  }
  return null;
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
