export type { Handover, Implementer } from "./port.ts";
export { patch } from "./patch.ts";
export { codemod } from "./codemod.ts";
export { model } from "./model/model.ts";
export { cli } from "./cli/cli.ts";
