/**
 * What all families of runs share: their workflows as data, the names of their phases, and what is personal in them. What the phases
 * do has a surface for each family (factory, foundry, chain, models), so that a run of one does not load the others.
 */
export { workflows } from "./factory/workflows.ts";
export { factoryEffects, factoryHandlers } from "./factory/handlers.ts";
export { perTask, taskWorkflow } from "./factory/stack/workflow.ts";
export { trainWorkflow } from "./factory/train/workflow.ts";
export { watchWorkflow } from "./factory/watch/workflow.ts";
export { chainEffects, chainHandlers } from "./chain/handlers.ts";
export { chainWorkflow } from "./chain/workflow.ts";
export { foundry, PUBLISH } from "./foundry/workflow.ts";
export { usd } from "./models/money.ts";
export type { OperationPort, OperationSubject } from "./operation.ts";
export type { Attestor } from "./attestation.ts";
export { type PersonalData, privacyOf, type RunMarks, VALUES_FILE } from "./personal_data.ts";
