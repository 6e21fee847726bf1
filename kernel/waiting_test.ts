import assert from "node:assert/strict";
import type { PhaseHandler } from "./port.ts";
import { done, flow, stage, USER } from "./tests/stage.ts";

const waits: PhaseHandler = (ctx) => {
  const signal = ctx.signals.find((one) => one.name === "go");
  return Promise.resolve(
    signal === undefined
      ? { kind: "park", reason: "waits", signal: "go" }
      : { kind: "done", outcome: "ok", output: signal.payload, consumed: [signal.id] },
  );
};

// req: N2-12
Deno.test("a parked run holds no worker and goes on at its instant, not before", async () => {
  const times: number[] = [];
  const s = await stage({
    concurrency: 1,
    handlers: {
      a: (ctx) => {
        times.push(ctx.clock.now());
        return Promise.resolve(
          ctx.parks === 0
            ? { kind: "park", reason: "a nap", untilMs: ctx.clock.now() + 30_000.4 }
            : { kind: "done", outcome: "ok", output: null },
        );
      },
      b: done(),
    },
  });
  const run = await s.submit(flow({ a: { ok: "@completed" } }));
  assert.equal((await s.settled(run)).status, "parked");
  assert.equal(s.engine.metrics().active, 0);
  assert.equal((await s.play(flow({ b: { ok: "@completed" } }))).status, "completed");
  await s.becomes(run, (view) => view.status === "completed", 60_000);
  const waited = (times[1] ?? 0) - (times[0] ?? 0);
  assert.ok(waited > 30_000 && waited < 31_500, `it waited ${waited} ms`);
  await s.close();
});

Deno.test("a signal wakes the run that waits for it, and is consumed", async () => {
  const s = await stage({ handlers: { a: waits, b: waits } });
  const run = await s.submit(flow({ a: { ok: "b" }, b: { ok: "@completed" } }));
  assert.equal((await s.settled(run)).status, "parked");
  assert.ok((await s.wait(s.engine.signal(run, "other", 0, USER))).ok);
  assert.equal((await s.settled(run)).status, "parked");
  assert.ok((await s.wait(s.engine.signal(run, "go", { n: 1 }, USER))).ok);
  await s.becomes(run, (view) => view.phase === "b", 5_000);
  const view = await s.settled(run);
  assert.equal(view.status, "parked", "the first signal must not serve both");
  assert.deepEqual(view.outputs, { a: { n: 1 } });
  await s.wait(s.engine.signal(run, "go", { n: 2 }, USER));
  assert.deepEqual((await s.settled(run)).outputs, { a: { n: 1 }, b: { n: 2 } });
  await s.close();
});

// req: N2-13
Deno.test("a signal that comes before anybody waits is kept, and the same id is kept once", async () => {
  const s = await stage({
    handlers: {
      nap: (ctx) =>
        Promise.resolve(
          ctx.parks === 0
            ? { kind: "park", reason: "a nap", untilMs: ctx.clock.now() + 2_000 }
            : { kind: "done", outcome: "ok", output: null },
        ),
      a: waits,
    },
  });
  const run = await s.submit(flow({ nap: { ok: "a" }, a: { ok: "@completed" } }));
  for (let i = 0; i < 3; i++) assert.ok((await s.wait(s.engine.signal(run, "go", "early", USER, "one"))).ok);
  await s.becomes(run, (view) => view.status === "completed", 10_000);
  assert.deepEqual((await s.settled(run)).outputs.a, "early");
  assert.equal((await s.types(run)).filter((type) => type === "signal.received").length, 1);
  await s.close();
});

Deno.test("a signal that comes while the handler decides to wait for it is not slept through", async () => {
  const s = await stage({
    handlers: {
      a: async (ctx) => {
        const result = await waits(ctx);
        await ctx.clock.sleep(500);
        return result;
      },
    },
  });
  const run = await s.submit(flow({ a: { ok: "@completed" } }));
  await s.world.run(() => false, 100);
  await s.wait(s.engine.signal(run, "go", 1, USER));
  await s.becomes(run, (view) => view.status === "completed", 10_000);
  await s.close();
});

Deno.test("a signal that a handler has seen and left alone does not wake it again at once", async () => {
  let calls = 0;
  const s = await stage({
    handlers: {
      a: () => {
        calls++;
        return Promise.resolve({ kind: "park", reason: "stubborn", signal: "go" });
      },
    },
  });
  const run = await s.submit(flow({ a: { ok: "@completed" } }));
  await s.settled(run);
  await s.wait(s.engine.signal(run, "go", 1, USER));
  await s.world.run(() => false, 5_000);
  assert.equal(calls, 2);
  await s.close();
});

Deno.test("signals to a run that has ended, or that is not there, are refused", async () => {
  const s = await stage({ handlers: { a: done() } });
  const { run } = await s.play(flow({ a: { ok: "@completed" } }));
  const late = await s.wait(s.engine.signal(run, "go", 1, USER));
  assert.equal(late.ok === false && late.code, "conflict");
  const lost = await s.wait(s.engine.signal("run_00000000000", "go", 1, USER));
  assert.equal(lost.ok === false && lost.code, "not-found");
  await s.close();
});

Deno.test("what is too big for a signal is refused, not half kept", async () => {
  const s = await stage({ handlers: { a: waits } });
  const run = await s.submit(flow({ a: { ok: "@completed" } }));
  const told = await s.wait(s.engine.signal(run, "go", "x".repeat(60_000), USER, "big"));
  assert.equal(told.ok === false && told.code, "invalid");
  assert.ok((await s.wait(s.engine.signal(run, "go", "small", USER, "big"))).ok);
  assert.equal((await s.settled(run)).outputs.a, "small");
  await s.close();
});
