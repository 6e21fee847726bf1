/** Rules over one statement: what its amounts must be to each other. */
import type { Json } from "../../specs/mod.ts";
import type { QualityRule } from "../../specs/foundry/mod.ts";
import {
  absolute,
  compare,
  type Decimal,
  decimalOf,
  isNear,
  isNegative,
  minus,
  negated,
  plus,
  textOf,
  times,
  ZERO,
} from "./decimal.ts";
import { nonNegative } from "./material.ts";
import type { SetBody, SetContext } from "./set_rules.ts";
import { type Statement, statements } from "./statement.ts";
import { countVerdict } from "./verdict.ts";

type Of<Name extends QualityRule["rule"]> = Extract<QualityRule, { rule: Name }>;
export type StatementRule = Of<
  "accounting-equation" | "gaap-receivables" | "derivation-chain" | "inventory-non-negative"
>;

/** What a statement says to a rule: nothing is wrong, something is, or too little of it is there. */
type Said = { is: "held" } | { is: "skipped" } | {
  is: "failed";
  why: string;
  figures: Record<string, string>;
};
const HELD: Said = { is: "held" };
const SKIPPED: Said = { is: "skipped" };
const failed = (why: string, figures: Record<string, Decimal>): Said => ({
  is: "failed",
  why,
  figures: Object.fromEntries(Object.entries(figures).map(([name, amount]) => [name, textOf(amount)])),
});

const SAMPLE = 10;
/** Where the total of a balance sheet holds, rounded parts of it may exceed it by a thousandth. */
const ROUNDING: Decimal = { digits: 1n, scale: 3 };

type Names = string | readonly string[] | undefined;
const listOf = (names: Names): readonly string[] =>
  names === undefined ? [] : typeof names === "string" ? [names] : names;

export function statementCheck(rule: StatementRule, context: SetContext): SetBody {
  if (rule.rule === "inventory-non-negative") return nonNegative(rule, context);
  const { accounts, missing, say } = bodyOf(rule, context);
  const sample: Json[] = [];
  let [bad, checked, skipped] = [0, 0, 0];
  let first = "";
  const reader = statements(rule, accounts, context, (statement) => {
    const said = statement.unclear
      ? SKIPPED
      : statement.fault === null
      ? say(statement)
      : failed(statement.fault, {});
    if (said.is === "skipped") {
      skipped++;
      return;
    }
    checked++;
    if (said.is === "held") return;
    bad++;
    first ||= said.why;
    if (sample.length < SAMPLE) sample.push({ statement: statement.key, why: said.why, ...said.figures });
  });
  return {
    add: reader.add,
    end() {
      reader.end();
      const lacking = skipped === 0 ? "" : `; ${skipped} were not judged, as they lack ${missing}`;
      return countVerdict(context.stream, rule, {
        failed: bad,
        checked,
        sample,
        skipped,
        detail: checked === 0
          ? `no statement has ${missing}${skipped === 0 ? "" : `: ${skipped} were not judged`}`
          : `${bad} of ${checked} statements fail${first === "" ? "" : `: ${first}`}${lacking}`,
      });
    },
  };
}

interface Body {
  accounts: readonly string[];
  /** What must be there, in words. */
  missing: string;
  say(statement: Statement): Said;
}

function bodyOf(rule: Exclude<StatementRule, { rule: "inventory-non-negative" }>, context: SetContext): Body {
  const tolerance = decimalOf(rule.tolerance) ?? ZERO;
  switch (rule.rule) {
    case "accounting-equation":
      return equation(rule, tolerance, context.accounts !== undefined);
    case "gaap-receivables":
      return receivables(rule, tolerance, context.accounts !== undefined);
    case "derivation-chain":
      return derivation(rule, tolerance);
  }
}

/** Assets = liabilities + equity. By the usual names, parts that nobody told may make up the rest of a total that holds. */
function equation(rule: Of<"accounting-equation">, tolerance: Decimal, usual: boolean): Body {
  const [assets, owed, own, all] = [rule.assets, rule.liabilities, rule.equity, rule.total].map(listOf) as [
    readonly string[],
    readonly string[],
    readonly string[],
    readonly string[],
  ];
  const parts = [...owed, ...own].join(" and ");
  return {
    accounts: [...assets, ...owed, ...own, ...all],
    missing: `${assets.join(", ")} with ${
      [parts, all.join(", ")].filter((text) => text !== "").join(", or with ")
    }`,
    say(statement) {
      const left = statement.total(assets);
      if (left === null) return SKIPPED;
      const total = all.length === 0 ? null : statement.total(all);
      if (total !== null && !isNear(left, total, tolerance)) {
        return failed(`assets ${textOf(left)} are not liabilities and equity ${textOf(total)}`, {
          assets: left,
          total,
          difference: minus(left, total),
        });
      }
      const [liabilities, equity] = [owed, own].map((names) =>
        names.length === 0 ? null : statement.total(names)
      );
      if (liabilities === null || liabilities === undefined || equity === null || equity === undefined) {
        return total === null ? SKIPPED : HELD;
      }
      const right = plus(liabilities, equity);
      const difference = minus(left, right);
      const holds = usual && total !== null
        ? !isNegative(difference) || isNear(left, right, plus(tolerance, times(absolute(left), ROUNDING)))
        : isNear(left, right, tolerance);
      if (holds) return HELD;
      return failed(
        `assets ${textOf(left)} are not liabilities ${textOf(liabilities)} plus equity ${textOf(equity)}`,
        { assets: left, liabilities, equity, difference },
      );
    },
  };
}

