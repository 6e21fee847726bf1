import assert from "node:assert/strict";
import fc from "fast-check";
import { type Engine, fakeClock, memoryBlobs, openKvStore, randomIds, type Store } from "../../kernel/mod.ts";
import {
  accepted,
  decided,
  ended,
  escalated,
  finished,
  ledgerOf,
  T0,
  verdict,
} from "../../policies/testing/mod.ts";
import type { Event, EventBody, Tier } from "../../specs/mod.ts";
import { type EndedRun, endedRun } from "./ended_run.ts";
import { createFleet } from "./fleet.ts";
import { places } from "./places.ts";
import { compareSeries } from "./rebuild.ts";
import { addRun, countersOf, headOf, windowCounters } from "./series.ts";

const HOUR = 3_600_000;
const blobs = memoryBlobs();
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

interface Made {
  run: string;
  input: { kind: string; spec: string; repository: { location: string } };
  events: Event[];
}

let count = 0;
function made(
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
const ledgers = (runs: readonly Made[]) =>
  ({
    events: (run: string, { after = 0, limit = 500 } = {}) =>
      Promise.resolve(
        (runs.find((one) => one.run === run)?.events ?? []).filter(({ seq }) => seq > after).slice(0, limit),
      ),
    list: () => Promise.resolve({ runs: runs.map(({ run, input }) => ({ run, input })), cursor: null }),
  }) as unknown as Pick<Engine, "events" | "list">;

async function endOf(one: Made): Promise<EndedRun> {
  const found = await endedRun(ledgers([one]), blobs, one);
  assert.ok(found);
  return found;
}

async function withStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openKvStore(":memory:");
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Everything of the series but how often it changed. */
async function dump(store: Store): Promise<Record<string, unknown>> {
  const entries = (await store.list({ prefix: ["fleet"] }, 5000))
    .filter(({ key }) => key[1] !== "log" && key[1] !== "tip");
  return Object.fromEntries(
    entries.map(({ key, value }) => [
      JSON.stringify(key),
      key[1] === "head" ? headOf({ key, value, version: "" }).digest : value,
    ]),
  );
}

const bodies = [
  [finished("implement"), ended("completed")],
  [finished("implement"), ended("failed")],
  [escalated],
  [escalated, ended("completed")],
  [decided("verify", [verdict("core/X1", "secrets", "fail")], "deny"), ended("denied")],
  [ended("failed", { class: "unknown" })],
] satisfies EventBody[][];

Deno.test("a run is counted by its tier and hour, once, however often it is told", () =>
  withStore(async (store) => {
    const one = await endOf(made([finished("verify"), ended("completed")]));
    assert.equal(await addRun(store, one), "added");
    const before = await dump(store);
    assert.equal(await addRun(store, one), "known");
    assert.deepEqual(await dump(store), before);
    const counters = await windowCounters(store, "standard", "1h", T0);
    assert.equal(counters["run.completed"], 1);
    assert.equal(counters["outcome.good"], 1);
    assert.deepEqual(await windowCounters(store, "critical", "30d", T0), {});
  }));

Deno.test("a later way out of a run takes the place of the earlier one, also in another hour", () =>
  withStore(async (store) => {
    const one = made([escalated]);
    await addRun(store, await endOf(one));
    const later = ledgerOf([accepted, escalated, ended("failed")], T0 + 5 * HOUR, one.run);
    await addRun(store, await endOf({ ...one, events: later }));
    const all = await windowCounters(store, "standard", "7d", T0 + 6 * HOUR);
    assert.equal(all["run.escalated"], undefined);
    assert.equal(all["run.failed"], 1);
    assert.equal(all["outcome.good"], undefined);
    assert.deepEqual(countersOf(await store.get(places.hour("standard", Math.floor(T0 / HOUR)))), {});
    // What is older than what is known changes nothing.
    assert.equal(await addRun(store, await endOf(one)), "known");
  }));

Deno.test("property: any order of run ends, told once or twice, leaves the same series", async () => {
  const runs = fc.array(
    fc.record({
      kind: fc.integer({ min: 0, max: bodies.length - 1 }),
      tier: fc.constantFrom<Tier>("best-effort", "standard", "critical"),
      hours: fc.integer({ min: 0, max: 60 }),
    }),
    { minLength: 1, maxLength: 7 },
  );
  await fc.assert(
    fc.asyncProperty(runs, fc.nat(), async (all, seed) => {
      const ends = await Promise.all(
        all.map(({ kind, tier, hours }) =>
          endOf(made(bodies[kind] ?? [], { tier, atMs: T0 + hours * HOUR }))
        ),
      );
      const turned = ends.map((one, at) => [((at + 3) * (seed + 11)) % 17, one] as const)
        .sort(([a], [b]) => a - b).map(([, one]) => one);
      const [straight, other] = await Promise.all(
        [ends, [...turned, ...turned]].map((list) =>
          withStore(async (store) => {
            for (const one of list) await addRun(store, one);
            return await dump(store);
          })
        ),
      );
      assert.deepEqual(other, straight);
    }),
    { numRuns: 25 },
  );
});

Deno.test("runs that end at the same moment are all counted", () =>
  withStore(async (store) => {
    const ends = await Promise.all(Array.from({ length: 12 }, () => endOf(made([ended("completed")]))));
    await Promise.all(ends.map((one) => addRun(store, one)));
    assert.equal((await windowCounters(store, "standard", "1h", T0))["run.completed"], 12);
  }));

Deno.test("a crash at any moment leaves a run counted once or not at all, and telling it again mends it", () =>
  withStore(async (store) => {
    const one = await endOf(made([finished("verify"), ended("failed")]));
    for (const when of ["before", "after"] as const) {
      // The process dies around the commit: nobody hears of its outcome.
      const dying = {
        get: store.get,
        getMany: store.getMany,
        list: store.list,
        async commit(commit: Parameters<Store["commit"]>[0]) {
          if (when === "after") await store.commit(commit);
          throw new Error("killed");
        },
      };
      await assert.rejects(addRun(dying, one), /killed/);
      const counted = (await windowCounters(store, "standard", "1h", T0))["run.failed"] ?? 0;
      assert.equal(counted, when === "before" ? 0 : 1);
    }
    assert.equal(await addRun(store, one), "known");
    assert.equal((await windowCounters(store, "standard", "1h", T0))["run.failed"], 1);
  }));

Deno.test("property: a window is the sum of its hours, whether whole days or single hours hold them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: -740, max: 1 }), { maxLength: 12 }),
      (offsets) =>
        withStore(async (store) => {
          const nowMs = T0 + 31 * 24 * HOUR + 7 * HOUR;
          for (const offset of offsets) {
            await addRun(store, await endOf(made([ended("completed")], { atMs: nowMs + offset * HOUR })));
          }
          for (const [window, hours] of [["1h", 1], ["7d", 168], ["30d", 720]] as const) {
            const expected = offsets.filter((offset) => offset <= 0 && offset >= -hours).length;
            const found = await windowCounters(store, "standard", window, nowMs);
            assert.equal(found["run.completed"] ?? 0, expected, window);
          }
        }),
    ),
    { numRuns: 15 },
  );
});

