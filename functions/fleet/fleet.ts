import type { Blobs, Clock, Engine, Ids, RunView, Store } from "../../kernel/mod.ts";
import {
  changeShare,
  earnedAutonomy,
  errorBudget,
  grantedAutonomy,
  heldOutShare,
  lowestAutonomy,
  type ModeNow,
  SYSTEM_AUTONOMY,
} from "../../policies/mod.ts";
import type { OperationPort, OperationSubject } from "../../pipelines/mod.ts";
import {
  type Actor,
  type EarnedAutonomy,
  type FleetEntry,
  type FleetReport,
  type FleetWindow,
  type FreezeWindow,
  type InstalledFreeze,
  IntentType,
  type OperationRecord,
  type Problem,
  type Result,
  type Tier,
} from "../../specs/mod.ts";
import { endedRun } from "./ended_run.ts";
import { logFault, readLog } from "./log.ts";
import { places } from "./places.ts";
import type { Agreement } from "./rebuild.ts";
import { addRun, trustKey, trustOf } from "./series.ts";
import { type Snapshot, snapshots } from "./snapshot.ts";
import {
  declareFreeze,
  enterSafeMode,
  exitSafeMode,
  liftFreeze,
  readFreezes,
  readStanding,
  setCeiling,
} from "./standing.ts";

/** What somebody does to all runs at once. */
export interface FleetAct {
  reason: string;
  by: Actor;
}

/** What the doors ask of the fleet. */
export interface FleetDoors {
  report(options?: { windows?: readonly FleetWindow[]; tiers?: readonly Tier[] }): Promise<FleetReport>;
  /** The latest entries of the fleet's log, newest first. */
  log(limit: number): Promise<FleetEntry[]>;
  /** Where the log's chain is broken; null when it is whole. */
  logFault(): Promise<string | null>;
  enter(act: FleetAct & { cause: "manual" | "emergency-stop" }): Promise<Result<boolean, Problem>>;
  /** Leaves safe-mode and lets the runs go on that it held; how many. */
  exit(act: FleetAct): Promise<Result<{ resumed: number }, Problem>>;
  freeze(act: { window: FreezeWindow; by: Actor }): Promise<Result<InstalledFreeze, Problem>>;
  lift(act: FleetAct & { id: string }): Promise<Result<boolean, Problem>>;
  ceiling(act: FleetAct & { level: string }): Promise<Result<boolean, Problem>>;
  /** Makes the series from the ledgers again and compares; `repair` puts it in place of what differs. */
  rebuild(options: { repair: boolean }): Promise<Agreement>;
  /** The mode alone. */
  mode(): Promise<ModeNow>;
  /** Gauges for /metrics. */
  gauges(): Promise<Record<string, number>>;
}

/** The fleet: what is known of all runs together, and what holds them back. */
export interface Fleet {
  readonly operation: OperationPort;
  /** Why a run may not go on, or null. One read. */
  hold(run: string): Promise<string | null>;
  /** Counts a run that found a way out. Called again for the same, it changes nothing. */
  ended(engine: Pick<Engine, "events">, view: Pick<RunView, "run" | "input">): Promise<void>;
  /** Lets the runs go on that safe-mode held, once it is over. */
  release(engine: Pick<Engine, "control" | "view">): Promise<number>;
  doors(engine: Engine): FleetDoors;
}

const ENGINE: Actor = { kind: "engine", id: "fleet" };
const MAX_HELD = 10_000;
/** Longer than a commit takes that pauses a run. */
const RELEASE_TRIES = 200;
const RELEASE_WAIT_MS = 25;

