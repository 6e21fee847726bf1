import type { ts as TypeScript } from "ts-morph";
import { ok, type Result } from "../../../../../specs/mod.ts";
import { isRecord } from "../config/value.ts";
import { nearestFile } from "../dependency/lockfile.ts";
import { folderOf } from "../language.ts";
import { type CodemodProblem, fail } from "../problem.ts";
import { readConfig } from "../typescript/module_map.ts";
import type { TypeScriptProject } from "../typescript/project.ts";
import { projectEnding, relativePath, withEnding } from "../typescript/specifier.ts";
import { place } from "../typescript/symbols.ts";
import type { Workbench } from "../workbench.ts";
import { choose, type Skeleton, type Written, wrongFramework } from "./choose.ts";

interface Exported {
  name: string;
  at: string;
  isClass: boolean;
}

/** What a module exports that can be called: functions, classes, variables that hold one. */
function callables(project: TypeScriptProject, path: string): Exported[] {
  const { ts } = project;
  const checker = project.checker();
  const source = project.source(path);
  // A CommonJS file is no module to the public function; its symbol holds what it exports all the same.
  const own = source as unknown as { symbol?: TypeScript.Symbol } | undefined;
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source) ?? own?.symbol;
  if (module === undefined) return [];
  const found: Exported[] = [];
  // module.exports = { a, b } hands on the properties of a value.
  const value = module.exports?.get(ts.InternalSymbolName.ExportEquals);
  const symbols = value === undefined
    ? checker.getExportsOfModule(module)
    : checker.getTypeOfSymbol(value).getProperties();
  for (const symbol of symbols) {
    const meant = (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
    const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0] ?? meant.declarations?.[0];
    if ((meant.flags & ts.SymbolFlags.Value) === 0 || declaration === undefined) continue;
    const type = checker.getTypeOfSymbolAtLocation(meant, declaration);
    const called = checker.getSignaturesOfType(type, ts.SignatureKind.Call).length > 0;
    const made = checker.getSignaturesOfType(type, ts.SignatureKind.Construct).length > 0;
    const file = declaration.getSourceFile();
    if (called || made) {
      const at = place(file, project.pathOf(file.fileName) ?? path, declaration);
      found.push({ name: symbol.name, at, isClass: !called });
    }
  }
  return found;
}

/** How the repository runs its tests, by the nearest manifest. */
async function frameworkOf(
  operation: Skeleton,
  bench: Workbench,
): Promise<Result<"deno" | "node:test", CodemodProblem>> {
  if (operation.framework !== undefined) {
    const { framework } = operation;
    return framework === "deno" || framework === "node:test"
      ? ok(framework)
      : wrongFramework(operation, "deno or node:test");
  }
  const folder = folderOf(operation.for);
  if (await nearestFile(folder, ["deno.json", "deno.jsonc"], bench) !== null) return ok("deno");
  const manifest = await nearestFile(folder, ["package.json"], bench);
  if (manifest !== null) {
    const config = await readConfig(bench.stage, manifest);
    const tools = [config.dependencies, config.devDependencies].flatMap((it) =>
      isRecord(it) ? Object.keys(it) : []
    );
    const other = ["jest", "vitest", "mocha", "ava", "jasmine"].find((it) => tools.includes(it));
    if (other === undefined) return ok("node:test");
    return fail("unsupported", `${manifest} tests with ${other}, for which no skeleton is written`, {
      path: manifest,
      value: other,
      remedy: "set `framework`, or use create-file with a template",
    });
  }
  return fail("ambiguous", "No deno.json or package.json says how tests are run", {
    path: operation.for,
    remedy: "set `framework` to deno or node:test",
  });
}

function testPath(source: string, framework: "deno" | "node:test"): string {
  const dot = source.lastIndexOf(".");
  return `${source.slice(0, dot)}${framework === "deno" ? "_test" : ".test"}${source.slice(dot)}`;
}

/** CommonJS: the file has no import or export of its own and hands on by `exports`. */
function isCommonJs(ts: TypeScriptProject["ts"], source: TypeScript.SourceFile): boolean {
  return !ts.isExternalModule(source) && /\bmodule\.exports\b|\bexports\.\w/.test(source.text);
}

/** A test file for a TypeScript or JavaScript module. */
export async function typeScriptSkeleton(
  operation: Skeleton,
  bench: Workbench,
): Promise<Result<Written, CodemodProblem>> {
  const framework = await frameworkOf(operation, bench);
  if (!framework.ok) return framework;
  const project = await bench.typescript();
  const source = project.source(operation.for);
  if (source === undefined) {
    return fail("unsupported", `${operation.for} cannot be read as a module`, {
      path: operation.for,
      remedy: "name a TypeScript or JavaScript module",
    });
  }
  const chosen = choose(operation, callables(project, operation.for));
  if (!chosen.ok) return chosen;
  const path = operation.to ?? testPath(operation.for, framework.value);
  const ending = framework.value === "deno" ? "source" : projectEnding(project, operation.for);
  const specifier = withEnding(relativePath(path, operation.for), ending);
  const names = chosen.value.map((it) => it.name);
  const common = isCommonJs(project.ts, source);
  const named = names.filter((it) => it !== "default");
  const imports: string[] = [];
  if (common) {
    imports.push(`const assert = require("node:assert/strict");`);
    if (framework.value === "node:test") imports.push(`const { test } = require("node:test");`);
    imports.push(`const { ${named.join(", ")} } = require("${specifier}");`);
  } else {
    imports.push(`import assert from "node:assert/strict";`);
    if (framework.value === "node:test") imports.push(`import { test } from "node:test";`);
    const clause = [
      names.includes("default") ? "byDefault" : "",
      named.length > 0 ? `{ ${named.join(", ")} }` : "",
    ].filter((it) => it !== "").join(", ");
    imports.push(`import ${clause} from "${specifier}";`);
  }
  const call = framework.value === "deno" ? "Deno.test" : "test";
  const tests = chosen.value.map(({ name, isClass }) => {
    const title = name === "default" ? "the default export" : name;
    return [
      `${call}("${title} is exported as a ${isClass ? "class" : "function"}", () => {`,
      `  assert.equal(typeof ${name === "default" ? "byDefault" : name}, "function");`,
      "});",
    ].join("\n");
  });
  return ok({ path, text: `${imports.join("\n")}\n\n${tests.join("\n\n")}\n`, symbols: names.length });
}
