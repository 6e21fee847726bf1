import assert from "node:assert/strict";
import type { Json } from "../specs/mod.ts";
import type { EffectHandler } from "./port.ts";
import { decision } from "./tests/program.ts";
import { done, flow, stage, USER } from "./tests/stage.ts";

const effect = (key: string, args: Json = null) => ({ key, kind: "row", args });
const once = flow({ a: { ok: { to: "@completed", gated: true } } }, { seals: true });

/** The other side: rows by key, with what was asked of it. */
function table(fail: { look?: number; act?: number; lost?: number } = {}) {
  const rows = new Map<string, Json>();
  const asked: string[] = [];
  const row: EffectHandler = {
    look(key) {
      asked.push(`look ${key}`);
      if ((fail.look ?? 0) > 0) {
        fail.look = (fail.look ?? 0) - 1;
        return Promise.reject(new Error("cannot look"));
      }
      return Promise.resolve(
        rows.has(key) ? { found: true, outcome: rows.get(key) ?? null } : { found: false },
      );
    },
    act(key, args) {
      asked.push(`act ${key}`);
      if ((fail.act ?? 0) > 0) {
        fail.act = (fail.act ?? 0) - 1;
        return Promise.reject(new Error("cannot act"));
      }
      rows.set(key, { args });
      if ((fail.lost ?? 0) > 0) {
        fail.lost = (fail.lost ?? 0) - 1;
        return Promise.reject(new Error("the answer got lost"));
      }
      return Promise.resolve({ args });
    },
  };
  return { rows, asked, row };
}

// req: N2-06
Deno.test("effects are intended with the decision, done in order, recorded, and only then the run ends", async () => {
  const { rows, asked, row } = table();
  let durable: string[] = [];
  const s = await stage({
    handlers: { a: done(null, "ok", [effect("one", 1), effect("two", 2)]) },
    effects: {
      row: {
        look: row.look,
        act: async (key, args, run, abort) => {
          const head = (await s.world.observer.get(["kernel", "run", run]))?.value;
          durable = head instanceof Uint8Array ? new TextDecoder().decode(head).split("\n") : [];
          return await row.act(key, args, run, abort);
        },
      },
    },
  });
  const view = await s.play(once);
  assert.equal(view.status, "completed");
  assert.deepEqual(asked, ["look one", "act one", "look two", "act two"]);
  assert.deepEqual(view.effects, { one: { args: 1 }, two: { args: 2 } });
  assert.equal(rows.size, 2);
  assert.ok(
    durable.some((line) => line.includes('"effect.intended"')),
    "it acted before the intent was durable",
  );
  assert.deepEqual((await s.types(view.run)).slice(2), [
    "phase.finished",
    "transition.decided",
    "effect.intended",
    "effect.intended",
    "effect.done",
    "effect.done",
    "run.ended",
    "evidence.sealed",
  ]);
  await s.close();
});

Deno.test("an effect that is there already is recorded as found and not done again", async () => {
  const { rows, asked, row } = table();
  rows.set("one", "before");
  const s = await stage({ handlers: { a: done(null, "ok", [effect("one")]) }, effects: { row } });
  const view = await s.play(once);
  assert.deepEqual(view.effects, { one: "before" });
  assert.deepEqual(asked, ["look one"]);
  const event = (await s.events(view.run)).find((e) => e.type === "effect.done");
  assert.ok(event?.type === "effect.done" && event.payload.found);
  await s.close();
});

Deno.test("an effect whose answer got lost is looked for before it is tried again", async () => {
  const { asked, row } = table({ lost: 1 });
  const s = await stage({ handlers: { a: done(null, "ok", [effect("one")]) }, effects: { row } });
  assert.equal((await s.play(once)).status, "completed");
  assert.deepEqual(asked, ["look one", "act one", "look one"]);
  await s.close();
});

Deno.test("an effect that fails is tried again after a while", async () => {
  const { asked, row } = table({ look: 1, act: 2 });
  const s = await stage({ handlers: { a: done(null, "ok", [effect("one")]) }, effects: { row } });
  const view = await s.play(once);
  assert.equal(view.status, "completed");
  assert.equal(asked.filter((ask) => ask.startsWith("act")).length, 3);
  assert.ok(s.world.clock.steady() > 2_000, "the tries did not wait");
  await s.close();
});

Deno.test("an effect that keeps failing fails the run, and those after it are not begun; a retry does the phase again", async () => {
  const fail = { act: 3 };
  const { asked, row, rows } = table(fail);
  const s = await stage({
    handlers: { a: done(null, "ok", [effect("one"), effect("two")]) },
    effects: { row },
    effectAttempts: 3,
  });
  const run = await s.submit(once);
  const view = await s.settled(run);
  assert.equal(view.status, "failed");
  assert.equal(view.failure?.class, "external");
  assert.equal(view.evidence?.status, "failed");
  assert.ok(!asked.includes("look two"));
  await s.wait(s.engine.control(run, { action: "retry" }, USER));
  const again = await s.settled(run);
  assert.equal(again.status, "completed");
  assert.deepEqual([...rows.keys()], ["one", "two"]);
  await s.close();
});

