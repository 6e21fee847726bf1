import type { Rule } from "../../rule.ts";
import { credentialRule } from "./credentials.ts";
import { toxicFlowRule } from "./flow.ts";
import { sessionLogRule } from "./log.ts";
import { toolRules } from "./tools.ts";

/** What is held against the log of an agent's session. */
export const sessionRules: readonly Rule[] = [sessionLogRule, toxicFlowRule, ...toolRules, credentialRule];
