/** Agents of others, driven as programs: how each is found, started and read. What they say is data, and believed by nobody. */
import type { ActionClass, Json } from "../../specs/mod.ts";
import type { PassWire } from "../models/port.ts";

export const AGENTS = ["claude", "codex", "gemini", "opencode"] as const;
export type AgentId = typeof AGENTS[number];

/** Stands for the port of the gate in arguments, variables and files: it is known when the program starts. */
export const GATE_PORT = "@GATE_PORT@";

export interface AgentStart {
  readonly model: string;
  readonly wire: PassWire;
  /** Of this session alone; the gate takes it for the provider's key. */
  readonly token: string;
  readonly contextTokens: number;
  readonly outputTokens: number;
}

/** How it is started: beside these variables it has none but PATH, HOME and the like. */
export interface AgentLaunch {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Written into its empty home directory, by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** A call of one of its tools, as it tells it. */
export interface AgentCall {
  readonly tool: string;
  readonly args: Json;
  /** Null when no result was told. */
  readonly result: string | null;
  readonly ok: boolean;
  /** It says that the call was not let through. */
  readonly denied: boolean;
}

export const AGENT_ENDS = ["success", "error", "budget", "turn-limit", "cut"] as const;
export type AgentEnd = typeof AGENT_ENDS[number];

/** Everything that its stream says. */
export interface AgentTold {
  /** `cut` when the stream does not say how it ended. */
  readonly end: AgentEnd;
  readonly error: string | null;
  /** What it said last. */
  readonly last: string;
  readonly messages: number;
  readonly calls: readonly AgentCall[];
  readonly denials: number;
  readonly usage: { readonly input: number; readonly output: number } | null;
  readonly costUsd: number | null;
  readonly model: string | null;
  /** Lines that are no events, and events beyond the limit. */
  readonly unread: number;
}

export interface AgentAdapter {
  readonly id: AgentId;
  readonly name: string;
  /** The npm package that brings it. */
  readonly package: string;
  /** The version whose stream was read when this was written. */
  readonly tested: string;
  /** Wires that it speaks, the best first. */
  readonly wires: readonly PassWire[];
  /** The class of what each of its tools can do inside the walls. One that is not here was never approved. */
  readonly tools: Readonly<Record<string, ActionClass>>;
  start(how: AgentStart): AgentLaunch;
  /** Never throws, whatever it is given. */
  read(output: string): AgentTold;
}
