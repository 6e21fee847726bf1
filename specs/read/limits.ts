/** Caps on what a spec may be. A spec holds what and why; long material belongs in the repository. */
export const MAX_SPEC_BYTES = 1_048_576;
/** Nesting of fields and lists; the contract itself needs six, free-form operations a few more. */
export const MAX_DEPTH = 32;
/** Lexical tokens of YAML: parsing costs grow with tokens, not with bytes. */
export const MAX_YAML_TOKENS = 100_000;
/** Values after aliases are written out: what stops an alias bomb. */
export const MAX_NODES = 50_000;
export const MAX_ALIASES = 10;
/** Problems that are listed one by one before the rest is only counted. */
export const MAX_PROBLEMS = 100;
