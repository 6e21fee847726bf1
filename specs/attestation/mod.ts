/** Contracts of signed statements and of the checks of a bundle: apart, so that what does not sign or verify does not load them. */
export * from "./keys.ts";
export * from "./statements.ts";
export * from "./provenance.ts";
