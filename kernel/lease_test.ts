import assert from "node:assert/strict";
import { keys } from "./keys.ts";
import type { PhaseHandler } from "./port.ts";
import { done, flow, stage, USER } from "./tests/stage.ts";

const one = flow({ a: { ok: "@completed" } });
const sealed = flow({ a: { ok: "@completed" } }, { seals: true });

/** A handler that takes a while, and tells of its starts. */
function slow(ms: number, starts: string[], name = "w"): PhaseHandler {
  return async (ctx) => {
    starts.push(name);
    await ctx.clock.sleep(ms, ctx.abort);
    return { kind: "done", outcome: "ok", output: name };
  };
}

// The queue of Deno KV delivers again what runs longer than about a minute.
Deno.test("a handler that runs for minutes is not started again while its lease is renewed", async () => {
  const starts: string[] = [];
  const s = await stage({ handlers: { a: slow(200_000, starts) } });
  const other = s.open();
  await s.wait(other.engine.start());
  const run = await s.submit(flow({ a: { ok: "@completed" } }, { timeoutSeconds: 600 }));
  const view = await s.settled(run);
  assert.equal(view.status, "completed");
  assert.deepEqual(starts, ["w"]);
  assert.ok(s.world.clock.steady() >= 200_000);
  await s.close();
  await s.wait(other.engine.stop());
});

// req: N2-09
Deno.test("the runs of a worker that is known to be dead are taken over at the next start, without waiting", async () => {
  const starts: string[] = [];
  const s = await stage({ handlers: { a: slow(60_000, starts) } });
  const runs = [await s.submit(one), await s.submit(one)];
  await s.world.run(() => starts.length === 2, 1_000);
  s.process.kill();
  const heir = s.open({ handlers: { a: done("heir") } });
  const began = s.world.clock.steady();
  await s.wait(heir.engine.start());
  for (const run of runs) assert.equal((await s.wait(heir.engine.settled(run))).outputs.a, "heir");
  assert.ok(s.world.clock.steady() - began < 500);
  assert.equal(heir.engine.metrics().crashedClaims, 2);
  await s.wait(heir.engine.stop());
});

Deno.test("the runs of a worker that may be alive are left until their lease has run out", async () => {
  const starts: string[] = [];
  const s = await stage({ handlers: { a: slow(60_000, starts) } });
  const run = await s.submit(one);
  await s.world.run(() => starts.length === 1, 1_000);
  s.process.kill();
  // Nobody can tell that it is dead.
  const heir = s.open({ handlers: { a: done("heir") }, isOwnerGone: () => Promise.resolve(false) });
  const began = s.world.clock.steady();
  await s.wait(heir.engine.start());
  assert.equal((await s.wait(heir.engine.settled(run))).status, "completed");
  const waited = s.world.clock.steady() - began;
  assert.ok(waited > 2_000 && waited < 6_000, `it waited ${waited} ms`);
  await s.wait(heir.engine.stop());
});

Deno.test("without a way to know the dead, leases run out by themselves", async () => {
  const starts: string[] = [];
  const s = await stage({ handlers: { a: slow(60_000, starts) } });
  const run = await s.submit(one);
  await s.world.run(() => starts.length === 1, 1_000);
  s.process.kill();
  const heir = s.open({ handlers: { a: done("heir") }, isOwnerGone: undefined });
  await s.wait(heir.engine.start());
  assert.equal((await s.wait(heir.engine.settled(run), 6_000)).status, "completed");
  await s.wait(heir.engine.stop());
});

// req: N2-10
Deno.test("a worker that loses its lease stops its handler and commits nothing", async () => {
  let stopped = "";
  const s = await stage({
    handlers: {
      a: (ctx) =>
        new Promise((_, reject) =>
          ctx.abort.addEventListener("abort", () => {
            stopped = String(ctx.abort.reason.message);
            reject(ctx.abort.reason);
          })
        ),
    },
  });
  const run = await s.submit(one);
  await s.world.run(() => false, 1_500);
  // Somebody takes the run away, as a worker does that finds the lease expired.
  const [entry] = await s.world.observer.list({ prefix: keys.queued }, 1);
  assert.ok(entry);
  await s.world.observer.commit({ deletes: [entry.key] });
  const events = await s.events(run);
  await s.world.run(() => stopped !== "", 3_000);
  assert.match(stopped, /lost/);
  await s.world.run(() => false, 3_000);
  assert.deepEqual(await s.events(run), events);
  assert.equal(s.engine.metrics().leasesLost, 1);
  assert.equal(s.engine.metrics().active, 0);
});

Deno.test("expiry is read from the key's own instant: an entry that the store keeps for ever is still due", async () => {
  const s = await stage({ handlers: { a: done() }, start: false });
  const run = await s.submit(one);
  await s.world.run(() => false, 500_000);
  await s.wait(s.engine.start());
  assert.equal((await s.settled(run)).status, "completed");
  await s.close();
});