Deno.test("an effect's own failure record decides whether it is tried again", async () => {
  const failure = {
    class: "policy",
    source: "provider",
    retryable: false,
    message: "the branch is protected",
    remedy: "ask its owner",
  };
  let acts = 0;
  const s = await stage({
    handlers: { a: done(null, "ok", [effect("one")]) },
    effects: {
      row: {
        look: () => Promise.resolve({ found: false }),
        act: () => {
          acts++;
          return Promise.reject(Object.assign(new Error("x"), { failure }));
        },
      },
    },
  });
  const view = await s.play(once);
  assert.equal(acts, 1);
  assert.deepEqual(view.failure, failure);
  await s.close();
});

Deno.test("an effect that says until when nothing is to be asked is not tried before", async () => {
  const tried: number[] = [];
  const until = { ms: 0 };
  const s = await stage({
    handlers: { a: done(null, "ok", [effect("one")]) },
    effects: {
      row: {
        look: () => Promise.resolve({ found: false }),
        act: () => {
          const nowMs = s.world.clock.now();
          tried.push(nowMs);
          if (tried.length > 1) return Promise.resolve(null);
          until.ms = nowMs + 1_800_000;
          return Promise.reject(Object.assign(new Error("rate limit"), { untilMs: until.ms }));
        },
      },
    },
  });
  const run = await s.submit(once);
  const waiting = await s.settled(run);
  assert.deepEqual([waiting.status, waiting.failure?.message], ["parked", "rate limit"]);
  await s.becomes(run, ({ status }) => status === "completed", 3_600_000);
  assert.equal(tried.length, 2);
  assert.ok((tried[1] ?? 0) >= until.ms, "it was asked again too early");
  await s.close();
});

Deno.test("the same key never acts twice in a run, whoever asks for it", async () => {
  const { asked, row } = table();
  const s = await stage({
    handlers: { a: done(null, "ok", [effect("one"), effect("one")]), b: done(null, "ok", [effect("one")]) },
    effects: { row },
  });
  const view = await s.play(flow({ a: { ok: "b" }, b: { ok: "@completed" } }));
  assert.equal(view.status, "completed");
  assert.deepEqual(asked, ["look one", "act one"]);
  assert.equal((await s.types(view.run)).filter((type) => type === "effect.intended").length, 1);
  await s.close();
});

Deno.test("an outcome that is no JSON or too big cannot undo what has happened", async () => {
  const outcomes: unknown[] = [undefined, new Date(0), { text: "x".repeat(70_000) }];
  for (const outcome of outcomes) {
    const s = await stage({
      handlers: { a: done(null, "ok", [effect("one")]) },
      effects: {
        row: { look: () => Promise.resolve({ found: false }), act: () => Promise.resolve(outcome as Json) },
      },
    });
    const view = await s.play(once);
    assert.equal(view.status, "completed");
    assert.ok(Object.hasOwn(view.effects, "one"));
    await s.close();
  }
});

Deno.test("a run that is cancelled between effects settles what was intended, once, and ends", async () => {
  const { rows, row } = table();
  const s = await stage({
    handlers: { a: done(null, "ok", [effect("one"), effect("two")]) },
    effects: {
      row: {
        look: row.look,
        act: async (key, args, run, abort) => {
          const outcome = await row.act(key, args, run, abort);
          await s.world.clock.sleep(1_000);
          return outcome;
        },
      },
    },
  });
  const run = await s.submit(once);
  await s.world.run(() => rows.has("one"), 5_000);
  await s.wait(s.engine.control(run, { action: "cancel" }, USER));
  const view = await s.settled(run);
  assert.equal(view.status, "cancelled");
  assert.deepEqual(view.effects, { one: { args: null }, two: { args: null } });
  await s.close();
});

Deno.test("a run that is cancelled while an effect keeps failing does not wait for it", async () => {
  const { row } = table({ act: 1_000 });
  const s = await stage({
    handlers: { a: done(null, "ok", [effect("one")]) },
    effects: { row },
    effectAttempts: 100,
  });
  const run = await s.submit(once);
  await s.becomes(run, (_, events) => events.filter((e) => e.type === "effect.failed").length === 4);
  const at = s.world.clock.steady();
  await s.wait(s.engine.control(run, { action: "cancel" }, USER));
  const view = await s.settled(run);
  assert.equal(view.status, "cancelled");
  assert.ok(s.world.clock.steady() - at < 1_000);
  await s.close();
});

Deno.test("an effect of an unbound kind after a deploy fails the run instead of being skipped", async () => {
  const s = await stage({
    handlers: { a: done(null, "ok", [effect("one")]) },
    effects: { row: { look: () => new Promise(() => {}), act: () => new Promise(() => {}) } },
    judge: (input) => Promise.resolve(decision(input, "allow")),
  });
  const run = await s.submit(once);
  await s.becomes(run, (_, events) => events.some((e) => e.type === "effect.intended"));
  s.process.kill();
  const other = s.open({ effects: {} });
  await s.wait(other.engine.start());
  const view = await s.wait(other.engine.settled(run));
  assert.equal(view.status, "failed");
  assert.match(view.failure?.message ?? "", /no effect of kind row/);
  await s.wait(other.engine.stop());
});
