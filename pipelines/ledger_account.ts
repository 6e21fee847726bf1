import { type JudgeInput, ledgerAccount } from "../policies/mod.ts";
import type { Engine } from "../kernel/mod.ts";

const PAGE = 500;

/** What the ledger of a run tells of itself, as far as it is written. */
export async function ledgerUpTo(
  events: Engine["events"],
  run: string,
): Promise<NonNullable<JudgeInput["ledger"]>> {
  const told = ledgerAccount();
  for (let after = 0;;) {
    const page = await events(run, { after, limit: PAGE });
    for (const event of page) told.take(event);
    const end = page.at(-1);
    if (end === undefined || page.length < PAGE) break;
    after = end.seq;
  }
  const { gaps, ...rest } = told.account();
  return { ...rest, gaps: gaps.map((gap) => gap.slice(0, 500)) };
}
