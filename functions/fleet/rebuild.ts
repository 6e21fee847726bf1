import {
  type Blobs,
  canonicalJson,
  type Engine,
  type Entry,
  type Key,
  openKvStore,
  type Store,
} from "../../kernel/mod.ts";
import { endedRun } from "./ended_run.ts";
import { places } from "./places.ts";
import { addRun, asJson, headOf, keyText } from "./series.ts";

/** Whether the series says what the ledgers say. */
export interface Agreement {
  agrees: boolean;
  /** Runs in the ledgers, and those of them that found a way out. */
  runs: number;
  counted: number;
  /** Values of the series that differ, by name; the first fifty. */
  differences: string[];
  repaired: boolean;
}

const PAGE = 200;
const BATCH = 400;
const MAX_SHOWN = 50;
/** What the series is made of. Revisions count changes, so they differ. */
const MADE = [places.runs, places.hours, places.days, places.trusts, places.ends] as const;

/**
 * Makes the series from the ledgers again, in memory, and compares it with the one that is kept. A difference is a fault of the
 * series, never of the ledgers.
 */
export async function compareSeries(
  { store, engine, blobs, repair }: {
    store: Store;
    engine: Pick<Engine, "list" | "events">;
    blobs: Blobs;
    repair: boolean;
  },
): Promise<Agreement> {
  const before = await store.get(places.head);
  const fresh = await openKvStore(":memory:");
  try {
    let runs = 0;
    let counted = 0;
    let cursor: string | undefined;
    for (;;) {
      const page = await engine.list({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      for (const { run, input } of page.runs) {
        runs++;
        const ended = await endedRun(engine, blobs, { run, input });
        if (ended === null) continue;
        counted++;
        await addRun(fresh, ended);
      }
      if (page.cursor === null) break;
      cursor = page.cursor;
    }
    const [kept, made] = await Promise.all([entriesOf(store), entriesOf(fresh)]);
    const names = [...new Set([...kept.keys(), ...made.keys()])].sort();
    // A counter that came to nothing and one that never was are the same.
    const differing = names.filter((name) => textOf(kept.get(name)) !== textOf(made.get(name)));
    const madeHead = headOf(await fresh.get(places.head));
    if (headOf(before).digest !== madeHead.digest) differing.push(keyText(places.head));
    const agrees = differing.length === 0;
    if (repair && !agrees) await replace(store, before, kept, made, madeHead.digest);
    return {
      agrees,
      runs,
      counted,
      differences: differing.slice(0, MAX_SHOWN),
      repaired: repair && !agrees,
    };
  } finally {
    await fresh.close();
  }
}

async function entriesOf(store: Pick<Store, "get" | "list">): Promise<Map<string, Entry>> {
  const found = new Map<string, Entry>();
  for (const prefix of MADE) {
    const own = await store.get(prefix);
    if (own !== null) found.set(keyText(own.key), own);
    let start: Key | undefined;
    for (;;) {
      const page = await store.list(
        start === undefined ? { prefix } : { start, end: [...prefix, "\uffff"] },
        PAGE,
      );
      for (const entry of page) found.set(keyText(entry.key), entry);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      start = [...last.key, 0];
    }
  }
  return found;
}

function textOf(entry: Entry | undefined): string {
  if (entry === undefined) return "{}";
  return entry.value instanceof Uint8Array ? "bytes" : canonicalJson(entry.value);
}

/** Puts what was made in the place of what is kept, unless a run ended meanwhile. */
async function replace(
  store: Store,
  before: Entry | null,
  kept: ReadonlyMap<string, Entry>,
  made: ReadonlyMap<string, Entry>,
  digest: string,
): Promise<void> {
  const taken = await store.commit({
    checks: [{ key: places.head, version: before?.version ?? null }],
    sets: [{ key: places.head, value: asJson({ rev: headOf(before).rev + 1, digest }) }],
  });
  if (!taken.ok) throw new Error("Cannot replace the series: a run ended meanwhile. Do it again");
  const deletes = [...kept].filter(([name]) => !made.has(name)).map(([, { key }]) => key);
  const sets = [...made].filter(([name, entry]) => textOf(kept.get(name)) !== textOf(entry))
    .map(([, { key, value }]) => ({ key, value }));
  for (let at = 0; at < Math.max(deletes.length, sets.length); at += BATCH) {
    const checks = sets.slice(at, at + 100).map(({ key }) => ({
      key,
      version: kept.get(keyText(key))?.version ?? null,
    }));
    const done = await store.commit({
      checks,
      sets: sets.slice(at, at + BATCH),
      deletes: deletes.slice(at, at + BATCH),
    });
    if (!done.ok) throw new Error("Cannot replace the series: a run ended meanwhile. Do it again");
  }
}
