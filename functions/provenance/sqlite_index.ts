import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { EvidenceFilter } from "../../specs/attestation/mod.ts";
import type { ArtifactIndex, FoundPlace, IndexedBundle } from "./port.ts";

/** Raised with every change of the tables: another one is thrown away and made again. */
const FORM = 1;

const TABLES = `
  CREATE TABLE bundle (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL, run TEXT NOT NULL, status TEXT NOT NULL,
    at TEXT NOT NULL, title TEXT NOT NULL, problem TEXT
  );
  CREATE INDEX bundle_run ON bundle (run);
  CREATE TABLE place (
    bundle TEXT NOT NULL, ord INTEGER NOT NULL, digest TEXT NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL,
    media TEXT, size INTEGER, PRIMARY KEY (bundle, ord)
  ) WITHOUT ROWID;
  CREATE INDEX place_digest ON place (digest, bundle);
  CREATE TABLE facet (
    kind TEXT NOT NULL, value TEXT NOT NULL, bundle TEXT NOT NULL, PRIMARY KEY (kind, value, bundle)
  ) WITHOUT ROWID;
  CREATE INDEX facet_bundle ON facet (bundle);
  CREATE VIRTUAL TABLE words USING fts5 (title, messages, tokenize = "unicode61 remove_diacritics 2");
`;

/**
 * An index in a file of its own, or in memory. What cannot be used (of another form, damaged, not writable) is not repaired: it is made
 * again, or kept in memory.
 */
