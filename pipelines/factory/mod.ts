/** The software factory: a spec becomes a governed pull request. */
export { canonical, quickFix, workflows } from "./workflows.ts";
export { FactoryInput } from "./input.ts";
export type { EvidenceSink, FactoryPorts, Installation } from "./ports.ts";
export { type Accepted, acceptSpec, type Submission } from "./accept.ts";
export { factoryEffects, factoryHandlers, factoryJudge, IMPLEMENTERS } from "./handlers.ts";
export { sealEvidence } from "./seal.ts";
export { documentOf } from "./document.ts";
