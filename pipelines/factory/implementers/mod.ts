/** Who can propose a change in this version. */
export const IMPLEMENTERS = ["codemod", "patch", "model", "cli"] as const;
export type { Handover, Implementer } from "./port.ts";
export { patch } from "./patch.ts";
export { codemod } from "./codemod.ts";
export { model } from "./model/model.ts";
export { cli } from "./cli/cli.ts";
export { type AgentDesk, agentDesk, type ListedAgent } from "./cli/choice.ts";
