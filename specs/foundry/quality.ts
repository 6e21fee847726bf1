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
  }),
  rule("null-ratio", { column: Column, max: z.number().min(0).max(1) }),
  rule("distinct-ratio", {
    column: Column,
    min: z.number().min(0).max(1).optional(),
    max: z.number().min(0).max(1).optional(),
  }),
  rule("sum", {
    column: Column,
    equals: z.union([z.number(), z.string().max(2000)]).optional().meta({
      description: "a number, or another column whose sum must be equal",
    }),
    by: Columns.optional(),
    tolerance: z.number().min(0).default(0),
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
    every: z.enum(["day", "weekday", "week", "month", "quarter", "year"]),
    holidays: z.array(z.iso.date()).max(2000).default([]),
    ...thresholds,
  }),
  rule("distribution", {
    column: Column,
    method: z.enum(["psi", "z-score"]).default("psi"),
    max: z.number().min(0),
  }),
  rule("freshness", { column: Column, maxAge: Duration }),
  rule("quarantine-ratio", { max: z.number().min(0).max(1) }),
]);
export type QualityRule = z.infer<typeof QualityRule>;
