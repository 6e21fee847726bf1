import type { PackRule, Problem, Result } from "../../specs/mod.ts";
import type { PatternRule } from "./kinds/astgrep_rule.ts";
import type { SecretSearch } from "./kinds/brought_secrets.ts";
import type { Always, FactName, Facts, Outcome } from "../rule.ts";

/** The bytes of a pack's members by path, each already held against its digest. */
export type Members = ReadonlyMap<string, Uint8Array>;

/**
 * What a rule of a pack may read: the facts that it asked for in `reads`, which are there, and what is always there. Nothing else;
 * no clock, no network, no chance.
 */
export type RuleFacts = Partial<Facts> & Always;

/** A rule of a pack with its body compiled. It is pure: the same facts give the same answer. */
export interface CompiledRule {
  /** The facts that its body and its selector read; one that is missing makes the rule an error, which denies. */
  readonly reads: readonly FactName[];
  /** The rule's `when`, compiled; absent when the rule has none. The text is recorded with the answer. */
  readonly selector?: (facts: RuleFacts) => { applies: boolean; because: string };
  /** What must be looked for in the changed files, so that `judge` finds it among the facts of the patch. */
  readonly patterns?: readonly PatternRule[];
  /** The same for secrets by rules that the pack brings. */
  readonly searches?: readonly SecretSearch[];
  /** May throw: the engine makes an error of it, and an error denies. Findings and texts are bounded by the engine. */
  judge(facts: RuleFacts): Outcome;
}

/** Compiles the body of one rule. A rule without a body, or with one that is not understood, is a problem: it cannot load. */
export type CompileRule = (rule: PackRule, members: Members) => Promise<Result<CompiledRule, Problem>>;
