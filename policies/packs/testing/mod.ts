/** Tests of packs: every rule's examples, and the rule changed under them. */
export { PackExample } from "./example.ts";
export { type PackTrial, type RuleTrial, tryPack } from "./trial.ts";
