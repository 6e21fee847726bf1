import { child, named, type Node, plain } from "../syntax/tree.ts";
import type { Finding } from "./flow.ts";
import { assignmentOf } from "./bindings.ts";
import { LOADS, type Program } from "./program.ts";
import { argumentsOf, CALL, calleeOf, isIndex, isMember, objectOf } from "./shapes.ts";

/** Libraries that a test's verdict hangs on. To ask them is fine, to change them is not. */
const JUDGES =
  /^(?:assert(?:\/strict)?|test|test\/reporters|unittest(?:\..*)?|pytest|_pytest(?:\..*)?|nose|chai|expect|should|vitest|jest|@jest\/.*|mocha|jasmine|ava|tap|tape|uvu|bun:test|sinon|@std\/(?:assert|expect|testing).*|@?jsr:@std\/(?:assert|expect|testing).*|https:\/\/deno\.land\/std[^/]*\/(?:assert|expect|testing).*|power-assert|hamcrest|testing)$/;
const GLOBALS =
  /^(?:globalThis\.)?(?:Deno\.test|assert|expect|chai|jest|vi|mocha|unittest|pytest|TestCase|AssertionError)(?:\.|$)/;
/** What the language and every library lean on. */
const BUILTINS =
  /^(?:globalThis\.)?(?:(?:Object|Array|String|Number|Boolean|RegExp|Map|Set|Promise|Error|Symbol|Function|Date|BigInt|Uint8Array|JSON|Math|Reflect|Proxy)(?:\.prototype)?\.[\w$.]+|(?:module:)?builtins\.\w+|__builtins__\.\w+|Deno\.(?:test|exit|readTextFile|readFile|writeTextFile|writeFile|env|args)|process\.(?:exit|exitCode|stdout|stderr|on|emit|env|argv)\.?\w*)$/;
const MUTATES =
  /^(?:Object|Reflect)\.(?:assign|defineProperty|defineProperties|set|setPrototypeOf|deleteProperty|__defineGetter__)$|^(?:setattr|delattr)$|\.(?:spyOn|stub|replace|method|patch|setattr)$/;

/** Changes of test and assertion libraries, of what they lean on, and loads of a module whose name is made at run time. */
export function testLibraryReach(program: Program): Finding[] {
  const found: Finding[] = [];
  const add = (node: Node, text: string) => found.push({ line: node.line, text });
  for (const node of program.nodes) {
    if (CALL.has(node.type)) {
      const callee = calleeOf(node);
      const way = callee
        ? (node.type === "method_invocation"
          ? `${program.path(callee)}.${plain(child(node, "name"))}`
          : program.path(callee))
        : "";
      const args = argumentsOf(node);
      if (LOADS.test(way)) {
        const said = loads(args, program, way);
        if (said !== null) add(node, said);
        continue;
      }
      if (/^gc\.get_(?:objects|referrers|referents)$/.test(way)) {
        add(node, "searches all objects of the process");
      }
      const [first] = args;
      if (first && MUTATES.test(way)) {
        if (judges(program.path(first), program)) add(node, CHANGES);
        else if (isBuiltin(program.path(first), args[1] ? program.fold(args[1]) : null)) add(node, SHADOWS);
      } else if (first && callee && !judges(way, program)) {
        // A library that is handed on whole can be changed where nobody looks.
        for (const arg of args) if (isWhole(arg, program)) add(node, "hands an assertion library on");
      }
      continue;
    }
    if (
      /^(?:delete_expression|delete_statement)$/.test(node.type) ||
      plain(child(node, "operator")) === "delete"
    ) {
      const target = child(node, "argument") ?? named(node)[0];
      if (target && judges(program.path(target), program)) add(node, CHANGES);
      continue;
    }
    const isAssignment =
      /^(?:assignment_expression|augmented_assignment_expression|assignment|assignment_statement|augmented_assignment)$/
        .test(node.type);
    const [target] = isAssignment ? assignmentOf(node) : [null];
    if (!target || !(isMember(target) || isIndex(target))) continue;
    const way = program.path(target);
    const object = objectOf(target);
    if ((object && judges(program.path(object), program)) || judges(way, program)) add(node, CHANGES);
    else if (
      !/^(?:\?\?|\|\|)=/.test(plain(child(node, "operator"))) && isBuiltin(way, null) &&
      !isPolyfill(node, way, program)
    ) add(node, SHADOWS);
  }
  return found;
}

const CHANGES = "changes a test or assertion library";
const SHADOWS = "changes what the language itself gives";

