import type { RuleVerdict, WaiverFact, WaiverUse } from "../../specs/mod.ts";
import { verdictOf } from "../layers.ts";
import { type AddedLine, type Spans, spansOf, withFingerprints } from "./fingerprint.ts";
import { resolveWaivers, type WaiverContext } from "./resolve.ts";

/**
 * Takes a use of a waiver for what is judged, durably, the same one however often it is asked; the number of the use, or null when
 * all are taken.
 */
export type UseWaiver = (waiver: string, maxUses: number) => Promise<number | null>;

export interface Concluded {
  verdicts: RuleVerdict[];
  report: WaiverUse[];
  /** As they were given, with the use that was taken of each. */
  waivers: readonly WaiverFact[];
  spans: Spans;
}

/**
 * What the judge does with the verdicts of its rules: fingerprints, then waivers. A use is taken only where the transition goes
 * through by it; one that somebody else took meanwhile does not count.
 */
export async function concluded(
  verdicts: readonly RuleVerdict[],
  given: WaiverContext & { spans: Spans | undefined; lineOf?: AddedLine; useWaiver?: UseWaiver },
): Promise<Concluded> {
  const { lineOf, useWaiver, ...context } = given;
  const spans = given.spans ?? (lineOf === undefined ? {} : await spansOf(verdicts, lineOf));
  const marked = await withFingerprints(verdicts, spans);
  let { waivers } = context;
  for (;;) {
    const resolved = resolveWaivers(marked, { ...context, waivers });
    const through = verdictOf(resolved.verdicts) === "allow";
    const taken = useWaiver !== undefined && through ? resolved.used : [];
    let exhausted = false;
    for (const digest of taken) {
      const most = waivers.find((fact) => fact.digest === digest)?.waiver?.maxUses ?? 0;
      const use = await useWaiver?.(digest, most) ?? null;
      exhausted ||= use === null;
      waivers = waivers.map((fact) => fact.digest === digest ? { ...fact, use: use ?? most + 1 } : fact);
    }
    if (exhausted) continue;
    // What covers a finding and lets nothing through, for something else holds the change up, is not used by it.
    const report = resolved.report.map((one): WaiverUse =>
      one.state === "used" && !through ? { ...one, state: "idle" } : one
    );
    return { verdicts: resolved.verdicts, report, waivers, spans };
  }
}