export function createFleet(given: { store: Store; blobs: Blobs; clock: Clock; ids: Ids }): Fleet {
  const { store, blobs, clock, ids } = given;
  const snapshot = snapshots(store);
  const nowIso = () => new Date(clock.now()).toISOString();

  /** Safe-mode that follows from the figures stays until an operator leaves it: it is written down as soon as anybody sees it. */
  async function latched(found: Snapshot): Promise<Snapshot> {
    const { mode, standing } = found;
    if (mode.mode !== "safe-mode" || standing.safeMode !== null || mode.cause === null) return found;
    await enterSafeMode(store, { cause: mode.cause, reason: mode.why, by: ENGINE, at: nowIso() });
    return await snapshot(clock.now());
  }

  async function earnedBy(
    { intents, repository, tier }: OperationSubject,
    at: string,
  ): Promise<EarnedAutonomy> {
    const keys = await Promise.all(intents.map((intent) => trustKey(repository, intent, tier)));
    const entries = await store.getMany(keys.map(places.trust));
    const levels = intents.map((intent, n) =>
      earnedAutonomy(trustOf(entries[n] ?? null)?.entries ?? [], intent, at)
    );
    const low = lowestAutonomy(...levels.map(({ level }) => level));
    return levels.find(({ level }) => level === low) ?? earnedAutonomy([], "", at);
  }

  const operation: OperationPort = {
    async judged(subject, at) {
      const found = await latched(await snapshot(Date.parse(at)));
      const counters = found.month[subject.tier];
      const system = SYSTEM_AUTONOMY[found.mode.mode];
      const environment = found.settings.autonomy;
      const earned = await earnedBy(subject, at);
      const intents = subject.intents.flatMap((intent) => IntentType.safeParse(intent).data ?? []);
      const record: OperationRecord = {
        mode: found.mode.mode,
        cause: found.mode.cause,
        series: found.head.digest,
        tier: subject.tier,
        intents,
        budget: errorBudget(subject.tier, counters),
        critical: errorBudget("critical", found.month.critical),
        changes: changeShare(counters),
        heldOut: heldOutShare(counters),
        released: found.standing.released,
        freezes: [...found.freezes],
        autonomy: { system, environment, earned },
      };
      const granted = grantedAutonomy({ system, environment, earned: earned.level }, {
        intents,
        editsPolicy: subject.editsPolicy,
      });
      return { operation: record, granted };
    },
    freezes: () => readFreezes(store),
  };

  async function hold(run: string): Promise<string | null> {
    const { safeMode } = await readStanding(store);
    if (safeMode === null) return null;
    // Written before the second look: whoever leaves safe-mode finds it, or this finds that it was left.
    await store.commit({ sets: [{ key: places.held(run), value: nowIso() }] });
    const again = (await readStanding(store)).safeMode;
    if (again === null) {
      await store.commit({ deletes: [places.held(run)] });
      return null;
    }
    return `safe-mode (${again.cause}) since ${again.at}, by ${again.by}: ${again.reason}. ` +
      "Runs go on after: forge fleet safe-mode --exit --reason TEXT";
  }

  async function release(engine: Pick<Engine, "control" | "view">): Promise<number> {
    if ((await readStanding(store)).safeMode !== null) return 0;
    let resumed = 0;
    for (const { key } of await store.list({ prefix: places.helds }, MAX_HELD)) {
      const run = String(key.at(-1));
      if (await goesOn(engine, run)) resumed++;
      await store.commit({ deletes: [key] });
    }
    return resumed;
  }

  /** Resumes a run that was held; one that is just being paused is waited for. */
  async function goesOn(engine: Pick<Engine, "control" | "view">, run: string): Promise<boolean> {
    for (let tried = 0; tried < RELEASE_TRIES; tried++) {
      const why = "safe-mode was left";
      const outcome = await engine.control(run, { action: "resume", why }, ENGINE);
      if (outcome.ok) return true;
      const view = await engine.view(run);
      if (view === null || (view.status !== "running" && view.status !== "queued")) return false;
      await clock.sleep(RELEASE_WAIT_MS);
    }
    // It was never paused: its worker died before, and the next one finds that safe-mode is over.
    return false;
  }

  return {
    operation,
    hold,
    async ended(engine, view) {
      const ended = await endedRun(engine, blobs, view);
      if (ended === null) return;
      await addRun(store, ended);
      await latched(await snapshot(clock.now()));
    },
    release,
    doors: (engine) => ({
      async report(options) {
        await latched(await snapshot(clock.now()));
        const { fleetReport } = await import("./report.ts");
        return await fleetReport(store, await snapshot(clock.now()), clock.now(), options ?? {});
      },
      log: (limit) => readLog(store, limit),
      logFault: () => logFault(store),
      enter: ({ cause, reason, by }) => enterSafeMode(store, { cause, reason, by, at: nowIso() }),
      mode: async () => (await snapshot(clock.now())).mode,
      async exit({ reason, by }) {
        await latched(await snapshot(clock.now()));
        const left = await exitSafeMode(store, { reason, by, at: nowIso() });
        return left.ok ? { ok: true, value: { resumed: await release(engine) } } : left;
      },
      freeze: ({ window, by }) => declareFreeze(store, { id: ids.make("frz"), window, by, at: nowIso() }),
      lift: ({ id, reason, by }) => liftFreeze(store, { id, reason, by, at: nowIso() }),
      ceiling: ({ level, reason, by }) => setCeiling(store, { level, reason, by, at: nowIso() }),
      async gauges() {
        const found = await snapshot(clock.now());
        const rank = { "nominal": 0, "degraded": 1, "safe-mode": 2 } as const;
        const gauges: Record<string, number> = { fleetMode: rank[found.mode.mode] };
        for (const tier of ["standard", "critical"] as const) {
          const budget = errorBudget(tier, found.month[tier]);
          gauges[`fleetRuns_${tier}`] = budget.runs;
          gauges[`fleetFailedRuns_${tier}`] = budget.failed;
          if (budget.remaining !== null) gauges[`fleetErrorBudgetRemaining_${tier}`] = budget.remaining;
          if (budget.burn !== null) gauges[`fleetErrorBudgetBurn_${tier}`] = budget.burn;
        }
        return gauges;
      },
      async rebuild({ repair }) {
        const { compareSeries } = await import("./rebuild.ts");
        return await compareSeries({ store, engine, blobs, repair });
      },
    }),
  };
}
