/**
 * What is allowed: facts, rules over them, one judge for every transition, and the evidence of what it said. What judges changes of code has
 * a surface of its own (code/mod.ts), as has the evidence.
 */
export * from "./evidence/bundle.ts";
export { ledgerAccount } from "./evidence/ledger_gaps.ts";
export { gateRecord, modelRecord } from "./evidence/run_records.ts";
export * from "./evidence/dsse.ts";
export type { Scope } from "./facts/scope.ts";
export type { MutationBudget } from "./mutation_budget.ts";
export type { PathRefusal } from "./facts/path_access.ts";
export type { Hunk, ParsedPatch, PatchFile, PatchLine } from "./facts/patch_file.ts";
export type { MaskedPatch, ReadBase } from "./facts/patch_mask.ts";
export { scanSecrets } from "./facts/secrets.ts";
export { keyRedaction, redact } from "./facts/keyed_redaction.ts";
export { PERSONAL_MARK, personalSpans } from "./facts/personal/spans.ts";
export { type PersonalMarker, personalMarker, unmarked, withTexts } from "./facts/personal/marks.ts";
export { ApprovalFact } from "./approval_fact.ts";
export type { JudgeInput, Outgoing, ReviewFacts, Subject } from "./port.ts";
export type { StoredInput } from "./packs/stored_input.ts";
export type * from "./packs/mod.ts";
export type { JudgingPack } from "./packs/compile.ts";
export { type FindPack, withDependencies } from "./packs/dependencies.ts";
export {
  builtInVersion,
  findPack,
  type JudgingPacks,
  judgingPacks,
  NO_PACKS,
  unusablePacks,
} from "./packs/judging.ts";
export { NO_TRUST, parseTrustRoot, publisherKey } from "./packs/trust.ts";
export { type Binding, type FactName, type Facts, type Outcome, type Rule, rule } from "./rule.ts";
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
export type { RepoPolicy } from "./repo_policy.ts";
export { explain, type ExplainedRule, type ExplainEntry, explainText } from "./explain.ts";
export { denialsOf } from "./denials.ts";
export * from "./quality/mod.ts";
export { DataJudgeInput, PipelineFacts, PublishedFacts } from "./data_port.ts";
export { judgeDataKept, judgeDataTransition, pipelineName } from "./data_judge.ts";
export { DATA_PACKS, listDataRules } from "./data_catalogue.ts";
export type { SarifRule } from "./evidence/sarif.ts";
export * from "./operational/mod.ts";
export { CODE_PACK_VERSIONS, CORE_PARTS, CORE_VERSION, ENGINE, ENGINE_VERSION } from "./versions.ts";
