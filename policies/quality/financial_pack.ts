/** The pack `financial`: what statements must be to each other, by the usual names of columns and accounts. */
import type { PinnedSchema, QualityRule } from "../../specs/foundry/mod.ts";
import { QualityRule as Rule } from "../../specs/foundry/mod.ts";
import { type AccountBook, plainName, usualAccounts } from "./accounts.ts";

export const FINANCIAL = "financial";

/** One rule of the pack: what it says, and what its failure does. */
export interface PackRule {
  /** `F1`, in decisions. */
  readonly id: string;
  /** `accounting-equation`, in reports. */
  readonly name: string;
  readonly severity: "block" | "warn";
  readonly description: string;
  readonly remediation: string;
  /** Rules of a stream's own that stand for this one. */
  readonly kinds: readonly QualityRule["rule"][];
}

const DEFECT =
  "Look for rows that were lost, doubled or changed on their way; mend the source, then run again";
const LOOK = "Look at what changed in the source; it does not hold the data up";

/** The eleven rules, in the order in which they are told. */
export const FINANCIAL_RULES: readonly PackRule[] = [
  {
    id: "F1",
    name: "accounting-equation",
    severity: "block",
    description: "Assets = liabilities + equity in every balance sheet",
    remediation: DEFECT,
    kinds: ["accounting-equation"],
  },
  {
    id: "F2",
    name: "gaap-receivables",
    severity: "block",
    description: "Receivables are not negative, are gross less the allowance, and come with revenue",
    remediation: DEFECT,
    kinds: ["gaap-receivables"],
  },
  {
    id: "F3",
    name: "inventory-non-negative",
    severity: "block",
    description: "No inventory is below zero",
    remediation: DEFECT,
    kinds: ["inventory-non-negative"],
  },
  {
    id: "F4",
    name: "material-account",
    severity: "warn",
    description: "No account of a balance sheet changes more than tenfold from one period to the next",
    remediation: LOOK,
    kinds: ["material-account"],
  },
  {
    id: "F5",
    name: "distribution-drift",
    severity: "warn",
    description: "Amounts are spread as in the load before (population stability index up to 0.25)",
    remediation: LOOK,
    kinds: ["distribution"],
  },
  {
    id: "F6",
    name: "row-count-stability",
    severity: "warn",
    description: "A whole load has as many rows as earlier ones, give or take a half",
    remediation: LOOK,
    kinds: ["row-count"],
  },
  {
    id: "F7",
    name: "temporal-continuity",
    severity: "warn",
    description: "Periods of one entity meet, without gaps and overlaps",
    remediation: LOOK,
    kinds: ["temporal-continuity"],
  },
  {
    id: "F8",
    name: "cross-table-sum",
    severity: "block",
    description: "Details add up to their header in another table",
    remediation: DEFECT,
    kinds: ["cross-table-sum"],
  },
  {
    id: "F9",
    name: "derivation-chain",
    severity: "warn",
    description: "Gross profit = revenue - cost of revenue",
    remediation: LOOK,
    kinds: ["derivation-chain"],
  },
  {
    id: "F10",
    name: "timestamp-ordering",
    severity: "warn",
    description: "A period starts before it ends and ends before it is filed",
    remediation: LOOK,
    kinds: ["date-order", "monotonic"],
  },
  {
    id: "F11",
    name: "no-missing-periods",
    severity: "warn",
    description: "No year of an entity is missing",
    remediation: LOOK,
    kinds: ["no-gaps"],
  },
];

/** A rule of the pack for a stream; without one, why it is not about it. */
export interface PackedRule {
  readonly name: string;
  readonly rule: QualityRule;
  readonly accounts: AccountBook;
  /** Why the rule is not about the stream; null when it is. */
  readonly why: string | null;
}

const COLUMNS = {
  entity: ["cik", "entity", "entityid", "company", "companyid", "ticker", "symbol", "issuer", "entityname"],
  item: ["tag", "concept", "account", "accountname", "item", "lineitem"],
  value: ["val", "value", "amount", "balance"],
  period: ["end", "periodend", "enddate", "period", "fiscalperiod", "asof", "reportdate", "date"],
  start: ["start", "periodstart", "startdate"],
  unit: ["unit", "currency", "uom"],
  filing: ["accession", "accn", "accessionnumber", "filing", "filingid"],
  filed: ["filed", "filingdate", "fileddate"],
} as const;

const BALANCES = ["assets", "liabilities", "wholeEquity", "ownEquity", "cash", "receivables", "inventory"];