Deno.test("a run that takes down every worker that touches it becomes a dead letter, visibly failed and sealed", async () => {
  const s = await stage({ handlers: { a: done() }, start: false });
  const run = await s.submit(sealed);
  const good = await s.submit(sealed);
  let deaths = 0;
  for (; deaths < 10; deaths++) {
    const victim = s.open({
      maxCrashes: 4,
      handlers: {
        a: (ctx) => {
          if (ctx.run !== run) return Promise.resolve({ kind: "done", outcome: "ok", output: null });
          victim.kill();
          return new Promise(() => {});
        },
      },
    });
    await s.wait(victim.engine.start()).catch(() => {});
    if (!(await s.world.run(() => victim.isDead(), 3_000))) {
      const view = await s.wait(victim.engine.settled(run));
      assert.equal(view.status, "failed");
      assert.match(view.failure?.message ?? "", /went away 5 times/);
      assert.equal(view.evidence?.status, "failed");
      assert.equal((await s.wait(victim.engine.settled(good))).status, "completed");
      const dead = await s.world.observer.get(keys.dead(run));
      assert.equal((dead?.value as { crashes: number }).crashes, 5);
      assert.equal(victim.engine.metrics().deadLetters, 1);
      assert.ok((await s.wait(victim.engine.control(run, { action: "retry" }, USER))).ok);
      await s.wait(victim.engine.control(run, { action: "cancel" }, USER)).catch(() => {});
      break;
    }
  }
  assert.equal(deaths, 5);
});

Deno.test("a step that is committed in between starts the count of crashes anew", async () => {
  const phases = Object.fromEntries(
    Array.from({ length: 6 }, (_, i) => [`p${i}`, { ok: i < 5 ? `p${i + 1}` : "@completed" }]),
  );
  const crashed = new Set<string>();
  const s = await stage({
    handlers: Object.fromEntries(Object.keys(phases).map((name) => [name, done()])),
    start: false,
  });
  const run = await s.submit(flow(phases));
  for (let life = 0; life < 8; life++) {
    const worker = s.open({
      maxCrashes: 1,
      handlers: Object.fromEntries(
        Object.keys(phases).map((name): [string, PhaseHandler] => [name, () => {
          if (crashed.has(name)) return Promise.resolve({ kind: "done", outcome: "ok", output: null });
          crashed.add(name);
          worker.kill();
          return new Promise(() => {});
        }]),
      ),
    });
    await s.wait(worker.engine.start()).catch(() => {});
    if (!(await s.world.run(() => worker.isDead(), 3_000))) break;
  }
  assert.equal((await s.settled(run)).status, "completed");
  assert.equal(crashed.size, 6);
});

Deno.test("a run that cannot be driven for a bug of the kernel's surroundings is not tried for ever", async () => {
  const s = await stage({
    handlers: { a: done() },
    maxCrashes: 3,
    // Something the engine does not expect: blobs, clocks and ids are ports too.
    failureTable: {} as never,
    start: false,
  });
  const bad = s.open({
    maxCrashes: 3,
    failureTable: {} as never,
    handlers: { a: () => Promise.reject(new Error("x")) },
  });
  await s.wait(bad.engine.start());
  const accepted = await s.wait(bad.engine.submit({ workflow: one, input: null, actor: USER }));
  const view = await s.wait(bad.engine.settled(accepted.run));
  assert.equal(view.status, "failed");
  assert.match(view.failure?.message ?? "", /went away 4 times/);
  assert.ok(s.world.errors.length >= 4);
  await s.wait(bad.engine.stop());
});

Deno.test("a clock that is set back leaves no run waiting for the old time", async () => {
  const starts: string[] = [];
  const s = await stage({ handlers: { a: slow(30_000, starts), b: done("b") }, concurrency: 1 });
  const long = await s.submit(one);
  const queued = await s.submit(flow({ b: { ok: "@completed" } }));
  await s.world.run(() => starts.length === 1, 1_000);
  s.world.clock.jump(-3_600_000);
  const began = s.world.clock.steady();
  assert.equal((await s.settled(long)).status, "completed");
  assert.equal((await s.settled(queued)).status, "completed");
  assert.deepEqual(starts, ["w"]);
  assert.ok(s.world.clock.steady() - began < 35_000);
  await s.close();
});

Deno.test("a lease from before the clock was set back does not hold a run for the time it was set back by", async () => {
  const s = await stage({ handlers: { a: () => new Promise(() => {}) } });
  const run = await s.submit(one);
  await s.world.run(() => false, 500);
  s.process.kill();
  s.world.clock.jump(-3_600_000);
  const heir = s.open({ handlers: { a: done("heir") }, isOwnerGone: () => Promise.resolve(false) });
  await s.wait(heir.engine.start());
  assert.equal((await s.wait(heir.engine.settled(run), 10_000)).status, "completed");
  await s.wait(heir.engine.stop());
});

Deno.test("options that make no sense are refused at once", async () => {
  for (
    const wrong of [{ leaseMs: 5_000 }, { leaseMs: 0 }, { concurrency: 0 }, { sweepMs: NaN }, {
      sealAttempts: -1,
    }]
  ) {
    await assert.rejects(() => stage({ ...wrong, start: false }), /^RangeError: Cannot create an engine/);
  }
});
