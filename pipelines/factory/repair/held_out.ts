import type { Spec } from "../../../specs/mod.ts";
import type { RoundFinding } from "./round.ts";

/** Rules whose messages may name what a held-out check expects. */
const ABOUT_CHECKS = new Set(["core/AC", "core/T9", "core/F2P"]);

/**
 * A finding as whoever repairs may see it: of a held-out check its criterion, never its command, its cases or its output. Otherwise the
 * next change could be made for the check instead of the criterion.
 */
export function withoutHeldOut(finding: RoundFinding, spec: Pick<Spec, "acceptance">): RoundFinding {
  if (!ABOUT_CHECKS.has(finding.rule)) return finding;
  const ids = spec.acceptance.filter(({ check }) => check !== undefined);
  const about = ids.filter(({ id }) =>
    new RegExp(`(^|[^\\w-])${id.replace(/[^\w-]/g, "\\$&")}($|[^\\w-])`).test(finding.message)
  );
  const named = ids.some(({ check }) => check !== undefined && finding.message.includes(check.run.join(" ")));
  if (about.length === 0 && !named && finding.rule !== "core/AC") return finding;
  return {
    ...finding,
    message: about.length === 0
      ? "A held-out acceptance check does not hold"
      : about.map(({ id, text }) => `${id} does not hold: ${text}`).join("; ").slice(0, 4000),
  };
}
