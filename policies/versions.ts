/** Names and versions of what judges, without the rules themselves. */

/** The engine's version: with the pack's digest it names what judged. */
export const ENGINE_VERSION = "1.0.0";
export const ENGINE = `edgeforge-policies/${ENGINE_VERSION}`;
export const CORE_VERSION = "1.0.0";

/** Packs whose rules are part of core: they judge every change, named or not. */
export const CORE_PARTS: readonly string[] = [
  "core",
  "test-integrity",
  "secrets",
  "ci-integrity",
  "git-hygiene",
  "supply-chain",
];

/** Built-in packs of rules over code that a spec or a repository may name. Their names are taken. */
export const CODE_PACK_VERSIONS = {
  "sql-migrations": "1.0.0",
  "terraform-aws": "1.0.0",
  kubernetes: "1.0.0",
  "pack-trust": "1.0.0",
  "knowledge-safety": "1.0.0",
} as const;
