/** The software factory: a spec becomes a governed pull request. */
export { canonical, quickFix, workflows } from "./workflows.ts";
export { FactoryInput } from "./input.ts";
export type { EvidenceSink, FactoryPorts, Installation } from "./ports.ts";
export type { FindPrincipals } from "../approvals.ts";
export { WAIVER_FOLDER, type WaiverFile, waiverFiles, type WaiverLibrary } from "../waivers.ts";
export { installedPack, type PackLibrary } from "./packs.ts";
export { type Accepted, acceptSpec, type Submission } from "./accept.ts";
export { type ReadCheck, type UsableSpec, usableSpec } from "./usable_spec.ts";
export { factoryEffects, factoryHandlers } from "./handlers.ts";
export { factoryJudge } from "./judge.ts";
export type { Assignment, Handover, Implementer, NoHandover } from "./implementers/port.ts";
export { IMPLEMENTERS } from "./implementers/mod.ts";
export { TaskRecord, type TaskRecords } from "./dag/mod.ts";
export type { BaseExecutions } from "./verify/mod.ts";
export type { RepoIndexes } from "./context/mod.ts";
export { sealEvidence } from "./seal.ts";
export { documentOf, type Standstill } from "./document.ts";
export type { ModelAnswer, ModelAsk, ModelDesk, NoAnswer } from "../models/port.ts";
