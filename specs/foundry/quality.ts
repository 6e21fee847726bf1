import { z } from "zod";
import { Json } from "../base.ts";
import { Column, Columns, ColumnType, Duration, Severity, TableName } from "./terms.ts";

const rule = <Name extends string, Shape extends z.core.$ZodShape>(name: Name, shape: Shape) =>
  z.strictObject({
    rule: z.literal(name),
    id: z.string().min(1).max(100).optional().meta({
      description: "a name of its own, for reports and history",
    }),
    severity: Severity.default("block").meta({ description: "what a failure does" }),
    where: z.string().max(2000).optional().meta({ description: "only rows for which this expression holds" }),
    ...shape,
  });
/** How much may fail before it counts: a number of rows, or a share of them. */
const thresholds = {
  warnAbove: z.number().min(0).optional().meta({
    description: "failed rows (1 and more) or share (below 1) that warn",
  }),
  blockAbove: z.number().min(0).optional().meta({ description: "failed rows or share that block" }),
};
const Bound = z.union([z.number(), z.string().max(100)]);
/** A measure from which a rule warns; its own bound decides what the severity says. */
const Warn = z.number().min(0).optional();
/** Names of accounts: tags in long form, columns in wide form. The first must be there; the others are added where they are. */
const Accounts = z.union([Column, Columns]);
const Tolerance = z.union([z.number().min(0), z.string().regex(/^\d+(\.\d+)?$/, "a decimal, such as 0.5")])
  .default(0)
  .meta({ description: "how far two amounts may be apart" });

/** Where a statement's amounts are: one row for each amount (long), or one row for each statement (wide, without `item`). */
const layout = {
  by: Columns.optional().meta({
    description:
      "columns that make one statement, such as entity, period, filing; a row is one when left out",
  }),
  item: Column.optional().meta({ description: "long form: the column that names the account, such as tag" }),
  value: Column.default("val").meta({ description: "long form: the column with the amount" }),
  repeats: z.enum(["fail", "sum", "last", "skip"]).default("fail").meta({
    description: "what two different amounts of one account in one statement mean; `skip`: it is not judged",
  }),
};

