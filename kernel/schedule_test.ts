import assert from "node:assert/strict";
import { fakeClock } from "./clock.ts";
import { createSchedule, type Cron } from "./schedule.ts";
import { denoCron } from "./store/deno_cron.ts";
import { simulatedBackend } from "./store/simulated.ts";

/** A cron that fires when it is told to. */
function handCron() {
  const fires: { name: string; expression: string; fire: () => Promise<void>; signal: AbortSignal }[] = [];
  const cron: Cron = {
    every: (name, expression, fire, signal) => void fires.push({ name, expression, fire, signal }),
  };
  return { cron, fires };
}

const MINUTE = 60_000;

function two() {
  const backend = simulatedBackend();
  const clock = fakeClock(Date.UTC(2026, 0, 1, 6, 0, 1));
  const ran: [string, number][] = [];
  const make = (name: string) => {
    const { cron, fires } = handCron();
    const schedule = createSchedule({ store: backend.open(), clock, cron });
    schedule.add("sweep", "* * * * *", (scheduledMs) => {
      ran.push([name, scheduledMs]);
      return Promise.resolve();
    });
    return { schedule, fires };
  };
  return { clock, ran, one: make("one"), other: make("other") };
}

Deno.test("a cron that fires in two processes, or twice in one, runs the job once a minute", async () => {
  const { clock, ran, one, other } = two();
  const all = () => Promise.all([one, other, one].flatMap((p) => p.fires.map(({ fire }) => fire())));
  await all();
  assert.deepEqual(ran.map(([, at]) => at), [Date.UTC(2026, 0, 1, 6, 0)]);
  await all();
  assert.equal(ran.length, 1);
  clock.advance(MINUTE);
  await all();
  assert.deepEqual(ran.map(([, at]) => at), [Date.UTC(2026, 0, 1, 6, 0), Date.UTC(2026, 0, 1, 6, 1)]);
});

Deno.test("a minute that had its run is not run again after the clock went back", async () => {
  const { clock, ran, one, other } = two();
  assert.equal(await one.schedule.fire("sweep"), "ran");
  clock.jump(-5 * MINUTE);
  assert.equal(await other.schedule.fire("sweep"), "skipped");
  assert.equal(ran.length, 1);
});

Deno.test("jobs of different names do not stand in each other's way; one that throws is told to the cron", async () => {
  const { cron, fires } = handCron();
  const schedule = createSchedule({ store: simulatedBackend().open(), clock: fakeClock(), cron });
  schedule.add("good", "* * * * *", () => Promise.resolve());
  schedule.add("bad", "*/5 * * * *", () => Promise.reject(new Error("job failed")));
  assert.deepEqual(fires.map(({ name, expression }) => [name, expression]), [["good", "* * * * *"], [
    "bad",
    "*/5 * * * *",
  ]]);
  assert.equal(await schedule.fire("good"), "ran");
  await assert.rejects(fires[1]?.fire() ?? Promise.resolve(), /job failed/);
});

Deno.test("a job is added once under a name that cron takes, and stop ends all", async () => {
  const { cron, fires } = handCron();
  const schedule = createSchedule({ store: simulatedBackend().open(), clock: fakeClock(), cron });
  schedule.add("a", "* * * * *", () => Promise.resolve());
  assert.throws(() => schedule.add("a", "* * * * *", () => Promise.resolve()), /scheduled already/);
  assert.throws(() => schedule.add("a/b", "* * * * *", () => Promise.resolve()), /must be letters/);
  await assert.rejects(schedule.fire("none"), /no such job/);
  schedule.stop();
  assert.ok(fires.every(({ signal }) => signal.aborted));
});

Deno.test("Deno.cron carries a schedule, without retries of its own", () => {
  const abort = new AbortController();
  // Far away, and ended at once: only that Deno takes it is of interest here.
  denoCron().every("kernel test", "0 0 1 1 *", () => Promise.resolve(), abort.signal);
  assert.throws(() => denoCron().every("bad expression", "nonsense", () => Promise.resolve(), abort.signal));
  abort.abort();
});
