import type { AgentSession, ToolCall } from "../../specs/mod.ts";

export const TOOL = `sha256:${"1".repeat(64)}`;
export const ARGS = `sha256:${"2".repeat(64)}`;
const RESULT = `sha256:${"3".repeat(64)}`;

/** A call that reads a file of the workspace, as every rule lets it through. */
export const call = (seq: number, over: Partial<ToolCall> = {}): ToolCall => ({
  seq,
  at: `2026-11-20T11:${String(seq).padStart(2, "0")}:00.000Z`,
  tool: "read_file",
  schema: TOOL,
  args: ARGS,
  class: "A",
  parts: [],
  inputs: [{ source: "spec", trust: "trusted" }],
  yields: "trusted",
  readsPrivate: false,
  egress: null,
  credential: null,
  touches: ["/workspace/src/email.ts"],
  operations: [],
  decision: "allowed",
  approvals: [],
  exit: { ok: true, result: RESULT },
  ...over,
});

export const session = (calls: ToolCall[], over: Partial<AgentSession> = {}): AgentSession => ({
  v: 1,
  id: "s1",
  agent: "agent",
  startedAt: "2026-11-20T11:00:00.000Z",
  endedAt: "2026-11-20T11:59:00.000Z",
  tools: [{ name: "read_file", digest: TOOL, class: "A" }, { name: "shell", digest: TOOL }],
  calls,
  complete: true,
  ...over,
});
