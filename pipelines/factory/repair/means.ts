import type { PhaseContext } from "../../../kernel/mod.ts";
import type { ModelCall, Spec } from "../../../specs/mod.ts";
import { isLocalOnly, taskClassOf } from "../../models/mod.ts";
import type { FactoryInput } from "../input.ts";
import type { FactoryPorts } from "../ports.ts";
import { askPlanner } from "./advise.ts";
import type { LastRound } from "./last_round.ts";
import { pastRepairs, pastText } from "./past.ts";
import { type RoundHistory, roundsSinceAnswer } from "./round.ts";
import type { RepairStrategy } from "./strategy.ts";

/** What a strategy brings to a round, or why it cannot be had here. */
export type Means =
  & { readonly calls: readonly ModelCall[] }
  & (
    | { readonly ok: true; readonly advice: string; readonly except: readonly string[] }
    | { readonly ok: false; readonly why: string }
  );

export async function means(
  ports: FactoryPorts,
  ctx: PhaseContext,
  given: {
    strategy: RepairStrategy;
    input: FactoryInput;
    spec: Spec;
    history: RoundHistory;
    last: LastRound;
  },
): Promise<Means> {
  const { strategy, input, spec, history, last } = given;
  const rounds = roundsSinceAnswer(history);
  switch (strategy) {
    case "fix":
      return { ok: true, advice: "", except: [], calls: [] };
    case "ask-planner": {
      const asked = await askPlanner(ports, ctx, { spec, rounds, output: last.output, diff: last.diff });
      return "why" in asked
        ? { ok: false, why: asked.why, calls: asked.calls }
        : { ok: true, advice: asked.advice, except: [], calls: asked.calls };
    }
    case "past-repairs": {
      if (ports.history === undefined) return { ok: false, why: "no history is kept here", calls: [] };
      const found = await pastRepairs(ports.history, ctx.blobs, {
        run: ctx.run,
        repository: input.repository.location,
        failed: last.round,
      });
      return found.length === 0
        ? { ok: false, why: "no run before was mended of the same failure or gates", calls: [] }
        : { ok: true, advice: pastText(found), except: [], calls: [] };
    }
    case "switch-model": {
      const only = await modelsOf(ports, input);
      if (only === null || ports.models === undefined) {
        return { ok: false, why: `the implementer ${input.implementer} has no other model here`, calls: [] };
      }
      const except = [...new Set(rounds.flatMap(({ models }) => models))];
      const choice = await ports.models.choose({
        task: taskClassOf({ phase: "repair", spec }),
        ...(isLocalOnly(spec) ? { localOnly: true } : {}),
        promptTokens: 20_000,
        maxOutputTokens: 4_000,
        tools: true,
        structured: false,
        except,
        ...(only === "all" ? {} : { only }),
      }, new Date(ctx.clock.now()).toISOString());
      return choice.model === null
        ? { ok: false, why: `no model is left beside ${except.join(", ") || "those asked"}`, calls: [] }
        : { ok: true, advice: "", except, calls: [] };
    }
  }
}

/** The models that the implementer can be asked to work by: of a program those that it speaks to; null when it has no choice. */
async function modelsOf(
  ports: FactoryPorts,
  { implementer, agent }: FactoryInput,
): Promise<"all" | readonly string[] | null> {
  if (implementer === "model") return "all";
  const ready = implementer === "cli" ? await ports.agents?.choose(agent) : undefined;
  return ready?.ok === true ? [...ready.value.models.keys()] : null;
}
