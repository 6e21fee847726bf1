import assert from "node:assert/strict";
import type { Json } from "../../specs/mod.ts";
import type { PinnedSchema, QualityVerdict, Row } from "../../specs/foundry/mod.ts";
import { QualityRule as Rule } from "../../specs/foundry/mod.ts";
import { FINANCIAL_RULES, financialPack } from "./financial_pack.ts";
import { type SetContext } from "./set_rules.ts";
import { judgedSet } from "../testing/judged_set.ts";

const said = (
  { verdict, failed, checked, skipped = 0 }: QualityVerdict,
) => [verdict, failed, checked, skipped];

/** Facts as filings tell them: `[cik, end, tag, value]`. */
const facts = (...given: [string, string, string, Json][]): Row[] =>
  given.map(([cik, end, tag, val]) => ({ cik, end, tag, val }));
const LONG = { by: ["cik", "end"], item: "tag" };
const EQUATION = { rule: "accounting-equation", assets: "A", liabilities: "L", equity: ["E", "NCI"] };

Deno.test("assets are liabilities and equity, to the last digit, wherever the rows of a balance sheet lie", async () => {
  const clean = facts(
    ["1", "2024", "A", "0.3"],
    ["2", "2024", "A", "90071992547409931234567.01"],
    ["1", "2024", "L", "0.1"],
    ["2", "2024", "L", "90071992547409931234567"],
    ["1", "2024", "E", 0.2],
    ["2", "2024", "E", "0.01"],
    ["2", "2023", "A", "7"],
  );
  assert.deepEqual(said(await judgedSet({ ...EQUATION, ...LONG }, clean)), ["pass", 0, 2, 1]);
  const off = clean.map((row) => row.val === "0.01" ? { ...row, val: "0.02" } : row);
  const verdict = await judgedSet({ ...EQUATION, ...LONG }, off);
  assert.deepEqual(said(verdict), ["fail", 1, 2, 1]);
  assert.match(verdict.detail, /1 of 2 statements fail: assets 90071992547409931234567\.01 are not/);
  assert.equal((verdict.sample[0] as { difference: string }).difference, "-0.01");
  assert.equal((await judgedSet({ ...EQUATION, ...LONG, tolerance: "0.01" }, off)).verdict, "pass");
});

Deno.test("in wide form each row is a statement; further parts of equity count where they are", async () => {
  const rows: Row[] = [
    { A: "10", L: "4", E: "5", NCI: "1" },
    { A: "10", L: "4", E: "6", NCI: null },
    { A: "10", L: "", E: "6" },
    { A: "10", L: "4", E: "5" },
  ];
  assert.deepEqual(said(await judgedSet(EQUATION, rows)), ["fail", 1, 3, 1]);
});

Deno.test("what is missing is never a pass, what cannot be read is a failure", async () => {
  assert.deepEqual(said(await judgedSet(EQUATION, [{ A: 1, L: 1 }, { E: 1 }])), ["not_applicable", 0, 0, 2]);
  assert.deepEqual(said(await judgedSet(EQUATION, [])), ["not_applicable", 0, 0, 0]);
  for (const value of ["NaN", "n/a", "1,000", "(5)", "Infinity", "0x10", true]) {
    const verdict = await judgedSet(EQUATION, [{ A: value, L: 1, E: 1 }]);
    assert.deepEqual(said(verdict), ["fail", 1, 1, 0], String(value));
    assert.match(verdict.detail, /A is no number/);
  }
});

Deno.test("two amounts of one account are what the rule says they are", async () => {
  const twice = facts(["1", "x", "A", 5], ["1", "x", "A", 6], ["1", "x", "L", 6], ["1", "x", "E", 0]);
  const by = async (repeats: string) => said(await judgedSet({ ...EQUATION, ...LONG, repeats }, twice));
  assert.deepEqual(await by("fail"), ["fail", 1, 1, 0]);
  assert.deepEqual(await by("last"), ["pass", 0, 1, 0]);
  assert.deepEqual(await by("sum"), ["fail", 1, 1, 0]);
  assert.deepEqual(await by("skip"), ["not_applicable", 0, 0, 1]);
  const same = facts(["1", "x", "A", 6], ["1", "x", "A", "6.0"], ["1", "x", "L", 6], ["1", "x", "E", "-0"]);
  assert.equal((await judgedSet({ ...EQUATION, ...LONG }, same)).verdict, "pass");
});

Deno.test("receivables are gross less the allowance, not negative, and come with revenue", async () => {
  const rule = {
    rule: "gaap-receivables",
    receivables: "net",
    gross: "gross",
    allowance: "off",
    revenue: "sales",
  };
  const cases: [Row, string][] = [
    [{ net: 90, gross: 100, off: 10, sales: 500 }, "pass"],
    [{ net: 90, gross: 100, off: -10, sales: 500 }, "pass"],
    [{ net: 0, gross: 0, off: 0, sales: 0 }, "pass"],
    [{ net: "90.01", gross: 100, off: 10, sales: 500 }, "fail"],
    [{ net: -1, gross: 9, off: 10, sales: 500 }, "fail"],
    [{ net: 0, gross: 100, off: 101, sales: 500 }, "fail"],
    [{ net: 90, gross: 100, off: 10, sales: 0 }, "fail"],
    [{ net: 90, gross: 100, off: 10 }, "not_applicable"],
    [{ gross: 100, off: 10, sales: 1 }, "not_applicable"],
  ];
  for (const [row, expected] of cases) {
    assert.equal((await judgedSet(rule, [row])).verdict, expected, JSON.stringify(row));
  }
});

