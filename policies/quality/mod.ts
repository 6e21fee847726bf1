/** Rules over data: rows one by one, and sets of them. Pure; what may be large is kept by a tally that the caller gives. */
export { compileExpression, type Evaluate } from "./expression.ts";
export { compileRowRule, isRowRule, nameOf, type RowCheck } from "./row_rules.ts";
export { type ValueCheck } from "./value_rules.ts";
export { compileSetRule } from "./late_set_rule.ts";
export type { SetCheck, SetContext } from "./set_rules.ts";
export { type Groups, groupsOf, memorySpool, type Spool } from "./groups.ts";
export { memoryTally, type Tally } from "./tally.ts";
export { countVerdict, figureVerdict, notApplicable } from "./verdict.ts";
export { fitted, isMissing, numeric, shown } from "./value.ts";
export { durationMs } from "./calendar.ts";
export { type Decimal, decimalOf, keyOf, plus, textOf, ZERO } from "./decimal.ts";
export { FINANCIAL, financialPack, type PackedRule } from "./financial_pack.ts";
