import assert from "node:assert/strict";
import { decision } from "./tests/program.ts";
import { done, flow, stage, USER } from "./tests/stage.ts";

const ways = flow(
  { a: { ok: { to: "b", gated: true, denied: "@denied" } }, b: { ok: "@completed" } },
  { seals: true },
);

Deno.test("a run that is held before it begins is paused with the reason, and goes on when resumed", async () => {
  let held: string | null = "not today";
  const s = await stage({ hold: () => Promise.resolve(held), handlers: { a: done(), b: done() } });
  const run = await s.submit(ways);
  await s.becomes(run, (view) => view.status === "paused");
  assert.deepEqual(await s.types(run), ["run.accepted", "phase.entered", "run.paused"]);
  const paused = (await s.events(run)).find((event) => event.type === "run.paused");
  assert.equal(paused?.type === "run.paused" && paused.payload.why, "not today");
  assert.equal(s.engine.metrics().active, 0);
  held = null;
  assert.ok((await s.wait(s.engine.control(run, { action: "resume" }, USER))).ok);
  assert.equal((await s.settled(run)).status, "completed");
  await s.close();
});

Deno.test("a run that is held at work pauses at the next boundary: the step's work is kept, nothing is judged until it goes on", async () => {
  let held: string | null = null;
  let judged = 0;
  let begun = 0;
  const s = await stage({
    hold: () => Promise.resolve(held),
    judge: (input) => {
      judged++;
      return Promise.resolve(decision(input, "allow"));
    },
    handlers: {
      a: async (ctx) => {
        begun++;
        held = "stop";
        await ctx.clock.sleep(1_000, ctx.abort);
        return { kind: "done", outcome: "ok", output: 7 };
      },
      b: done(),
    },
  });
  const run = await s.submit(ways);
  await s.becomes(run, (view) => view.status === "paused");
  assert.equal(judged, 0);
  assert.deepEqual((await s.wait(s.engine.view(run)))?.outputs, { a: 7 });
  held = null;
  assert.ok((await s.wait(s.engine.control(run, { action: "resume" }, USER))).ok);
  assert.equal((await s.settled(run)).status, "completed");
  assert.equal(judged, 1);
  assert.equal(begun, 1);
  await s.close();
});

Deno.test("a run that somebody resumes while it is still held is paused again", async () => {
  const s = await stage({ hold: () => Promise.resolve("no"), handlers: { a: done(), b: done() } });
  const run = await s.submit(ways);
  await s.becomes(run, (view) => view.status === "paused");
  assert.ok((await s.wait(s.engine.control(run, { action: "resume" }, USER))).ok);
  await s.becomes(
    run,
    (view, events) =>
      view.status === "paused" && events.filter(({ type }) => type === "run.paused").length === 2,
  );
  await s.close();
});

Deno.test("what was decided before is carried out: an effect is not left undone, and the end is sealed", async () => {
  let held: string | null = null;
  const acted: string[] = [];
  const s = await stage({
    hold: () => Promise.resolve(held),
    handlers: { a: done(null, "ok", [{ key: "k", kind: "e", args: null }]) },
    effects: {
      e: {
        look: () => {
          held = "stop";
          return Promise.resolve({ found: false });
        },
        act: (key) => {
          acted.push(key);
          return Promise.resolve(null);
        },
      },
    },
  });
  const view = await s.play(
    flow({ a: { ok: { to: "@completed", gated: true, denied: "@denied" } } }, { seals: true }),
  );
  assert.equal(view.status, "completed");
  assert.deepEqual(acted, ["k"]);
  await s.close();
});

Deno.test("a run that is held can be cancelled", async () => {
  const s = await stage({ hold: () => Promise.resolve("no"), handlers: { a: done(), b: done() } });
  const run = await s.submit(ways);
  await s.becomes(run, (view) => view.status === "paused");
  assert.ok((await s.wait(s.engine.control(run, { action: "cancel" }, USER))).ok);
  assert.equal((await s.settled(run)).status, "cancelled");
  await s.close();
});
