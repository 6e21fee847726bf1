import type { InfraEffect, InfraFacts, InfraHazard } from "../../../../specs/mod.ts";
import type { Dialect } from "./lexer.ts";
import type { Tables } from "./schema.ts";

export type Unread = InfraFacts["unread"][number];

/** Beyond this nothing more is told of a change but that there is more: what is compared with each other stays bounded. */
const MAX_FOUND = 4000;

/** What is known while the statements of a change are read in their order, and what was found. */
export interface SqlReading {
  path: string;
  /** 0: of no statement, such as of a table that is no longer declared. */
  line: number;
  dialect: Dialect;
  /** Tables before the statement that is read. */
  tables: Tables;
  /** Tables that this change makes: nothing is in them yet, and nobody waits for a lock on them. */
  fresh: Set<string>;
  /** Made with IF NOT EXISTS: it may have been there with rows. */
  perhaps: Set<string>;
  /** `table.column` that this change adds or fills. */
  added: Set<string>;
  filled: Set<string>;
  /** `new<-old`: all rows of a table were copied, as SQLite is told to change a table. */
  copies: Set<string>;
  /** `path\ntable` that is dropped IF EXISTS. */
  guarded: Set<string>;
  effects: InfraEffect[];
  hazards: InfraHazard[];
  unread: Unread[];
}

export function effect(
  reading: SqlReading,
  action: InfraEffect["action"],
  kind: string,
  name: string,
  to?: string,
): void {
  // Rows of one table that change a thousand times in one file are one effect.
  const last = reading.effects.at(-1);
  if (action === "data" && last?.action === "data" && last.name === name && last.path === reading.path) {
    return;
  }
  if (reading.effects.length >= MAX_FOUND) return tooMuch(reading);
  reading.effects.push({
    family: "sql",
    path: reading.path,
    ...(reading.line > 0 ? { line: reading.line } : {}),
    action,
    kind,
    name: name.slice(0, 300),
    ...(to === undefined ? {} : { to: to.slice(0, 300) }),
  });
}

export function hazard(
  reading: SqlReading,
  kind: string,
  name: string,
  detail: string,
  certain = true,
): void {
  if (reading.hazards.length >= MAX_FOUND) return tooMuch(reading);
  reading.hazards.push({
    family: "sql",
    path: reading.path,
    ...(reading.line > 0 ? { line: reading.line } : {}),
    kind,
    name: name.slice(0, 300),
    detail: detail.slice(0, 500),
    certain,
  });
}

export function unread(reading: SqlReading, why: string, kind: Unread["class"] = "malformed"): void {
  if (reading.unread.length >= MAX_FOUND) return;
  reading.unread.push({
    family: "sql",
    path: reading.path,
    ...(reading.line > 0 ? { line: reading.line } : {}),
    why: why.slice(0, 500),
    class: kind,
  });
}

function tooMuch(reading: SqlReading): void {
  if (reading.unread.some(({ why }) => why === TOO_MUCH)) return;
  unread(reading, TOO_MUCH);
}

const TOO_MUCH = `the change does more than ${MAX_FOUND} things: divide it`;
