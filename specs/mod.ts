/** What things are: the zod contracts that make the types, the JSON Schemas, the OpenAPI and the validation. */
export * from "./base.ts";
export * from "./operation.ts";
export * from "./spec.ts";
export * from "./workflow.ts";
export * from "./failure.ts";
export * from "./decision.ts";
export * from "./pack.ts";
export * from "./event.ts";
export * from "./result.ts";
export * from "./evidence.ts";
export * from "./report.ts";
export * from "./path_glob.ts";
export * from "./test_name.ts";
export * from "./test_scripts.ts";
export * from "./change.ts";
export * from "./verify.ts";
export * from "./facts.ts";
export * from "./scan.ts";
export * from "./supply.ts";
export * from "./digest.ts";
export * from "./http.ts";
export * from "./foundry/http.ts";
export { type ReadOptions, type ReadSpec, readSpec, readSpecObject } from "./read/native.ts";
export type { SpecFault } from "./read/check.ts";
export { nearest } from "./read/wording.ts";
export { type HiddenCharacter, hiddenCharacters } from "./read/hidden.ts";
export * from "./foundry/pipeline.ts";
export * from "./foundry/environment.ts";
export * from "./foundry/load.ts";
export * from "./foundry/data_facts.ts";
export * from "./foundry/profile.ts";
export * from "./foundry/pipeline_report.ts";
export * from "./foundry/order.ts";
export { cronFault, firstAfter, timesBetween } from "./foundry/cron.ts";
export {
  type Further,
  type ReadEnvironment,
  readEnvironment,
  type ReadPipeline,
  readPipeline,
} from "./read/pipeline.ts";
export { checkPipeline, paramFault } from "./read/pipeline_rules.ts";