/** A check of rows one by one (what fails can be set aside), or of the set as a whole. */
export const QualityRule = z.discriminatedUnion("rule", [
  rule("required", { columns: Columns, ...thresholds }),
  rule("type", { column: Column, type: ColumnType, ...thresholds }),
  rule("range", { column: Column, min: Bound.optional(), max: Bound.optional(), ...thresholds }),
  rule("regex", { column: Column, pattern: z.string().min(1).max(1000), ...thresholds }),
  rule("enum", { column: Column, values: z.array(Json).min(1).max(10_000), ...thresholds }),
  rule("length", {
    column: Column,
    min: z.number().int().min(0).optional(),
    max: z.number().int().optional(),
    ...thresholds,
  }),
  rule("date-order", { columns: Columns.describe("each not before the one in front of it"), ...thresholds }),
  rule("expression", {
    expression: z.string().min(1).max(4000).meta({ description: "CEL over the row" }),
    ...thresholds,
  }),
  rule("unique", { columns: Columns, ...thresholds }),
  rule("duplicate-row", { ...thresholds }),
  rule("foreign-key", { columns: Columns, table: TableName, references: Columns, ...thresholds }),
  rule("row-count", {
    min: z.number().int().min(0).optional(),
    max: z.number().int().min(0).optional(),
    of: z.enum(["load", "table"]).default("load"),
    drift: z.number().min(0).optional().meta({
      description: "share by which the count may differ from the mean of earlier loads",
    }),
    warnDrift: Warn.meta({ description: "share of difference from the mean of earlier loads that warns" }),
  }),
  rule("null-ratio", {
    column: Column,
    max: z.number().min(0).max(1),
    warnAbove: Warn.meta({ description: "share of missing values that warns" }),
  }),
  rule("distinct-ratio", {
    column: Column,
    min: z.number().min(0).max(1).optional(),
    max: z.number().min(0).max(1).optional(),
    warnBelow: Warn.meta({ description: "share of distinct values below which it warns" }),
    warnAbove: Warn.meta({ description: "share of distinct values above which it warns" }),
  }),
  rule("sum", {
    column: Column,
    equals: z.union([z.number(), z.string().max(2000)]).optional().meta({
      description: "a number, or another column whose sum must be equal",
    }),
    by: Columns.optional(),
    tolerance: z.number().min(0).default(0),
    ...thresholds,
  }),
  rule("monotonic", {
    column: Column,
    by: Columns.optional(),
    strictly: z.boolean().default(false),
    ...thresholds,
  }),
  rule("no-gaps", {
    column: Column,
    by: Columns.optional(),
    every: z.enum(["hour", "day", "weekday", "week", "month", "quarter", "year"]),
    weekend: z.array(
      z.enum(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]),
    ).max(6).default(["saturday", "sunday"]).meta({ description: "days that `weekday` leaves out" }),
    holidays: z.array(z.iso.date()).max(2000).default([]).meta({
      description: "dates that `weekday` leaves out",
    }),
    ...thresholds,
  }),
  rule("distribution", {
    column: Column,
    method: z.enum(["psi", "z-score"]).default("psi"),
    max: z.number().min(0),
    warnAbove: Warn.meta({ description: "drift that warns" }),
  }),
  rule("freshness", {
    column: Column,
    maxAge: Duration,
    warnAge: Duration.optional().meta({ description: "age that warns" }),
  }),
  rule("quarantine-ratio", {
    max: z.number().min(0).max(1),
    warnAbove: Warn.meta({ description: "share of rows set aside that warns" }),
  }),
  rule("accounting-equation", {
    ...layout,
    assets: Accounts,
    liabilities: Accounts.optional(),
    equity: Accounts.optional(),
    total: Accounts.optional().meta({ description: "liabilities and equity as one amount" }),
    tolerance: Tolerance,
    ...thresholds,
  }),
  rule("gaap-receivables", {
    ...layout,
    receivables: Accounts.meta({ description: "receivables, net of the allowance" }),
    gross: Accounts.optional(),
    allowance: Accounts.optional(),
    revenue: Accounts.optional().meta({ description: "receivables without any revenue are a finding" }),
    tolerance: Tolerance,
    ...thresholds,
  }),
  rule("inventory-non-negative", {
    item: layout.item,
    value: layout.value,
    items: Columns.meta({ description: "accounts that are never below zero" }),
    ...thresholds,
  }),
  rule("material-account", {
    by: Columns.optional().meta({ description: "columns that make one series, such as the entity" }),
    item: layout.item,
    value: layout.value,
    repeats: layout.repeats,
    period: Column.meta({ description: "the column that orders the statements of a series" }),
    items: Columns,
    max: z.number().positive().meta({ description: "largest change against the period before, as a share" }),
    material: Tolerance.meta({ description: "a change of at most so much is never a finding" }),
    ...thresholds,
  }),
  rule("derivation-chain", {
    ...layout,
    derived: Accounts,
    terms: z.record(Column, z.union([z.literal(1), z.literal(-1)])).optional().meta({
      description: "the amounts that are added (1) and taken off (-1)",
    }),
    ratio: z.tuple([Column, Column]).optional().meta({ description: "numerator and denominator" }),
    tolerance: Tolerance,
    ...thresholds,
  }),
  rule("cross-table-sum", {
    column: Column.meta({ description: "the amount of a detail row" }),
    by: Columns.meta({ description: "columns of a detail row that name its header" }),
    table: TableName.meta({ description: "the table of the headers" }),
    references: Columns.meta({ description: "columns of a header that `by` refers to" }),
    equals: Column.meta({ description: "the header's amount" }),
    tolerance: Tolerance,
    ...thresholds,
  }),
  rule("temporal-continuity", {
    by: Columns.optional(),
    start: Column,
    end: Column,
    boundary: z.enum(["closed", "open"]).default("closed").meta({
      description: "closed: the next part starts on the day after; open: it starts where the last one ends",
    }),
    ...thresholds,
  }),
]);
export type QualityRule = z.infer<typeof QualityRule>;
