/** Who can propose a change in this version. */
export const IMPLEMENTERS = ["codemod", "patch", "model"] as const;
export type { Handover, Implementer } from "./port.ts";
export { patch } from "./patch.ts";
export { codemod } from "./codemod.ts";
export { model } from "./model/model.ts";
