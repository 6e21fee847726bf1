import type { Json, RegistryEntry } from "../../specs/mod.ts";

/** A file before and after; null where it is not there. */
export type FileChange = readonly [before: string | null, after: string | null];

/**
 * What a built-in rule says of one input: an honest change, from which this one differs in files, in fields of the spec and in
 * single fields of what the judge is given. Data, so that it can be read, counted and run by `forge policy test`.
 */
export interface RuleExample {
  /** `<id>/<gate>` of the rule. */
  rule: string;
  case: "clean" | "violating" | "evading";
  about: string;
  /** Files beside those of the honest change, by path. */
  files?: Readonly<Record<string, FileChange>>;
  /** Both trees whole, in the place of the honest change. */
  trees?: { base: Readonly<Record<string, string>>; head: Readonly<Record<string, string>> };
  renames?: Readonly<Record<string, string>>;
  spec?: Readonly<Record<string, unknown>>;
  /** Fields of the judge's input by their path, such as `verify.commands.0.head.exitCode`; undefined takes one away. */
  set?: Readonly<Record<string, Json | undefined>>;
  /** What the registries said. */
  registry?: readonly RegistryEntry[];
  /** Who has approved the very patch, or the very data. */
  approvedBy?: readonly string[];
  /** Text of the repository's policy at the base. */
  policy?: string;
  /** What the rule says; `pass` of a clean example and `fail` of the others when it is left out. */
  says?: "pass" | "fail" | "error" | "not_applicable";
  /** A failure that asks a human instead of denying; `either` where it only matters that it is found. */
  asks?: true | "either";
  /** How many findings a failure has, where there are several. */
  findings?: number;
}

/** Examples of one rule: `[case, about, what differs]`. */
export type Told = readonly [
  RuleExample["case"],
  string,
  Omit<RuleExample, "rule" | "case" | "about">,
];

/** The examples of one rule. */
export const of = (rule: string, ...told: Told[]): RuleExample[] =>
  told.map(([which, about, rest]) => ({ rule, case: which, about, ...rest }));

/** An example of two trees, as the packs over databases and infrastructure have them. */
export interface TreeExample {
  rule: string;
  case: RuleExample["case"];
  about: string;
  base: Readonly<Record<string, string>>;
  head: Readonly<Record<string, string>>;
  says?: "fail" | "error";
}
