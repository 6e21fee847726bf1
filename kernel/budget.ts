import type { EventBody } from "../specs/mod.ts";
import type { BudgetMeter, Ids } from "./port.ts";
import type { RunFold } from "./state.ts";

/** How much of a unit may still be reserved; nothing where no limit is known. */
export function leftOf(state: RunFold, unit: string): number {
  const budget = Object.hasOwn(state.budget, unit) ? state.budget[unit] : undefined;
  return budget === undefined ? 0 : Math.max(budget.limit - budget.spent - budget.reserved, 0);
}

/** What an attempt left reserved counts as spent: nobody can tell what it really took. */
export function closings(state: RunFold): readonly EventBody[] {
  const bodies: EventBody[] = [];
  for (const [id, { unit, amount }] of Object.entries(state.reservations)) {
    bodies.push({ type: "budget.committed", v: 1, payload: { id, unit, amount } });
  }
  return bodies;
}

/**
 * The meter that a phase gets.
 *
 * @param append makes events from the state at hand durable, and tells the state after them
 */
export function budgetMeter(
  ids: Ids,
  current: () => RunFold,
  append: (make: (state: RunFold) => EventBody[]) => Promise<void>,
): BudgetMeter {
  return {
    left: (unit) => leftOf(current(), unit),
    async reserve(unit, amount) {
      whole("reserve", unit, amount);
      const id = ids.make("rsv");
      let left = 0;
      let granted = false;
      await append((state) => {
        left = leftOf(state, unit);
        granted = amount <= left && Object.hasOwn(state.budget, unit);
        return granted ? [{ type: "budget.reserved", v: 1, payload: { id, unit, amount } }] : [];
      });
      return granted ? { ok: true, id } : { ok: false, left };
    },
    async commit(id, actual) {
      whole("commit", id, actual);
      await append((state) => {
        const held = Object.hasOwn(state.reservations, id) ? state.reservations[id] : undefined;
        if (held === undefined) {
          throw new Error(
            `Cannot commit ${actual} to the reservation ${id} as it is not open: reserve first`,
          );
        }
        return [{ type: "budget.committed", v: 1, payload: { id, unit: held.unit, amount: actual } }];
      });
    },
  };
}

function whole(what: string, name: string, amount: number): void {
  if (Number.isSafeInteger(amount) && amount >= 0) return;
  throw new RangeError(
    `Cannot ${what} ${name} as an amount must be a whole number, 0 or more: current value is ${amount}`,
  );
}

/** A budget after more of a unit was spent; a unit without a limit is not counted. */
export function spend(state: RunFold, unit: string, amount: number): RunFold["budget"] {
  const current = state.budget[unit];
  if (current === undefined) return state.budget;
  return { ...state.budget, [unit]: { ...current, spent: current.spent + amount } };
}

/** A budget with new limits. */
export function withLimits(budget: RunFold["budget"], limits: Record<string, number>): RunFold["budget"] {
  const changed: Record<string, { limit: number; spent: number; reserved: number }> = { ...budget };
  for (const [unit, limit] of Object.entries(limits)) {
    changed[unit] = { spent: 0, reserved: 0, ...budget[unit], limit };
  }
  return changed;
}
