import type { Rule } from "../../rule.ts";
import { hazardRule, readRule } from "../infra.ts";

/** The pack `sql-migrations`: what statements do to tables that are in use. */
export const SQL_MIGRATION_RULES: readonly Rule[] = [
  readRule("sql", {
    id: "SM0",
    gate: "sql-read",
    remediation:
      "Write statements that stand in the file as they run: no templates, no SQL that is put together while it runs",
  }),
  hazardRule({
    id: "SM1",
    gate: "sql-destructive",
    family: "sql",
    kinds: [
      "drop-table",
      "drop-column",
      "drop-schema",
      "drop-database",
      "drop-object",
      "truncate",
      "delete-all",
      "update-all",
    ],
    severity: "critical",
    description:
      "No statement drops tables, columns or schemas, empties a table, or deletes or changes every row of one",
    remediation:
      "Take the statement out, give it a WHERE, or name the object in intent.removes, so that a human decides",
  }),
  hazardRule({
    id: "SM2",
    gate: "sql-not-null",
    family: "sql",
    kinds: ["not-null-without-default"],
    severity: "high",
    description:
      "A column of a table with rows becomes NOT NULL only with a value for the rows that are there",
    remediation: "Add the column with a DEFAULT, or add it nullable, fill it, and set it NOT NULL afterwards",
  }),
  hazardRule({
    id: "SM3",
    gate: "sql-type-narrowing",
    family: "sql",
    kinds: ["type-narrowing"],
    severity: "high",
    description: "A column's type changes only to one that every value fits",
    remediation:
      "Choose a type that holds every value, or add a new column, copy what fits, and drop the old one later",
  }),
  hazardRule({
    id: "SM4",
    gate: "sql-locks",
    family: "sql",
    kinds: ["lock-heavy", "index-not-concurrent"],
    severity: "high",
    description: "No statement keeps a table that is in use locked while it is read or written through",
    remediation:
      "Build indexes CONCURRENTLY, add constraints NOT VALID and validate them later, and fill new columns in steps",
  }),
  hazardRule({
    id: "SM5",
    gate: "sql-renames",
    family: "sql",
    kinds: ["rename"],
    severity: "high",
    description: "Tables and columns keep their names while code that asks for them runs",
    remediation:
      "Add the new name beside the old one and remove the old one later, or name it in intent.renames, so that a human decides",
  }),
  hazardRule({
    id: "SM6",
    gate: "sql-way-back",
    family: "sql",
    kinds: ["no-way-back"],
    severity: "high",
    description: "A migration of a repository that writes ways back has one that undoes something",
    remediation: "Write the down migration beside it",
  }),
  hazardRule({
    id: "SM7",
    gate: "sql-history",
    family: "sql",
    kinds: ["edited-migration", "removed-migration"],
    severity: "critical",
    description:
      "Migrations that were there before stay as they are: where they have run they do not run again",
    remediation:
      "Restore the file and write a new migration, or name the file in intent.removes, so that a human decides",
  }),
  hazardRule({
    id: "SM8",
    gate: "sql-access",
    family: "sql",
    kinds: ["access-widened"],
    severity: "high",
    description: "No statement gives rights to everybody or takes row level security away",
    remediation: "Grant to the role that needs it, and leave row level security on",
  }),
];
