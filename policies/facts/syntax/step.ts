import type { CodeLanguage } from "../../../specs/mod.ts";
import type { Node } from "./tree.ts";

/** What a piece of syntax does, whatever the language: as much as is needed to follow how a test comes to its assertions. */
export type Step =
  | { kind: "if"; condition: Node | null; init?: Node | null; then: Node[]; otherwise: Node[] }
  | { kind: "switch"; value: Node | null; cases: { label: Node | null; body: Node[] }[] }
  | { kind: "logic"; operator: "and" | "or"; left: Node; right: Node }
  | { kind: "each"; pattern: Node | null; items: Node[]; body: Node[] }
  | { kind: "loop"; parts: Node[]; body: Node[] }
  | { kind: "try"; body: Node[]; handlers: Node[]; final: Node | null }
  | { kind: "with"; items: Node[]; body: Node[] }
  | { kind: "leave"; how: "return" | "jump"; value: Node | null }
  | { kind: "fail"; value: Node | null }
  | { kind: "function"; name: string; fn: Fn }
  | { kind: "call"; call: Call }
  | { kind: "assert"; condition: Node }
  | { kind: "bind"; pattern: Node; value: Node }
  | { kind: "await"; value: Node[] }
  | { kind: "statement"; value: Node[] }
  | { kind: "block"; body: Node[] }
  | { kind: "apart"; body: Node[] }
  | { kind: "skip" }
  | { kind: "other" };

export interface Fn {
  node: Node;
  params: Node[];
  /** Parameters that have a value when nobody gives them one. */
  defaults?: { pattern: Node; value: Node }[];
  body: Node[];
  /** The body is one expression, whose value is given back. */
  expression: boolean;
  async: boolean;
  generator: boolean;
}

export interface Call {
  node: Node;
  /** Last word of the callee: `equal` of `assert.equal(...)`. */
  name: string;
  /** All words of the callee, such as `expect().not.toBe`. */
  path: string[];
  receiver: Node | null;
  args: Node[];
}

/** A test that a file declares, by the names that reports and `removes` use. */
export interface Declared {
  suite: string;
  title: string;
  line: number;
  fn: Fn;
  /** Tables over which the runner repeats it. */
  tables: Node[];
  /** Set where the runner wants the whole test to panic: with which message, or with any when it is empty. */
  panics?: string;
  /** Parameters that take the rows of a table; all of the function's own when absent. */
  takes?: string[];
  /** The runner repeats it over rows that stand elsewhere. */
  repeats?: boolean;
}

/** A language, as far as following its tests needs it. */
export interface Dialect {
  name: CodeLanguage;
  /** Every command can fail, and its failure can be told by what stands behind it. */
  shell?: boolean;
  step(node: Node): Step;
  /** Types of nodes that are one string, without anything put in. */
  strings: ReadonlySet<string>;
  /** Whether a leaf is a name that a value can stand for. */
  isName(node: Node): boolean;
  tests(root: Node): Declared[];
  /** Elements of a literal list; null when the node is none. `resolve` says what a name in it stands for. */
  elements(node: Node, resolve?: (node: Node) => Node): Node[] | null;
  /** A member of a literal record; null when it is none, or has no such member. */
  member(record: Node, name: string): Node | null;
  /** Record and name of `a.b` and `a["b"]`. */
  access(node: Node): { record: Node; name: string } | null;
  /** Names that a pattern binds, with the way to their value: a position or a member. */
  pattern(node: Node): { name: string; at: (number | string)[] }[];
  /** What a module is imported as: local name -> module. */
  imports(root: Node): Map<string, string>;
}
