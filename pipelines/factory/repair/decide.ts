import type { PhaseContext } from "../../../kernel/mod.ts";
import type { FailureRecord, Json, ModelCall, Spec } from "../../../specs/mod.ts";
import { taskClassOf } from "../../models/mod.ts";
import type { Guidance, RepairOrder } from "../implementers/port.ts";
import type { FactoryInput } from "../input.ts";
import type { FactoryPorts } from "../ports.ts";
import { contradictionIn } from "./contradiction.ts";
import { roundHistory } from "./history.ts";
import { metaChecks } from "./meta_check.ts";
import { type LastRound, lastRound } from "./last_round.ts";
import type { Round, RoundHistory, RoundStrategy } from "./round.ts";
import { roundsSinceAnswer } from "./round.ts";
import { nextStep, type RepairStrategy } from "./strategy.ts";
import { means } from "./means.ts";
import { type Stop, stopFailure } from "./stop.ts";

/** How this visit of implement is to be gone about. */
export type RoundPlan =
  | {
    readonly go: true;
    readonly n: number;
    readonly strategy: RoundStrategy;
    readonly against: string | null;
    readonly order: RepairOrder | null;
    readonly guidance: readonly Guidance[];
    /** The patch that the workspace begins with: blob of the round before. */
    readonly previous: string | null;
    /** Calls that advice took. */
    readonly calls: readonly ModelCall[];
    readonly record: { readonly [key: string]: Json } | null;
  }
  | { readonly go: false; readonly failure: FailureRecord };

interface Given {
  readonly input: FactoryInput;
  readonly spec: Spec;
}

/**
 * Chooses what a visit of implement does, from the ledger alone: the first try, a repair by the next strategy that was not tried for
 * this failure, or the end of the loop at a human. Checks of the loop itself run here, between rounds, and are told as progress.
 */
export async function planRound(
  ports: FactoryPorts,
  ctx: PhaseContext,
  { input, spec }: Given,
): Promise<RoundPlan> {
  if (ports.history === undefined) {
    return ctx.visit === 1 && ctx.attempt === 1
      ? first(1)
      : { go: false, failure: stopFailure({ why: "no-history" }, []) };
  }
  const all = await roundHistory(ctx.blobs, ports.history.events, ctx.run);
  const current = all.rounds.find(({ visit, verdict }) => visit === ctx.visit && verdict === "open");
  const history: RoundHistory = { ...all, rounds: all.rounds.filter((round) => round !== current) };
  const guidance = all.advice.filter(({ text }) => text.trim() !== "").map(({ by, text, at }) => ({
    by,
    text,
    at,
  }));
  const n = history.rounds.length + 1;
  const denied = [...history.rounds].reverse().find(({ verdict }) =>
    verdict === "deny" || verdict === "escalate"
  );
  const again = triedAgain(ctx, current);
  if (denied === undefined) {
    const order = again === null ? null : orderOf({ n, ...again, last: null, spec, advice: [] });
    return { ...first(n), order, guidance };
  }

  const last = await lastRound(ctx, denied, spec);
  // Told once of each round: choices to come learn from it.
  if (
    ctx.attempt === 1 && (ctx.parks ?? 0) === 0 && denied === history.rounds.at(-1) && denied.model !== null
  ) {
    await ports.models?.outcome({
      model: denied.model,
      task: taskClassOf({ phase: "implement", spec }),
      passed: false,
      at: new Date(ctx.clock.now()).toISOString(),
    });
  }
  const stop = (why: Stop) => halted(ctx, why, history.rounds);
  const contradiction = contradictionIn(roundsSinceAnswer(history));
  if (contradiction !== null) return await stop({ why: "impossible", contradiction });
  const meta = metaChecks(history, leftOf(ctx));
  for (const { check, message } of meta) {
    ctx.progress(`${check}: ${message}`.slice(0, 500), { meta: { check, message: message.slice(0, 2000) } });
  }
  const [finding] = meta;
  if (finding !== undefined) return await stop({ why: "meta", finding });

  const skipped: { strategy: string; why: string }[] = [];
  const calls: ModelCall[] = [];
  const cannot = new Set<RepairStrategy>();
  for (;;) {
    const step = nextStep(history, (strategy) => !cannot.has(strategy));
    if (step.step === "stop") return await stop(step);
    const strategy = step.step === "human" ? "human" : step.strategy;
    const had = step.step === "human"
      ? { ok: true as const, advice: "", except: [], calls: [] }
      : await means(ports, ctx, { strategy: step.strategy, input, spec, history, last });
    calls.push(...had.calls);
    if (!had.ok) {
      skipped.push({ strategy, why: had.why });
      ctx.progress(`${strategy} cannot be had: ${had.why}`.slice(0, 500));
      cannot.add(strategy as RepairStrategy);
      continue;
    }
    const stagnates = step.step === "repair" ? step.stagnates : null;
    if (stagnates !== null) {
      ctx.progress(`stagnation: ${stagnates}`, { stagnation: stagnates, strategy });
    }
    ctx.progress(`round ${n}: ${strategy} against ${last.told}`.slice(0, 500), { round: n, strategy });
    const record = {
      round: n,
      strategy,
      against: denied.fingerprint,
      stagnation: stagnates,
      skipped,
      guidance: guidance.map((one) => ({ ...one })),
      advice: had.advice,
      except: [...had.except],
      rounds: history.rounds as unknown as Json,
    };
    return {
      go: true,
      n,
      strategy,
      against: denied.fingerprint,
      order: orderOf({
        n,
        strategy: again?.strategy ?? (strategy === "human" ? "fix" : strategy),
        failure: again?.failure ?? null,
        except: [...had.except, ...again?.except ?? []],
        last,
        spec,
        advice: [had.advice],
        record,
      }),
      guidance,
      previous: last.stored,
      calls,
      record,
    };
  }
}

