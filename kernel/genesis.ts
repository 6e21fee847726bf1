/** `prevHash` of the first event of a run. */
export const GENESIS = "0".repeat(64);
