/** The inner loop: what is tried after a denial, and when a human is asked. */
export { planRound, type RoundPlan } from "./decide.ts";
export { startFrom } from "./start.ts";
export { failureOf, unfinished } from "./unfinished.ts";
export { specText } from "./advise.ts";
export { DATA_RULE, quoted } from "./quoted.ts";
export { calledModel } from "./history.ts";
export { escalationPacket } from "./packet.ts";
