import type { ModelMessage } from "../../../connectors/mod.ts";
import type { PhaseContext } from "../../../kernel/mod.ts";
import {
  err,
  type FailureRecord,
  type ModelCall,
  ok,
  type Problem,
  type Result,
} from "../../../specs/mod.ts";
import { Plan } from "../../../specs/code/mod.ts";
import type { ModelDesk } from "../../models/port.ts";
import { planProblems } from "./check.ts";
import { PLAN_SCHEMA, PLAN_SYSTEM, type PlanGrounds, planPrompt, problemsTurn } from "./prompt.ts";

/** How often a plan that does not hold is sent back. */
const ROUNDS = 3;
const MAX_OUTPUT_TOKENS = 8_000;
const TIMEOUT_MS = 240_000;

export interface Planned {
  readonly plan: Plan;
  readonly calls: readonly ModelCall[];
  readonly context: readonly { uri: string; digest: string; trust: "trusted" | "untrusted" }[];
  readonly rounds: number;
}

export interface NotPlanned {
  readonly failure: FailureRecord;
  readonly calls: readonly ModelCall[];
}

/** Asks a model for a plan until it holds, at most so often; what does not hold goes back with every problem that was found. */
export async function planByModel(
  desk: ModelDesk,
  ctx: Parameters<ModelDesk["ask"]>[0] & Pick<PhaseContext, "progress">,
  grounds: PlanGrounds & {
    readonly need: Parameters<ModelDesk["ask"]>[1]["need"]["task"];
    readonly localOnly: boolean;
  },
): Promise<Result<Planned, NotPlanned>> {
  const { text, context } = await planPrompt(grounds);
  const messages: ModelMessage[] = [{ role: "user", text, cache: true }];
  const calls: ModelCall[] = [];
  let last: Problem[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const asked = await desk.ask(ctx, {
      purpose: round === 1 ? "plan" : "plan again",
      need: {
        task: grounds.need,
        maxOutputTokens: MAX_OUTPUT_TOKENS,
        ...(grounds.localOnly ? { localOnly: true } : {}),
      },
      system: PLAN_SYSTEM,
      messages,
      output: { name: "plan", schema: PLAN_SCHEMA },
      timeoutMs: TIMEOUT_MS,
    });
    calls.push(...(asked.ok ? asked.value.calls : asked.error.calls));
    if (!asked.ok) return err({ failure: asked.error.failure, calls });
    const { reply, choice } = asked.value;
    const read = readPlan(reply.output, choice.model ?? "model");
    // Who asks need not have planned what hangs on the answer.
    if (read.plan !== null && read.plan.unclear.length > 0) {
      return ok({ plan: read.plan, calls, context, rounds: round });
    }
    last = read.plan === null ? read.problems : planProblems(read.plan, grounds);
    if (read.plan !== null && last.length === 0) {
      return ok({ plan: read.plan, calls, context, rounds: round });
    }
    ctx.progress(`the plan does not hold: ${last.map(({ message }) => message).join("; ")}`.slice(0, 1900), {
      round,
      problems: last.slice(0, 20).map(({ message }) => message.slice(0, 300)),
    });
    messages.push(
      { role: "assistant", text: JSON.stringify(reply.output ?? reply.text).slice(0, 60_000) },
      { role: "user", text: problemsTurn(last) },
    );
  }
  const told = last.map(({ message }) => message).join("; ");
  return err({
    calls,
    failure: {
      class: "agent-error",
      source: "provider",
      retryable: false,
      message: `No plan that holds was given in ${ROUNDS} rounds. Of the last one: ${told}`.slice(0, 7900),
      remedy: "Say in a sentence how the work should be split (--re-plan), or make the spec smaller",
      question: "How should the work be planned? Answer with a sentence and re-plan, or end the run.",
    },
  });
}

/** Reads an answer by the contract of a plan. */
function readPlan(
  output: unknown,
  planner: string,
): { plan: Plan; problems: [] } | { plan: null; problems: Problem[] } {
  const given = output !== null && typeof output === "object" ? output : {};
  const parsed = Plan.safeParse({ ...given, v: 1, planner });
  if (parsed.success) return { plan: parsed.data, problems: [] };
  const unclear = (given as { unclear?: unknown }).unclear;
  // A question stands without a task, too.
  if (Array.isArray(unclear) && unclear.length > 0) {
    const asked = Plan.shape.unclear.safeParse(unclear.map((one) => String(one).slice(0, 1000)).slice(0, 20));
    if (asked.success) {
      const empty = { id: "T1", title: "to be planned once the questions are answered" };
      return { plan: Plan.parse({ v: 1, planner, tasks: [empty], unclear: asked.data }), problems: [] };
    }
  }
  return {
    plan: null,
    problems: parsed.error.issues.slice(0, 30).map((issue) => ({
      code: "plan",
      path: issue.path.join("."),
      message: `${issue.path.join(".") || "the plan"}: ${issue.message}`,
    })),
  };
}
