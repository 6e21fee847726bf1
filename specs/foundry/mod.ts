/** The contracts of data runs: pipelines, environments, loads, reports. Loaded apart: a code change and the engine need none of them. */
export * from "./http.ts";
export * from "./pipeline.ts";
export * from "./environment.ts";
export * from "./load.ts";
export * from "./data_facts.ts";
export * from "./profile.ts";
export * from "./pipeline_report.ts";
export * from "./order.ts";
export { cronFault, firstAfter, timesBetween } from "./cron.ts";
export {
  type Further,
  type ReadEnvironment,
  readEnvironment,
  type ReadPipeline,
  readPipeline,
} from "../read/pipeline.ts";
export { checkPipeline } from "../read/pipeline_rules.ts";
