import type { Json } from "../../specs/mod.ts";
import type { QualityRule } from "../../specs/foundry/mod.ts";
import { nameOf } from "./row_rules.ts";
import type { SetCheck, SetContext } from "./set_rules.ts";
import { numeric } from "./value.ts";
import { figureVerdict, notApplicable } from "./verdict.ts";

interface Baseline {
  /** Rows. */
  n: number;
  /** Rows with a number. */
  numbers: number;
  mean: number;
  /** Sum of squared differences from the mean. */
  m2: number;
  /** Counts by power-of-two bucket of the value, or by value for texts. */
  bins: Record<string, number>;
}

const MAX_BINS = 60;

/** Drift of a column against earlier loads: population stability index over bins, or how far the mean went in deviations. */
export function distributionCheck(
  rule: Extract<QualityRule, { rule: "distribution" }>,
  context: SetContext,
): Omit<SetCheck, "name"> {
  const now: Baseline = { n: 0, numbers: 0, mean: 0, m2: 0, bins: {} };
  const name = nameOf(rule);
  return {
    add(row) {
      const value = row[rule.column];
      const number = numeric(value);
      now.n++;
      if (number !== null) {
        now.numbers++;
        const delta = number - now.mean;
        now.mean += delta / now.numbers;
        now.m2 += delta * (number - now.mean);
      }
      const bin = binOf(value ?? null, number);
      const known = Object.hasOwn(now.bins, bin);
      const at = known || Object.keys(now.bins).length < MAX_BINS ? bin : "other";
      now.bins[at] = (now.bins[at] ?? 0) + 1;
    },
    end() {
      const before = context.history.map(({ baselines }): unknown => baselines[name]).find(isBaseline);
      const has = ({ n, numbers }: Baseline) => (rule.method === "psi" ? n > 0 : numbers > 0);
      const told = (why: string) => ({ ...notApplicable(context.stream, rule, why), checked: now.n });
      if (!has(now)) return told(rule.method === "psi" ? "the load has no rows" : "no number in this load");
      if (before === undefined || !has(before)) return told("no earlier load to compare with");
      if (rule.method === "z-score" && before.numbers < 2) return told("one earlier number has no deviation");
      const value = rule.method === "psi" ? stability(before, now) : deviations(before, now);
      const detail = `${rule.method} ${
        value.toFixed(4)
      } of ${rule.column} against ${before.n} earlier rows; allowed is ${rule.max}`;
      return figureVerdict(context.stream, rule, {
        checked: now.n,
        holds: value <= rule.max,
        warns: value > (rule.warnAbove ?? Infinity),
        value,
        detail,
      });
    },
    baseline: () => ({ ...now }) as unknown as Json,
  };
}

/** Bins need no bounds from before: sign and magnitude for numbers, the value itself for short texts. */
function binOf(value: Json, number: number | null): string {
  if (value === null || value === "") return "missing";
  if (number === null) return `t:${String(value).slice(0, 40)}`;
  if (number === 0) return "n:0";
  return `n:${number < 0 ? "-" : ""}${Math.floor(Math.log2(Math.abs(number)) * 2) / 2}`;
}

function stability(before: Baseline, now: Baseline): number {
  let index = 0;
  for (const bin of new Set([...Object.keys(before.bins), ...Object.keys(now.bins)])) {
    const was = Math.max((before.bins[bin] ?? 0) / before.n, 0.0001);
    const is = Math.max((now.bins[bin] ?? 0) / now.n, 0.0001);
    index += (is - was) * Math.log(is / was);
  }
  return index;
}

function deviations(before: Baseline, now: Baseline): number {
  const deviation = Math.sqrt(before.numbers > 1 ? before.m2 / (before.numbers - 1) : 0);
  const distance = Math.abs(now.mean - before.mean);
  return deviation > 0 ? distance / deviation : distance > 0 ? Number.MAX_SAFE_INTEGER : 0;
}

function isBaseline(value: unknown): value is Baseline {
  return value !== null && typeof value === "object" && "n" in value && "bins" in value && "m2" in value &&
    "numbers" in value;
}
