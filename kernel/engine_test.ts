import assert from "node:assert/strict";
import type { PhaseContext, PhaseResult } from "./port.ts";
import { done, flow, stage, USER } from "./tests/stage.ts";

const failure = (over: Partial<Extract<PhaseResult, { kind: "failed" }>["failure"]> = {}): PhaseResult => ({
  kind: "failed",
  failure: { class: "tool-error", source: "factory", retryable: true, message: "it broke", ...over },
});

Deno.test("a run goes through its phases in order and hands outputs on", async () => {
  const seen: unknown[] = [];
  const s = await stage({
    handlers: {
      a: done({ n: 1 }),
      b: (ctx) => {
        seen.push(ctx.outputs, ctx.input, ctx.visit, ctx.attempt, ctx.idempotencyKey === `${ctx.run}/b/1`);
        return Promise.resolve({ kind: "done", outcome: "ok", output: "last" });
      },
    },
  });
  const view = await s.play(flow({ a: { ok: "b" }, b: { ok: "@completed" } }), {
    input: { q: 1 },
    title: "T",
  });
  assert.equal(view.status, "completed");
  assert.equal(view.title, "T");
  assert.deepEqual(view.outputs, { a: { n: 1 }, b: "last" });
  assert.deepEqual(seen, [{ a: { n: 1 } }, { q: 1 }, 1, 1, true]);
  assert.deepEqual(await s.types(view.run), [
    "run.accepted",
    "phase.entered",
    "phase.finished",
    "phase.entered",
    "phase.finished",
    "run.ended",
  ]);
  await s.close();
});

Deno.test("submit refuses a workflow that does not compile, and one that seals where nothing seals", async () => {
  const s = await stage({ handlers: { a: done() }, seal: undefined });
  await assert.rejects(s.submit(flow({ b: { ok: "@completed" } })), /handler that is not bound/);
  await assert.rejects(s.submit(flow({ a: { ok: "@completed" } }, { seals: true })), /no seal bound/);
  await s.close();
});

Deno.test("submit refuses an input that is too big and says what to do", async () => {
  const s = await stage({ handlers: { a: done() } });
  const big = { input: { text: "x".repeat(60_000) } };
  await assert.rejects(s.submit(flow({ a: { ok: "@completed" } }), big), /blob/);
  assert.deepEqual((await s.wait(s.engine.list())).runs, []);
  await s.close();
});

Deno.test("the same idempotency key gives the same run, also when asked at once", async () => {
  const s = await stage({ handlers: { a: done() } });
  const submission = {
    workflow: flow({ a: { ok: "@completed" } }),
    input: null,
    actor: USER,
    idempotencyKey: "once",
  };
  const answers = await s.wait(Promise.all([1, 2, 3].map(() => s.engine.submit(submission))));
  answers.push(await s.wait(s.engine.submit(submission)));
  assert.equal(new Set(answers.map((a) => a.run)).size, 1);
  assert.equal(answers.filter((a) => !a.existed).length, 1);
  assert.equal((await s.wait(s.engine.list())).runs.length, 1);
  await s.close();
});

Deno.test("a step that fails is tried again after a while, and the visit keeps its idempotency key", async () => {
  const tries: { at: number; attempt: number; key: string }[] = [];
  const s = await stage({
    handlers: {
      a: (ctx) => {
        tries.push({ at: ctx.clock.now(), attempt: ctx.attempt, key: ctx.idempotencyKey });
        return Promise.resolve(tries.length < 3 ? failure() : { kind: "done", outcome: "ok", output: null });
      },
    },
  });
  const view = await s.play(flow({ a: { ok: "@completed" } }));
  assert.equal(view.status, "completed");
  assert.equal(view.failure, null);
  assert.deepEqual(tries.map((t) => t.attempt), [1, 2, 3]);
  assert.equal(new Set(tries.map((t) => t.key)).size, 1);
  assert.ok((tries[1]?.at ?? 0) - (tries[0]?.at ?? 0) >= 150, "no wait before the second try");
  assert.ok((tries[2]?.at ?? 0) - (tries[1]?.at ?? 0) >= 300, "the wait does not grow");
  await s.close();
});

