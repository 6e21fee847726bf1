import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Spool } from "../../policies/mod.ts";

/** Spools in SQLite files of a directory: written in order, read back in order of keys by the database's own sort on disk. */
export function fileSpool(dir: string): () => Spool {
  let number = 0;
  return () => {
    const db = new DatabaseSync(join(dir, `spool-${++number}.db`));
    db.exec(
      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4096; PRAGMA temp_store = FILE; BEGIN",
    );
    db.exec("CREATE TABLE pairs (n INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL)");
    const put = db.prepare("INSERT INTO pairs (key, value) VALUES (?, ?)");
    let open = true;
    return {
      write(pairs) {
        for (const [key, value] of pairs) put.run(key, value);
      },
      *read() {
        const rows = db.prepare("SELECT key, value FROM pairs ORDER BY key, n").iterate();
        for (const { key, value } of rows) yield [String(key), String(value)] as const;
      },
      close() {
        if (open) db.close();
        open = false;
      },
    };
  };
}
