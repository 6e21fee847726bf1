/** Policy packs: signed archives of rules, whom they are believed from, and how they judge beside core. */
export { ARCHIVE_LIMITS, memberPathProblem, type PackFiles, readArchive, writeArchive } from "./archive.ts";
export { type JudgingPack } from "./compile.ts";
export { type FindPack, withDependencies } from "./dependencies.ts";
export {
  builtInVersion,
  findPack,
  type JudgingPacks,
  judgingPacks,
  NO_PACKS,
  unusablePacks,
} from "./judging.ts";
export { type CompiledRule, type CompileRule, type Members, type RuleFacts } from "./kinds.ts";
export { compileRule } from "./kinds/mod.ts";
export { gateOf } from "./content.ts";
export { draftManifest } from "./draft.ts";
export { withMatches } from "./matches.ts";
export { rollbackProblem, type VerifiedPack, verifyPack } from "./pack.ts";
export { claimedManifest, countersign, digestedManifest, ENVELOPE_FILE, signManifest } from "./signature.ts";
export { NO_TRUST, parseTrustRoot, publisherKey } from "./trust.ts";
export { inputText, type StoredInput, storedInput } from "./stored_input.ts";
export { importAstGrep, type PatternRule } from "./kinds/mod.ts";
export { repositoryPacks } from "./repository.ts";
