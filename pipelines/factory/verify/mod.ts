/** Verification: what really happens when a repository's tests and the held-out checks run, as data for the gates. */
export { gatherVerifyFacts } from "./gather.ts";
export type { BaseExecutions, MutationInput, Prepare, Prepared, VerifyInput } from "./input.ts";
export { detectTesters } from "./detect.ts";
