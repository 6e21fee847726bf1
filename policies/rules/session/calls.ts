import type { ActionClass, AgentSession, Finding, ToolCall } from "../../../specs/mod.ts";

/** The log of the session in which an agent made the change; null where none did. */
export interface SessionFact {
  log: AgentSession | null;
  because: string;
}

export const selected = ({ session }: { session: SessionFact }) => ({
  applies: session.log !== null,
  because: session.because,
});

/** The calls that were carried out, or may have been. */
export const carriedOut = (log: AgentSession): ToolCall[] =>
  log.calls.filter(({ decision, exit }) => decision !== "denied" || exit !== null);

export const finding = ({ seq, tool }: ToolCall, what: string, remediation: string): Finding => ({
  message: `call ${seq} (${tool}): ${what}`,
  remediation,
});

const ORDER: readonly ActionClass[] = ["A", "B", "C", "D", "E"];
const highest = (classes: readonly ActionClass[]): ActionClass =>
  classes.reduce((high, one) => ORDER.indexOf(one) > ORDER.indexOf(high) ? one : high, "A");

/** The class of a call: the highest of what the call, its approved tool and its parts declare. What nothing declares is D. */
export function classOf(call: ToolCall, log: AgentSession): { class: ActionClass; declared: boolean } {
  const pinned = (name: string) => log.tools.find((tool) => tool.name === name)?.class;
  const own = [call.class, pinned(call.tool)].filter((one) => one !== undefined);
  const parts = call.parts.map((part) => [part.class, pinned(part.tool)].filter((one) => one !== undefined));
  const declared = parts.length > 0 ? parts.every((one) => one.length > 0) : own.length > 0;
  return { class: highest([...own, ...parts.flat(), ...(declared ? [] : ["D" as const])]), declared };
}
