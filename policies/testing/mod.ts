/** What tests of other folders share: publishers, and packs that they signed; an input of the judge that every rule lets through. */
export { publisher, rootOf, sampleRule, signedPack } from "./packs.ts";
export * from "./ledgers.ts";
export { sampleJudgeInput } from "./judge_input.ts";
export { sampleFacts } from "./trees.ts";
export { fileClaims, testClaims } from "../evidence/body_claims.ts";
export { authorClaims, gateClaims, modelClaims, subjectClaims } from "../evidence/record_claims.ts";
