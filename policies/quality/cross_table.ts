/** Reconciliation over two tables: the details of a header add up to its amount. */
import type { Json } from "../../specs/mod.ts";
import type { QualityRule, Row } from "../../specs/foundry/mod.ts";
import { decimalOf, isNear, keyOf, minus, plus, textOf, ZERO } from "./decimal.ts";
import { groupsOf } from "./groups.ts";
import { textKey } from "./keys.ts";
import type { SetBody, SetContext } from "./set_rules.ts";
import { amountOf } from "./sum.ts";
import { isMissing, shown } from "./value.ts";
import { countVerdict } from "./verdict.ts";

type Sums = { sum: string; rows: number; total: string | null; headers: number };

const SAMPLE = 10;

export function crossTableSum(
  rule: Extract<QualityRule, { rule: "cross-table-sum" }>,
  context: SetContext,
): SetBody {
  const tolerance = decimalOf(rule.tolerance) ?? ZERO;
  const unreadable: Json[] = [];
  let [unread, skipped] = [0, 0];
  const fault = (text: string) => {
    unread++;
    if (unreadable.length < SAMPLE) unreadable.push(text);
  };
  const sums = groupsOf<Sums>(context.spool, {
    make: () => ({ sum: "0", rows: 0, total: null, headers: 0 }),
    // A header that comes again, as the table has it and as this run brings it, counts as it came last.
    join: (a, b) => ({
      sum: textOf(plus(decimalOf(a.sum) ?? ZERO, decimalOf(b.sum) ?? ZERO)),
      rows: a.rows + b.rows,
      total: b.total ?? a.total,
      headers: a.headers + b.headers,
    }),
  });
  // A row that takes the place of an older one is counted once: by its key, the last one.
  const own = context.isDelta === true ? context.own : undefined;
  const latest = own === undefined || own.key.length === 0
    ? null
    : groupsOf<{ of: string | null; amount: string }>(context.spool, {
      make: () => ({ of: null, amount: "0" }),
      join: (_earlier, later) => later,
    });
  const take = (header: string, amount: string) => {
    const group = sums.at(header);
    group.sum = group.rows === 0
      ? amount
      : textOf(plus(decimalOf(group.sum) ?? ZERO, decimalOf(amount) ?? ZERO));
    group.rows++;
  };
  const detail = (row: Row) => {
    const isOrphan = rule.by.some((column) => isMissing(row[column]));
    const amount = amountOf(row, rule.column);
    if (amount === null) return fault(`${rule.column} is no number: ${shown(row[rule.column])}`);
    if (isOrphan) {
      skipped++;
      if (latest === null) return;
    }
    const header = isOrphan ? null : textKey(row, rule.by);
    if (latest === null) {
      if (header !== null) take(header, textOf(amount));
      return;
    }
    const kept = latest.at(keyOf(row, own?.key ?? []));
    kept.of = header;
    kept.amount = textOf(amount);
  };
  return {
    async begin() {
      for await (const rows of context.reference(rule.table)) {
        for (const row of rows) {
          if (rule.references.some((column) => isMissing(row[column]))) continue;
          const total = amountOf(row, rule.equals);
          if (total === null) {
            fault(`${rule.equals} of ${rule.table} is no number: ${shown(row[rule.equals])}`);
            continue;
          }
          const group = sums.at(textKey(row, rule.references));
          group.total = textOf(total);
          group.headers++;
        }
      }
      if (own === undefined) return;
      for await (const rows of own.rows()) rows.forEach(detail);
    },
    add: detail,
    end() {
      if (latest !== null) {
        for (const [, { of, amount }] of latest.all()) if (of !== null) take(of, amount);
        latest.close();
      }
      const sample: Json[] = [];
      let [failed, checked] = [unread, unread];
      let orphans = 0;
      for (const [header, { sum, total }] of sums.all()) {
        checked++;
        const [left, right] = [decimalOf(sum) ?? ZERO, total === null ? null : decimalOf(total)];
        if (right !== null && isNear(left, right, tolerance)) continue;
        failed++;
        if (right === null) orphans++;
        if (sample.length >= SAMPLE) continue;
        sample.push({
          header,
          sum: textOf(left),
          expected: right === null ? null : textOf(right),
          ...(right === null ? {} : { difference: textOf(minus(left, right)) }),
        });
      }
      sums.close();
      return countVerdict(context.stream, rule, {
        failed,
        checked,
        sample: [...sample, ...unreadable].slice(0, SAMPLE),
        ...(skipped === 0 ? {} : { skipped }),
        detail: checked === 0
          ? "no header and no detail to reconcile"
          : `${failed - unread} of ${
            checked - unread
          } sums of ${rule.column} are not ${rule.equals} of ${rule.table}${
            orphans > 0 ? `; ${orphans} have no row there` : ""
          }${unread > 0 ? `; ${unread} amounts are no number` : ""}`,
      });
    },
  };
}
