/** What tests of other folders share: publishers, and packs that they signed. */
export { publisher, rootOf, sampleRule, signedPack } from "./packs.ts";