function first(n: number): Extract<RoundPlan, { go: true }> {
  return {
    go: true,
    n,
    strategy: "first",
    against: null,
    order: null,
    guidance: [],
    previous: null,
    calls: [],
    record: null,
  };
}

/** What the table of failures said about the try before this one of the same visit. */
function triedAgain(
  ctx: PhaseContext,
  current: Round | undefined,
): { strategy: "fix" | "switch-model"; failure: FailureRecord; except: string[] } | null {
  const failure = current?.failures.at(-1);
  if (current === undefined || failure === undefined) return null;
  const told = ctx.feedback as { kind?: string; strategy?: string } | null;
  const switches = told?.kind === "failure" && told.strategy === "switch-model";
  return {
    strategy: switches ? "switch-model" : "fix",
    failure,
    except: switches ? [...current.models] : [],
  };
}

function orderOf(given: {
  n: number;
  strategy: RepairOrder["strategy"];
  failure: FailureRecord | null;
  except: readonly string[];
  last: LastRound | null;
  spec: Spec;
  advice: readonly string[];
  record?: Json;
}): RepairOrder {
  const { n, strategy, failure, last } = given;
  return {
    strategy,
    round: n,
    findings: [
      ...(failure === null ? [] : [{
        message: failure.message,
        ...(failure.remedy === undefined ? {} : { remediation: failure.remedy }),
      }]),
      ...last?.findings ?? [],
    ],
    output: last?.output ?? "",
    advice: given.advice.filter((text) => text !== "").join("\n\n"),
    except: [...new Set(given.except)],
    record: given.record ?? { round: n, strategy },
  };
}

async function halted(ctx: PhaseContext, stop: Stop, rounds: readonly Round[]): Promise<RoundPlan> {
  const evidence = await ctx.blobs.put(JSON.stringify({ stop, rounds }));
  const failure = stopFailure(stop, rounds, evidence);
  ctx.progress(`the repair ends at a human: ${failure.message}`.slice(0, 500), { stop: stop.why });
  return { go: false, failure };
}

const UNITS = ["tokens", "costMicroUsd", "ms"] as const;

function leftOf(ctx: PhaseContext): Record<string, number> {
  return Object.fromEntries(UNITS.map((unit) => [unit, ctx.budget.left(unit)]));
}
