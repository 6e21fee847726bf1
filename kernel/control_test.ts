import assert from "node:assert/strict";
import type { ControlAction, ControlOutcome, Judge, PhaseHandler } from "./port.ts";
import { decision } from "./tests/program.ts";
import { done, flow, type Stage, stage, USER } from "./tests/stage.ts";

const slow: PhaseHandler = async (ctx) => {
  await ctx.clock.sleep(10_000, ctx.abort);
  return { kind: "done", outcome: "ok", output: null };
};

const act = (s: Stage, run: string, action: ControlAction): Promise<ControlOutcome> =>
  s.wait(s.engine.control(run, action, USER));

async function refused(
  s: Stage,
  run: string,
  action: ControlAction,
  code: string,
  message: RegExp,
): Promise<void> {
  const outcome = await act(s, run, action);
  assert.ok(!outcome.ok, `${action.action} was accepted`);
  assert.equal(outcome.code, code);
  assert.match(outcome.message, message);
  assert.notEqual(outcome.remedy, "");
}

Deno.test("an action on a run that is not there is told so", async () => {
  const s = await stage();
  for (const action of [{ action: "cancel" }, { action: "retry" }, { action: "fork", phase: "a" }] as const) {
    await refused(s, "run_00000000000", action, "not-found", /no run/);
  }
  await s.close();
});

// req: N8-04
Deno.test("cancel stops the step at work and ends the run, and nothing of it starts afterwards", async () => {
  let aborted = false;
  const s = await stage({
    handlers: {
      a: async (ctx) => {
        ctx.abort.addEventListener("abort", () => aborted = true);
        return await slow(ctx);
      },
      b: () => assert.fail("b started"),
    },
  });
  const run = await s.submit(flow({ a: { ok: "b" }, b: { ok: "@completed" } }, { seals: true }));
  await s.world.run(() => false, 500);
  assert.ok((await act(s, run, { action: "cancel", why: "no need" })).ok);
  assert.ok((await act(s, run, { action: "cancel" })).ok, "a second cancel is as good as the first");
  const view = await s.settled(run);
  assert.ok(aborted);
  assert.equal(view.status, "cancelled");
  assert.equal(view.evidence?.status, "cancelled");
  assert.ok(s.world.clock.steady() < 5_000, "the cancel waited for the step");
  await refused(s, run, { action: "cancel" }, "conflict", /has ended as cancelled/);
  await s.close();
});

Deno.test("a cancel from another process reaches the step within about a second", async () => {
  const s = await stage({ handlers: { a: slow } });
  const run = await s.submit(flow({ a: { ok: "@completed" } }));
  const elsewhere = s.open();
  await s.world.run(() => false, 1_500);
  await s.wait(elsewhere.engine.control(run, { action: "cancel" }, USER));
  const at = s.world.clock.steady();
  assert.equal((await s.settled(run)).status, "cancelled");
  assert.ok(s.world.clock.steady() - at < 2_500, `it took ${s.world.clock.steady() - at} ms`);
  await s.close();
});

// req: N2-14
Deno.test("a run that nobody drives is cancelled at once", async () => {
  const s = await stage({ handlers: { a: slow }, start: false });
  const run = await s.submit(flow({ a: { ok: "@completed" } }));
  await act(s, run, { action: "cancel" });
  assert.equal((await s.wait(s.engine.view(run)))?.status, "cancelled");
});

Deno.test("cancel of a handler that does not listen ends after a grace", async () => {
  const s = await stage({ handlers: { a: () => new Promise(() => {}) }, abortGraceMs: 1_000 });
  const run = await s.submit(flow({ a: { ok: "@completed" } }));
  await s.world.run(() => false, 500);
  await act(s, run, { action: "cancel" });
  assert.equal((await s.settled(run)).status, "cancelled");
  await s.close();
});

// req: N8-05
Deno.test("a paused run finishes the step at work, starts no other, and goes on when resumed", async () => {
  const s = await stage({ handlers: { a: slow, b: done() } });
  const run = await s.submit(flow({ a: { ok: "b" }, b: { ok: "@completed" } }));
  await s.world.run(() => false, 1_000);
  assert.ok((await act(s, run, { action: "pause" })).ok);
  assert.ok((await act(s, run, { action: "pause" })).ok);
  await s.world.run(() => false, 30_000);
  const held = await s.wait(s.engine.view(run));
  assert.equal(held?.status, "paused");
  assert.equal(held?.phase, "b");
  assert.deepEqual(Object.keys(held?.outputs ?? {}), ["a"]);
  assert.equal(s.engine.metrics().active, 0);
  assert.ok((await act(s, run, { action: "resume" })).ok);
  assert.equal((await s.settled(run)).status, "completed");
  await refused(s, run, { action: "resume" }, "conflict", /not paused/);
  await refused(s, run, { action: "pause" }, "conflict", /completed/);
  await s.close();
});

