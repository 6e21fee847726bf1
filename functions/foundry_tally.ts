import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Tally } from "../policies/mod.ts";

const IN_MEMORY = 200_000;

/** Tallies that begin in memory and go on in a SQLite file once they are large: memory stays flat for any number of keys. */
export function spillingTally(dir: string): (name: string) => Tally {
  let number = 0;
  return () => {
    const path = join(dir, `tally-${++number}.db`);
    let counts = new Map<string, number>();
    let spilled: { db: DatabaseSync; size: number } | null = null;
    let bump: ReturnType<DatabaseSync["prepare"]> | null = null;
    let find: ReturnType<DatabaseSync["prepare"]> | null = null;
    const spill = () => {
      const db = new DatabaseSync(path);
      db.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32768; BEGIN");
      db.exec("CREATE TABLE keys (key TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID");
      const put = db.prepare("INSERT INTO keys VALUES (?, ?)");
      for (const [key, n] of counts) put.run(key, n);
      spilled = { db, size: counts.size };
      bump = db.prepare(
        "INSERT INTO keys VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET n = n + 1 RETURNING n",
      );
      find = db.prepare("SELECT 1 FROM keys WHERE key = ?");
      counts = new Map();
    };
    return {
      add(key) {
        if (spilled === null) {
          const before = counts.get(key) ?? 0;
          counts.set(key, before + 1);
          if (counts.size > IN_MEMORY) spill();
          return before;
        }
        const before = Number(bump?.get(key)?.n ?? 1) - 1;
        if (before === 0) spilled.size++;
        return before;
      },
      has: (key) => spilled === null ? counts.has(key) : find?.get(key) !== undefined,
      get size() {
        return spilled === null ? counts.size : spilled.size;
      },
      close() {
        spilled?.db.close();
        spilled = null;
        counts.clear();
      },
    };
  };
}