/** The pack's rules for a stream of these columns. `isDelta`: the load holds only what is new. */
export function financialPack(
  schema: PinnedSchema,
  declared: readonly QualityRule[],
  isDelta: boolean,
): PackedRule[] {
  const names = new Map(Object.keys(schema).map((column) => [plainName(column), column]));
  const column = (role: keyof typeof COLUMNS): string | undefined =>
    COLUMNS[role].map((name) => names.get(name)).find((name) => name !== undefined);
  const [entity, start, period, unit] = [column("entity"), column("start"), column("period"), column("unit")];
  const [filing, filed, item, value] = [column("filing"), column("filed"), column("item"), column("value")];
  const isLong = item !== undefined && value !== undefined && period !== undefined;
  const accounts = Object.keys(schema).flatMap((name) => usualAccounts.find(name)?.account ?? []);
  const isFinancial = isLong || new Set(accounts).size > 1;
  const some = (...columns: (string | undefined)[]) => columns.filter((one) => one !== undefined);
  const statement = some(entity, start, period, unit, filing ?? filed);
  // Tags of XBRL come once in a filing; accounts of a journal come as often as they are booked.
  const repeats = isLong && /^(tag|concept)$/.test(plainName(item)) ? "fail" : "skip";
  const form = isLong ? { item, value } : {};
  const by = statement.length === 0 ? {} : { by: statement };
  // Files tell dates as texts: those of a column that is called a date are taken for some.
  const isDate = (name: string | undefined): name is string => {
    const type = name === undefined ? undefined : schema[name]?.type;
    return name !== undefined && type !== undefined &&
      (type.startsWith("date") || (type === "string" && !/period$/.test(plainName(name))));
  };
  const amount = isLong
    ? value
    : Object.keys(schema).find((name) => /^(assets|revenue)$/.test(usualAccounts.find(name)?.account ?? ""));
  const dates = [start, period, filed].filter(isDate);

  /** The parameters of a rule, or why the stream has no such thing. */
  const given: Record<string, Record<string, unknown> | string> = {
    "accounting-equation": {
      rule: "accounting-equation",
      ...form,
      ...by,
      repeats,
      assets: "assets",
      liabilities: "liabilities",
      equity: "equity",
      total: "liabilitiesAndEquity",
    },
    "gaap-receivables": {
      rule: "gaap-receivables",
      ...form,
      // Revenue is told for a time, receivables for its end.
      ...(statement.length === 0 ? {} : { by: statement.filter((name) => name !== start) }),
      repeats: "last",
      receivables: "receivables",
      gross: "grossReceivables",
      allowance: "allowance",
      revenue: "revenue",
    },
    "inventory-non-negative": { rule: "inventory-non-negative", ...form, items: ["inventory"] },
    "material-account": period === undefined ? "no column tells the period" : {
      rule: "material-account",
      ...form,
      by: some(entity, unit),
      period,
      items: BALANCES,
      max: 9,
    },
    "distribution-drift": isDelta
      ? "the load holds only what is new"
      : amount === undefined
      ? "no column of amounts"
      : { rule: "distribution", column: amount, max: 0.25 },
    "row-count-stability": isDelta ? "the load holds only what is new" : { rule: "row-count", drift: 0.5 },
    "temporal-continuity": isLong
      ? "facts of filings overlap, as quarters and years do; declare the rule with `where`"
      : start === undefined || period === undefined
      ? "no columns tell the start and the end of a period"
      : { rule: "temporal-continuity", start, end: period, by: some(entity, unit) },
    "cross-table-sum": "declare the rule with the table of the headers",
    "derivation-chain": {
      rule: "derivation-chain",
      ...form,
      ...by,
      repeats,
      derived: "grossProfit",
      terms: { revenue: 1, costOfRevenue: -1 },
    },
    "timestamp-ordering": dates.length < 2
      ? "there are no two columns of dates to compare"
      : { rule: "date-order", columns: dates },
    "no-missing-periods": isDate(period)
      ? { rule: "no-gaps", column: period, by: some(entity), every: "year" }
      : "no column of dates tells the period",
  };
  return FINANCIAL_RULES.map(({ name, severity, kinds }): PackedRule => {
    const own = declared.find((rule) => kinds.includes(rule.rule));
    const body = given[name] ?? "the pack does not know it";
    const why = own !== undefined
      ? `the stream declares ${own.rule} itself`
      : !isFinancial
      ? "the stream has no columns of financial statements"
      : typeof body === "string"
      ? body
      : null;
    const plain = typeof body === "string" ? { rule: "row-count", min: 0 } : body;
    const { by: group, ...rest } = plain as { by?: string[] };
    const rule = Rule.parse({
      ...rest,
      ...(group === undefined || group.length === 0 ? {} : { by: group }),
      id: `${FINANCIAL}/${name}`,
      severity,
    });
    return { name, rule, accounts: usualAccounts, why };
  });
}
