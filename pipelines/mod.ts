/**
 * What all families of runs share: their workflows as data, and what is personal in them. The phases of each family have a surface of
 * their own (factory, foundry, chain, models), so that a run of one does not load the others.
 */
export { workflows } from "./factory/workflows.ts";
export { perTask, taskWorkflow } from "./factory/stack/workflow.ts";
export { trainWorkflow } from "./factory/train/workflow.ts";
export { watchWorkflow } from "./factory/watch/workflow.ts";
export { chainWorkflow } from "./chain/workflow.ts";
export { foundry, PUBLISH } from "./foundry/workflow.ts";
export type { OperationPort, OperationSubject } from "./operation.ts";
export type { Attestor } from "./attestation.ts";
export { type PersonalData, privacyOf, type RunMarks, VALUES_FILE } from "./personal_data.ts";
