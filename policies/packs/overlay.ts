import { ok, type PackManifest, type Problem, type Result, type Tier } from "../../specs/mod.ts";
import type { Rule } from "../rule.ts";
import { refuse } from "./refusal.ts";

/** From what lets most through to what lets least through. */
export const MODES = ["off", "shadow", "warn", "enforce"] as const;
export const SEVERITIES = ["low", "medium", "high", "critical"] as const;

type Strictness = Pick<Rule, "mode" | "severity">;

/** Mode and severity of a rule by the overlays of all packs, by the rule's full name. */
export type Tightened = ReadonlyMap<string, Partial<Strictness>>;

/** The stricter of each: order does not matter, and nothing gets looser. */
export function stricter<T extends Strictness>(rule: T, by: Partial<Strictness> | undefined): T {
  if (by === undefined) return rule;
  return {
    ...rule,
    mode: MODES[Math.max(MODES.indexOf(rule.mode), MODES.indexOf(by.mode ?? "off"))] ?? "enforce",
    severity: SEVERITIES[
      Math.max(SEVERITIES.indexOf(rule.severity), SEVERITIES.indexOf(by.severity ?? "low"))
    ] ?? "critical",
  };
}

/** A rule that an overlay can speak of: its full name, its gate, and how strict it is by itself. */
export type Named = Strictness & { name: string };

/**
 * The overlays of packs over the rules that judge. One that would make a rule looser than it is by itself is refused with
 * the rule's name, as is one of a rule that nobody has: it would look like a promise that is kept.
 */
export function tighten(
  rules: readonly Named[],
  manifests: readonly Pick<PackManifest, "name" | "overlays">[],
): Result<Tightened, Problem> {
  const tightened = new Map<string, Strictness>();
  for (const { name, overlays } of manifests) {
    for (const overlay of overlays) {
      const meant = rules.filter((rule) => rule.name === overlay.rule);
      if (meant.length === 0) {
        return refuse(
          "pack-overlay-unknown",
          `The pack ${name} tightens ${overlay.rule}, and no rule that judges has this name`,
          "Name a rule of core or of a pack that this one requires, as forge policy list shows it",
          { value: overlay.rule },
        );
      }
      for (const rule of meant) {
        const looser = overlay.mode !== undefined && MODES.indexOf(overlay.mode) < MODES.indexOf(rule.mode)
          ? `mode ${overlay.mode}, and it is ${rule.mode}`
          : overlay.severity !== undefined &&
              SEVERITIES.indexOf(overlay.severity) < SEVERITIES.indexOf(rule.severity)
          ? `severity ${overlay.severity}, and it is ${rule.severity}`
          : null;
        if (looser !== null) {
          return refuse(
            "pack-overlay-loosens",
            `The pack ${name} would loosen ${overlay.rule}: it asks for ${looser}`,
            "An overlay can only tighten; an exception is a waiver",
            { value: overlay.rule },
          );
        }
        tightened.set(
          rule.name,
          stricter(tightened.get(rule.name) ?? { mode: rule.mode, severity: rule.severity }, overlay),
        );
      }
    }
  }
  return ok(tightened);
}

/** The mode of a rule for a tier: its own, or a stricter one that it names for the tier or for a lower one. */
export function modeFor(
  rule: Pick<Rule, "mode"> & { tiers: Partial<Record<Tier, Rule["mode"]>> },
  tier: Tier,
) {
  const asked = tier === "best-effort"
    ? []
    : tier === "standard"
    ? [rule.tiers.standard]
    : [rule.tiers.standard, rule.tiers.critical];
  return asked.reduce<Rule["mode"]>(
    (mode, next) => next !== undefined && MODES.indexOf(next) > MODES.indexOf(mode) ? next : mode,
    rule.mode,
  );
}
