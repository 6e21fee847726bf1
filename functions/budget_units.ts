/** A budget in the words of a spec (`seconds`, `usd`) and in the units that the ledger counts (`ms`, `costMicroUsd`). */

interface Unit {
  counted: string;
  factor: number;
}

const UNITS: Readonly<Record<string, Unit>> = {
  seconds: { counted: "ms", factor: 1000 },
  usd: { counted: "costMicroUsd", factor: 1_000_000 },
  tokens: { counted: "tokens", factor: 1 },
  repairs: { counted: "repairs", factor: 1 },
};

/** What people name. */
export const BUDGET_UNITS: readonly string[] = Object.keys(UNITS);

/** Limits as the ledger counts them; null when a unit is unknown, or an amount is none. */
export function limitsOf(amounts: Readonly<Record<string, number>>): Record<string, number> | null {
  const limits: Record<string, number> = {};
  for (const [name, amount] of Object.entries(amounts)) {
    const unit = Object.hasOwn(UNITS, name) ? UNITS[name] : countedUnit(name);
    if (!unit || !Number.isFinite(amount) || amount < 0) return null;
    const limit = Math.round(amount * unit.factor);
    if (!Number.isSafeInteger(limit)) return null;
    limits[unit.counted] = limit;
  }
  return limits;
}

/** The name that people use and the amount in it, of a unit as the ledger counts it. */
export function spokenAmount(counted: string, amount: number): { unit: string; amount: number } {
  const found = Object.entries(UNITS).find(([, unit]) => unit.counted === counted);
  return found ? { unit: found[0], amount: amount / found[1].factor } : { unit: counted, amount };
}

function countedUnit(name: string): Unit | undefined {
  return Object.values(UNITS).some((unit) => unit.counted === name)
    ? { counted: name, factor: 1 }
    : undefined;
}
