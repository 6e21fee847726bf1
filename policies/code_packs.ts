import type { Rule } from "./rule.ts";

/** Packs whose rules are part of core: they judge every change, named or not. */
export const CORE_PARTS: readonly string[] = [
  "core",
  "test-integrity",
  "secrets",
  "ci-integrity",
  "git-hygiene",
];

/** Built-in packs of rules over code that a spec or a repository may name. Their names are taken. */
export const CODE_PACKS: Readonly<Record<string, { version: string; rules: readonly Rule[] }>> = {};
