/** What is allowed: facts of a patch, rules over them, one judge for every transition, and the evidence of what it said. */
export * from "./evidence/bundle.ts";
export { ledgerAccount } from "./evidence/ledger_gaps.ts";
export { gateRecord, modelRecord } from "./evidence/run_records.ts";
export * from "./evidence/dsse.ts";
export { extractPatchFacts, type PatchFactsInput } from "./facts/extraction.ts";
export { isTestPath } from "./facts/file_kind.ts";
export { compileGlob, isExactPath } from "./facts/glob.ts";
export { globBeyond, globsOverlap } from "./facts/glob_relation.ts";
export { protectedClass } from "./facts/protected_path.ts";
export { type Scope, scopeOf } from "./facts/scope.ts";
export { type NewPackage, newPackages } from "./facts/supply/queries.ts";
export {
  chooseMutants,
  type ChosenMutants,
  isMutable,
  linesAdded,
  mutated,
} from "./facts/mutation/choose.ts";
export type { MutableFile, Mutant } from "./facts/mutation/mutants.ts";
export { MUTATION_BUDGET, type MutationBudget } from "./mutation_budget.ts";
export { pathAccess, type PathRefusal } from "./facts/path_access.ts";
export { parsePatch } from "./facts/patch.ts";
export type { Hunk, ParsedPatch, PatchFile, PatchLine } from "./facts/patch_file.ts";
export {
  type MaskedPatch,
  maskPatch,
  type ReadBase,
  restorePatch,
  withheldPatch,
} from "./facts/patch_mask.ts";
export { patchSecrets, scanPatchSecrets } from "./facts/patch_secrets.ts";
export { scanSecrets } from "./facts/secrets.ts";
export { keyRedaction, redact } from "./facts/keyed_redaction.ts";
export { PERSONAL_MARK, personalSpans } from "./facts/personal/spans.ts";
export { type PersonalMarker, personalMarker, unmarked, withTexts } from "./facts/personal/marks.ts";
export { ApprovalFact, JudgeInput, Outgoing, ReviewFacts, Subject } from "./port.ts";
export { type Beside, type Judged, judgeKept, judgeTransition, judgeWith } from "./judge.ts";
export * from "./packs/mod.ts";
export { tryBuiltIn } from "./built_in_trial.ts";
export { CODE_PACKS, CORE_PARTS, listCodeRules } from "./code_packs.ts";
export { type Binding, type FactName, type Facts, type Outcome, type Rule, rule } from "./rule.ts";
export { CORE_VERSION, corePack, ENGINE, ENGINE_VERSION, type ListedRule, listRules } from "./catalogue.ts";
export { type AutonomyEffect, autonomyEffect, lowestAutonomy } from "./autonomy.ts";
export { judgeApprovals, type JudgedApproval } from "./approval.ts";
export {
  APPROVAL_DAYS,
  approvalStatement,
  type ExpectedApproval,
  shownDigest,
  signApproval,
  type VerifiedApproval,
  verifyApproval,
} from "./approval_envelope.ts";
export {
  approverNames,
  isSingleKey,
  keysOf,
  NOBODY,
  type PrincipalKey,
  type Principals,
  principalsOf,
} from "./principals.ts";
export { isExpiring, runWaiverNotes, waiverNotes } from "./waiver/resolve.ts";
export { type UseWaiver } from "./waiver/conclude.ts";
export { addedLineOf } from "./waiver/fingerprint.ts";
export { capProblem, unwaivable, WAIVER_CAPS } from "./waiver/caps.ts";
export { repositoryName, repositoryNames } from "./waiver/repository.ts";
export {
  countersignWaiver,
  MAX_WAIVER_BYTES,
  type ReadWaiver,
  readWaiver,
  signWaiver,
  waiverDigest,
  waiverFact,
} from "./waiver/envelope.ts";
export { isWaived, layerWord, verdictWord } from "./layers.ts";
export { parseRepoPolicy, RepoPolicy } from "./repo_policy.ts";
export { explain, type ExplainedRule, type ExplainEntry, explainText } from "./explain.ts";
export { denialsOf } from "./denials.ts";
export * from "./quality/mod.ts";
export { builtInNames, builtInPack, gateCatalogue } from "./built_in.ts";
export { DataJudgeInput, PipelineFacts, PublishedFacts } from "./data_port.ts";
export { judgeDataKept, judgeDataTransition, pipelineName } from "./data_judge.ts";
export { DATA_PACKS, listDataRules } from "./data_catalogue.ts";
export { PullFacts, PullJudgeInput, TrainFacts } from "./pull_port.ts";
export { judgePullTransition } from "./pull_judge.ts";
export { listPullRules } from "./pull_catalogue.ts";
export { judgeScan, type NotJudged, type ScanInput, type ScanJudgement } from "./scan.ts";
export { findingsOf, fingerprinted, type LineOf, type Unmarked, waivedFindings } from "./scan_findings.ts";
export { SARIF_VERSION, sarifLog, type SarifRule, sarifText } from "./evidence/sarif.ts";
export { runSarif } from "./evidence/run_sarif.ts";
export { sbomOf } from "./evidence/sbom.ts";
export { agentTrace } from "./evidence/agent_trace.ts";
export { COMMIT_RULES, scanCommit, unreadCommit } from "./scan_commits.ts";
export { FILE_RULES, scanFile, type ScannedFile } from "./scan_file.ts";
export * from "./operational/mod.ts";
