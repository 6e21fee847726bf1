import assert from "node:assert/strict";
import { fakeClock, randomIds, type Store } from "../../kernel/mod.ts";
import { decided, ended, T0, verdict } from "../../policies/testing/mod.ts";
import type { EventBody, Tier } from "../../specs/mod.ts";
import { createFleet } from "./fleet.ts";
import { places } from "./places.ts";
import { blobs, made, withFleet } from "./testing/sample_runs.ts";

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