Deno.test("a parked run that is paused sleeps through its instant and goes on when resumed", async () => {
  const s = await stage({
    handlers: {
      a: (ctx) =>
        Promise.resolve(
          ctx.parks === 0
            ? { kind: "park", reason: "nap", untilMs: ctx.clock.now() + 5_000 }
            : { kind: "done", outcome: "ok", output: null },
        ),
    },
  });
  const run = await s.submit(flow({ a: { ok: "@completed" } }));
  await s.settled(run);
  await act(s, run, { action: "pause" });
  await s.world.run(() => false, 60_000);
  assert.equal((await s.wait(s.engine.view(run)))?.status, "paused");
  await act(s, run, { action: "resume" });
  await s.becomes(run, (view) => view.status === "completed", 5_000);
  await s.close();
});

// req: N2-14
Deno.test("a failed run is retried from its last phase, or from one that is named", async () => {
  let broken = true;
  const s = await stage({
    handlers: {
      a: (ctx) => Promise.resolve({ kind: "done", outcome: "ok", output: ctx.visit }),
      b: () =>
        Promise.resolve(
          broken
            ? {
              kind: "failed",
              failure: { class: "external", source: "provider", retryable: false, message: "down" },
            }
            : { kind: "done", outcome: "ok", output: null },
        ),
    },
  });
  const run = await s.submit(flow({ a: { ok: "b" }, b: { ok: "@completed" } }, { seals: true }));
  assert.equal((await s.settled(run)).status, "failed");
  assert.ok((await act(s, run, { action: "retry" })).ok);
  const again = await s.settled(run);
  assert.equal(again.status, "failed");
  assert.deepEqual(again.visits, { a: 1, b: 2 });
  broken = false;
  await refused(s, run, { action: "retry", phase: "c" }, "invalid", /no phase c/);
  await refused(s, run, { action: "retry", phase: "constructor" }, "invalid", /no phase/);
  assert.ok((await act(s, run, { action: "retry", phase: "a" })).ok);
  const view = await s.settled(run);
  assert.equal(view.status, "completed");
  assert.deepEqual(view.visits, { a: 2, b: 3 });
  assert.equal(view.failure, null);
  assert.equal(view.evidence?.status, "completed");
  await refused(s, run, { action: "retry" }, "conflict", /completed/);
  await s.close();
});

Deno.test("a run that waits after a failure is retried at once, a running one is not", async () => {
  let tries = 0;
  const s = await stage({
    handlers: {
      a: () =>
        Promise.resolve(
          ++tries < 3
            ? {
              kind: "failed",
              failure: { class: "external", source: "provider", retryable: true, message: "x" },
            }
            : { kind: "done", outcome: "ok", output: null },
        ),
      b: slow,
    },
  });
  const run = await s.submit(flow({ a: { ok: "b" }, b: { ok: "@completed" } }));
  await s.becomes(run, (view) => view.status === "parked", 30_000);
  const before = s.world.clock.steady();
  await act(s, run, { action: "retry" });
  await s.becomes(run, (view) => view.phase === "b", 500);
  assert.ok(s.world.clock.steady() - before < 500);
  await refused(s, run, { action: "retry" }, "conflict", /running/);
  await act(s, run, { action: "cancel" });
  await s.settled(run);
  await s.close();
});

// req: N2-15
Deno.test("a fork runs from its phase with the outputs before it; the original stays as it is", async () => {
  const s = await stage({
    handlers: {
      a: done({ text: "x".repeat(30_000) }),
      b: (ctx) => Promise.resolve({ kind: "done", outcome: "ok", output: Object.keys(ctx.outputs) }),
      c: done({ text: "y".repeat(40_000) }),
      d: done("end"),
    },
  });
  const workflow = flow({ a: { ok: "b" }, b: { ok: "c" }, c: { ok: "d" }, d: { ok: "@completed" } }, {
    seals: true,
  });
  const original = await s.play(workflow, { input: 7, title: "first", limits: { tokens: 5 } });
  const eventsBefore = await s.events(original.run);
  const forked = await act(s, original.run, { action: "fork", phase: "c" });
  assert.ok(forked.ok);
  const view = await s.settled(forked.run);
  assert.notEqual(view.run, original.run);
  assert.equal(view.status, "completed");
  assert.deepEqual(view.forkedFrom, { run: original.run, phase: "c" });
  assert.deepEqual(view.outputs, original.outputs);
  assert.deepEqual(view.visits, { c: 1, d: 1 });
  assert.deepEqual([view.input, view.title, view.budget.tokens?.limit], [7, "first", 5]);
  assert.deepEqual(await s.events(original.run), eventsBefore);
  const early = await act(s, original.run, { action: "fork", phase: "b" });
  assert.deepEqual(early.ok && (await s.settled(early.run)).outputs.b, ["a"]);
  await refused(s, original.run, { action: "fork", phase: "z" }, "invalid", /never reached/);
  await s.close();
});

