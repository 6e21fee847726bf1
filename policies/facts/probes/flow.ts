import type { CodeLanguage } from "../../../specs/mod.ts";
import { child, named, type Node, plain } from "../syntax/tree.ts";
import { assignmentOf, patternNames } from "./bindings.ts";
import { IDENTITIES, type Identity, RUNNER_VARIABLES } from "./identity.ts";
import { casesSpeak, gives, pureLiteral, speaks } from "./literal.ts";
import type { Program } from "./program.ts";
import {
  argumentsOf,
  CALL,
  calleeOf,
  indexOf,
  isIndex,
  isMember,
  memberOf,
  objectOf,
  TRANSPARENT,
} from "./shapes.ts";

/** A place where a program's behaviour depends on who runs it. */
export interface Finding {
  line: number;
  text: string;
}

/** Methods and functions that say whether a text has something in it. */
const COMPARES =
  /^(?:startsWith|endsWith|includes|indexOf|lastIndexOf|match|matchAll|test|exec|search|localeCompare|equals|equalsIgnoreCase|contains|matches|has|startswith|endswith|find|rfind|index|count|fullmatch|fnmatch|__contains__|__eq__|HasPrefix|HasSuffix|Contains|ContainsAny|EqualFold|Equal|MatchString|Index|Count|Match|starts_with|ends_with|eq|is_match|compareTo)$/;
/** Callbacks over the members of a list. */
const ITERATES =
  /^(?:some|every|filter|find|findIndex|findLast|map|flatMap|forEach|any|all|anyMatch|allMatch|noneMatch|walk|position)$/;
/** Functions that give back what they are given, or a part of it. */
const PARTS =
  /(?:^|\.)(?:String|str|len|int|Number|Boolean|bool|any|all|list|set|tuple|sorted|iter|next|Array\.from|Object\.keys|Object\.values|Object\.entries|basename|dirname|normalize|Base|Dir|Clean|ToLower|ToUpper|TrimSpace|repr|Path|PurePath|parse|fileURLToPath|URL|abspath|realpath|fsdecode|toString|format|Sprint|valueOf|max|min|sum|lower|upper)\(?\)?$/;

const CONDITIONAL = new Set([
  "if_statement",
  "elif_clause",
  "while_statement",
  "do_statement",
  "if_expression",
  "while_expression",
  "if_clause",
  "assert_statement",
  "guard",
]);
const CHOICES = new Set([
  "switch_statement",
  "expression_switch_statement",
  "switch_expression",
  "match_statement",
  "match_expression",
]);

/** Follows each value that tells who runs the program to what becomes of it: printed, kept and joined are fine, decided by is not. */
export function identityFlows(program: Program, language: CodeLanguage): Finding[] {
  const found: Finding[] = [];
  const steps = stepsOf();
  for (const node of program.nodes) {
    if (!isMember(node) && !isIndex(node) && !CALL.has(node.type) && node.type !== "identifier") continue;
    const above = program.parent(node);
    // The longest way is the one that counts: `os.Args` alone is nothing.
    const way = canonical(program.path(node));
    const identity = IDENTITIES.find((one) => one.way.test(way) && (one.only ?? language) === language);
    if (!identity || (above && isPart(above, node))) continue;
    const at = decides(node, identity, program, steps);
    if (at) found.push({ line: at.line, text: identity.says });
  }
  found.push(...environments(program));
  return found;
}

/** The name of an import or a declaration is not a use of it. */
function isPart(above: Node, node: Node): boolean {
  return /^(?:import_|namespace_|named_imports|dotted_name|aliased_import)/.test(above.type) ||
    (above.type === "assignment_expression" && node.field === "left");
}

function canonical(way: string): string {
  return way.replace(/^(?:globalThis|window|self|global)\.(?=[A-Za-z])/, "").replace(
    /^module:process\./,
    "process.",
  )
    .replace(/^std\./, "");
}

/** What is left to be followed in one file, and the names that were. */
export interface Steps {
  left: number;
  seen: Set<string>;
}

export const stepsOf = (): Steps => ({ left: 50_000, seen: new Set() });

