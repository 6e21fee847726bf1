/** Statements out of rows: the amounts of the accounts that a rule asks for, by entity and period, exact. */
import type { Json } from "../../specs/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import type { AccountBook } from "./accounts.ts";
import { compare, type Decimal, decimalOf, decimalText, keyOf, plus, textOf, ZERO } from "./decimal.ts";
import { groupsOf, type Spool } from "./groups.ts";
import { isMissing, shown } from "./value.ts";

export interface Layout {
  by?: readonly string[] | undefined;
  item?: string | undefined;
  value: string;
  repeats: "fail" | "sum" | "last" | "skip";
}

/** The amounts of one statement. */
export interface Statement {
  /** Values of `by`, for samples. */
  readonly key: string;
  /** The first account must be there, the others are added where they are; null when the first is missing. */
  total(accounts: readonly string[]): Decimal | null;
  /** An account that has two different amounts, or none that can be read. */
  readonly fault: string | null;
  /** It has two amounts where only one can be judged. */
  readonly unclear: boolean;
}

/** One account in one statement: its amount, which of its names told it, and what is wrong with it. */
type Held = { amount: string; rank: number; fault: string | null };
type Parts = { [account: string]: Held };

/**
 * Reads statements out of rows. In long form each row holds one amount, and rows of one statement may lie anywhere in the set; in wide
 * form each row is a statement.
 */
export function statements(
  layout: Layout,
  accounts: readonly string[],
  context: { spool(): Spool; accounts?: AccountBook },
  judge: (statement: Statement) => void,
): { add(row: Row): void; end(): void } {
  const book = context.accounts;
  const wanted = new Set(accounts.flatMap((name) => book?.ways[name]?.flat() ?? [name]));
  const known = new Map<string, { account: string; rank: number } | null>();
  const placeOf = (name: string) => {
    let place = known.get(name);
    if (place === undefined) {
      place = book === undefined ? { account: name, rank: 0 } : book.find(name);
      if (place !== null && !wanted.has(place.account)) place = null;
      // Tags of a filing are some thousand; texts in a wrong column would be without end.
      if (known.size < 100_000) known.set(name, place);
    }
    return place;
  };
  const join = (parts: Parts, account: string, held: Held) => {
    const there = Object.hasOwn(parts, account) ? parts[account] : undefined;
    if (there === undefined || held.rank < there.rank) parts[account] = held;
    else if (held.rank === there.rank) parts[account] = both(there, held, account, layout.repeats);
  };
  const { by, item } = layout;
  if (item === undefined) {
    return {
      add(row) {
        const parts: Parts = {};
        if (book === undefined) {
          for (const name of wanted) if (!isMissing(row[name])) join(parts, name, heldOf(row[name], name, 0));
        } else {
          for (const name in row) {
            const place = placeOf(name);
            if (place === null || isMissing(row[name])) continue;
            join(parts, place.account, heldOf(row[name], name, place.rank));
          }
        }
        judge(statementOf(by === undefined ? "" : keyOf(row, by), parts, book, layout.repeats));
      },
      end() {},
    };
  }
  const groups = groupsOf<Parts>(() => context.spool(), {
    make: () => ({}),
    join(earlier, later) {
      for (const account in later) join(earlier, account, later[account] as Held);
      return earlier;
    },
  });
  return {
    add(row) {
      const name = row[item];
      if (typeof name !== "string") return;
      const place = placeOf(name);
      if (place === null || !wanted.has(place.account) || isMissing(row[layout.value])) return;
      const parts = groups.at(by === undefined ? "" : keyOf(row, by));
      join(parts, place.account, heldOf(row[layout.value], name, place.rank));
    },
    end() {
      for (const [key, parts] of groups.all()) judge(statementOf(key, parts, book, layout.repeats));
      groups.close();
    },
  };
}

function heldOf(value: Json | undefined, name: string, rank: number): Held {
  const amount = decimalText(value);
  return amount === null
    ? { amount: "0", rank, fault: `${name} is no number: ${shown(value)}` }
    : { amount, rank, fault: null };
}

function both(earlier: Held, later: Held, account: string, repeats: Layout["repeats"]): Held {
  const fault = earlier.fault ?? later.fault;
  const [a, b] = [decimalOf(earlier.amount) ?? ZERO, decimalOf(later.amount) ?? ZERO];
  if (repeats === "sum") return { ...later, amount: textOf(plus(a, b)), fault };
  if (repeats === "last") return later;
  if (fault !== null || compare(a, b) === 0) return { ...later, fault };
  return { ...later, fault: `${account} has two amounts: ${earlier.amount} and ${later.amount}` };
}

function statementOf(
  key: string,
  parts: Parts,
  book: AccountBook | undefined,
  repeats: Layout["repeats"],
): Statement {
  const fault = Object.values(parts).find((part) => part.fault !== null)?.fault ?? null;
  const amountOf = (account: string): Decimal | null =>
    Object.hasOwn(parts, account) ? decimalOf(parts[account]?.amount) : null;
  const one = (account: string): Decimal | null => {
    for (const way of book?.ways[account] ?? []) {
      const made = summed(way, amountOf);
      if (made !== null) return made;
    }
    return amountOf(account);
  };
  return {
    key,
    total: (accounts) => summed(accounts, one),
    fault,
    unclear: repeats === "skip" && fault !== null && / has two amounts: /.test(fault),
  };
}

function summed(
  accounts: readonly string[],
  amountOf: (account: string) => Decimal | null,
): Decimal | null {
  const [first = "", ...more] = accounts;
  const head = amountOf(first);
  if (head === null) return null;
  return more.reduce((sum, account) => plus(sum, amountOf(account) ?? ZERO), head);
}
