import assert from "node:assert/strict";
import type { EngineOptions, PhaseHandler } from "./port.ts";
import { decision } from "./tests/program.ts";
import { done, flow, stage, USER } from "./tests/stage.ts";

const sealed = flow({ a: { ok: { to: "@completed", gated: true } } }, { seals: true });
type Seal = NonNullable<EngineOptions["seal"]>;

const failing: PhaseHandler = () =>
  Promise.resolve({
    kind: "failed",
    failure: { class: "unknown", source: "factory", retryable: false, message: "x" },
  });

for (const status of ["completed", "denied", "failed", "cancelled", "escalated"] as const) {
  // req: N3-08
  Deno.test(`evidence of a run that is ${status} is sealed before anybody is told`, async () => {
    const calls: [string, string, number][] = [];
    const seal: Seal = async (view, given) => {
      await s.world.clock.sleep(700);
      calls.push([view.status, given, view.head.seq]);
      return { id: "ev_1", digest: "sha256:1", path: "/e" };
    };
    const s = await stage({
      handlers: {
        a: status === "failed" ? failing : status === "cancelled" ? () => new Promise(() => {}) : done(),
      },
      judge: (input) =>
        Promise.resolve(
          decision(input, status === "denied" ? "deny" : status === "escalated" ? "escalate" : "allow"),
        ),
      seal,
      abortGraceMs: 10,
    });
    const run = await s.submit(sealed);
    if (status === "cancelled") await s.wait(s.engine.control(run, { action: "cancel" }, USER));
    const view = await s.settled(run);
    assert.equal(view.status, status);
    assert.deepEqual(view.evidence, { id: "ev_1", digest: "sha256:1", path: "/e", status });
    const events = await s.events(run);
    assert.equal(events.at(-1)?.type, "evidence.sealed");
    assert.deepEqual(
      calls,
      [[status, status, events.length - 1]],
      "the seal is over another head than the end",
    );
    await s.close();
  });
}

Deno.test("a parked run is not sealed", async () => {
  const s = await stage({
    handlers: { a: () => Promise.resolve({ kind: "park", reason: "r", signal: "go" }) },
    seal: () => assert.fail("sealed"),
  });
  const view = await s.play(sealed);
  assert.equal(view.status, "parked");
  assert.equal(view.evidence, null);
  await s.close();
});

Deno.test("sealing that fails is tried again", async () => {
  let tries = 0;
  const s = await stage({
    handlers: { a: done() },
    seal: (view) =>
      ++tries < 3
        ? Promise.reject(new Error("disk full"))
        : Promise.resolve({ id: "ev_1", digest: `sha256:${view.head.seq}`, path: "/e" }),
  });
  const view = await s.play(sealed);
  assert.equal(view.status, "completed");
  assert.equal(view.failure, null);
  assert.equal(view.evidence?.id, "ev_1");
  assert.equal(tries, 3);
  await s.close();
});

Deno.test("a run whose sealing keeps failing is failed, listed, and sealed by a retry", async () => {
  let full = true;
  const s = await stage({
    handlers: { a: done() },
    seal: () =>
      full
        ? Promise.reject(new Error("disk full"))
        : Promise.resolve({ id: "ev_1", digest: "sha256:1", path: "/e" }),
    sealAttempts: 3,
  });
  const run = await s.submit(sealed);
  const view = await s.settled(run);
  assert.equal(view.status, "failed");
  assert.match(view.failure?.message ?? "", /Cannot seal the evidence of this completed run: disk full/);
  assert.equal(view.evidence, null);
  assert.deepEqual((await s.wait(s.engine.list({ status: "failed" }))).runs.map((one) => one.run), [run]);
  assert.deepEqual((await s.wait(s.engine.list({ status: "completed" }))).runs, []);
  full = false;
  assert.ok((await s.wait(s.engine.control(run, { action: "retry" }, USER))).ok);
  const after = await s.settled(run);
  assert.equal(after.status, "completed");
  assert.equal(after.failure, null);
  assert.equal(after.evidence?.status, "completed");
  assert.deepEqual(after.visits, { a: 1 });
  assert.deepEqual((await s.wait(s.engine.list({ status: "failed" }))).runs, []);
  await s.close();
});

Deno.test("a seal record without a form counts as a failed seal", async () => {
  const s = await stage({
    handlers: { a: done() },
    seal: (() => Promise.resolve({ id: 7 })) as unknown as Seal,
    sealAttempts: 1,
  });
  const view = await s.play(sealed);
  assert.equal(view.status, "failed");
  assert.match(view.failure?.message ?? "", /Cannot seal/);
  await s.close();
});

// req: N6-01
Deno.test("a crash between the end and the seal is finished at the next start", async () => {
  const s = await stage({ handlers: { a: done() }, seal: () => new Promise(() => {}) });
  const run = await s.submit(sealed);
  await s.becomes(run, (_, events) => events.some((e) => e.type === "run.ended"));
  s.process.kill();
  const other = s.open({ seal: () => Promise.resolve({ id: "ev_2", digest: "sha256:2", path: "/e" }) });
  const began = s.world.clock.steady();
  await s.wait(other.engine.start());
  const view = await s.wait(other.engine.settled(run));
  assert.equal(view.status, "completed");
  assert.equal(view.evidence?.id, "ev_2");
  assert.ok(s.world.clock.steady() - began < 1_000, "it waited for the dead worker's lease");
  await s.wait(other.engine.stop());
});

Deno.test("a workflow that does not seal is settled at its end", async () => {
  const s = await stage({ handlers: { a: done() }, seal: () => assert.fail("sealed") });
  const view = await s.play(flow({ a: { ok: "@completed" } }, { seals: false }));
  assert.equal(view.status, "completed");
  assert.equal((await s.types(view.run)).at(-1), "run.ended");
  await s.close();
});
