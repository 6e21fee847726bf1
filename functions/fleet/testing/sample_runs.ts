/** Ledgers of made-up runs, and a fleet that is told of them. */
import assert from "node:assert/strict";
import {
  type Engine,
  fakeClock,
  memoryBlobs,
  openKvStore,
  randomIds,
  type Store,
} from "../../../kernel/mod.ts";
import { accepted, ledgerOf, T0 } from "../../../policies/testing/mod.ts";
import type { Event, EventBody, Tier } from "../../../specs/mod.ts";
import { type EndedRun, endedRun } from "../ended_run.ts";
import { createFleet } from "../fleet.ts";

export const blobs = memoryBlobs();
const specs: Record<Tier, string> = {
  "best-effort": await blobs.put(
    JSON.stringify({ tier: "best-effort", intent: { type: "UPDATE", scope: [] } }),
  ),
  standard: await blobs.put(JSON.stringify({ tier: "standard", intent: { type: "UPDATE", scope: [] } })),
  critical: await blobs.put(
    JSON.stringify({
      tier: "critical",
      intent: [{ type: "CREATE" }, { type: "UPDATE" }, { type: "CREATE" }],
    }),
  ),
};

export interface Made {
  run: string;
  input: { kind: string; spec: string; repository: { location: string } };
  events: Event[];
}

let count = 0;
/** A run of the factory with a ledger of these events after its acceptance. */
export function made(
  bodies: EventBody[],
  { tier = "standard", atMs = T0, repository = "/r/.git" }: {
    tier?: Tier;
    atMs?: number;
    repository?: string;
  } = {},
): Made {
  const run = `run_${String(count++).padStart(10, "0")}`;
  const input = { kind: "factory", spec: specs[tier], repository: { location: repository } };
  return { run, input, events: ledgerOf([accepted, ...bodies], atMs, run) };
}

/** An engine that only has ledgers. */
export const ledgers = (runs: readonly Made[]) =>
  ({
    events: (run: string, { after = 0, limit = 500 } = {}) =>
      Promise.resolve(
        (runs.find((one) => one.run === run)?.events ?? []).filter(({ seq }) => seq > after).slice(0, limit),
      ),
    list: () => Promise.resolve({ runs: runs.map(({ run, input }) => ({ run, input })), cursor: null }),
  }) as unknown as Pick<Engine, "events" | "list">;

/** What a run adds to the series. */
export async function endOf(one: Made): Promise<EndedRun> {
  const found = await endedRun(ledgers([one]), blobs, one);
  assert.ok(found);
  return found;
}

export async function withStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openKvStore(":memory:");
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** A fleet over an empty store, half an hour after the first run. */
export async function withFleet(
  use: (given: {
    fleet: ReturnType<typeof createFleet>;
    doors: ReturnType<ReturnType<typeof createFleet>["doors"]>;
    store: Store;
    tell: (one: Made) => Promise<void>;
    at: string;
  }) => Promise<void>,
): Promise<void> {
  await withStore(async (store) => {
    const clock = fakeClock(T0 + 30 * 60_000);
    const fleet = createFleet({ store, blobs, clock, ids: randomIds(clock) });
    const engine = {
      ...ledgers([]),
      control: () => Promise.resolve({ ok: true, run: "" }),
    } as unknown as Engine;
    await use({
      fleet,
      store,
      doors: fleet.doors(engine),
      at: new Date(T0 + 30 * 60_000).toISOString(),
      tell: (one) => fleet.ended(ledgers([one]), one),
    });
  });
}
