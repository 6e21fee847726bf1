/**
 * Judging changes of code: facts of patches, the rules of core and of the packs over code, scans, and trials of packs by them. Apart from
 * the rest, as the load of a pipeline needs none of it.
 */
export { extractPatchFacts, type PatchFactsInput } from "../facts/extraction.ts";
export { type NewPackage, newPackages } from "../facts/supply/queries.ts";
export {
  chooseMutants,
  type ChosenMutants,
  isMutable,
  linesAdded,
  mutated,
} from "../facts/mutation/choose.ts";
export type { MutableFile, Mutant } from "../facts/mutation/mutants.ts";
export { patchSecrets, scanPatchSecrets } from "../facts/patch_secrets.ts";
export { type Beside, type Judged, judgeKept, judgeTransition, judgeWith } from "../judge.ts";
export { tryBuiltIn } from "../built_in_trial.ts";
export { CODE_PACKS, listCodeRules } from "../code_packs.ts";
export { corePack, type ListedRule, listRules } from "../catalogue.ts";
export { builtInNames, builtInPack, gateCatalogue } from "../built_in.ts";
export { PullFacts, PullJudgeInput, TrainFacts } from "../pull_port.ts";
export { judgePullTransition } from "../pull_judge.ts";
export { listPullRules } from "../pull_catalogue.ts";
export { judgeScan, type NotJudged, type ScanInput, type ScanJudgement } from "../scan.ts";
export { findingsOf, fingerprinted, type LineOf, type Unmarked, waivedFindings } from "../scan_findings.ts";
export { COMMIT_RULES, scanCommit, unreadCommit } from "../scan_commits.ts";
export { FILE_RULES, scanFile, type ScannedFile } from "../scan_file.ts";
export { agentTrace } from "../evidence/agent_trace.ts";
export { type Flip, type PackDifference, packDifference, type Release } from "../packs/difference.ts";
export { looseningProblem, signersOf } from "../packs/loosening.ts";
export { PackExample, type PackTrial, type RuleTrial, tryPack } from "../packs/testing/mod.ts";
export { isTestPath } from "../facts/file_kind.ts";
export { compileGlob, isExactPath } from "../facts/glob.ts";
export { globBeyond, globsOverlap } from "../facts/glob_relation.ts";
export { protectedClass } from "../facts/protected_path.ts";
export { type Scope, scopeOf } from "../facts/scope.ts";
export { MUTATION_BUDGET, type MutationBudget } from "../mutation_budget.ts";
export { pathAccess, type PathRefusal } from "../facts/path_access.ts";
export { parsePatch } from "../facts/patch.ts";
export {
  type MaskedPatch,
  maskPatch,
  type ReadBase,
  restorePatch,
  withheldPatch,
} from "../facts/patch_mask.ts";
export { addedLineOf } from "../waiver/added_line.ts";
export { parseRepoPolicy, RepoPolicy } from "../repo_policy.ts";
export { SARIF_VERSION, sarifLog, type SarifRule, sarifText } from "../evidence/sarif.ts";
export { runSarif } from "../evidence/run_sarif.ts";
export { sbomOf } from "../evidence/sbom.ts";
export { JudgeInput, Outgoing, ReviewFacts, Subject } from "../port.ts";
export { inputText, type StoredInput, storedInput } from "../packs/stored_input.ts";
