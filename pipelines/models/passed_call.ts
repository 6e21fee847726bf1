/** One request of a program that was sent on: what it took is paid, and recorded whatever happened. */
import type { ModelProvider } from "../../connectors/mod.ts";
import type { ModelCall, ModelEntry, ModelTrouble, ModelUsage, TaskClass } from "../../specs/mod.ts";
import type { AskContext } from "./attempts.ts";
import { pay, type Reservation, sum } from "./paid_call.ts";
import { actualCost, type CallBounds } from "./price.ts";

export interface PassedCall {
  readonly ctx: AskContext;
  readonly entry: ModelEntry;
  readonly provider: ModelProvider;
  readonly reservation: Reservation;
  readonly bounds: CallBounds;
  readonly purpose: string;
  readonly task: TaskClass;
  readonly startMs: number;
  /** Digest of what was asked. */
  readonly prompt: string;
  /** Takes every secret out of a text. */
  readonly clean: (text: string) => string;
}

/** @param how `usage` is null when nobody told: the whole reservation counts as spent */
export async function settledCall(
  { ctx, entry, provider, reservation, bounds, clean, ...call }: PassedCall,
  how: {
    readonly usage: ModelUsage | null;
    readonly trouble: ModelTrouble | null;
    readonly claimed: string | null;
    readonly requestId: string | null;
    readonly reply: string | null;
  },
): Promise<ModelCall> {
  const endMs = ctx.clock.now();
  const { usage } = how;
  const costMicroUsd = usage === null
    ? reservation.reservedMicroUsd
    : actualCost(entry, usage, reservation.atMs, Math.min(endMs, reservation.atMs + bounds.timeoutMs)) ??
      reservation.reservedMicroUsd;
  await pay(ctx.budget, reservation, usage === null ? reservation.reservedTokens : sum(usage), costMicroUsd);
  return {
    id: ctx.ids.make("call"),
    purpose: call.purpose.slice(0, 200),
    task: call.task,
    model: entry.id,
    claimed: how.claimed === null ? null : clean(how.claimed).slice(0, 200),
    provider: provider.id,
    requestId: how.requestId === null ? null : clean(how.requestId).slice(0, 500),
    recording: provider.recording,
    prompt: call.prompt,
    reply: how.reply === null ? null : await ctx.blobs.put(clean(how.reply)),
    usage,
    costMicroUsd,
    reservedMicroUsd: reservation.reservedMicroUsd,
    reservedTokens: reservation.reservedTokens,
    ms: Math.max(0, Math.round(endMs - call.startMs)),
    trouble: how.trouble,
    at: new Date(call.startMs).toISOString(),
  };
}
