/**
 * Policy packs that are signed: their archives, whom they are believed from, and the bodies of their rules. What judges by them is in
 * policies/mod.ts; this is loaded where there is such a pack.
 */
export { ARCHIVE_LIMITS, memberPathProblem, type PackFiles, readArchive, writeArchive } from "./archive.ts";
export { type CompiledRule, type CompileRule, type Members, type RuleFacts } from "./kinds.ts";
export { compileRule, importAstGrep, type PatternRule } from "./kinds/mod.ts";
export { gateOf } from "./content.ts";
export { draftManifest } from "./draft.ts";
export { withMatches } from "./matches.ts";
export { rollbackProblem, type VerifiedPack, verifyPack } from "./pack.ts";
export { claimedManifest, countersign, digestedManifest, ENVELOPE_FILE, signManifest } from "./signature.ts";
export { repositoryPacks } from "./repository.ts";