/** Escalates until somebody approves of the patch that is there now. */
function asking(subject: () => string): Judge {
  return (input) => {
    const approved = input.approvals.some((approval) => approval.subject === subject());
    return Promise.resolve({
      ...decision(input, approved ? "allow" : "escalate"),
      subject: { patch: subject() },
    });
  };
}

const PATCH = `sha256:${"a".repeat(64)}`;
const OTHER = `sha256:${"b".repeat(64)}`;

async function escalated(subject: () => string = () => PATCH): Promise<{ s: Stage; run: string }> {
  const s = await stage({
    handlers: { plan: done("plan"), a: done(1, "ok", [{ key: "pr", kind: "pr", args: { n: 1 } }]) },
    effects: {
      pr: { look: () => Promise.resolve({ found: false }), act: () => Promise.resolve({ number: 9 }) },
    },
    judge: asking(subject),
  });
  const run = await s.submit(
    flow({ plan: { ok: "a" }, a: { ok: { to: "@completed", gated: true } } }, { seals: true }),
    { limits: { tokens: 10 } },
  );
  const view = await s.settled(run);
  assert.equal(view.status, "escalated");
  return { s, run };
}

// req: N7-12
Deno.test("an escalated run waits sealed, without its effects, and says what is asked", async () => {
  const { s, run } = await escalated();
  const view = await s.settled(run);
  assert.equal(view.escalation?.subject, PATCH);
  assert.match(view.escalation?.question ?? "", /from a to @completed/);
  assert.deepEqual(view.escalation?.options, [
    "approve",
    "reject",
    "retry",
    "retry-from",
    "change-budget",
    "cancel",
    "re-plan",
  ]);
  assert.equal(view.evidence?.status, "escalated");
  assert.ok(!(await s.types(run)).includes("effect.intended"));
  await refused(s, run, { action: "retry" }, "conflict", /escalated/);
  await refused(s, run, { action: "pause" }, "conflict", /escalated/);
  await s.close();
});

Deno.test("an approval has the same transition judged again, and its effects done", async () => {
  const { s, run } = await escalated();
  const answer = {
    action: "answer",
    choice: "approve",
    subject: PATCH,
    comment: "fine",
    selfApproved: true,
  } as const;
  assert.ok((await act(s, run, answer)).ok);
  const view = await s.settled(run);
  assert.equal(view.status, "completed");
  assert.deepEqual(view.visits, { plan: 1, a: 1 });
  assert.deepEqual(view.effects, { pr: { number: 9 } });
  assert.equal(view.escalation, null);
  const answered = (await s.events(run)).find((e) => e.type === "escalation.answered");
  assert.ok(answered?.type === "escalation.answered");
  assert.deepEqual(answered.payload.by, USER);
  assert.equal(answered.payload.selfApproved, true);
  await refused(s, run, answer, "conflict", /not escalated/);
  await s.close();
});

Deno.test("an approval that names no patch is bound to the one that is asked about", async () => {
  const { s, run } = await escalated();
  assert.ok((await act(s, run, { action: "answer", choice: "approve" })).ok);
  assert.equal((await s.settled(run)).status, "completed");
  await s.close();
});

Deno.test("an approval of another patch is refused", async () => {
  const { s, run } = await escalated();
  await refused(s, run, { action: "answer", choice: "approve", subject: OTHER }, "conflict", /is about/);
  assert.equal((await s.settled(run)).status, "escalated");
  await s.close();
});

Deno.test("an approval dies when the patch changes before it is judged again", async () => {
  let patch = PATCH;
  const { s, run } = await escalated(() => patch);
  patch = OTHER;
  await act(s, run, { action: "answer", choice: "approve", subject: PATCH });
  await s.becomes(run, (view) => view.escalation?.subject === OTHER, 5_000);
  assert.equal((await s.settled(run)).status, "escalated");
  await s.close();
});