/** Where a value decides what the program does; null when it does not. */
export function decides(start: Node, identity: Identity, program: Program, steps: Steps): Node | null {
  let node = start;
  const truth = identity.kind === "presence";
  let reckoned = false;
  let counted = false;
  for (; steps.left > 0; steps.left--) {
    const above = program.parent(node);
    if (above === null) return null;
    if (TRANSPARENT.has(above.type) || above.type === "not_operator") {
      if (plain(child(above, "operator")) === "typeof") return null;
      if (above.type === "parenthesized_expression" && isCondition(above, program)) {
        return truth || reckoned ? above : null;
      }
      node = above;
      continue;
    }
    if ((isMember(above) || above.type === "method_invocation") && objectOf(above) === node) {
      const method = memberOf(above);
      const call = above.type === "method_invocation" ? above : program.parent(above);
      if (call && CALL.has(call.type) && (call === above || calleeOf(call) === above)) {
        const args = argumentsOf(call);
        if (COMPARES.test(method)) return speaks(args, identity, program) ? call : null;
        if (ITERATES.test(method)) {
          if (speaks(args, identity, program)) return call;
          const within = parameterFlow(args, identity, program, steps);
          if (within) return within;
        }
        if (/^(?:charCodeAt|charAt|codePointAt)$/.test(method)) return null;
        if (identity.kind === "words" && /^(?:slice|shift|at|splice|pop)$/.test(method)) return null;
        if (
          identity.kind !== "words" &&
          /^(?:join|joinpath|resolve|relative_to|concat|push|unshift|write|open)$/.test(method)
        ) {
          return null;
        }
        node = call;
        continue;
      }
      if (/^(?:length|size)$/.test(method)) counted = true;
      node = above;
      continue;
    }
    if (isIndex(above)) {
      // A single argument is the user's own.
      if (identity.kind === "words") return null;
      if (objectOf(above) === node) {
        node = above;
        continue;
      }
      return /operator|binary/.test(node.type) && indexOf(above) === node ? above : null;
    }
    switch (above.type) {
      case "arguments":
      case "argument_list": {
        const call = program.parent(above);
        if (!call) return null;
        const way = CALL.has(call.type) ? program.path(call).replace(/\(\)$/, "") : "";
        const name = way.split(".").at(-1) ?? "";
        const callee = calleeOf(call);
        if (COMPARES.test(name) && CALL.has(call.type)) {
          const others = named(above).filter((one) => one !== node);
          const receiver = callee && isMember(callee)
            ? objectOf(callee)
            : call.type === "method_invocation"
            ? callee
            : null;
          return speaks(receiver ? [...others, receiver] : others, identity, program) ? call : null;
        }
        if (!PARTS.test(way)) return null;
        if (name === "len") counted = true;
        node = call;
        continue;
      }
      case "new_expression":
      case "generator_expression":
      case "array":
      case "list":
      case "template_substitution":
      case "template_string":
      case "interpolation":
      case "string":
      case "spread_element":
        if (above.type === "spread_element") return null;
        node = above;
        continue;
      case "binary_expression":
      case "comparison_operator":
      case "boolean_operator":
      case "binary_operator": {
        const operators = above.children.filter((one) =>
          one.field === "operator" || one.field === "operators"
        ).map(plain)
          .join(" ");
        if (/^(?:&&|\|\||\?\?|and|or)$/.test(operators)) {
          node = above;
          continue;
        }
        const others = named(above).filter((one) =>
          one !== node && one.field !== "operator" && one.field !== "operators"
        );
        if (/^(?:===?|!==?|<=?|>=?|in|not ?in|is|is ?not|notin|isnot|=~)$/.test(operators)) {
          const said = others.map((one) => pureLiteral(one, program)).filter((one) => one !== null);
          return identity.kind === "presence" || (said.length > 0 && reckoned) ||
              said.some((one) =>
                counted && /^\d/.test(one) ? identity.kind === "frames" : gives(one, identity)
              )
            ? above
            : null;
        }
        reckoned ||= /^[-*/%&^]$/.test(operators);
        node = above;
        continue;
      }
      case "ternary_expression":
      case "conditional_expression": {
        const condition = child(above, "condition") ?? named(above)[1];
        if (condition === node) return truth || reckoned ? above : null;
        node = above;
        continue;
      }
      case "return_statement":
      case "arrow_function":
      case "lambda": {
        const name = functionName(above, program);
        return name === null ? null : useFlow(name, true, identity, program, steps);
      }
      case "match_class":
      case "case_clause":
        return null;
    }
    if (CONDITIONAL.has(above.type)) {
      return node.field === "condition" || above.type === "if_clause" || above.type === "assert_statement"
        ? truth || reckoned ? above : null
        : null;
    }
    if (CHOICES.has(above.type)) return casesSpeak(above, identity, program) ? above : null;
    const [target, value] = assignmentOf(above);
    if (target && value && (within(value, node, program) || within(node, value, program))) {
      if (identity.kind === "words" && target.type === "array_pattern") {
        // `const [node, script] = process.argv`
        const names = target.children.slice(0, positionOf(target, 2)).filter(({ type }) =>
          type === "identifier"
        );
        for (const name of names) {
          const mark: Identity = { ...identity, kind: "mark" };
          const at = useFlow(name.text, false, mark, program, steps, functionAround(above, program));
          if (at) return at;
        }
        return null;
      }
      for (const name of namesOf(target, node, program)) {
        const at = useFlow(name, false, identity, program, steps, functionAround(above, program));
        if (at) return at;
      }
      return null;
    }
    return null;
  }
  return null;
}

function isCondition(node: Node, program: Program): boolean {
  const above = program.parent(node);
  return above !== null && CONDITIONAL.has(above.type) && node.field === "condition";
}

