import type { CodeLanguage } from "../../../specs/mod.ts";
import type { Source } from "./place.ts";
import { ecmascript } from "./ecmascript.ts";
import { changingNames } from "./changing.ts";
import { go } from "./go.ts";
import { java } from "./java.ts";
import { python } from "./python.ts";
import { rust } from "./rust.ts";
import { shell, withoutBats } from "./shell.ts";
import { render } from "./render.ts";
import { isConstant } from "./strength.ts";
import type { Declared, Dialect, Fn } from "./step.ts";
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
  const nested = new Map<string, number>();
  topLevel(root, source, 0, nested);
  // What several functions have inside under one name is none of the others' business.
  for (const [name, times] of nested) if (times > 1) source.functions.delete(name);
  const tests = dialect.tests(root).map((one) => ({
    ...one,
    title: bats.titles.get(one.title) ?? one.title,
  }));
  return { source, root, tests };
}

/** Deeper than any function at the top of a file can stand. */
const INSIDE = 5;

/** Functions anywhere in the file by their names, and values that stand at its top. */
function topLevel(node: Node, source: Source, depth: number, nested: Map<string, number>): void {
  if (depth > 60) return;
  const { dialect } = source;
  const keep = (name: string, fn: Fn): void => {
    if (depth > INSIDE) {
      // One at the top goes before one inside of another function.
      if (source.functions.has(name) && !nested.has(name)) return;
      nested.set(name, (nested.get(name) ?? 0) + 1);
    } else nested.delete(name);
    source.functions.set(name, { fn, source });
  };
  for (const one of node.children) {
    const step = dialect.step(one);
    if (step.kind === "function" && step.name !== "") {
      keep(step.name, step.fn);
      // One name stands for several methods, told apart by what they take; their order says nothing.
      if (source.dialect.name === "java") {
        const overload = `${step.name}/${step.fn.params.length}`;
        if (!source.functions.has(overload)) source.functions.set(overload, { fn: step.fn, source });
      }
    }
    if (step.kind === "bind") {
      const value = dialect.step(step.value);
      for (const { name, at } of dialect.pattern(step.pattern)) {
        if (value.kind === "function") keep(name, value.fn);
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
    topLevel(one, source, step.kind === "function" ? Math.max(depth, INSIDE) + 1 : depth + 1, nested);
  }
}