function judges(way: string, program: Program): boolean {
  const module = /^module:([^\s]*)$/.exec(way)?.[1];
  if (module !== undefined) {
    // `module:assert.strict.equal`: the module is what the dots begin behind, unless its own name has some.
    return JUDGES.test(module) || JUDGES.test(module.replace(/\.[\w.$[\]()]*$/, "")) ||
      /^(?:assert|chai|expect|unittest|pytest|_pytest|vitest|jest|mocha|testing)[./[(]/.test(module);
  }
  if (
    /^sys\.modules(?:\.(?:get\(\)|unittest|pytest|_pytest)|\[\])/.test(way) && /TestCase|assert/i.test(way)
  ) return true;
  return GLOBALS.test(way) && !program.declares(way.split(".")[0] ?? "");
}

function isWhole(node: Node, program: Program): boolean {
  if (node.type !== "identifier") return false;
  const module = /^module:(.*)$/.exec(program.path(node))?.[1];
  return module !== undefined &&
    /^(?:assert(?:\/strict)?|chai|unittest|pytest)(?:\.(?:strict|default|TestCase|assert))*$/.test(module);
}

function isBuiltin(way: string, member: string | null): boolean {
  return BUILTINS.test(member === null ? way : `${way}.${member}`) &&
    !/^process\.(?:exitCode|env|argv)\b/.test(way);
}

/** `if (!Array.prototype.at) Array.prototype.at = …` changes nothing where there is one. */
function isPolyfill(node: Node, way: string, program: Program): boolean {
  for (let at = program.parent(node); at !== null; at = program.parent(at)) {
    if (!/^if_statement$/.test(at.type)) continue;
    const condition = plain(child(at, "condition")).replace(/["'\s]/g, "");
    const member = way.split(".").at(-1) ?? way;
    if (
      condition === `(!${way})` || condition === `(!(${member}in${way.slice(0, -member.length - 1)}))` ||
      condition === `(typeof${way}!==function)` || condition === `(typeof${way}===undefined)`
    ) return true;
  }
  return false;
}

/** What a load of a module whose name is not written out says; null when it is honest. */
function loads(args: readonly Node[], program: Program, way: string): string | null {
  const [first] = args;
  if (!first) return null;
  const literal = /^(?:string|template_string)$/.test(first.type);
  const name = program.fold(first);
  if (name !== null) {
    const hidden = !literal || /getBuiltinModule$/.test(way);
    const module = name.replace(/^(?:node|npm):/, "").replace(/@[\d.^~]+$/, "");
    return hidden &&
        (JUDGES.test(module) || /^(?:sys|gc|inspect|ctypes|builtins|module|vm|inspector)$/.test(module))
      ? "loads a test library by a name in pieces"
      : null;
  }
  return isPlace(first, program) ? null : "loads a module whose name is made at run time";
}

/** Whether an expression is the place of a file, whatever else is in it: then it names no library. */
function isPlace(node: Node, program: Program): boolean {
  const begin = beginningOf(node, program);
  if (
    begin !== null &&
    (/^(?:\.{1,2}(?:\/|\w|$)|\/|file:|data:|https?:)/.test(begin) || /^[A-Za-z_]\w*\.\w*/.test(begin))
  ) {
    return !JUDGES.test(begin.split(".")[0] ?? "");
  }
  if (node.type === "new_expression") {
    return /^URL$/.test(plain(child(node, "constructor"))) && argumentsOf(node).length > 1;
  }
  if (isMember(node)) {
    const object = objectOf(node);
    return object !== null && isPlace(object, program);
  }
  if (!CALL.has(node.type)) return false;
  const callee = calleeOf(node);
  const way = callee ? program.path(callee) : "";
  const [first] = argumentsOf(node);
  if (
    /(?:^|[.:])(?:pathToFileURL|toFileUrl|fileURLToPath|join|resolve)$/.test(way) &&
    !/^import\.meta\.resolve$/.test(way)
  ) return true;
  if (/^import\.meta\.resolve$|\.toString$|^String$/.test(way)) {
    const inner = first ?? (callee ? objectOf(callee) : null);
    return inner !== null && inner !== undefined && isPlace(inner, program);
  }
  return false;
}

/** The text that an expression surely begins with. */
function beginningOf(node: Node, program: Program): string | null {
  const whole = program.fold(node);
  if (whole !== null) return whole;
  if (node.type === "template_string" || node.type === "string") {
    const part = node.children.find((one) => one.named && one.type !== "string_start");
    if (part === undefined) return null;
    if (part.type === "template_substitution" || part.type === "interpolation") {
      const inner = named(part)[0];
      if (inner && /^__(?:package|name)__$/.test(plain(inner))) return "package.";
      return inner ? beginningOf(inner, program) : null;
    }
    return plain(part);
  }
  if (/^binary_(?:expression|operator)$/.test(node.type)) {
    const left = child(node, "left");
    if (left && /^__(?:package|name)__$/.test(plain(left))) return "package.";
    return left ? beginningOf(left, program) : null;
  }
  return null;
}