Deno.test("a step that fails in all its attempts ends the run as failed, with the last failure", async () => {
  let tries = 0;
  const s = await stage({ handlers: { a: () => Promise.resolve(failure({ message: `try ${++tries}` })) } });
  const view = await s.play(flow({ a: { ok: "@completed" } }, { attempts: 2 }));
  assert.equal(view.status, "failed");
  assert.equal(view.failure?.message, "try 2");
  assert.equal(tries, 2);
  await s.close();
});

Deno.test("a failure that a retry cannot mend is not tried again", async () => {
  let tries = 0;
  const s = await stage({
    handlers: {
      a: () => {
        tries++;
        return Promise.resolve(failure({ retryable: false }));
      },
    },
  });
  assert.equal((await s.play(flow({ a: { ok: "@completed" } }))).status, "failed");
  assert.equal(tries, 1);
  await s.close();
});

Deno.test("a handler that throws has failed as unknown and is tried again", async () => {
  let tries = 0;
  const s = await stage({
    handlers: {
      a: () => {
        if (++tries === 1) throw new Error("a bug");
        return Promise.resolve({ kind: "done", outcome: "ok", output: null });
      },
    },
  });
  const view = await s.play(flow({ a: { ok: "@completed" } }));
  assert.equal(view.status, "completed");
  const failed = (await s.events(view.run)).find((e) => e.type === "phase.failed");
  assert.ok(failed?.type === "phase.failed");
  assert.equal(failed.payload.failure.class, "unknown");
  assert.equal(failed.payload.failure.message, "a bug");
  await s.close();
});

const BAD_RESULTS: [string, unknown, RegExp][] = [
  ["no result", undefined, /gave no result/],
  ["an unknown kind", { kind: "maybe" }, /gave no result/],
  [
    "an outcome that the workflow does not know",
    { kind: "done", outcome: "other", output: null },
    /does not know/,
  ],
  ["an outcome that every object has", { kind: "done", outcome: "toString", output: null }, /does not know/],
  [
    "an output that is not JSON",
    { kind: "done", outcome: "ok", output: undefined },
    /does not have its form/,
  ],
  ["an output with NaN", { kind: "done", outcome: "ok", output: { n: NaN } }, /does not have its form/],
  ["an output that is too big", { kind: "done", outcome: "ok", output: "x".repeat(60_000) }, /blob/],
  ["a failure without a record", { kind: "failed", failure: { message: "?" } }, /without a failure record/],
  ["an effect of an unbound kind", {
    kind: "done",
    outcome: "ok",
    output: null,
    effects: [{ key: "k", kind: "none", args: null }],
  }, /unbound kind/],
];

for (const [what, result, message] of BAD_RESULTS) {
  Deno.test(`a phase that gives ${what} fails, and is not tried again`, async () => {
    let tries = 0;
    const s = await stage({
      handlers: {
        a: () => {
          tries++;
          return Promise.resolve(result as PhaseResult);
        },
      },
    });
    const view = await s.play(flow({ a: { ok: "@completed" } }));
    assert.equal(view.status, "failed");
    assert.match(view.failure?.message ?? "", message);
    assert.equal(tries, 1);
    await s.close();
  });
}

// req: N2-17
Deno.test("a phase that does not end in time is told to stop and has failed by timeout", async () => {
  let aborted: unknown;
  const s = await stage({
    handlers: {
      a: (ctx) =>
        new Promise((_, reject) =>
          ctx.abort.addEventListener("abort", () => {
            aborted = ctx.abort.reason;
            reject(ctx.abort.reason);
          })
        ),
    },
  });
  const view = await s.play(flow({ a: { ok: "@completed" } }, { timeoutSeconds: 5, attempts: 1 }));
  assert.equal(view.status, "failed");
  assert.equal(view.failure?.class, "timeout");
  assert.equal((aborted as DOMException).name, "AbortError");
  await s.close();
});

