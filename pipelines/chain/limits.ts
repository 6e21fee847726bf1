/** What a chain's budget leaves for a stage: what its stages may use together is never more than the chain has. */
import type { BudgetMeter, RunView } from "../../kernel/mod.ts";
import type { ChainBudget } from "../../specs/mod.ts";
import type { StageRequest } from "./input.ts";
import { stageHolds, type StageState } from "./state.ts";

/** Units that are booked on the chain's run; time is that of the stages together. */
const BOOKED = ["tokens", "costMicroUsd", "repairs"] as const;
export const CHAIN_UNITS = [...BOOKED, "ms"] as const;
type Unit = (typeof CHAIN_UNITS)[number];

/** A chain's limits by unit; what has none is bounded by each stage's own. */
export function chainLimits(budget: ChainBudget | undefined): Partial<Record<Unit, number>> {
  const { usd, tokens, seconds, repairs } = budget ?? {};
  return {
    ...(tokens === undefined ? {} : { tokens }),
    ...(usd === undefined ? {} : { costMicroUsd: Math.round(usd * 1_000_000) }),
    ...(repairs === undefined ? {} : { repairs }),
    ...(seconds === undefined ? {} : { ms: seconds * 1000 }),
  };
}

/** What a stage would use at most by itself. */
function ownLimits(request: StageRequest): Record<Unit, number> {
  if (request.kind === "data") {
    return { tokens: 0, costMicroUsd: 0, repairs: 0, ms: request.seconds * 1000 };
  }
  const { usd, tokens, seconds, repairs } = request.budget;
  return { tokens, costMicroUsd: Math.round(usd * 1_000_000), repairs, ms: seconds * 1000 };
}

/** A stage's share; or the unit that is used up, for now (others hold it) or for good. */
export function shareOf(
  meter: Pick<BudgetMeter, "left">,
  given: {
    budget: ChainBudget | undefined;
    stages: Readonly<Record<string, StageState>>;
    request: StageRequest;
  },
): { ok: true; limits: Record<string, number> } | { ok: false; unit: Unit; held: boolean } {
  const most = chainLimits(given.budget);
  const all = Object.values(given.stages);
  const limits: Record<string, number> = {};
  for (const unit of CHAIN_UNITS) {
    const limit = most[unit];
    if (limit === undefined) continue;
    const booked = unit === "ms" ? limit - sum(all, (one) => one.booked.ms ?? 0) : meter.left(unit);
    const held = sum(
      all.filter(stageHolds),
      (one) => Math.max(0, (one.limits[unit] ?? 0) - (one.booked[unit] ?? 0)),
    );
    const left = Math.max(0, booked - held);
    const wanted = ownLimits(given.request)[unit];
    if (left <= 0 && wanted > 0) return { ok: false, unit, held: held > 0 && booked > 0 };
    limits[unit] = Math.min(wanted, left);
  }
  return { ok: true, limits };
}

/** What a stage's run has used since it was last looked at is booked on the chain; what it did not use is free. */
export async function book(
  meter: BudgetMeter,
  budget: ChainBudget | undefined,
  stage: StageState,
  view: Pick<RunView, "budget">,
): Promise<void> {
  const most = chainLimits(budget);
  stage.booked.ms = Math.max(stage.booked.ms ?? 0, view.budget.ms?.spent ?? 0);
  for (const unit of BOOKED) {
    if (most[unit] === undefined) continue;
    const spent = view.budget[unit]?.spent ?? 0;
    const more = spent - (stage.booked[unit] ?? 0);
    if (more <= 0) continue;
    const reserved = await meter.reserve(unit, Math.min(more, meter.left(unit)));
    if (reserved.ok) await meter.commit(reserved.id, more);
    stage.booked[unit] = spent;
  }
}

const sum = <T>(all: readonly T[], amount: (one: T) => number): number =>
  all.reduce((total, one) => total + amount(one), 0);