Deno.test("figures and ledgers agree; one that was changed is found, and put right", () =>
  withStore(async (store) => {
    const runs = bodies.map((one, at) => made(one, { tier: at % 2 === 0 ? "critical" : "standard" }));
    const open = made([finished("implement")]);
    for (const one of runs) await addRun(store, await endOf(one));
    const engine = ledgers([...runs, open]);
    const agreement = await compareSeries({ store, engine, blobs, repair: false });
    assert.deepEqual(agreement, { agrees: true, runs: 7, counted: 6, differences: [], repaired: false });

    const key = places.hour("standard", Math.floor(T0 / HOUR));
    await store.commit({ sets: [{ key, value: { "run.completed": 99 } }] });
    await store.commit({ deletes: [places.run(runs[0]?.run ?? "")] });
    const differs = await compareSeries({ store, engine, blobs, repair: false });
    assert.equal(differs.agrees, false);
    assert.equal(differs.differences.length, 2);
    assert.equal((await compareSeries({ store, engine, blobs, repair: true })).repaired, true);
    assert.equal((await compareSeries({ store, engine, blobs, repair: false })).agrees, true);
    assert.equal((await windowCounters(store, "standard", "1h", T0))["run.completed"], 1);
  }));

Deno.test("a bucket that has no room for more gates still counts the run", () =>
  withStore(async (store) => {
    for (let n = 0; n < 12; n++) {
      const rules = Array.from({ length: 100 }, (_, at) =>
        verdict(`p/R${at}`, `a-gate-with-a-long-name-of-some-pack-${n}-${at}-${"x".repeat(30)}`, "pass"));
      await addRun(store, await endOf(made([decided("verify", rules), ended("completed")])));
    }
    assert.equal((await windowCounters(store, "standard", "1h", T0))["run.completed"], 12);
  }));

// What follows is about the fleet over a series.

