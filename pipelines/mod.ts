/** What runs: the factory's phases and workflows. The data foundry has a surface of its own, which a code change does not load. */
export * from "./factory/mod.ts";
export * from "./chain/mod.ts";
export { foundry, PUBLISH } from "./foundry/workflow.ts";
export type { OperationPort, OperationSubject } from "./operation.ts";
export type { Attestor } from "./attestation.ts";
export { type PersonalData, privacyOf, type RunMarks, VALUES_FILE } from "./personal_data.ts";
