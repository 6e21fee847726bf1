import type { ts as TypeScript } from "ts-morph";
import { ok, type Result } from "../../../../../specs/mod.ts";
import { globs } from "../glob.ts";
import { type CodemodProblem, enumerate, fail } from "../problem.ts";
import { gapBefore } from "../text_file.ts";
import type { OperationOf, Workbench } from "../workbench.ts";
import { findSymbol, ownerAndName, type Reference, referencesAt } from "./lookup.ts";
import {
  callOf,
  type FunctionNode,
  functionOf,
  isExpression,
  isHarmless,
  isType,
  literalType,
  typeOfHolder,
  usesName,
} from "./function_site.ts";
import type { Ts, TypeScriptProject } from "./project.ts";
import { type EditsByPath, nameProblem } from "./rename.ts";
import { nodeAt, place } from "./symbols.ts";

type Change = OperationOf<"change-signature">;

interface Found {
  references: Reference[];
  path: string;
}

/** Where the function stands that an operation names; null when nothing is called so. */
function findFunction(
  project: TypeScriptProject,
  operation: Change,
  bench: Workbench,
): Result<Found | null, CodemodProblem> {
  const { ts } = project;
  const { owner, name } = ownerAndName(operation.function);
  if (operation.function === "default") {
    const within = operation.in === undefined ? ok(() => true) : globs(operation.in);
    if (!within.ok) return within;
    const found: { path: string; node: TypeScript.Node }[] = [];
    for (const path of project.paths) {
      const source = project.source(path);
      if (source === undefined || !within.value(path)) continue;
      for (const it of source.statements) {
        const keyword = ts.canHaveModifiers(it) &&
          ts.getModifiers(it)?.find((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword);
        if (ts.isFunctionDeclaration(it) && keyword) found.push({ path, node: it.name ?? keyword });
      }
    }
    const [only, more] = found;
    if (only === undefined) return ok(null);
    if (more !== undefined) {
      return fail(
        "ambiguous",
        `Several files export a function by default: ${enumerate(found.map((it) => it.path))}`,
        {
          value: "default",
          remedy: "say which one with `in`",
        },
      );
    }
    return ok({ path: only.path, references: referencesAt(project, only.path, only.node.getStart()) });
  }
  const found = findSymbol(
    project,
    name === "constructor" && owner !== null
      ? { name: owner, in: operation.in, kind: "class" }
      : { name: operation.function, in: operation.in },
    bench,
  );
  if (!found.ok) return found;
  if (found.value === null) return ok(null);
  const { declared } = found.value;
  if (name !== "constructor") {
    return ok({
      path: declared.path,
      references: referencesAt(project, declared.path, declared.node.getStart()),
    });
  }
  const declaration = declared.node.parent;
  const constructor = ts.isClassLike(declaration)
    ? declaration.members.find(ts.isConstructorDeclaration)
    : undefined;
  if (constructor === undefined) {
    return fail("no-match", `The class ${owner} has no constructor of its own (${declared.at})`, {
      value: operation.function,
      remedy: "write one first",
    });
  }
  const source = declaration.getSourceFile();
  const keyword = constructor.getChildren(source).find((it) => it.kind === ts.SyntaxKind.ConstructorKeyword);
  return ok({
    path: declared.path,
    references: referencesAt(project, declared.path, (keyword ?? constructor).getStart(source)),
  });
}

/** The edits that add a parameter; null when no function is called so. */
export function signatureEdits(
  project: TypeScriptProject,
  operation: Change,
  bench: Workbench,
): Result<{ edits: EditsByPath; matches: number; notes: string[] } | null, CodemodProblem> {
  const { ts } = project;
  const found = findFunction(project, operation, bench);
  if (!found.ok) return found;
  if (found.value === null) return ok(null);
  const { add } = operation;
  const wrong = nameProblem(ts, add.name);
  if (wrong !== null || add.name.startsWith("#")) {
    return fail("invalid", `${add.name} cannot be a parameter: ${wrong ?? "it is a private name"}`, {
      value: add.name,
      remedy: "give an identifier that is no reserved word",
    });
  }
  if (add.default !== undefined && !isExpression(ts, add.default)) {
    return fail("invalid", `The default ${add.default} is no expression`, {
      value: add.default,
      remedy: "write one expression of TypeScript",
    });
  }
  if (add.type !== undefined && !isType(ts, add.type)) {
    return fail("invalid", `The type ${add.type} is no type`, {
      value: add.type,
      remedy: "write one type of TypeScript",
    });
  }

  const functions = new Map<FunctionNode, string>();
  const calls: { path: string; call: TypeScript.CallExpression | TypeScript.NewExpression }[] = [];
  const values: string[] = [];
  for (const { path, start } of found.value.references) {
    bench.check();
    const source = project.source(path);
    if (source === undefined) continue;
    const node = nodeAt(ts, source, start);
    const declared = functionOf(ts, node);
    if (declared !== null) {
      functions.set(declared, path);
      continue;
    }
    const call = callOf(ts, node);
    if (call !== null) calls.push({ path, call });
    else if (!isHarmless(ts, node)) values.push(place(source, path, node));
  }
  if (functions.size === 0) {
    return fail(
      "unsupported",
      `${operation.function} in ${found.value.path} is no function whose parameters are written down`,
      {
        value: operation.function,
        remedy: "name a function, a method, a constructor, or a variable that holds a function",
      },
    );
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
  if (calls.length > 0 && add.default === undefined) {
    return fail(
      "invalid",
      `${operation.function} is called in ${calls.length} places, which need a default`,
      {
        value: operation.function,
        remedy: "give `add.default`: the expression that the calls pass",
      },
    );
  }

  const edits: EditsByPath = new Map();
  const put = (path: string, start: number, end: number, text: string) =>
    edits.set(path, [...edits.get(path) ?? [], { start, end, text }]);
  let index: number | null = null;
  let carried = false;
  for (const [node, path] of functions) {
    const source = node.getSourceFile();
    const written = ts.isFunctionLike(node.parent) ? null : typeOfHolder(ts, node);
    if (written !== null) {
      return fail(
        "unsupported",
        `The type of ${operation.function} is written apart from it (${place(source, path, written)})`,
        {
          value: written.getText(source),
          remedy: "change that type by hand, or write the types at the parameters",
        },
      );
    }
    const all = [...node.parameters];
    const [first] = all;
    const own = first !== undefined && ts.isIdentifier(first.name) && first.name.text === "this"
      ? all.slice(1)
      : all;
    const rest = own.at(-1)?.dotDotDotToken !== undefined ? 1 : 0;
    const at: number = add.position ?? index ?? own.length - rest;
    if (at > own.length - rest) {
      return fail(
        "invalid",
        `${operation.function} has ${own.length} parameters: ${at} is no place for another (${
          place(source, path, node)
        })`,
        {
          value: String(at),
          remedy: `give a position from 0 to ${own.length - rest}, or leave it out`,
        },
      );
    }
    index ??= at;
    const clash = usesName(ts, node, add.name);
    if (clash !== null) {
      return fail(
        "collision",
        `${add.name} has a meaning in ${operation.function} already (${place(source, path, clash)})`,
        {
          value: add.name,
          remedy: "choose another name for the parameter",
        },
      );
    }
    const optional = (it: TypeScript.ParameterDeclaration) =>
      it.questionToken !== undefined || it.initializer !== undefined || it.dotDotDotToken !== undefined;
    const carries = operation.calls === "needed"
      ? own.slice(at).every(optional)
      : own.slice(0, at).some(optional);
    carried ||= carries;
    const typed = /\.[cm]?tsx?$/.test(path);
    const type = add.type ?? literalType(add.default);
    if (typed && type === null && !ts.isSetAccessor(node)) {
      return fail("invalid", `The parameter ${add.name} needs a type in ${path}`, {
        value: add.name,
        remedy: "give `add.type`",
      });
    }
    const body = "body" in node && node.body !== undefined;
    if (carries && add.default === undefined && body && !typed) {
      return fail("invalid", `The parameter ${add.name} follows optional ones and needs a default`, {
        value: add.name,
        remedy: "give `add.default`",
      });
    }
    const withDefault = carries && body && add.default !== undefined;
    // An initializer of a plain literal says the type.
    const shown = typed && !(withDefault && add.type === undefined) ? `: ${type}` : "";
    const text = `${add.name}${carries && !withDefault && typed ? "?" : ""}${shown}${
      withDefault ? ` = ${add.default}` : ""
    }`;
    insertParameter(
      ts,
      source,
      node,
      all,
      own[at],
      text,
      (start, end, piece) => put(path, start, end, piece),
    );
  }
  const problem = passDefault(project, operation, calls, index ?? 0, carried, put);
  if (problem !== null) return { ok: false, error: problem };
  const notes = values.length === 0 ? [] : [`kept as they are, without a call: ${enumerate(values)}`];
  const matches = [...edits.values()].reduce((sum, it) => sum + it.length, 0);
  return ok({ edits, matches, notes });
}

function insertParameter(
  ts: Ts,
  source: TypeScript.SourceFile,
  node: FunctionNode,
  all: readonly TypeScript.ParameterDeclaration[],
  before: TypeScript.ParameterDeclaration | undefined,
  text: string,
  put: (start: number, end: number, text: string) => void,
): void {
  if (before !== undefined && !hasParentheses(ts, source, node)) {
    put(before.getStart(source), before.end, `(${text}, ${before.getText(source)})`);
    return;
  }
  if (before !== undefined) {
    const start = before.getStart(source);
    put(start, start, `${text},${gapBefore(source.text, start)}`);
    return;
  }
  const last = all.at(-1);
  if (last === undefined) put(node.parameters.pos, node.parameters.pos, text);
  else if (!hasParentheses(ts, source, node)) {
    put(last.getStart(source), last.end, `(${last.getText(source)}, ${text})`);
  } else put(last.end, last.end, `,${gapBefore(source.text, last.getStart(source))}${text}`);
}

/** `x => x` has its parameter without parentheses. */
function hasParentheses(ts: Ts, source: TypeScript.SourceFile, node: FunctionNode): boolean {
  return !ts.isArrowFunction(node) ||
    node.getChildren(source).some((it) => it.kind === ts.SyntaxKind.OpenParenToken);
}

/** Puts the default into the calls. */
function passDefault(
  project: TypeScriptProject,
  operation: Change,
  calls: readonly { path: string; call: TypeScript.CallExpression | TypeScript.NewExpression }[],
  index: number,
  carried: boolean,
  put: (path: string, start: number, end: number, text: string) => void,
): CodemodProblem | null {
  const { ts } = project;
  const value = operation.add.default ?? "";
  const spread: string[] = [];
  const seen = new Set<TypeScript.Node>();
  for (const { path, call } of calls) {
    if (seen.has(call)) continue;
    seen.add(call);
    const source = call.getSourceFile();
    const given = call.arguments ?? ts.factory.createNodeArray<TypeScript.Expression>();
    if (given.slice(0, index).some(ts.isSpreadElement)) {
      spread.push(place(source, path, call));
      continue;
    }
    if (operation.calls === "needed" && carried && given.length <= index) continue;
    if (given.length < index && carried) continue; // the declaration fills it in
    const before = given[index];
    if (call.arguments === undefined) {
      put(path, call.end, call.end, `(${[...Array(index).fill("undefined"), value].join(", ")})`);
    } else if (before !== undefined) {
      const start = before.getStart(source);
      put(path, start, start, `${value},${gapBefore(source.text, start)}`);
    } else {
      const padded = [...Array(Math.max(0, index - given.length)).fill("undefined"), value].join(", ");
      const last = given.at(-1);
      if (last === undefined) put(path, given.pos, given.pos, padded);
      else put(path, last.end, last.end, `,${gapBefore(source.text, last.getStart(source))}${padded}`);
    }
  }
  if (spread.length === 0) return null;
  return {
    code: "ambiguous",
    message: `Calls spread their arguments, so the place of the new one cannot be seen: ${enumerate(spread)}`,
    value: operation.function,
    remedy: "write the arguments of these calls out, or put the parameter before them with `add.position`",
  };
}