Deno.test("a phase that does not listen is given up after a grace, and what it says later is ignored", async () => {
  let late: ((result: PhaseResult) => void) | undefined;
  const s = await stage({
    handlers: { a: () => new Promise<PhaseResult>((resolve) => late = resolve) },
    abortGraceMs: 1_000,
  });
  const view = await s.play(flow({ a: { ok: "@completed" } }, { timeoutSeconds: 5, attempts: 1 }));
  assert.equal(view.failure?.class, "timeout");
  late?.({ kind: "done", outcome: "ok", output: "too late" });
  await s.world.run(() => false, 5_000);
  assert.equal((await s.wait(s.engine.view(view.run)))?.status, "failed");
  await s.close();
});

Deno.test("the run's time budget shortens a phase and refuses the next one", async () => {
  const s = await stage({
    handlers: {
      a: async (ctx) => {
        await ctx.clock.sleep(900);
        return { kind: "done", outcome: "ok", output: null };
      },
      b: async (ctx) => {
        await ctx.clock.sleep(60_000, ctx.abort);
        return { kind: "done", outcome: "ok", output: null };
      },
    },
  });
  const view = await s.play(flow({ a: { ok: "b" }, b: { ok: "@completed" } }), { limits: { ms: 3_000 } });
  assert.equal(view.status, "failed");
  const failed = (await s.events(view.run)).filter((e) => e.type === "phase.failed").map((e) =>
    e.payload.failure.class
  );
  assert.deepEqual(failed, ["timeout", "resource"]);
  assert.ok((view.budget.ms?.spent ?? 0) >= 3_000);
  await s.close();
});

Deno.test("progress is in the ledger, in order, before what the step ends with", async () => {
  const s = await stage({
    handlers: {
      a: async (ctx) => {
        for (let i = 0; i < 150; i++) ctx.progress(`line ${i}`, { i });
        ctx.progress("x".repeat(5_000), { big: "y".repeat(20_000) });
        await ctx.clock.sleep(10);
        return { kind: "done", outcome: "ok", output: null };
      },
    },
  });
  const { run } = await s.play(flow({ a: { ok: "@completed" } }));
  const events = await s.events(run);
  const progress = events.filter((e) => e.type === "phase.progress");
  assert.equal(progress.length, 151);
  assert.deepEqual(
    progress.slice(0, 150).map((e) => e.payload.message),
    Array.from({ length: 150 }, (_, i) => `line ${i}`),
  );
  assert.equal(progress[150]?.payload.message.length, 2_000);
  assert.equal(progress[150]?.payload.data, undefined);
  assert.equal(events.at(-2)?.type, "phase.finished");
  await s.close();
});

Deno.test("progress of a long step is seen while it goes on", async () => {
  const s = await stage({
    handlers: {
      a: async (ctx) => {
        ctx.progress("begun");
        await ctx.clock.sleep(30_000);
        return { kind: "done", outcome: "ok", output: null };
      },
    },
  });
  const run = await s.submit(flow({ a: { ok: "@completed" } }));
  await s.becomes(run, (_, events) => events.some((one) => one.type === "phase.progress"), 5_000);
  assert.equal((await s.wait(s.engine.view(run)))?.status, "running");
  await s.close();
});

Deno.test("a context that outlived its step can do nothing any more", async () => {
  let kept: PhaseContext | undefined;
  const s = await stage({
    handlers: {
      a: (ctx) => {
        kept = ctx;
        return Promise.resolve({ kind: "done", outcome: "ok", output: null });
      },
    },
  });
  const { run } = await s.play(flow({ a: { ok: "@completed" } }), { limits: { tokens: 10 } });
  kept?.progress("from beyond");
  await assert.rejects(kept?.budget.reserve("tokens", 1) ?? Promise.resolve(), /the step is over/);
  assert.ok(!(await s.types(run)).includes("phase.progress"));
  await s.close();
});

// req: N2-16
Deno.test("a transition may be taken as often as its budget says, then the run has failed", async () => {
  let visits = 0;
  const s = await stage({
    handlers: {
      a: (ctx) => {
        visits = ctx.visit;
        return Promise.resolve({ kind: "done", outcome: "again", output: ctx.visit });
      },
    },
  });
  const view = await s.play(flow({ a: { again: { to: "a", budget: 3 }, ok: "@completed" } }));
  assert.equal(view.status, "failed");
  assert.equal(view.failure?.class, "resource");
  assert.equal(visits, 4);
  assert.equal(view.visits.a, 4);
  await s.close();
});

