import type { EvidenceCheck, EvidenceVerification } from "../../specs/attestation/mod.ts";

/** What was checked so far. */
export interface Checks {
  pass(name: string, file: string | null, detail: string): void;
  /** Null, so that a check can end with it. */
  fail(name: string, file: string | null, detail: string): null;
  /** Whether a check of this name has failed. */
  hasFailed(name: string): boolean;
  result(): EvidenceVerification;
}

/** Thrown where a check has failed and the caller wants no more than that. */
export class FirstFailure extends Error {
  override readonly name = "FirstFailure";
}

/** @param first Whether the first check that fails ends it: `fail` throws {@link FirstFailure} then. */
export function newChecks(first = false): Checks {
  const checks: EvidenceCheck[] = [];
  return {
    pass: (name, file, detail) => void checks.push({ name, ok: true, file, detail }),
    fail(name, file, detail) {
      checks.push({ name, ok: false, file, detail });
      if (first) throw new FirstFailure(detail);
      return null;
    },
    hasFailed: (name) => checks.some((check) => check.name === name && !check.ok),
    result: () => ({ verified: checks.length > 0 && checks.every(({ ok }) => ok), checks: [...checks] }),
  };
}
