import assert from "node:assert/strict";
import type { PhaseHandler, PhaseResult } from "./port.ts";
import { decision } from "./tests/program.ts";
import { done, flow, stage, USER } from "./tests/stage.ts";

const failure = (over: Partial<Extract<PhaseResult, { kind: "failed" }>["failure"]> = {}): PhaseResult => ({
  kind: "failed",
  failure: { class: "tool-error", source: "factory", retryable: true, message: "it broke", ...over },
});

const waits: PhaseHandler = (ctx) => {
  const signal = ctx.signals.find((one) => one.name === "go");
  return Promise.resolve(
    signal === undefined
      ? { kind: "park", reason: "waits", signal: "go" }
      : { kind: "done", outcome: "ok", output: signal.payload, consumed: [signal.id] },
  );
};

// req: N3-12
Deno.test("list is newest first, pages by cursor and filters by status", async () => {
  const s = await stage({
    handlers: { a: done(), b: () => Promise.resolve(failure({ retryable: false })), c: waits },
  });
  const order: string[] = [];
  for (let i = 0; i < 9; i++) {
    const name = ["a", "b", "c"][i % 3] as string;
    const { run } = await s.play(flow({ [name]: { ok: "@completed" } }));
    order.unshift(run);
  }
  const pages: string[][] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await s.wait(s.engine.list({ limit: 4, ...(cursor === undefined ? {} : { cursor }) }));
    pages.push(page.runs.map((view) => view.run));
    if (page.cursor === null) break;
    cursor = page.cursor;
  }
  assert.deepEqual(pages.map((page) => page.length), [4, 4, 1]);
  assert.deepEqual(pages.flat(), order);
  for (const [status, index] of [["completed", 0], ["failed", 1], ["parked", 2]] as const) {
    const { runs } = await s.wait(s.engine.list({ status }));
    assert.deepEqual(runs.map((view) => view.run), order.filter((_, i) => (8 - i) % 3 === index));
    const first = await s.wait(s.engine.list({ status, limit: 2 }));
    assert.equal(first.runs.length, 2);
    const second = await s.wait(s.engine.list({ status, limit: 2, cursor: first.cursor ?? "" }));
    assert.equal(second.runs.length, 1);
  }
  assert.deepEqual((await s.wait(s.engine.list({ status: "nonsense" }))).runs, []);
  await s.close();
});

Deno.test("list finds running and queued runs, page by page", async () => {
  const s = await stage({
    concurrency: 3,
    handlers: {
      a: async (ctx) => {
        await ctx.clock.sleep(100_000, ctx.abort);
        return { kind: "done", outcome: "ok", output: null };
      },
    },
  });
  const runs: string[] = [];
  for (let i = 0; i < 5; i++) runs.unshift(await s.submit(flow({ a: { ok: "@completed" } })));
  await s.world.run(() => false, 200);
  const running = await s.wait(s.engine.list({ status: "running" }));
  const queued = await s.wait(s.engine.list({ status: "queued" }));
  assert.deepEqual(running.runs.map((v) => v.run), runs.slice(2));
  assert.deepEqual(queued.runs.map((v) => v.run), runs.slice(0, 2));
  const first = await s.wait(s.engine.list({ status: "running", limit: 2 }));
  assert.deepEqual(first.runs.map((v) => v.run), runs.slice(2, 4));
  const second = await s.wait(s.engine.list({ status: "running", limit: 2, cursor: first.cursor ?? "" }));
  assert.deepEqual(second.runs.map((v) => v.run), runs.slice(4));
  for (const run of runs) await s.wait(s.engine.control(run, { action: "cancel" }, USER));
  for (const run of runs) assert.equal((await s.settled(run)).status, "cancelled");
  await s.close();
});

// req: N3-09 N3-10
Deno.test("watch gives every event once, in order, and ends with the run", async () => {
  const s = await stage({
    handlers: {
      a: async (ctx) => {
        await ctx.clock.sleep(300);
        return { kind: "done", outcome: "ok", output: null };
      },
    },
  });
  const run = await s.submit(flow({ a: { ok: "@completed" } }, { seals: true }));
  const read = async (engine = s.engine, after = 0) => {
    const seqs: number[] = [];
    for await (const event of engine.watch(run, { after })) seqs.push(event.seq);
    return seqs;
  };
  const elsewhere = s.open();
  const [whole, late, far] = await s.wait(Promise.all([read(), read(s.engine, 2), read(elsewhere.engine)]));
  const count = (await s.events(run)).length;
  assert.deepEqual(whole, Array.from({ length: count }, (_, i) => i + 1));
  assert.deepEqual(late, whole.slice(2));
  assert.deepEqual(far, whole, "a process that does not drive the run sees it too");
  assert.deepEqual(await s.wait(read(s.engine, count)), []);
  await s.close();
});

Deno.test("watch and settled end when they are told to", async () => {
  const s = await stage({ handlers: { a: waits } });
  const run = await s.submit(flow({ a: { ok: "@completed" } }));
  await s.settled(run);
  const stop = new AbortController();
  const watching = (async () => {
    for await (const _ of s.engine.watch(run, { signal: stop.signal }));
  })();
  await s.wait(s.engine.control(run, { action: "pause" }, USER));
  const settling = s.engine.settled(run, stop.signal);
  settling.catch(() => {});
  await s.world.run(() => false, 2_000);
  stop.abort(new Error("enough"));
  await s.wait(watching);
  await assert.rejects(s.wait(settling), /enough/);
  await assert.rejects(s.wait(s.engine.settled("run_00000000000")), /no such run/);
  await s.close();
});

Deno.test("a run that no engine drives any more is seen by its status, events and view after a restart", async () => {
  const s = await stage({
    handlers: { a: done({ text: "x".repeat(20_000) }), b: done({ text: "y".repeat(50_000) }) },
    judge: (input) => Promise.resolve(decision(input, "allow")),
  });
  const before = await s.play(
    flow({ a: { ok: { to: "b", gated: true } }, b: { ok: "@completed" } }, { seals: true }),
    { input: { text: "z".repeat(30_000) } },
  );
  const other = s.open();
  assert.deepEqual(await s.wait(other.engine.view(before.run)), before);
  assert.deepEqual((await s.wait(other.engine.list())).runs, [before]);
  await s.close();
});