Deno.test("inventory is never below zero; a negative zero is zero", async () => {
  const rule = { rule: "inventory-non-negative", item: "tag", items: ["I"] };
  const rows = facts(["1", "x", "I", "-0"], ["1", "x", "I", "-0.00"], ["1", "x", "other", -5], [
    "1",
    "x",
    "I",
    "",
  ]);
  assert.deepEqual(said(await judgedSet(rule, rows)), ["pass", 0, 2, 0]);
  assert.deepEqual(said(await judgedSet(rule, facts(["1", "x", "I", "-0.01"]))), ["fail", 1, 1, 0]);
  assert.deepEqual(
    said(await judgedSet({ rule: "inventory-non-negative", items: ["I"] }, [{ I: -1, J: -1 }])),
    [
      "fail",
      1,
      1,
      0,
    ],
  );
});

Deno.test("a leap from one period to the next is told, by the order of periods and not of rows", async () => {
  const rule = { rule: "material-account", by: ["cik"], item: "tag", period: "end", items: ["A"], max: 0.5 };
  const rows = facts(
    ["1", "2025-03-31", "A", "150"],
    ["1", "2024-12-31", "A", "100"],
    ["2", "2024-12-31", "A", "1"],
    ["1", "2025-06-30", "A", "226"],
    ["2", "2024-09-30", "A", "0"],
  );
  const verdict = await judgedSet(rule, rows);
  assert.deepEqual(said(verdict), ["fail", 1, 2, 1]);
  assert.deepEqual((verdict.sample[0] as { to: Json }).to, ["2025-06-30", "226"]);
  assert.equal((await judgedSet({ ...rule, material: 76 }, rows)).verdict, "pass");
  const years = [9, 10, 11].map((year): Row => ({ year, A: year === 10 ? 1 : 100 }));
  assert.equal(
    (await judgedSet({ ...rule, by: undefined, item: undefined, period: "year" }, years)).failed,
    2,
  );
});

Deno.test("a derived amount is its parts, or a quotient without a double in between", async () => {
  const profit = { rule: "derivation-chain", derived: "GP", terms: { R: 1, C: -1 } };
  assert.equal((await judgedSet(profit, [{ GP: "0.1", R: "0.3", C: "0.2" }])).verdict, "pass");
  assert.equal((await judgedSet(profit, [{ GP: "0.1", R: "0.3", C: "0.19" }])).verdict, "fail");
  assert.equal((await judgedSet(profit, [{ GP: "0.1", R: "0.3" }])).verdict, "not_applicable");
  const ratio = { rule: "derivation-chain", derived: "q", ratio: ["a", "b"], tolerance: "0.005" };
  const cases: [Row, string][] = [
    [{ q: "0.33", a: 1, b: 3 }, "pass"],
    [{ q: "0.34", a: 1, b: 3 }, "fail"],
    [{ q: "-0.33", a: 1, b: -3 }, "pass"],
    [{ q: "0.33", a: 1, b: 0 }, "not_applicable"],
  ];
  for (const [row, expected] of cases) assert.equal((await judgedSet(ratio, [row])).verdict, expected);
});

Deno.test("details add up to their header; orphans and headers without details are told", async () => {
  const rule = {
    rule: "cross-table-sum",
    column: "amount",
    by: ["order"],
    table: "orders",
    references: ["id"],
    equals: "total",
  };
  const headers = (...rows: Row[]): Partial<SetContext> => ({
    async *reference() {
      yield rows;
    },
  });
  const details = [{ order: "1", amount: "0.1" }, { order: 1, amount: "0.2" }, { order: 2, amount: 5 }];
  const clean = headers({ id: 1, total: "0.3" }, { id: "2", total: "5.00" }, { id: 3, total: 0 });
  assert.deepEqual(said(await judgedSet(rule, details, clean)), ["pass", 0, 3, 0]);
  const wrong = headers({ id: 1, total: "0.31" }, { id: 4, total: 1 });
  assert.deepEqual(said(await judgedSet(rule, details, wrong)), ["fail", 3, 3, 0]);
  assert.equal((await judgedSet(rule, [], headers())).verdict, "not_applicable");
  assert.equal((await judgedSet(rule, [{ order: 1, amount: "x" }], clean)).failed, 3);
  // Of a load of what is new, the rows that stay in the table count, and those that it replaces do not.
  const delta: Partial<SetContext> = {
    ...headers({ id: 1, total: 7 }),
    isDelta: true,
    own: {
      key: ["line"],
      async *rows() {
        yield [{ line: 1, order: 1, amount: 2 }, { line: 2, order: 1, amount: 99 }];
      },
    },
  };
  assert.equal((await judgedSet(rule, [{ line: 2, order: 1, amount: 5 }], delta)).verdict, "pass");
});

