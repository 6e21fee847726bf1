import { err, type ImplementerKind, ok, type Result } from "../specs/mod.ts";
import type { JudgeInput } from "./port.ts";
import type { SessionFact } from "./rules/session/calls.ts";

/** Implementers that work in a session with tools; of the others nobody calls any. */
const AGENTS: Readonly<Record<ImplementerKind, boolean>> = {
  codemod: false,
  patch: false,
  model: true,
  cli: true,
};

/** The session that made a change. An agent's work without its log cannot be judged. */
export function sessionFact(
  { proposal, session }: Pick<JudgeInput, "proposal" | "session">,
): Result<SessionFact, string> {
  if (session !== undefined) {
    return ok({
      log: session,
      because: `session ${session.id} of ${session.agent}, ${session.calls.length} calls`,
    });
  }
  if (proposal === null) {
    return err("no proposal was given to the judge, so that nobody knows who made the change");
  }
  return AGENTS[proposal.implementer]
    ? err(
      `the log of the agent's session was not given to the judge, and the implementer is ${proposal.implementer}`,
    )
    : ok({ log: null, because: `no agent session: the implementer ${proposal.implementer} calls no tools` });
}
