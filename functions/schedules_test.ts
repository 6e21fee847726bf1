import assert from "node:assert/strict";
import { fakeClock, type RunView } from "../kernel/mod.ts";
import { err, ok, type Problem } from "../specs/mod.ts";
import { Schedule, type ScheduleEvent } from "../specs/foundry/mod.ts";
import { memoryStore } from "./http/tests/door.ts";
import { scheduleTicks } from "./schedule_ticks.ts";
import { schedules } from "./schedules.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ADA = { kind: "user" as const, id: "ada" };

/** One scheduled pipeline over a fake clock and a list of runs that never move by themselves. */
function world(schedule: Record<string, unknown> | null, freshnessHours: number | null = null) {
  const clock = fakeClock(Date.parse("2026-01-01T00:00:00Z"));
  const store = memoryStore();
  const runs: {
    key: string;
    run: string;
    view: Pick<RunView, "run" | "status" | "updatedAt" | "createdAt">;
  }[] = [];
  const cancelled: string[] = [];
  const told: ScheduleEvent[] = [];
  const faults: (Problem | Error)[] = [];
  const now = () => new Date(clock.now()).toISOString();
  const parsed = schedule === null ? null : Schedule.parse({ cron: "0 * * * *", ...schedule });
  const make = () =>
    schedules({
      store,
      clock,
      pipelines: () => Promise.resolve([{ id: "orders", schedule: parsed, freshnessHours }]),
      lastRun: () => Promise.resolve((runs.at(-1)?.view ?? null) as RunView | null),
      start(_, key) {
        const fault = faults.shift();
        if (fault instanceof Error) return Promise.reject(fault);
        if (fault !== undefined) return Promise.resolve(err(fault));
        const there = runs.find((one) => one.key === key);
        if (there !== undefined) return Promise.resolve(ok({ run: there.run, existed: true }));
        const run = `run_${String(runs.length + 1).padStart(8, "0")}`;
        runs.push({ key, run, view: { run, status: "running", createdAt: now(), updatedAt: now() } });
        if (w.hang) return new Promise(() => {});
        return Promise.resolve(ok({ run, existed: false }));
      },
      cancel(run) {
        cancelled.push(run);
        end("cancelled");
        return Promise.resolve();
      },
    });
  const one = make();
  const end = (status: RunView["status"]) => {
    const last = runs.at(-1);
    if (last !== undefined) Object.assign(last.view, { status, updatedAt: now() });
  };
  const w = {
    /** Whether starts begin a run and never answer, as in a process that is killed. */
    hang: false,
    clock,
    one,
    make,
    runs,
    cancelled,
    told,
    faults,
    end,
    /** A run that somebody else began. */
    begin() {
      const run = `run_${String(runs.length + 1).padStart(8, "0")}`;
      runs.push({ key: run, run, view: { run, status: "running", createdAt: now(), updatedAt: now() } });
    },
    /** Ticks each minute, as Deno.cron does. */
    async pass(ms: number, each: () => void = () => {}) {
      for (let past = 0; past < ms; past += MINUTE) {
        clock.advance(MINUTE);
        each();
        await one.tick((event) => told.push(event));
      }
    },
    /** Nobody looks for a while. */
    async away(ms: number) {
      clock.advance(ms);
      await one.tick((event) => told.push(event));
    },
    dues: () => runs.map(({ key }) => key.replace("schedule:orders:", "").slice(11, 16)),
    kinds: () => told.map(({ kind }) => kind),
  };
  return w;
}

Deno.test("each time of a schedule starts one run, also when several processes tick at once", async () => {
  const w = world({});
  await w.one.tick();
  const other = w.make();
  for (let hour = 0; hour < 3; hour++) {
    w.clock.advance(HOUR);
    await Promise.all([w.one.tick(), other.tick(), w.one.tick()]);
    w.end("completed");
  }
  assert.deepEqual(w.dues(), ["01:00", "02:00", "03:00"]);
});

Deno.test("overlap skip: a time that comes while the run before still goes on is passed over, and said so", async () => {
  const w = world({ overlap: "skip" });
  await w.pass(2 * HOUR + MINUTE);
  assert.deepEqual([w.dues(), w.kinds()], [["01:00"], ["started", "skipped"]]);
  assert.match(w.told[1]?.detail ?? "", /run_00000001 still goes on/);
  w.end("completed");
  await w.pass(HOUR);
  assert.deepEqual(w.dues(), ["01:00", "03:00"]);
});

Deno.test("overlap queue: what came while a run went on begins when it has ended, in order", async () => {
  const w = world({ overlap: "queue" });
  await w.pass(3 * HOUR + MINUTE);
  assert.deepEqual([w.dues(), (await w.one.get("orders"))?.waiting.length], [["01:00"], 2]);
  w.end("failed");
  await w.pass(MINUTE);
  w.end("completed");
  await w.pass(MINUTE);
  assert.deepEqual(w.dues(), ["01:00", "02:00", "03:00"]);
});

