/** Contracts of what stands in a ledger: all that the engine loads, which need not know specs, facts or HTTP. */
export * from "../base.ts";
export * from "../decision.ts";
export * from "../event.ts";
export * from "../failure.ts";
export * from "../result.ts";
export * from "../workflow.ts";