async function withFleet(
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

const ADA = { kind: "user", id: "ada" } as const;
const subject = (
  over: Partial<{ tier: Tier; intents: string[]; repository: string; editsPolicy: boolean }> = {},
) => ({
  tier: "standard" as Tier,
  intents: ["UPDATE"],
  repository: "/r/.git",
  editsPolicy: false,
  ...over,
});

Deno.test("a fresh installation: A3, nominal, budgets without a verdict", () =>
  withFleet(async ({ fleet, at }) => {
    const { operation, granted } = await fleet.operation.judged(subject(), at);
    assert.equal(granted, "A3");
    assert.equal(operation.mode, "nominal");
    assert.equal(operation.budget.remaining, null);
    assert.equal(operation.budget.runs, 0);
    assert.equal(await fleet.hold("run_x"), null);
  }));

Deno.test("three unknown failures bring safe-mode, which stays through good runs, holds runs, and ends by a person with a reason", () =>
  withFleet(async ({ fleet, doors, tell, at, store }) => {
    for (let n = 0; n < 3; n++) {
      await tell(made([ended("failed", { class: "unknown" })], { atMs: T0 + n * 60_000 }));
    }
    await tell(made([ended("completed")], { atMs: T0 + 10 * 60_000 }));
    assert.equal((await doors.mode()).cause, "unknown-failures");
    assert.equal((await fleet.operation.judged(subject(), at)).granted, "A0");
    assert.match(await fleet.hold("run_x") ?? "", /safe-mode \(unknown-failures\)/);
    assert.equal((await doors.report()).held, 1);

    const refused = await doors.exit({ reason: "because", by: { kind: "engine", id: "x" } });
    assert.ok(!refused.ok);
    assert.match(refused.error.message, /only an operator/);
    assert.ok(!(await doors.exit({ reason: " ", by: ADA })).ok);
    const left = await doors.exit({ reason: "the provider is back", by: ADA });
    assert.deepEqual(left, { ok: true, value: { resumed: 1 } });
    assert.equal((await doors.mode()).mode, "nominal");
    assert.equal(await fleet.hold("run_x"), null);
    assert.equal((await store.list({ prefix: places.helds }, 10)).length, 0);
    const log = await doors.log(10);
    assert.deepEqual(log.map(({ what, by }) => [what, by.id]), [
      ["safe-mode.exited", "ada"],
      ["safe-mode.entered", "fleet"],
    ]);
    assert.equal(await doors.logFault(), null);
  }));

Deno.test("the fleet's log is a chain: an entry that is changed or taken away shows", () =>
  withFleet(async ({ doors, store }) => {
    await doors.enter({ cause: "manual", reason: "drill", by: ADA });
    await doors.exit({ reason: "drill is over", by: ADA });
    const entry = await store.get(places.log(1));
    await store.commit({
      sets: [{ key: places.log(1), value: { ...entry?.value as object, reason: "other" } }],
    });
    assert.match(await doors.logFault() ?? "", /entry 1 was changed/);
    await store.commit({ deletes: [places.log(1)] });
    assert.match(await doors.logFault() ?? "", /entry 1/);
  }));

Deno.test("critical failures degrade, then stop the fleet; the budget counts from its minimum of runs on", () =>
  withFleet(async ({ doors, tell, fleet, at }) => {
    const critical = async (body: EventBody, times: number, minute: number) => {
      for (let n = 0; n < times; n++) {
        await tell(made([body], { tier: "critical", atMs: T0 + minute * 60_000, repository: `/r${n % 7}` }));
      }
    };
    await critical(ended("failed"), 2, 1);
    await critical(ended("completed"), 57, 2);
    assert.match((await doors.mode()).why, /has 59 runs .* nothing is said below 60/);
    await critical(ended("completed"), 9, 3);
    assert.equal((await doors.mode()).mode, "nominal");
    await critical(ended("failed"), 1, 3);
    assert.equal((await doors.mode()).mode, "degraded");
    assert.equal(
      (await fleet.operation.judged(subject({ tier: "critical" }), at)).operation.autonomy.system,
      "A3",
    );
    await critical(ended("failed"), 1, 4);
    assert.equal((await doors.mode()).cause, "budget-exhausted");
  }));

Deno.test("an emergency stop says more than the safe-mode that it finds; a second enter changes nothing", () =>
  withFleet(async ({ doors }) => {
    assert.deepEqual(await doors.enter({ cause: "manual", reason: "drill", by: ADA }), {
      ok: true,
      value: true,
    });
    assert.deepEqual(await doors.enter({ cause: "manual", reason: "again", by: ADA }), {
      ok: true,
      value: false,
    });
    assert.deepEqual(await doors.enter({ cause: "emergency-stop", reason: "now", by: ADA }), {
      ok: true,
      value: true,
    });
    assert.equal((await doors.mode()).cause, "emergency-stop");
  }));

Deno.test("autonomy is earned by repository, intent and tier, and a hit lowers it there alone, with an entry in the log", () =>
  withFleet(async ({ fleet, doors, tell, at }) => {
    for (let n = 0; n < 50; n++) await tell(made([ended("completed")], { atMs: T0 + n * 1000 }));
    const granted = async (over = {}) => (await fleet.operation.judged(subject(over), at)).granted;
    assert.equal(await granted(), "A4");
    assert.equal(await granted({ editsPolicy: true }), "A3");
    assert.equal(await granted({ intents: ["UPDATE", "CREATE"] }), "A3");
    assert.equal(await granted({ repository: "/other" }), "A3");
    assert.equal(await granted({ tier: "critical" }), "A3");
    assert.ok((await doors.ceiling({ level: "A2", reason: "first week", by: ADA })).ok);
    assert.equal(await granted(), "A2");
    assert.ok(!(await doors.ceiling({ level: "A5", reason: "please", by: ADA })).ok);
    await doors.ceiling({ level: "A4", reason: "went well", by: ADA });
    const cheat = decided("verify", [verdict("core/X1", "secrets", "fail")], "deny");
    await tell(made([cheat, ended("denied")], { atMs: T0 + 10 * 60_000 }));
    assert.equal(await granted(), "A3");
    await tell(made([cheat, ended("denied")], { atMs: T0 + 11 * 60_000 }));
    assert.equal(await granted(), "A2");
    const [last] = await doors.log(1);
    assert.equal(last?.what, "autonomy.demoted");
    assert.equal(last?.detail.rule, "core/X1");
    assert.match(last?.detail.regain ?? "", /5 completed runs/);
    const { autonomy } = await doors.report();
    assert.deepEqual(autonomy.map((row) => [row.intent, row.granted, row.runs]), [["UPDATE", "A2", 52]]);
  }));

Deno.test("freeze windows are declared with a reason, listed as open or not, and lifted by their id", () =>
  withFleet(async ({ doors, fleet }) => {
    const window = {
      reason: "audit",
      tz: "UTC",
      from: "2026-11-20",
      to: "2026-11-21",
      then: "wait" as const,
      except: { tiers: [], intents: [] },
    };
    const declared = await doors.freeze({ window, by: ADA });
    assert.ok(declared.ok);
    await doors.freeze({ window: { ...window, from: "2027-01-01", to: "2027-01-02" }, by: ADA });
    const wrong = await doors.freeze({ window: { ...window, tz: "Mars/Olympus" }, by: ADA });
    assert.ok(!wrong.ok);
    assert.match(wrong.error.message, /no time zone/);
    const { freezes } = await doors.report();
    assert.deepEqual(freezes.map(({ open, ends }) => [open, ends]), [
      [true, "2026-11-21T00:00:00.000Z"],
      [false, null],
    ]);
    assert.equal((await fleet.operation.freezes()).length, 2);
    assert.ok((await doors.lift({ id: declared.value.id, reason: "over", by: ADA })).ok);
    assert.ok(!(await doors.lift({ id: declared.value.id, reason: "over", by: ADA })).ok);
    assert.equal((await fleet.operation.freezes()).length, 1);
  }));

Deno.test("what the judge asks costs the same with many runs: counters are read again only when a run ended", () =>
  withFleet(async ({ store, tell, at }) => {
    for (let n = 0; n < 40; n++) await tell(made([ended("completed")], { atMs: T0 + n * 1000 }));
    let reads = 0;
    const counting: Store = {
      ...store,
      name: store.name,
      get: (key) => (reads++, store.get(key)),
      getMany: (keys) => (reads++, store.getMany(keys)),
      list: (range, limit) => (reads++, store.list(range, limit)),
      commit: (commit) => store.commit(commit),
      wake: (topic) => store.wake(topic),
      subscribe: (topic, fn) => store.subscribe(topic, fn),
      close: () => store.close(),
    };
    const clock = fakeClock(T0);
    const fleet = createFleet({ store: counting, blobs, clock, ids: randomIds(clock) });
    await fleet.operation.judged(subject(), at);
    const first = reads;
    await fleet.operation.judged(subject(), at);
    assert.ok(first <= 14, String(first));
    assert.equal(reads - first, 2);
  }));
