/** Verification: what really happens when a repository's tests and the held-out checks run, as data for the gates. */
export { gatherVerifyFacts } from "./gather.ts";
export type { BaseExecutions, MutationInput, Prepare, Prepared, VerifyInput } from "./input.ts";
export { NotYet } from "./input.ts";
export type { Elsewhere } from "./input.ts";
export { ranElsewhere } from "./execute.ts";
export type { Ran, Run } from "./execute.ts";
export { detectTesters } from "./detect.ts";