Deno.test("more runs than places wait their turn, and all are done", async () => {
  let now = 0;
  let most = 0;
  const s = await stage({
    concurrency: 3,
    handlers: {
      a: async (ctx) => {
        most = Math.max(most, ++now);
        await ctx.clock.sleep(50);
        now--;
        return { kind: "done", outcome: "ok", output: null };
      },
    },
  });
  const workflow = flow({ a: { ok: "@completed" } });
  const runs = await s.wait(
    Promise.all(Array.from({ length: 20 }, () => s.engine.submit({ workflow, input: null, actor: USER }))),
  );
  const began = s.world.clock.steady();
  for (const { run } of runs) assert.equal((await s.settled(run)).status, "completed");
  assert.equal(most, 3);
  assert.ok(s.world.clock.steady() - began < 2_000, "places stood empty while runs waited");
  await s.close();
});

Deno.test("runs that were submitted before the start are driven after it", async () => {
  const s = await stage({ handlers: { a: done() }, start: false });
  const run = await s.submit(flow({ a: { ok: "@completed" } }));
  assert.equal((await s.wait(s.engine.view(run)))?.status, "queued");
  await s.wait(s.engine.start());
  assert.equal((await s.settled(run)).status, "completed");
  await s.close();
});

// req: N8-12
Deno.test("stop lets the step in flight finish and leaves the rest to the next start", async () => {
  const s = await stage({
    handlers: {
      a: async (ctx) => {
        await ctx.clock.sleep(500);
        return { kind: "done", outcome: "ok", output: null };
      },
      b: done(),
    },
  });
  const run = await s.submit(flow({ a: { ok: "b" }, b: { ok: "@completed" } }));
  await s.world.run(() => false, 100);
  await s.wait(s.engine.stop(5_000));
  const types = await s.types(run);
  assert.deepEqual(types.slice(2), ["phase.finished", "phase.entered"]);
  const other = s.open();
  await s.wait(other.engine.start());
  assert.equal((await s.wait(other.engine.settled(run))).status, "completed");
  assert.ok(!(await s.types(run)).includes("phase.failed"));
  await s.wait(other.engine.stop());
});

Deno.test("stop aborts a step that outlasts the grace, and the step counts as not tried", async () => {
  let starts = 0;
  const s = await stage({
    handlers: {
      a: async (ctx) => {
        if (++starts === 1) await ctx.clock.sleep(500_000, ctx.abort);
        return { kind: "done", outcome: "ok", output: ctx.attempt };
      },
    },
  });
  const run = await s.submit(flow({ a: { ok: "@completed" } }));
  await s.world.run(() => false, 100);
  await s.wait(s.engine.stop(200), 10_000);
  const other = s.open();
  await s.wait(other.engine.start());
  const view = await s.wait(other.engine.settled(run), 3_000);
  assert.equal(view.status, "completed");
  assert.equal(view.outputs.a, 1);
  await s.wait(other.engine.stop());
});

Deno.test("a run whose handler is not bound here is left to a worker that has it", async () => {
  const s = await stage({ handlers: { a: done() }, start: false });
  const both = s.open({ handlers: { a: done(), b: done() } });
  const submitted = await s.wait(
    both.engine.submit({
      workflow: flow({ a: { ok: "b" }, b: { ok: "@completed" } }),
      input: null,
      actor: USER,
    }),
  );
  await s.wait(s.engine.start());
  await s.world.run(() => false, 12_000);
  const stuck = await s.wait(s.engine.view(submitted.run));
  assert.equal(stuck?.status, "running");
  assert.equal(stuck?.phase, "b");
  await s.wait(both.engine.start());
  assert.equal((await s.wait(both.engine.settled(submitted.run), 20_000)).status, "completed");
  await s.close();
  await s.wait(both.engine.stop());
});