Deno.test("overlap queue: a start that finds the pipeline busy waits for its turn", async () => {
  const w = world({ overlap: "queue" });
  w.faults.push({ code: "busy", message: "another run goes on" });
  await w.pass(HOUR);
  assert.deepEqual(w.dues(), []);
  await w.pass(MINUTE);
  assert.deepEqual(w.dues(), ["01:00"]);
});

Deno.test("overlap cancel-other: the new time takes the place of the run before", async () => {
  const w = world({ overlap: "cancel-other" });
  await w.pass(2 * HOUR);
  assert.deepEqual([w.dues(), w.cancelled], [["01:00", "02:00"], ["run_00000001"]]);
  assert.deepEqual(w.kinds(), ["started", "cancelled", "started"]);
});

Deno.test("a parked run does not hold the schedule up", async () => {
  const w = world({});
  await w.pass(HOUR);
  w.end("parked");
  await w.pass(HOUR);
  assert.deepEqual(w.dues(), ["01:00", "02:00"]);
});

for (
  const [catchup, expected] of [
    ["none", []],
    ["one", ["04:00"]],
    ["all", ["01:00", "02:00", "03:00", "04:00"]],
  ] as const
) {
  Deno.test(`catchup ${catchup}: after four missed hours it makes up for ${expected.length}`, async () => {
    const w = world({ catchup });
    await w.one.tick();
    await w.away(4 * HOUR + 30 * MINUTE);
    await w.pass(6 * MINUTE, () => w.end("completed"));
    assert.deepEqual(w.dues(), expected);
    assert.equal(w.kinds().includes("missed"), catchup !== "all");
  });
}

Deno.test("times beyond the window are not made up for", async () => {
  const w = world({ catchup: "all", window: "PT2H30M" });
  await w.one.tick();
  await w.away(5 * HOUR + 5 * MINUTE);
  await w.pass(6 * MINUTE, () => w.end("completed"));
  assert.deepEqual(w.dues(), ["03:00", "04:00", "05:00"]);
});

Deno.test("a paused schedule starts nothing and does not make up for it; a trigger starts a run all the same", async () => {
  const w = world({ catchup: "all" });
  await w.one.pause("orders", "the warehouse moves", ADA);
  await w.pass(3 * HOUR);
  assert.deepEqual(w.dues(), []);
  const paused = await w.one.get("orders");
  assert.deepEqual([paused?.paused?.by, paused?.paused?.why, paused?.next], [
    "ada",
    "the warehouse moves",
    [],
  ]);
  const triggered = await w.one.trigger("orders", ADA);
  assert.ok(triggered.ok);
  w.end("completed");
  const resumed = await w.one.resume("orders", ADA);
  assert.deepEqual([resumed?.paused, resumed?.next[0]], [null, "2026-01-01T04:00:00.000Z"]);
  assert.deepEqual(resumed?.events.map(({ kind }) => kind), ["resumed", "triggered", "paused"]);
  await w.pass(HOUR);
  assert.equal(w.dues().at(-1), "04:00");
  assert.equal(w.runs.length, 2);
});