/** Receivables are not negative, are what is owed less the allowance, and come with revenue. */
function receivables(rule: Of<"gaap-receivables">, tolerance: Decimal, usual: boolean): Body {
  const [nets, grosses, allowances, revenues] = [
    rule.receivables,
    rule.gross,
    rule.allowance,
    rule.revenue,
  ].map(listOf) as [readonly string[], readonly string[], readonly string[], readonly string[]];
  const asked = [nets, grosses, allowances, revenues].filter((names) => names.length > 0);
  return {
    accounts: asked.flat(),
    missing: usual ? nets.join(", ") : asked.map((names) => names[0]).join(", "),
    say(statement) {
      const net = statement.total(nets);
      const gross = grosses.length === 0 ? null : statement.total(grosses);
      const allowance = allowances.length === 0 ? null : statement.total(allowances);
      const revenue = revenues.length === 0 ? null : statement.total(revenues);
      if (net === null && (gross === null || !usual)) return SKIPPED;
      for (const [name, amount] of [["receivables", net], ["gross receivables", gross]] as const) {
        if (amount !== null && isNegative(amount)) {
          return failed(`${name} are negative: ${textOf(amount)}`, { [name]: amount });
        }
      }
      // Some books hold the allowance as what it is, others as what it takes off.
      const off = allowance === null ? null : absolute(allowance);
      if (gross !== null && off !== null && compare(off, plus(gross, tolerance)) > 0) {
        return failed(`the allowance ${textOf(off)} exceeds the receivables ${textOf(gross)}`, {
          gross,
          allowance: off,
        });
      }
      if (net !== null && gross !== null && off !== null && !isNear(net, minus(gross, off), tolerance)) {
        return failed(
          `receivables ${textOf(net)} are not ${textOf(gross)} less the allowance ${textOf(off)}`,
          { receivables: net, gross, allowance: off, difference: minus(net, minus(gross, off)) },
        );
      }
      const open = net ?? gross;
      if (open !== null && open.digits > 0n && revenue !== null && revenue.digits <= 0n) {
        return failed(`receivables ${textOf(open)} come with no revenue`, { receivables: open, revenue });
      }
      const lacks = !usual && asked.some((names) => statement.total(names) === null);
      return lacks ? SKIPPED : HELD;
    },
  };
}

/** An amount is what it is derived from: a sum of others, or the quotient of two. */
function derivation(rule: Of<"derivation-chain">, tolerance: Decimal): Body {
  const derived = listOf(rule.derived);
  const terms = Object.entries(rule.terms ?? {});
  const ratio = rule.ratio ?? null;
  const inputs = [...terms.map(([name]) => name), ...ratio ?? []];
  return {
    accounts: [...derived, ...inputs],
    missing: [...derived, ...inputs].join(", "),
    say(statement) {
      const told = statement.total(derived);
      if (told === null) return SKIPPED;
      if (terms.length > 0) {
        let sum = ZERO;
        for (const [name, sign] of terms) {
          const amount = statement.total([name]);
          if (amount === null) return SKIPPED;
          sum = plus(sum, sign === 1 ? amount : negated(amount));
        }
        if (!isNear(told, sum, tolerance)) {
          return failed(`${derived[0]} is ${textOf(told)} and its parts make ${textOf(sum)}`, {
            derived: told,
            parts: sum,
            difference: minus(told, sum),
          });
        }
      }
      if (ratio !== null) {
        const [above, below] = [statement.total([ratio[0]]), statement.total([ratio[1]])];
        if (above === null || below === null || below.digits === 0n) return SKIPPED;
        // Both sides times the denominator: a quotient may have no end.
        const scaled = times(told, below);
        if (!isNear(scaled, above, times(tolerance, absolute(below)))) {
          return failed(
            `${derived[0]} is ${textOf(told)}, not ${ratio[0]} ${textOf(above)} over ${ratio[1]} ${
              textOf(below)
            }`,
            { derived: told, numerator: above, denominator: below },
          );
        }
      }
      return HELD;
    },
  };
}
