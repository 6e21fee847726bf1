import { createHash } from "node:crypto";
import type { StagedLoad } from "../data/sink_port.ts";
import type { Session } from "./postgres_session.ts";
import { ORIGIN, type TableColumns } from "./postgres_table.ts";
import { quoted } from "./postgres_values.ts";

/** What a load does to rows by their origin: a file that changed or vanished takes its earlier rows with it. */
export interface Origins {
  /** Ids of the origins that the load's rows have. */
  readonly ids: ReadonlyMap<string, string>;
  /** Rows of earlier loads that went. */
  readonly removed: number;
}

/** Only loads that append (also in a table's place) keep origins: a merge goes by its key. */
export const keepsOrigins = (load: StagedLoad): boolean =>
  (load.disposition === "append" || (load.disposition === "replace" && load.primaryKey.length === 0)) &&
  ((load.replaces ?? []).length > 0 || load.segments.some(({ origin }) => origin !== undefined));

export async function bookOrigins(
  session: Session,
  schema: string,
  load: StagedLoad,
  there: TableColumns | null,
): Promise<Origins> {
  const ids = new Map<string, string>();
  if (!keepsOrigins(load)) return { ids, removed: 0 };
  const books = `${quoted(schema)}._forge_origins`;
  const own = [load.table, load.pipeline, load.stream];
  const where = `"table" = $1::text AND pipeline = $2::text AND stream = $3::text`;
  let removed = 0;
  if (load.disposition === "replace") await session.run(`DELETE FROM ${books} WHERE ${where}`, own);
  else {
    const holds = there?.has(ORIGIN) === true;
    for (const origin of load.replaces ?? []) {
      const [found] = await session.rows(
        `DELETE FROM ${books} WHERE ${where} AND origin = $4::text RETURNING id::text AS id`,
        [...own, origin],
      );
      if (found === undefined || !holds) continue;
      removed += await session.run(
        `DELETE FROM ${quoted(schema)}.${quoted(load.table)} WHERE ${ORIGIN} = $1::text::bigint`,
        [String(found.id)],
      );
    }
  }
  for (const origin of new Set(load.segments.flatMap(({ origin }) => origin === undefined ? [] : [origin]))) {
    const [made] = await session.rows(
      `INSERT INTO ${books} ("table", pipeline, stream, origin) VALUES ($1::text, $2::text, $3::text, $4::text)
       ON CONFLICT ("table", pipeline, stream, origin) DO UPDATE SET origin = excluded.origin RETURNING id::text AS id`,
      [...own, origin],
    );
    ids.set(origin, String(made?.id));
  }
  return { ids, removed };
}

/** Rows of an origin are found by an index. */
export async function originIndex(session: Session, schema: string, table: string): Promise<void> {
  const sql = `ON ${quoted(schema)}.${quoted(table)} (${ORIGIN})`;
  const name = `_forge_origin_${createHash("sha256").update(sql).digest("hex").slice(0, 24)}`;
  await session.run(`CREATE INDEX IF NOT EXISTS ${quoted(name)} ${sql}`);
}