const typed = (...columns: string[]): PinnedSchema =>
  Object.fromEntries(columns.map((name) => [name, { type: "string", nullable: true }]));

async function packVerdicts(
  rows: Row[],
  columns: string[],
): Promise<Record<string, QualityVerdict["verdict"]>> {
  const found: Record<string, QualityVerdict["verdict"]> = {};
  for (const { name, rule, why, accounts } of financialPack(typed(...columns), [], false)) {
    found[name] = why === null ? (await judgedSet(rule, rows, { accounts })).verdict : "not_applicable";
  }
  return found;
}

Deno.test("the pack has eleven rules and finds facts of filings by the usual names", async () => {
  assert.equal(FINANCIAL_RULES.length, 11);
  const columns = ["cik", "taxonomy", "tag", "unit", "start", "end", "val", "accession", "filed"];
  const fact = (tag: string, val: Json, more: Row = {}): Row => ({
    cik: 1,
    unit: "USD",
    start: null,
    end: "2024-12-31",
    accession: "a",
    filed: "2025-02-01",
    tag,
    val,
    ...more,
  });
  const sheet = [
    fact("Assets", 100),
    fact("Liabilities", 60),
    fact("StockholdersEquity", 30),
    fact("MinorityInterest", 10),
    fact("AccountsReceivableNetCurrent", 5),
    fact("Revenues", 9, { start: "2024-10-01" }),
    fact("Revenues", 40, { start: "2024-01-01" }),
    fact("CostOfRevenue", 30, { start: "2024-01-01" }),
    fact("GrossProfit", 10, { start: "2024-01-01" }),
    fact("InventoryNet", 0),
  ];
  const clean = await packVerdicts(sheet, columns);
  assert.deepEqual(clean, {
    "accounting-equation": "pass",
    "gaap-receivables": "pass",
    "inventory-non-negative": "pass",
    "material-account": "not_applicable",
    "distribution-drift": "not_applicable",
    "row-count-stability": "not_applicable",
    "temporal-continuity": "not_applicable",
    "cross-table-sum": "not_applicable",
    "derivation-chain": "pass",
    "timestamp-ordering": "pass",
    "no-missing-periods": "pass",
  });
  const verdictsWith = (tag: string, val: Json, more: Row = {}) =>
    packVerdicts([...sheet.filter((row) => row.tag !== tag), fact(tag, val, more)], columns);
  assert.equal((await verdictsWith("Assets", "100.01"))["accounting-equation"], "fail");
  assert.equal((await verdictsWith("InventoryNet", -1))["inventory-non-negative"], "fail");
  assert.equal((await verdictsWith("AccountsReceivableNetCurrent", -1))["gaap-receivables"], "fail");
  const lower = await verdictsWith("GrossProfit", 11, { start: "2024-01-01", end: "2024-12-31" });
  assert.equal(lower["derivation-chain"], "fail");
  assert.equal((await verdictsWith("Assets", 100, { filed: "2024-01-01" }))["timestamp-ordering"], "fail");
  // A filing tells the total, and a part between liabilities and equity that has no usual name.
  const between = [fact("Assets", 100), fact("Liabilities", 60), fact("StockholdersEquity", 30)];
  const total = fact("LiabilitiesAndStockholdersEquity", 100);
  assert.equal((await packVerdicts([...between, total], columns))["accounting-equation"], "pass");
  assert.equal((await packVerdicts(between, columns))["accounting-equation"], "fail");
  const beyond = [fact("Assets", 100), fact("Liabilities", 80), fact("StockholdersEquity", 30), total];
  assert.equal((await packVerdicts(beyond, columns))["accounting-equation"], "fail");
});

Deno.test("the pack finds wide tables, leaves other tables alone, and gives way to a stream's own rules", async () => {
  const columns = ["company", "period_end", "Total Assets", "total_liabilities", "shareholders_equity"];
  const row = (assets: Json): Row => ({
    company: "x",
    period_end: "2024-12-31",
    "Total Assets": assets,
    total_liabilities: "1",
    shareholders_equity: "2",
  });
  assert.equal((await packVerdicts([row("3")], columns))["accounting-equation"], "pass");
  assert.equal((await packVerdicts([row("3.5")], columns))["accounting-equation"], "fail");
  assert.equal((await packVerdicts([row("")], columns))["accounting-equation"], "not_applicable");
  const other = await packVerdicts([{ id: 1, name: "x" }], ["id", "name"]);
  assert.deepEqual(new Set(Object.values(other)), new Set(["not_applicable"]));
  const own = Rule.parse({ rule: "accounting-equation", assets: "a", total: "b", severity: "warn" });
  const first = financialPack(typed(...columns), [own], false)[0];
  assert.equal(first?.why, "the stream declares accounting-equation itself");
});
