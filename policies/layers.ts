import type { Decision, Layer, LayerReport, RuleVerdict, Verdict } from "../specs/mod.ts";

/** The five layers, in the order in which they are told; none masks another. */
export const LAYERS: readonly Layer[] = ["L0", "L1", "L2", "L3", "L4"];

/** Shadow and off never count; warn counts only when it could not be judged. */
function counts(rule: RuleVerdict): boolean {
  return rule.mode === "enforce" || (rule.mode === "warn" && rule.verdict === "error");
}

/** A failure, every finding of which is covered by a waiver: it stays one, and holds nothing up. */
export const isWaived = ({ verdict, waived = [] }: Pick<RuleVerdict, "verdict" | "waived">): boolean =>
  verdict === "fail" && waived.length > 0;

/** A verdict in words: `fail(waived)` is never a pass. */
export const verdictWord = (rule: Pick<RuleVerdict, "verdict" | "waived">): string =>
  isWaived(rule) ? "fail(waived)" : rule.verdict;

/** The same of a layer: `fail(waived:2)`. */
export const layerWord = ({ verdict, waived }: Pick<LayerReport, "verdict" | "waived">): string =>
  waived === undefined ? verdict : `${verdict}(waived:${waived})`;

/** Any failure or error that counts denies; only failures that ask a human escalate; nothing that counts denies too. */
export function verdictOf(rules: readonly RuleVerdict[]): Decision["verdict"] {
  const counting = rules.filter(counts);
  const open = counting.filter((rule) =>
    rule.verdict !== "pass" && rule.verdict !== "not_applicable" && !isWaived(rule)
  );
  if (open.some((rule) => rule.verdict !== "fail" || !rule.escalates)) return "deny";
  if (counting.some((rule) => rule.verdict === "not_applicable" && !rule.selector)) return "deny";
  if (counting.length === 0) return "deny";
  return open.length > 0 ? "escalate" : "allow";
}

const WORST: readonly Verdict[] = ["error", "fail", "not_run", "pass", "not_applicable"];

/** What a layer says as a whole: the worst that one of its rules said. */
export function layerReport(
  layer: Layer,
  rules: readonly RuleVerdict[],
  transition: { from: string; to: string },
): LayerReport {
  const own = rules.filter((rule) => rule.layer === layer);
  const counting = own.filter(counts);
  if (counting.length === 0) {
    return {
      layer,
      verdict: "not_applicable",
      reason: `selector: no enforced rule of this layer is bound to ${transition.from}->${transition.to}`,
    };
  }
  const waived = counting.filter(isWaived);
  const standing = counting.filter((rule) => !isWaived(rule));
  const worst = WORST.find((candidate) => standing.some((rule) => rule.verdict === candidate));
  // What only passes because of a waiver is told as the failure that it is; what could not be judged stands above it.
  const verdict = waived.length > 0 && (worst === undefined || worst === "pass" || worst === "not_applicable")
    ? "fail"
    : worst ?? "error";
  const open = (standing.some((rule) => rule.verdict === verdict) ? standing : waived)
    .filter((rule) => rule.verdict === verdict).map((rule) =>
      `${rule.rule} (${rule.gate})${isWaived(rule) ? " waived" : ""}`
    );
  const warned = own.filter((rule) => rule.mode === "warn" && rule.verdict === "fail").map(({ rule }) =>
    rule
  );
  const reason = verdict === "pass"
    ? [
      `${counting.filter((rule) => rule.verdict === "pass").length} of ${counting.length} rules passed`,
      ...warned.map((id) => `warning: ${id}`),
    ].join(", ")
    : open.join(", ");
  const covered = verdict === "fail" && standing.every((rule) => rule.verdict !== "fail");
  return {
    layer,
    verdict,
    reason: reason.slice(0, 2000),
    ...(covered ? { waived: waived.length } : {}),
  };
}
