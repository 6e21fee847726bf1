import type { CodeLanguage } from "../../../specs/mod.ts";
import type { Source } from "./place.ts";
import { ecmascript } from "./ecmascript.ts";
import { go } from "./go.ts";
import { java } from "./java.ts";
import { python } from "./python.ts";
import { rust } from "./rust.ts";
import { shell, withoutBats } from "./shell.ts";
import { render } from "./render.ts";
import { isConstant } from "./strength.ts";
import type { Declared, Dialect } from "./step.ts";
import { named, type Node, syntaxOf } from "./tree.ts";

const DIALECTS: Readonly<Record<CodeLanguage, Dialect>> = { ecmascript, python, go, java, rust, shell };

/** A parsed file with its tests. */
export interface Parsed {
  source: Source;
  root: Node;
  tests: Declared[];
}

/** Reads a file: its tests, its functions, and the values of the names at its top. */
export async function parsedSource(text: string, language: CodeLanguage, path: string): Promise<Parsed> {
  const dialect = DIALECTS[language];
  const bats = language === "shell" ? withoutBats(text) : { text, titles: new Map<string, string>() };
  const root = await syntaxOf(bats.text, language, path);
  const source: Source = {
    path,
    dialect,
    functions: new Map(),
    scope: new Map(),
    imports: dialect.imports(root),
    origins: new Map(),
    changing: changingNames(root, dialect),
  };
  topLevel(root, source, 0);
  const tests = dialect.tests(root).map((one) => ({
    ...one,
    title: bats.titles.get(one.title) ?? one.title,
  }));
  return { source, root, tests };
}

const ASSIGNS =
  /^(?:assignment_expression|augmented_assignment\w*|update_expression|assignment_statement|inc_statement|dec_statement|compound_assignment_expr)$/;
const COUNTED = /^(?:assignment|variable_assignment)$/;

/** Names that are assigned again, that a method is called upon, or that another function is given. */
function changingNames(root: Node, dialect: Dialect): Set<string> {
  const found = new Set<string>();
  const times = new Map<string, number>();
  const first = (node: Node | undefined): string => {
    for (let inner = node; inner !== undefined; inner = named(inner)[0]) {
      if (dialect.isName(inner) || inner.type === "variable_name") return inner.text;
    }
    return "";
  };
  const walk = (node: Node): void => {
    if (ASSIGNS.test(node.type)) found.add(first(named(node)[0]));
    if (COUNTED.test(node.type)) {
      const name = first(named(node)[0]);
      times.set(name, (times.get(name) ?? 0) + 1);
      if ((times.get(name) ?? 0) > 1) found.add(name);
    }
    const step = dialect.step(node);
    if (step.kind === "call") {
      const { path, args, name } = step.call;
      if (path.length > 1) found.add(path[0] ?? "");
      const asserts = /^(?:assert|expect|self|t|chai|should)$/.test(path[0] ?? "") ||
        /assert|expect|equal|same/i.test(name);
      if (!asserts) { for (const arg of args) found.add(first(arg)); }
    }
    node.children.forEach(walk);
  };
  walk(root);
  return found;
}

/** Functions anywhere in the file by their names, and values that stand at its top. */
function topLevel(node: Node, source: Source, depth: number): void {
  if (depth > 60) return;
  const { dialect } = source;
  for (const one of node.children) {
    const step = dialect.step(one);
    if (step.kind === "function" && step.name !== "") {
      source.functions.set(step.name, { fn: step.fn, source });
      // One name stands for several methods, told apart by what they take; their order says nothing.
      if (source.dialect.name === "java") {
        const overload = `${step.name}/${step.fn.params.length}`;
        if (!source.functions.has(overload)) source.functions.set(overload, { fn: step.fn, source });
      }
    }
    if (step.kind === "bind") {
      const value = dialect.step(step.value);
      for (const { name, at } of dialect.pattern(step.pattern)) {
        if (value.kind === "function") source.functions.set(name, { fn: value.fn, source });
        else if (depth <= 4 && at.length === 0) {
          const filled = source.changing.has(name) && isConstant(render(step.value, dialect, source.scope));
          const tokens = filled ? { tokens: [name] } : {};
          source.scope.set(name, { node: step.value, scope: source.scope, ...tokens });
        }
      }
      // An object of helpers: `const check = { price(x) {...} }`.
      if (value.kind === "other" && depth <= 4) {
        const owner = dialect.pattern(step.pattern)[0]?.name;
        for (const part of named(step.value)) {
          const member = dialect.step(part);
          if (owner !== undefined && member.kind === "function" && member.name !== "") {
            source.functions.set(`${owner}.${member.name}`, { fn: member.fn, source });
          }
        }
      }
    }
    // Names inside a function are its own; its functions are still found by their names.
    topLevel(one, source, step.kind === "function" ? Math.max(depth, 5) + 1 : depth + 1);
  }
}
