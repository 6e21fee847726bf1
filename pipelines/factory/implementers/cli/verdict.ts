/** How a session of an agent ended: by the stream and the difference in the files, never by the exit code. */
import type { AgentTold } from "../../../../connectors/agents/mod.ts";
import type { Execution } from "../../../../connectors/mod.ts";
import type { FailureRecord } from "../../../../specs/mod.ts";
import { readAnswer } from "../model/answer.ts";
import { inline } from "../model/data_text.ts";

export type Verdict =
  | { readonly kind: "change"; readonly claims: readonly string[]; readonly notes: readonly string[] }
  | { readonly kind: "none"; readonly code: string; readonly failure: FailureRecord };

const ENDED: Readonly<Record<Exclude<Execution["ended"], "by-itself" | "not-started">, string>> = {
  "timeout": "it was still at work when its time was over, and was ended",
  "output-cap": "it wrote more output than is read, and was ended",
  "memory": "it needed more memory than it may have, and was ended",
  "signal": "it was ended by a signal",
};

export function verdictOf(
  name: string,
  told: AgentTold,
  done: Pick<Execution, "ended" | "code" | "stderr">,
  isChanged: boolean,
): Verdict {
  const words = inline(told.last, 600);
  const noise = inline(new TextDecoder().decode(done.stderr.subarray(-4_000)), 400);
  const agentError = (code: string, why: string): Verdict => ({
    kind: "none",
    code,
    failure: {
      class: "agent-error",
      source: "provider",
      retryable: true,
      message: `${name} gave no change that can be proposed: ${why}${
        words === "" ? "" : `. It said: ${words}`
      }`.slice(0, 4_000),
      remedy: "Another agent or model may do better; or make the task smaller, or its criteria clearer",
    },
  });
  if (done.ended === "not-started") {
    return {
      kind: "none",
      code: "agent-not-started",
      failure: {
        class: "tool-error",
        source: "user-environment",
        retryable: false,
        message: `Cannot start ${name}: ${noise}`,
        remedy: "Look what of it can be used here: forge doctor",
      },
    };
  }
  if (done.ended !== "by-itself") return agentError(`agent-${done.ended}`, ENDED[done.ended]);
  const { cannot, done: claims } = readAnswer(told.last);
  if (cannot !== null) {
    const why = inline(cannot, 1_500);
    return {
      kind: "none",
      code: "agent-cannot",
      failure: {
        class: "agent-error",
        source: "user-environment",
        retryable: false,
        message: `${name} says that the task cannot be done: ${why}`,
        remedy: "Answer what it names: change the spec, widen its scope, or take another implementer",
        question: `${name} says that the task cannot be done: ${why}. What should be done differently?`,
      },
    };
  }
  const denied = told.denials === 0 ? null : `${told.denials} of its tool calls were not let through`;
  if (told.end === "error" || told.end === "cut") {
    const why = told.end === "cut" ? "its stream does not say how it ended" : "it ended with an error";
    const said = told.error === null ? noise : inline(told.error, 600);
    return agentError(
      told.end === "cut" ? "agent-cut" : "agent-failed",
      [
        `${why} (exit code ${done.code})${said === "" ? "" : `: ${said}`}`,
        ...(denied === null ? [] : [denied]),
      ].join("; "),
    );
  }
  const limit = told.end === "success"
    ? null
    : told.end === "budget"
    ? "it was stopped by its own budget"
    : "it was stopped at its limit of turns";
  if (!isChanged) {
    if (denied !== null) return agentError("agent-denied", `${denied}, and nothing is changed`);
    return agentError(
      "agent-empty",
      limit === null ? "it claims to be done, and nothing is changed" : `${limit}, and nothing is changed`,
    );
  }
  return {
    kind: "change",
    claims: claims ?? [],
    notes: [
      ...(denied === null ? [] : [denied]),
      ...(limit === null ? [] : [`the session did not end by itself: ${limit}`]),
      ...(done.code === 0 ? [] : [`its exit code was ${done.code}`]),
    ],
  };
}
