/** Agents of others: how each is found, started and read. A surface of its own. */
import { claude } from "./claude.ts";
import { codex } from "./codex.ts";
import { gemini } from "./gemini.ts";
import { opencode } from "./opencode.ts";
import type { AgentAdapter, AgentId } from "./port.ts";

export {
  type AgentAdapter,
  type AgentCall,
  type AgentId,
  AGENTS,
  type AgentTold,
  GATE_PORT,
} from "./port.ts";
export { type AgentPlaces, findAgent, type FoundAgent, variableOf } from "./find.ts";
export { type Launch, stageLaunch } from "./launcher.ts";

export const ADAPTERS: Readonly<Record<AgentId, AgentAdapter>> = { claude, codex, gemini, opencode };
