/** Verification by a forge's CI, where nothing can be run here. */
export { verifiedByCi } from "./workflow.ts";
export { type CiBranches, sweepCiBranches } from "./branches.ts";
export { type CiForge, WORKFLOW_PATH, workflowText } from "./workflow_text.ts";