Deno.test("a rejection ends the run as denied", async () => {
  const { s, run } = await escalated();
  await act(s, run, { action: "answer", choice: "reject", comment: "no" });
  const view = await s.settled(run);
  assert.equal(view.status, "denied");
  assert.equal(view.evidence?.status, "denied");
  await s.close();
});

for (
  const [answer, phase, visits] of [
    [{ choice: "retry" }, "a", { plan: 1, a: 2 }],
    [{ choice: "retry-from", phase: "plan" }, "plan", { plan: 2, a: 2 }],
    [{ choice: "re-plan" }, "plan", { plan: 2, a: 2 }],
    [{ choice: "change-budget", budget: { tokens: 99 } }, "a", { plan: 1, a: 2 }],
  ] as const
) {
  Deno.test(`the answer ${answer.choice} goes back to ${phase}`, async () => {
    const { s, run } = await escalated();
    assert.ok((await act(s, run, { action: "answer", comment: "try this", ...answer })).ok);
    await s.becomes(run, (view) => view.visits.a === 2 && view.status === "escalated");
    const view = await s.settled(run);
    assert.deepEqual(view.visits, visits);
    assert.equal(view.budget.tokens?.limit, answer.choice === "change-budget" ? 99 : 10);
    await s.close();
  });
}

Deno.test("the answer cancel ends the run as cancelled", async () => {
  const { s, run } = await escalated();
  await act(s, run, { action: "answer", choice: "cancel" });
  assert.equal((await s.settled(run)).status, "cancelled");
  await s.close();
});

// req: N8-06
Deno.test("an answer that makes no sense is refused with what would", async () => {
  const { s, run } = await escalated();
  const answer = (more: object) => ({ action: "answer", ...more }) as ControlAction;
  await refused(s, run, answer({ choice: "retry-from" }), "invalid", /names no phase/);
  await refused(s, run, answer({ choice: "retry-from", phase: "z" }), "invalid", /no phase z/);
  await refused(s, run, answer({ choice: "change-budget" }), "invalid", /no limits/);
  await refused(
    s,
    run,
    answer({ choice: "change-budget", budget: { tokens: -1 } }),
    "invalid",
    /whole number/,
  );
  await refused(s, run, answer({ choice: "waive" }), "invalid", /no answer to this/);
  await s.close();
});

Deno.test("two answers at once: one counts, the other hears that it came too late", async () => {
  const { s, run } = await escalated();
  const outcomes = await s.wait(Promise.all([
    s.engine.control(run, { action: "answer", choice: "approve" }, USER),
    s.engine.control(run, { action: "answer", choice: "reject" }, USER),
  ]));
  assert.equal(outcomes.filter((outcome) => outcome.ok).length, 1);
  assert.equal((await s.events(run)).filter((e) => e.type === "escalation.answered").length, 1);
  await s.settled(run);
  await s.close();
});

Deno.test("a workflow that leads to a human offers no approval, and what is said comes back as feedback", async () => {
  const told: unknown[] = [];
  const s = await stage({
    handlers: {
      a: (ctx) => {
        told.push(ctx.feedback);
        return Promise.resolve({ kind: "done", outcome: ctx.visit === 1 ? "unsure" : "ok", output: null });
      },
    },
  });
  const run = await s.submit(flow({ a: { unsure: "@escalated", ok: "@completed" } }));
  const view = await s.settled(run);
  assert.equal(view.status, "escalated");
  assert.ok(!view.escalation?.options.includes("approve"));
  await refused(s, run, { action: "answer", choice: "approve" }, "invalid", /no answer/);
  await act(s, run, { action: "answer", choice: "retry", comment: "look again" });
  assert.equal((await s.settled(run)).status, "completed");
  assert.deepEqual(told, [null, { kind: "answer", comment: "look again" }]);
  await s.close();
});

Deno.test("a policy failure that no try mends asks a human", async () => {
  const s = await stage({
    handlers: {
      a: () =>
        Promise.resolve({
          kind: "failed",
          failure: { class: "policy", source: "factory", retryable: false, message: "needs a licence" },
        }),
    },
  });
  const view = await s.play(flow({ a: { ok: "@completed" } }, { seals: true }));
  assert.equal(view.status, "escalated");
  assert.match(view.escalation?.reason ?? "", /needs a licence/);
  assert.equal(view.evidence?.status, "escalated");
  await s.close();
});
