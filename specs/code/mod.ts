/**
 * The contracts of code changes: specs and operations, facts of patches, verification, models, scans, trains, chains, the HTTP API. Their types are
 * in specs/mod.ts with all others; what makes and checks them is apart, so that a run of a pipeline builds none of it.
 */
export * from "../operation.ts";
export * from "../spec.ts";
export * from "../report.ts";
export * from "../mutation.ts";
export * from "../test_name.ts";
export * from "../test_scripts.ts";
export * from "../clone_facts.ts";
export * from "../verify.ts";
export * from "../facts.ts";
export * from "../scan.ts";
export * from "../pull_review.ts";
export * from "../train.ts";
export * from "../session.ts";
export * from "../model.ts";
export * from "../plan.ts";
export * from "../chain.ts";
export * from "../oversight.ts";
export * from "../supply.ts";
export * from "../http.ts";
export { readSpec, readSpecObject } from "../read/native.ts";
export { specParamFaults, specWith } from "../spec_params.ts";