export async function sqliteIndex(path: string): Promise<ArtifactIndex> {
  const { DatabaseSync } = await import("node:sqlite");
  const open = (at: string) => {
    const db = new DatabaseSync(at);
    try {
      db.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
      prepared(db);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  };
  try {
    return indexOver(open(path));
  } catch (first) {
    if (path === ":memory:") throw first;
  }
  for (const end of ["", "-wal", "-shm"]) await Deno.remove(`${path}${end}`).catch(() => {});
  try {
    return indexOver(open(path));
  } catch {
    return indexOver(open(":memory:"));
  }
}

/** Makes the tables where there are none of this form. Two processes may do so at once: one waits for the other. */
function prepared(db: DatabaseSync): void {
  const form = () => (db.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
  if (form() === FORM) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    if (form() !== FORM) {
      for (const table of ["words", "facet", "place", "bundle"]) db.exec(`DROP TABLE IF EXISTS ${table}`);
      db.exec(TABLES);
      db.exec(`PRAGMA user_version = ${FORM}`);
    }
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

function indexOver(db: DatabaseSync): ArtifactIndex {
  const all = <T>(sql: string, ...values: SQLInputValue[]): T[] => db.prepare(sql).all(...values) as T[];
  const whole = (change: () => void) => {
    db.exec("BEGIN IMMEDIATE");
    try {
      change();
      db.exec("COMMIT");
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  };
  const remove = (id: string) => {
    const [found] = all<{ n: number }>("SELECT n FROM bundle WHERE id = ?", id);
    if (found === undefined) return;
    db.prepare("DELETE FROM words WHERE rowid = ?").run(found.n);
    for (const table of ["place", "facet"]) db.prepare(`DELETE FROM ${table} WHERE bundle = ?`).run(id);
    db.prepare("DELETE FROM bundle WHERE n = ?").run(found.n);
  };
  const add = (one: IndexedBundle) => {
    remove(one.id);
    const { lastInsertRowid } = db.prepare(
      "INSERT INTO bundle (id, stamp, run, status, at, title, problem) VALUES (?, ?, ?, ?, ?, ?, ?)",
    ).run(one.id, one.stamp, one.run, one.status, one.at, one.title, one.problem);
    const place = db.prepare("INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?)");
    for (const [at, { digest, role, name, mediaType, size }] of one.places.entries()) {
      place.run(one.id, at, digest, role, name, mediaType, size);
    }
    const facet = db.prepare("INSERT OR IGNORE INTO facet VALUES (?, ?, ?)");
    for (const { kind, value } of one.facets) facet.run(kind, value, one.id);
    db.prepare("INSERT INTO words (rowid, title, messages) VALUES (?, ?, ?)")
      .run(lastInsertRowid, one.title, one.messages.join("\n"));
  };
  const PLACE = `SELECT place.digest, place.role, place.name, place.media AS mediaType, place.size,
      place.bundle AS evidence, place.ord, bundle.run, bundle.at
    FROM place JOIN bundle ON bundle.id = place.bundle`;
  type Row = FoundPlace & { ord: number };
  const found = ({ ord: _, ...row }: Row): FoundPlace => ({ ...row });

  return {
    async known() {
      return new Map(
        all<{ id: string; stamp: string }>("SELECT id, stamp FROM bundle").map((
          { id, stamp },
        ) => [id, stamp]),
      );
    },
    async put(bundles) {
      whole(() => bundles.forEach(add));
    },
    async drop(ids) {
      whole(() => ids.forEach(remove));
    },
    async places(digest, limit) {
      return all<Row>(
        `${PLACE} WHERE digest = ? ORDER BY place.bundle DESC, place.ord LIMIT ?`,
        digest,
        limit,
      )
        .map(found);
    },
    async page({ limit, cursor, run, role }) {
      const where: string[] = [];
      const values: SQLInputValue[] = [];
      const [, bundle, ord] = /^(ev_[0-9a-z]{1,80})\.(\d{1,9})$/.exec(cursor ?? "") ?? [];
      if (bundle !== undefined && ord !== undefined) {
        where.push("(place.bundle < ? OR (place.bundle = ? AND place.ord > ?))");
        values.push(bundle, bundle, Number(ord));
      }
      if (run !== undefined) {
        where.push("bundle.run = ?");
        values.push(run);
      }
      if (role !== undefined) {
        where.push("place.role = ?");
        values.push(role);
      }
      const rows = all<Row>(
        `${PLACE} ${where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`}
          ORDER BY place.bundle DESC, place.ord LIMIT ?`,
        ...values,
        limit + 1,
      );
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        places: shown.map(found),
        cursor: rows.length > limit && last !== undefined ? `${last.evidence}.${last.ord}` : null,
      };
    },
    async bundles(filter, { limit, after }) {
      const { where, values } = conditions(filter);
      if (after !== undefined) {
        where.push("id < ?");
        values.push(after);
      }
      return all<{ id: string }>(
        `SELECT id FROM bundle ${
          where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`
        } ORDER BY id DESC LIMIT ?`,
        ...values,
        limit,
      ).map(({ id }) => id);
    },
    async search(words, limit) {
      // Each word in quotes is a string of FTS5, whatever it holds; the star is ours: the beginning of a word is enough.
      const query = words.map((word) => `"${word.replaceAll('"', '""')}"*`).join(" ");
      if (query === "") return [];
      return all(
        `SELECT bundle.id AS evidence, bundle.run, bundle.status, bundle.at, bundle.title,
            snippet(words, -1, '«', '»', '…', 16) AS excerpt
          FROM words JOIN bundle ON bundle.n = words.rowid
          WHERE words MATCH ? ORDER BY bm25(words, 4.0, 1.0), bundle.id DESC LIMIT ?`,
        query,
        limit,
      );
    },
    close: () => db.close(),
  };
}

const FACETS = ["pack", "model", "waiver", "rule", "intent"] as const;

function conditions(
  filter: EvidenceFilter & { run?: string },
): { where: string[]; values: SQLInputValue[] } {
  const where: string[] = ["problem IS NULL"];
  const values: SQLInputValue[] = [];
  const add = (sql: string, ...given: SQLInputValue[]) => {
    where.push(sql);
    values.push(...given);
  };
  if (filter.run !== undefined) add("run = ?", filter.run);
  if (filter.status !== undefined) add("status = ?", filter.status);
  if (filter.from !== undefined) add("at >= ?", new Date(filter.from).toISOString());
  if (filter.to !== undefined) add("at < ?", new Date(filter.to).toISOString());
  for (const kind of FACETS) {
    const value = filter[kind];
    if (value !== undefined) {
      add(
        "EXISTS (SELECT 1 FROM facet WHERE kind = ? AND value = ? AND facet.bundle = bundle.id)",
        kind,
        value,
      );
    }
  }
  if (filter.mismatch === true) {
    add(
      "EXISTS (SELECT 1 FROM facet WHERE kind = 'rule' AND value = 'core/C3' AND facet.bundle = bundle.id)",
    );
  }
  return { where, values };
}
