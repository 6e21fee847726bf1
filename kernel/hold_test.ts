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

/** A stage whose engine is held once an effect was looked for. */
async function heldEffect(found: () => boolean) {
  const acted: string[] = [];
  const gate: { held: string | null; over: boolean } = { held: null, over: false };
  const s = await stage({
    hold: () => Promise.resolve(gate.held),
    handlers: { a: done(null, "ok", [{ key: "k", kind: "e", args: null }]) },
    effects: {
      e: {
        look: () => {
          if (!gate.over) gate.held = "stop";
          return Promise.resolve(found() ? { found: true, outcome: 1 } : { found: false });
        },
        act: (key) => {
          acted.push(key);
          return Promise.resolve(null);
        },
      },
    },
  });
  const run = await s.submit(
    flow({ a: { ok: { to: "@completed", gated: true, denied: "@denied" } } }, { seals: true }),
  );
  return { s, run, acted, gate };
}

// req: N7-14
Deno.test("an effect that was decided before does not act while the run is held, and acts once afterwards", async () => {
  const { s, run, acted, gate } = await heldEffect(() => false);
  await s.becomes(run, (view) => view.status === "paused");
  assert.deepEqual(acted, []);
  gate.over = true;
  gate.held = null;
  assert.ok((await s.wait(s.engine.control(run, { action: "resume" }, USER))).ok);
  assert.equal((await s.settled(run)).status, "completed");
  assert.deepEqual(acted, ["k"]);
  await s.close();
});

Deno.test("an effect that is found done is recorded, held or not", async () => {
  const { s, run, acted } = await heldEffect(() => true);
  assert.equal((await s.settled(run)).status, "completed");
  assert.deepEqual(acted, []);
  await s.close();
});

Deno.test("a run that is cancelled while its effect is held ends without the effect", async () => {
  const { s, run, acted } = await heldEffect(() => false);
  await s.becomes(run, (view) => view.status === "paused");
  assert.ok((await s.wait(s.engine.control(run, { action: "cancel" }, USER))).ok);
  assert.equal((await s.settled(run)).status, "cancelled");
  assert.deepEqual(acted, []);
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