/** Where in a pattern its member of that number begins. */
function positionOf(pattern: Node, number: number): number {
  let commas = 0;
  for (const [at, { type }] of pattern.children.entries()) if (type === "," && ++commas === number) return at;
  return pattern.children.length;
}

function within(outer: Node, inner: Node, program: Program): boolean {
  for (let node: Node | null = inner; node !== null; node = program.parent(node)) {
    if (node === outer) return true;
  }
  return false;
}

function namesOf(target: Node, value: Node, program: Program): string[] {
  if (target.type === "identifier") return [target.text];
  if (target.type === "object_pattern") return [...patternNames(target)].map(([name]) => name);
  if (isMember(target)) return [program.path(target)];
  if (isIndex(target)) return [];
  const list = program.parent(value);
  // `a, b = one, two`: each takes its own.
  const members = named(target);
  const at = list && list !== target && /_list$/.test(list.type) ? named(list).indexOf(value) : -1;
  const own = at >= 0 && named(list ?? target).length > 1 ? members.slice(at, at + 1) : members;
  return own.filter(({ type }) => type === "identifier").map(({ text }) => text);
}

/** The function in which a name is given its value; null at the top of the file. */
function functionAround(node: Node, program: Program): Node | null {
  for (let at = program.parent(node); at !== null; at = program.parent(at)) {
    if (
      /^(?:function|arrow_function|method|lambda|closure|func_literal|constructor_declaration)/.test(at.type)
    ) {
      return at;
    }
  }
  return null;
}

/** What becomes of a name, or of what a function gives back. */
function useFlow(
  name: string,
  called: boolean,
  identity: Identity,
  program: Program,
  steps: Steps,
  scope: Node | null = null,
): Node | null {
  const key = `${identity.kind} ${name} ${called} ${scope?.line ?? ""}`;
  if (steps.seen.has(key)) return null;
  steps.seen.add(key);
  if (name.includes(".")) {
    for (const node of program.nodes) {
      if (!isMember(node) || program.path(node) !== name || steps.left <= 0) continue;
      const at = decides(node, identity, program, steps);
      if (at) return at;
    }
    return null;
  }
  for (const use of program.uses(name)) {
    if (steps.left <= 0) return null;
    if (scope !== null && !within(scope, use, program)) continue;
    let node: Node = use;
    if (called) {
      const above = program.parent(use);
      const call = above && CALL.has(above.type) && calleeOf(above) === use ? above : null;
      if (!call) continue;
      node = call;
    }
    const at = decides(node, identity, program, steps);
    if (at) return at;
  }
  return null;
}

/** A callback's own parameter stands for the members. */
function parameterFlow(
  args: readonly Node[],
  identity: Identity,
  program: Program,
  steps: Steps,
): Node | null {
  for (const fn of args) {
    const single = child(fn, "parameter");
    const list = child(fn, "parameters");
    const names = single ? [single] : list ? named(list) : [];
    for (const name of names) {
      const at = useFlow(plain(child(name, "pattern") ?? name), false, identity, program, steps);
      if (at) return at;
    }
  }
  return null;
}

/** The name by which the function around a `return` is called. */
function functionName(node: Node, program: Program): string | null {
  for (let at: Node | null = node; at !== null; at = program.parent(at)) {
    if (!/function|arrow|lambda|method_definition|method_declaration/.test(at.type)) continue;
    const own = plain(child(at, "name"));
    if (own !== "") return own;
    const above = program.parent(at);
    const [target] = above ? assignmentOf(above) : [null];
    return target?.type === "identifier" ? target.text : null;
  }
  return null;
}

/** Going through the environment in search of what runners set. */
function environments(program: Program): Finding[] {
  const found: Finding[] = [];
  for (const node of program.nodes) {
    if (!isMember(node) && !CALL.has(node.type)) continue;
    if (
      !/^(?:process\.env|Deno\.env\.toObject\(\)|os\.environ|os\.Environ\(\)|System\.getenv\(\)|(?:std\.)?env\.vars\(\))$/
        .test(canonical(program.path(node)))
    ) continue;
    const around = statementOf(node, program);
    const open = [around];
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      const literal = /string/.test(one.type) ? program.fold(one) : null;
      if (
        literal !== null && literal.length >= 4 &&
        RUNNER_VARIABLES.some((name) => name.startsWith(literal) || literal.startsWith(`${name}_`))
      ) {
        found.push({ line: one.line, text: "asks the environment for a test runner" });
        break;
      }
      open.push(...one.children);
    }
  }
  return found;
}

function statementOf(node: Node, program: Program): Node {
  let at = node;
  for (let above = program.parent(at); above !== null; above = program.parent(at)) {
    if (/statement$|declaration$|_declaration|block$|program|module|source_file|function/.test(above.type)) {
      return /^(?:for|while|if)/.test(above.type) ? above : at;
    }
    at = above;
  }
  return at;
}
