/** One call of one model: reserved before, paid after, recorded whatever happens. */
import type { ModelFailure, ModelProvider, ModelReply, ModelRequest } from "../../connectors/mod.ts";
import type { PhaseContext } from "../../kernel/mod.ts";
import type { ModelCall, ModelEntry, ModelUsage, Result, TaskClass } from "../../specs/mod.ts";
import { actualCost, type CallBounds, worstCase } from "./price.ts";
import type { Transcript } from "./transcript.ts";
import { TROUBLE_RULES } from "./trouble.ts";

type Meter = PhaseContext["budget"];

export interface Reservation {
  readonly tokens: string;
  readonly cost: string;
  readonly reservedTokens: number;
  readonly reservedMicroUsd: number;
  /** By the prices of this instant. */
  readonly atMs: number;
}

/** Why nothing was reserved. */
export type NotReserved = "price-unknown" | "budget";

/** Reserves the most that a call can take, of both units or of neither. */
export async function reserve(
  budget: Meter,
  entry: ModelEntry,
  bounds: CallBounds,
  atMs: number,
): Promise<Reservation | NotReserved> {
  const reservedMicroUsd = worstCase(entry, bounds, atMs);
  if (reservedMicroUsd === null) return "price-unknown";
  const reservedTokens = bounds.promptTokens + bounds.outputTokens;
  const cost = await budget.reserve("costMicroUsd", reservedMicroUsd);
  if (!cost.ok) return "budget";
  const tokens = await budget.reserve("tokens", reservedTokens);
  if (tokens.ok) return { tokens: tokens.id, cost: cost.id, reservedTokens, reservedMicroUsd, atMs };
  await budget.commit(cost.id, 0);
  return "budget";
}

export interface PaidCall {
  readonly result: Result<ModelReply, ModelFailure>;
  readonly record: ModelCall;
}

/** Makes the call that was reserved for, and pays what it took: the whole reservation where nobody tells. */
export async function paidCall(
  ctx: Pick<PhaseContext, "budget" | "clock" | "ids">,
  what: {
    readonly provider: ModelProvider;
    readonly request: ModelRequest;
    readonly reservation: Reservation;
    readonly bounds: CallBounds;
    readonly purpose: string;
    readonly task: TaskClass;
    readonly prompt: string;
    readonly transcript: Transcript;
  },
): Promise<PaidCall> {
  const { provider, request, reservation, bounds, transcript } = what;
  const startMs = ctx.clock.now();
  let result: Result<ModelReply, ModelFailure>;
  try {
    result = await provider.call(request);
  } catch (error) {
    // A provider that throws is a bug of ours: what it spent nobody knows.
    await pay(ctx.budget, reservation, reservation.reservedTokens, reservation.reservedMicroUsd);
    throw error;
  }
  const endMs = ctx.clock.now();
  const usage = told(result);
  const costMicroUsd = usage === null
    ? reservation.reservedMicroUsd
    // By the hours that were reserved for: a clock that runs on after the deadline changes no price.
    : actualCost(
      request.entry,
      usage,
      reservation.atMs,
      Math.min(endMs, reservation.atMs + bounds.timeoutMs),
    ) ??
      reservation.reservedMicroUsd;
  const tokens = usage === null ? reservation.reservedTokens : sum(usage);
  await pay(ctx.budget, reservation, tokens, costMicroUsd);
  const facts = result.ok ? result.value : result.error;
  return {
    result,
    record: {
      id: ctx.ids.make("call"),
      purpose: what.purpose.slice(0, 200),
      task: what.task,
      model: request.entry.id,
      claimed: facts.claimed == null ? null : transcript.clean(facts.claimed).slice(0, 200),
      provider: provider.id,
      requestId: facts.requestId == null ? null : transcript.clean(facts.requestId).slice(0, 500),
      recording: provider.recording || (result.ok && result.value.recording),
      prompt: what.prompt,
      reply: result.ok ? await transcript.reply(result.value) : null,
      usage,
      costMicroUsd,
      reservedMicroUsd: reservation.reservedMicroUsd,
      reservedTokens: reservation.reservedTokens,
      ms: Math.max(0, Math.round(endMs - startMs)),
      trouble: result.ok ? null : result.error.trouble,
      at: new Date(startMs).toISOString(),
    },
  };
}

/** What the provider counted; null when it told nothing, and may have worked all the same. */
function told(result: Result<ModelReply, ModelFailure>): ModelUsage | null {
  if (result.ok) return result.value.usageTold === false ? null : result.value.usage;
  const { usage, trouble, worked } = result.error;
  if (usage !== undefined) return usage;
  if (worked === true) return null;
  return TROUBLE_RULES[trouble].free
    ? { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 }
    : null;
}

export const sum = (usage: ModelUsage): number =>
  usage.input + usage.output + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;

export async function pay(
  budget: Meter,
  reservation: Reservation,
  tokens: number,
  cost: number,
): Promise<void> {
  await budget.commit(reservation.cost, cost);
  await budget.commit(reservation.tokens, tokens);
}
