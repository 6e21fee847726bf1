import type { RuleVerdict, Tier, Waiver } from "../../specs/mod.ts";

/** What a waiver may be at most, by the tier of the change: its days, its uses, and how many may stand at once in a repository. */
export const WAIVER_CAPS: Readonly<Record<Tier, { days: number; uses: number; active: number }>> = {
  "best-effort": { days: 180, uses: 200, active: 50 },
  standard: { days: 90, uses: 50, active: 20 },
  critical: { days: 14, uses: 5, active: 3 },
};

/** A waiver that ends within this many days is told. */
export const EXPIRING_DAYS = 14;

const EVIDENCE =
  "it says that evidence is missing or is not what was judged, and missing evidence is never waived";
const SECRET = "a credential that was shown has to be revoked, not excused";

/** Rules of core that nobody can waive, and why. */
const NEVER: Readonly<Record<string, string>> = {
  "core/E1": EVIDENCE,
  "core/E2": EVIDENCE,
  "core/T7": EVIDENCE,
  "core/F2P": `${EVIDENCE}; a spec may say proof: { none: reason }`,
  "core/PATCH": EVIDENCE,
  "core/REPORT": EVIDENCE,
  "core/SPEC": EVIDENCE,
  "core/INTENT": EVIDENCE,
  "core/POLICY": EVIDENCE,
  "core/PACK": EVIDENCE,
  "core/INPUT": EVIDENCE,
  "core/EMPTY": EVIDENCE,
  "core/X1": SECRET,
  "core/X2": SECRET,
  "core/D-SECRET": SECRET,
  "core/D-DEFINITION": EVIDENCE,
  "core/D-COUNTS": EVIDENCE,
  "core/D-BOUND": EVIDENCE,
};

/** Why a rule cannot be waived; null when it can. */
export function unwaivable({ rule, layer }: Pick<RuleVerdict, "rule" | "layer">): string | null {
  if (layer === "L4") return "L4 says who may do this, and an authorization is never waived";
  return Object.hasOwn(NEVER, rule) ? NEVER[rule] ?? null : null;
}

const DAY_MS = 86_400_000;

/** Why a waiver is more than its tier allows; null when it is within. */
export function capProblem(waiver: Waiver, tier: Tier): string | null {
  const caps = WAIVER_CAPS[tier];
  const days = (Date.parse(waiver.expiresAt) - Date.parse(waiver.requestedAt)) / DAY_MS;
  if (days > caps.days) {
    return `it lasts ${Math.ceil(days)} days, and the tier ${tier} allows ${caps.days}`;
  }
  return waiver.maxUses > caps.uses
    ? `it may be used ${waiver.maxUses} times, and the tier ${tier} allows ${caps.uses}`
    : null;
}