Deno.test("what one process began to start and did not finish is started again, as the same run", async () => {
  const w = world({});
  await w.one.tick();
  w.clock.advance(HOUR);
  w.hang = true;
  // Killed after the run was begun, before that was noted.
  w.one.tick();
  while (w.runs.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  w.end("completed");
  w.hang = false;
  const other = w.make();
  await other.tick();
  assert.equal((await other.get("orders"))?.events.length, 0, "it is still the first one's to start");
  w.clock.advance(2 * MINUTE);
  await other.tick();
  assert.deepEqual((await other.get("orders"))?.events.map(({ kind, run }) => [kind, run]), [
    ["started", "run_00000001"],
  ]);
  assert.equal(w.runs.length, 1);
});

Deno.test("a start that throws is told, and comes again", async () => {
  const w = world({});
  await w.one.tick();
  w.clock.advance(HOUR);
  w.faults.push(new Error("the store does not answer"));
  await assert.rejects(w.one.tick(), AggregateError);
  w.clock.advance(2 * MINUTE);
  await w.one.tick();
  assert.deepEqual(w.dues(), ["01:00"]);
});

Deno.test("a refused start is told with its reason", async () => {
  const w = world({});
  w.faults.push({
    code: "invalid-pipeline",
    message: "Cannot accept it",
    causes: [{ code: "x", message: "no sink" }],
  });
  await w.pass(HOUR);
  assert.deepEqual([w.kinds(), w.told[0]?.detail], [["refused"], "Cannot accept it: no sink"]);
});

Deno.test("data older than promised is told once, and once more when it is fresh again", async () => {
  const w = world({ cron: "0 0 * * *" }, 5);
  await w.pass(8 * HOUR);
  assert.deepEqual(w.kinds(), ["stale"]);
  const stale = await w.one.get("orders");
  assert.deepEqual(stale?.freshness, {
    hours: 5,
    lastSuccess: null,
    staleSince: "2026-01-01T05:01:00.000Z",
  });
  await w.one.trigger("orders", ADA);
  w.end("completed");
  await w.pass(HOUR);
  assert.deepEqual(w.kinds(), ["stale", "fresh"]);
  assert.equal((await w.one.get("orders"))?.freshness?.staleSince, null);
  await w.pass(5 * HOUR);
  assert.deepEqual(w.kinds(), ["stale", "fresh", "stale"]);
});

Deno.test("a schedule in a zone follows that zone's clock over its change", async () => {
  const w = world({ cron: "30 2 * * *", tz: "Europe/Berlin", catchup: "all" });
  w.clock.jump(Date.parse("2026-03-28T00:00Z") - w.clock.now());
  await w.one.tick();
  for (let hour = 0; hour < 72; hour++) await w.pass(HOUR, () => w.end("completed"));
  assert.deepEqual(w.runs.map(({ key }) => key.slice("schedule:orders:".length)), [
    "2026-03-28T01:30:00.000Z",
    "2026-03-29T01:00:00.000Z",
    "2026-03-30T00:30:00.000Z",
  ]);
});

Deno.test("overlap queue: what waits begins as soon as the run before it ends, not at the next minute", async () => {
  const w = world({ overlap: "queue" });
  await w.pass(3 * HOUR);
  const ends = new Map<string, () => void>();
  const lines: string[] = [];
  const ticks = scheduleTicks({
    schedules: w.one,
    settled: (run, signal) =>
      new Promise<void>((resolve, reject) => {
        ends.set(run, resolve);
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
    store: memoryStore(),
    clock: w.clock,
    cron: { every: () => {} },
    tell: (line) => lines.push(line),
  });
  await ticks.ready;
  const settle = async (run: string) => {
    w.end("completed");
    ends.get(run)?.();
    for (let n = 0; n < 200; n++) await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  assert.deepEqual([w.dues(), [...ends.keys()]], [["01:00"], ["run_00000001"]]);
  await settle("run_00000001");
  assert.deepEqual(w.dues(), ["01:00", "02:00"]);
  await settle("run_00000002");
  assert.deepEqual(w.dues(), ["01:00", "02:00", "03:00"]);
  assert.equal(ends.has("run_00000003"), false, "nothing waits for the last one");
  await ticks.stop();
  assert.equal(lines.filter((line) => line.includes("schedule.started")).length, 2);
});

Deno.test("two servers that both wait for the end of a run begin what is due once", async () => {
  const w = world({ overlap: "queue" });
  await w.pass(2 * HOUR);
  w.end("completed");
  await Promise.all([w.one.tick(), w.make().tick(), w.make().tick()]);
  assert.deepEqual(w.dues(), ["01:00", "02:00"]);
});

Deno.test("a promise of freshness without a schedule is judged, with one event a breach", async () => {
  const w = world(null, 5);
  assert.deepEqual([await w.one.list(), await w.one.next("orders", 3)], [[], null]);
  await w.pass(8 * HOUR);
  assert.deepEqual(w.kinds(), ["stale"]);
  assert.deepEqual(await w.one.freshness("orders"), [{
    pipeline: "orders",
    hours: 5,
    lastSuccess: null,
    staleSince: "2026-01-01T05:01:00.000Z",
  }]);
  w.begin();
  w.end("failed");
  await w.pass(HOUR);
  assert.deepEqual(w.kinds(), ["stale"], "a run that failed mends nothing");
  w.begin();
  w.end("completed");
  const told: string[] = [];
  await w.one.freshness("orders", ({ kind }) => told.push(kind));
  await w.one.freshness("orders", ({ kind }) => told.push(kind));
  assert.deepEqual(told, ["fresh"]);
  await w.pass(6 * HOUR);
  assert.deepEqual(w.kinds(), ["stale", "stale"]);
});

Deno.test("a schedule in a zone runs an hour that comes twice in autumn once", async () => {
  const w = world({ cron: "30 2 * * *", tz: "Europe/Berlin", catchup: "all" });
  w.clock.jump(Date.parse("2026-10-24T00:00Z") - w.clock.now());
  await w.one.tick();
  for (let hour = 0; hour < 72; hour++) await w.pass(HOUR, () => w.end("completed"));
  assert.deepEqual(w.runs.map(({ key }) => key.slice("schedule:orders:".length)), [
    "2026-10-24T00:30:00.000Z",
    "2026-10-25T00:30:00.000Z",
    "2026-10-26T01:30:00.000Z",
  ]);
});
