import assert from "node:assert/strict";
import fc from "fast-check";
import type { Store } from "../../kernel/mod.ts";
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
import type { EventBody, Tier } from "../../specs/mod.ts";
import { places } from "./places.ts";
import { compareSeries } from "./rebuild.ts";
import { addRun, countersOf, headOf, windowCounters } from "./series.ts";
import { blobs, endOf, ledgers, made, withStore } from "./testing/sample_runs.ts";

const HOUR = 3_600_000;

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

// req: N7-13
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
