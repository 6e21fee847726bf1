/**
 * The way of rows that need no look at each: pages of cells whose contract and rules ask for single values only. What passes is written
 * from the bytes it came in; every other row is made and goes the way of all rows (row_path.ts), in its place among the others.
 */
import { Buffer } from "node:buffer";
import { cellRows, type Cells, cellTexts, emptyRow } from "../../connectors/data/mod.ts";
import type { RowCheck } from "../../policies/mod.ts";
import { certainCheck } from "../../policies/quality/value_rules.ts";
import type { QualityRule, Row } from "../../specs/foundry/mod.ts";
import { type JudgedCells, type PageJudge, pageJudge, type PagePlan } from "./byte_pages.ts";
import type { ContractCheck, PlainColumn } from "./contract.ts";
import { holdsCredential } from "./credential_scan.ts";
import type { RuleCount } from "./row_path.ts";

/** A page that was read so far that nothing of it can go another way. Nothing is counted or written yet. */
export interface PlainPage {
  readonly rows: number;
  readonly passed: number;
  /** Lines of all rows that passed. */
  readonly bytes: Uint8Array;
  /** The same in parts, each followed by a row that did not pass; without such a row at the end. */
  readonly parts: readonly {
    readonly lines: Uint8Array;
    readonly count: number;
    readonly other: { readonly index: number; row(): Row } | null;
  }[];
  /** Counts those that passed in the contract and the rules. */
  count(): void;
}

/** Where pages are read in place, or what somebody else made of one is taken. Null: the page must go the way of rows. */
export interface PlainPages {
  /** Valid until the next page is read here. */
  read(cells: Cells): PlainPage | null;
  /** What a page is to be held against elsewhere; null where it is to be read here. */
  planOf(page: Pick<Cells, "columns">): PlainPlan | null;
  /** A page that was judged by this plan before: read here after all where another one holds by now. */
  taken(cells: Cells, plan: PlainPlan, judged: JudgedCells): PlainPage | null;
}

export interface PlainPlan extends PagePlan {
  /** Each of them can be told from a value alone, without a library. */
  readonly rules: readonly QualityRule[];
}

export function plainPages(given: {
  readonly contract: ContractCheck;
  readonly checks: readonly RowCheck[];
  readonly rules: readonly RuleCount[];
  readonly key: readonly string[];
  readonly secrets: ReadonlySet<string>;
}): PlainPages | null {
  const { contract, rules, key, secrets } = given;
  const checks = given.checks.flatMap(({ values }) => values === undefined ? [] : [values]);
  if (checks.length < given.checks.length) return null;
  // Where credentials are looked for, and where a rule needs more than its value, pages are read here.
  const canGo = secrets.size === 0 && given.checks.every(({ rule }) => certainCheck(rule) !== null);
  let plan: Plan | null = null;
  let linesRoom = new Uint8Array(0);

  const planFor = (columns: readonly string[]): Plan | null => {
    const agreed = contract.plain(columns);
    if (agreed === null) return null;
    if (plan !== null && plan.columns === columns && isSame(plan.agreed, agreed.columns)) return plan;
    const empty = emptyRow(columns);
    const isOrdered = Object.keys(empty).every((name, at) => name === columns[at]);
    // Of a column that the file lacks no row has a value.
    const isJudged = checks.every((check) =>
      check.columns.every((name) => columns.includes(name) || check.holds(undefined))
    );
    const keys = key.map((name) => columns.indexOf(name)).filter((at) => at >= 0);
    if (!isOrdered || !isJudged || (key.length > 0 && keys.length === 0)) return null;
    const page = { columns, agreed: agreed.columns, keys };
    return plan = {
      ...page,
      steady: agreed.steady,
      empty,
      rules: given.checks.map(({ rule }) => rule),
      judge: pageJudge(page, checks),
    };
  };

  const pageOf = (cells: Cells, plan: Plan, judged: JudgedCells): PlainPage | null => {
    const { bytes, cuts, left, places, values } = judged;
    const { rows, columns, quote } = cells;
    if (left.length > 0 && !plan.steady) return null;
    let made: ((index: number) => Row) | null = null;
    const others = { columns, quote, bytes: cells.bytes, ...places };
    const rowAt = (at: number) => (made ??= cellRows(others, cellTexts(others), plan.empty))(at);
    if (secrets.size > 0) {
      const read = [cells.bytes, bytes].map((part) => Buffer.from(part.buffer, part.byteOffset, part.length));
      const texts = [
        ...read.map((part) => part.toString("utf8")),
        JSON.stringify(left.map((_, at) => rowAt(at))),
      ];
      if (texts.some((text) => holdsCredential(text, secrets))) return null;
    }
    const passed = rows - left.length;
    const parts = [...left, null].map((other, at) => ({
      lines: bytes.subarray(at === 0 ? 0 : cuts[at - 1], cuts[at] ?? bytes.length),
      count: (other ?? rows) - (at === 0 ? 0 : left[at - 1] as number + 1),
      other: other === null ? null : { index: other, row: () => rowAt(at) },
    }));
    return {
      rows,
      passed,
      bytes,
      parts,
      count() {
        contract.passed(columns, passed, values);
        for (const rule of rules) rule.checked += passed;
      },
    };
  };

  const read = (cells: Cells): PlainPage | null => {
    const plan = planFor(cells.columns);
    if (plan === null) return null;
    const { bytes, delimiter, quote } = cells;
    const { read, judged } = plan.judge({ bytes, delimiter, quote, most: cells.rows }, linesRoom);
    if (read.rows !== cells.rows) throw new Error("Cannot judge a page whose bytes are not what they were");
    linesRoom = new Uint8Array(judged.bytes.buffer);
    return pageOf(cells, plan, judged);
  };
  return {
    read,
    planOf({ columns }) {
      const found = canGo ? planFor(columns) : null;
      // Otherwise a row that does not fit may change what the rows behind it are held against.
      return found?.steady === true ? found : null;
    },
    taken(cells, by, judged) {
      const now = planFor(cells.columns);
      return now !== null && now === by ? pageOf(cells, now, judged) : read(cells);
    },
  };
}

interface Plan extends PlainPlan {
  readonly steady: boolean;
  readonly empty: Row;
  readonly judge: PageJudge;
}

const isSame = (a: readonly PlainColumn[], b: readonly PlainColumn[]): boolean =>
  a.every(({ type, required }, at) => type === b[at]?.type && required === b[at]?.required);
