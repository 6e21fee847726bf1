import { child, named, type Node, plain } from "../syntax/tree.ts";
import { decides, type Finding, stepsOf } from "./flow.ts";
import type { Identity } from "./identity.ts";
import { patternNames } from "./bindings.ts";
import type { Program } from "./program.ts";
import { argumentsOf, CALL, calleeOf, isIndex, isMember, isString } from "./shapes.ts";

const SAYS = "asks the environment for a test runner";

/** Variables that only a test runner sets. */
const RUNNERS =
  /^(?:NODE_TEST_CONTEXT|NODE_V8_COVERAGE|JEST_WORKER_ID|VITEST(?:_\w+)?|MOCHA_\w+|PYTEST_\w+|BATS_\w+|NEXTEST\w*|RUST_TEST_\w+|TAP_VERSION|HARNESS_ACTIVE|GO_TEST\w*|DENO_TESTING|UNITTEST\w*)$/;
/** Variables that tell a machine that tests from one that works. */
const PLACES = /^(?:CI|TEST|TESTING|IS_TEST|UNDER_TEST|GITHUB_ACTIONS|GITLAB_CI)$/;
const MODES = /^(?:\w*_)?ENV(?:IRONMENT)?$/;
const HOMES = /^(?:HOME|USER|USERNAME|LOGNAME|PWD|HOSTNAME)$/;

const BY_PRESENCE: Identity = { kind: "presence", says: SAYS, way: /^/ };
const BY_WORD: Identity = { kind: "frames", says: SAYS, way: /^/ };
const BY_MARK: Identity = { kind: "mark", says: SAYS, way: /^/ };

/** Libraries whose presence in the process says that tests run. */
const LOADED = /^_?(?:unittest|pytest|nose|jest|vitest|mocha)/;

/** Reads of the environment, and of what is loaded, by which a program tells that it is tested. */
export function environmentProbes(program: Program): Finding[] {
  const found: Finding[] = [];
  const steps = stepsOf();
  const add = (node: Node, text = SAYS) => found.push({ line: node.line, text });
  const judge = (node: Node, name: string) => {
    if (RUNNERS.test(name)) return add(node);
    const identity = PLACES.test(name)
      ? BY_PRESENCE
      : MODES.test(name)
      ? BY_WORD
      : HOMES.test(name)
      ? BY_MARK
      : null;
    const at = identity && decides(node, identity, program, steps);
    if (at) add(at);
  };
  for (const node of program.nodes) {
    const name = variableOf(node, program);
    if (name !== null) judge(node, name);
    // `const { CI } = process.env`
    if (node.type === "object_pattern") {
      const value = child(program.parent(node), "value");
      if (value && /^(?:globalThis\.)?(?:module:)?process\.env$/.test(program.path(value))) {
        for (const [own, key] of patternNames(node)) {
          for (const use of program.uses(own)) judge(use, key);
        }
      }
    }
    // `"PYTEST_VERSION" in os.environ`, `"unittest" in sys.modules`
    if (/^(?:comparison_operator|binary_expression)$/.test(node.type)) {
      const [left, right] = named(node).filter(({ field }) => field !== "operators" && field !== "operator");
      const text = left ? program.fold(left) : null;
      if (text === null || !right) continue;
      const way = program.path(right);
      if (/(?:^|\.)sys\.modules(?:\.keys\(\))?$/.test(way) && LOADED.test(text)) add(node, LIBRARY);
      else if (/^(?:os\.environ|process\.env)$/.test(way)) judge(node, text);
      else if (/^globalThis$/.test(way) && RUNNER_GLOBALS.test(text)) add(node, LIBRARY);
    }
    if (/^(?:unary_expression)$/.test(node.type) && plain(child(node, "operator")) === "typeof") {
      const way = program.path(child(node, "argument") ?? node).replace(/^globalThis\./, "");
      if (RUNNER_GLOBALS.test(way) && program.uses(way).length > 0) add(node, LIBRARY);
    }
    if (CALL.has(node.type)) {
      const callee = calleeOf(node);
      const way = callee ? program.path(callee) : "";
      const first = argumentsOf(node)[0];
      const text = first ? program.fold(first) : null;
      if (/sys\.modules\.(?:get|__contains__)$/.test(way) && text !== null && LOADED.test(text)) {
        add(node, LIBRARY);
      }
      if (
        /(?:find_spec|Class\.forName|^Class)$/.test(way) && text !== null &&
        /junit|testng|unittest|pytest/.test(text)
      ) {
        add(node, LIBRARY);
      }
    }
    if (isMember(node) || isIndex(node)) {
      if (/sys\.modules\.(?:unittest|pytest|_pytest|nose)$/.test(program.path(node))) add(node, LIBRARY);
      if (/(?:^|\.)sys\.modules$/.test(program.path(node)) && walksFor(node, program)) add(node, LIBRARY);
    }
  }
  return found;
}

const LIBRARY = "asks whether a test library is loaded";
const RUNNER_GLOBALS = /^(?:describe|it|test|expect|jest|vi|mocha|beforeEach|afterEach|beforeAll|suite)$/;

/** The variable that an expression reads. */
function variableOf(node: Node, program: Program): string | null {
  if (isMember(node) || isIndex(node)) {
    return /^(?:globalThis\.|module:)?(?:process\.env|import\.meta\.env|os\.environ|Bun\.env)\.(\w+)$/.exec(
      program.path(node),
    )?.[1] ?? null;
  }
  if (!CALL.has(node.type)) return null;
  const callee = calleeOf(node);
  if (!callee) return null;
  const way = node.type === "method_invocation"
    ? `${program.path(callee)}.${plain(child(node, "name"))}`
    : program.path(callee);
  if (
    !/^(?:(?:globalThis\.)?Deno\.env\.(?:get|has)|os\.(?:environ\.get|environ\.__contains__|getenv|Getenv|LookupEnv|environb\.get)|System\.getenv|(?:std\.)?env\.(?:var|var_os)|process\.env\.hasOwnProperty|Object\.hasOwn)$/
      .test(way)
  ) return null;
  const args = argumentsOf(node);
  const name = way === "Object.hasOwn" ? args[1] : args[0];
  return name ? program.fold(name) : null;
}

/** `any(name.startswith("unit") for name in sys.modules)` */
function walksFor(node: Node, program: Program): boolean {
  let around: Node = node;
  for (
    let above = program.parent(node);
    above !== null && !/statement$|block$|module|assignment/.test(above.type);
    above = program.parent(above)
  ) {
    around = above;
  }
  const loop = program.parent(around);
  const open = [loop !== null && /^for_statement$/.test(loop.type) ? loop : around];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const text = isString(one) ? program.fold(one) : null;
    if (
      text !== null && text.length >= 4 &&
      ["unittest", "pytest", "_pytest"].some((name) => name.startsWith(text) || name.endsWith(text))
    ) {
      return true;
    }
    open.push(...one.children);
  }
  return false;
}
