/** Rule kinds of policy packs: each compiles a body to a predicate over the fact document. */
export { importAstGrep, type PatternRule } from "./astgrep_rule.ts";
export { patternMatches } from "./astgrep_match.ts";
export { bodyOf, compileBody, compileRule, type RuleBody } from "./compile.ts";
export { FACT_DOCUMENT_VERSION, type FactDocument, factDocument, factVersions } from "./fact_document.ts";
