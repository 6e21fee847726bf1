export { acceptChain, type AcceptPorts, chainDigest, type GivenSpec } from "./accept.ts";
export { stageBeginner } from "./begin.ts";
export { type ChainDesk, chainDesk } from "./desk.ts";
export { chainLibrary, type KnownChain } from "./library.ts";
export { type ChainPlace, filePlace, requestPlace } from "./place.ts";
