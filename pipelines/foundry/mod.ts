/** The data foundry: a pipeline becomes governed, evidence-bearing data. */
export { FoundryInput } from "./input.ts";
export type {
  ClientRequest,
  FoundryPorts,
  FoundryRecords,
  KnownTable,
  PastLoad,
  QuarantineReason,
  RawLoad,
} from "./ports.ts";
export { foundryEffects, foundryHandlers } from "./handlers.ts";
export { foundryJudge } from "./judge.ts";
export { KEPT_MS, type KeptStaging, keptStaging, sweepStaging } from "./kept.ts";
export { releaseStaging, sealFoundry } from "./seal.ts";
export { pipelineDocument } from "./document.ts";
export { lineageEvents } from "./lineage.ts";
export { redacted } from "./redacted.ts";
export { openSinks, streamOf, tableOf } from "./plan.ts";
export {
  type AcceptedPipeline,
  acceptPipeline,
  type PipelineSubmission,
  type UsablePipeline,
  usablePipeline,
} from "./accept.ts";
export { connectorFaults, expressionFaults, namedSource, pipelineFaults } from "./validate.ts";
export { functionsFrom } from "./code.ts";
export { runPipelineTests, type TestResult } from "./try.ts";
export { dataPorts } from "./chain_ports.ts";
export { dataValues } from "./chain_values.ts";
export { tablesRead } from "./tables_read.ts";
