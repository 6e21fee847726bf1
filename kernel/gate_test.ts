import assert from "node:assert/strict";
import type { Decision } from "../specs/mod.ts";
import type { Judge, TransitionInput } from "./port.ts";
import { decision } from "./tests/program.ts";
import { done, flow, stage } from "./tests/stage.ts";

const gated = flow({ a: { ok: { to: "b", gated: true } }, b: { ok: "@completed" } }, { seals: true });
const handlers = { a: done("from a"), b: done() };

// req: N2-04 N2-05
Deno.test("a gated transition is judged over what the run has, and the decision is in the ledger before the next phase", async () => {
  const inputs: TransitionInput[] = [];
  const judge: Judge = (input) => {
    inputs.push(input);
    return Promise.resolve(decision(input, "allow"));
  };
  const s = await stage({ handlers, judge });
  const view = await s.play(gated, { input: 5, limits: { tokens: 3 } });
  assert.equal(view.status, "completed");
  const [input] = inputs;
  assert.equal(inputs.length, 1);
  assert.deepEqual(
    {
      from: input?.from,
      to: input?.to,
      outcome: input?.outcome,
      input: input?.input,
      outputs: input?.outputs,
    },
    { from: "a", to: "b", outcome: "ok", input: 5, outputs: { a: "from a" } },
  );
  assert.deepEqual(input?.budget, { tokens: { limit: 3, spent: 0, reserved: 0 } });
  assert.deepEqual((await s.types(view.run)).slice(2, 5), [
    "phase.finished",
    "transition.decided",
    "phase.entered",
  ]);
  assert.equal(view.lastDecision?.verdict, "allow");
  await s.close();
});

Deno.test("a denial ends the run as denied; effects that were asked for are not done", async () => {
  const s = await stage({
    handlers: { ...handlers, a: done(null, "ok", [{ key: "k", kind: "row", args: null }]) },
    effects: { row: { look: () => assert.fail("looked"), act: () => assert.fail("acted") } },
    judge: (input) => Promise.resolve(decision(input, "deny")),
  });
  const view = await s.play(gated);
  assert.equal(view.status, "denied");
  assert.equal(view.evidence?.status, "denied");
  assert.equal(view.lastDecision?.verdict, "deny");
  assert.ok(!(await s.types(view.run)).includes("effect.intended"));
  await s.close();
});

const LAYERS = ["L0", "L1", "L2", "L3", "L4"] as const;
const BAD_JUDGES: [string, (input: TransitionInput) => unknown, RegExp][] = [
  ["throws", () => {
    throw new Error("rule engine fell over");
  }, /rule engine fell over/],
  ["rejects with nothing", () => Promise.reject(undefined), /No decision/],
  ["gives nothing", () => undefined, /has not its form/],
  ["gives an allow without a form", () => ({ verdict: "allow" }), /has not its form/],
  ["leaves a layer out", (input) => {
    const given = decision(input, "allow");
    return { ...given, layers: given.layers.slice(1) };
  }, /has not its form/],
  ["reports one layer twice", (input) => ({
    ...decision(input, "allow"),
    layers: ["L0", "L1", "L2", "L3", "L3"].map((layer) => ({ layer, verdict: "pass" })),
  }), /each once/],
  ["reports the layers in another order", (input) => ({
    ...decision(input, "allow"),
    layers: [...LAYERS].reverse().map((layer) => ({ layer, verdict: "pass" })),
  }), /each once/],
  ["allows what it did not run", (input) => ({
    ...decision(input, "allow"),
    layers: LAYERS.map((layer) => ({ layer, verdict: layer === "L2" ? "not_run" : "pass" })),
  }), /L2 says not_run/],
  ["allows what ended in an error", (input) => ({
    ...decision(input, "allow"),
    layers: LAYERS.map((layer) => ({ layer, verdict: layer === "L4" ? "error" : "pass" })),
  }), /L4 says error/],
  [
    "decides about another transition",
    (input) => decision({ ...input, to: "@completed" }, "allow"),
    /not a -> b/,
  ],
  ["never answers", () => new Promise(() => {}), /no decision within/],
];

for (const [what, judge, message] of BAD_JUDGES) {
  // req: N2-04
  Deno.test(`a judge that ${what} has denied, with the reason as an error in every layer`, async () => {
    const s = await stage({ handlers, judge: (input) => judge(input) as Promise<Decision> });
    const view = await s.play(gated);
    assert.equal(view.status, "denied");
    assert.deepEqual(
      view.lastDecision?.layers.map((l) => [l.layer, l.verdict]),
      LAYERS.map((l) => [l, "error"]),
    );
    assert.match(view.lastDecision?.layers[0]?.reason ?? "", message);
    assert.equal(view.lastDecision?.rules[0]?.verdict, "error");
    await s.close();
  });
}

function findings(count: number, length: number): Judge {
  return (input) =>
    Promise.resolve({
      ...decision(input, "deny"),
      rules: [{
        gate: "scope",
        rule: "core/C2",
        layer: "L1",
        mode: "enforce",
        verdict: "fail",
        facts: [],
        findings: Array.from({ length: count }, (_, i) => ({
          message: `${i} ${"m".repeat(length)}`,
          path: `src/${i}.ts`,
          remediation: "r".repeat(length),
        })),
        escalates: false,
      }],
    });
}

// req: N7-11
Deno.test("a denied route leads back with the findings as feedback, as often as its budget says", async () => {
  const told: unknown[] = [];
  const s = await stage({
    handlers: {
      a: (ctx) => {
        told.push(ctx.feedback);
        return Promise.resolve({ kind: "done", outcome: "ok", output: ctx.visit });
      },
      b: done(),
    },
    judge: findings(1, 3),
  });
  const view = await s.play(
    flow({ a: { ok: { to: "b", gated: true, denied: "a", deniedBudget: 2 } }, b: { ok: "@completed" } }),
  );
  assert.equal(view.status, "denied");
  assert.equal(view.visits.a, 3);
  assert.equal(told[0], null);
  assert.deepEqual(told[1], {
    kind: "denial",
    transition: { from: "a", to: "b" },
    findings: [{
      gate: "scope",
      rule: "core/C2",
      layer: "L1",
      verdict: "fail",
      findings: [{ message: "0 mmm", path: "src/0.ts", remediation: "rrr" }],
    }],
  });
  await s.close();
});

Deno.test("feedback is for the phase that it sent the run to, not for those after it", async () => {
  const told: Record<string, unknown[]> = { a: [], b: [] };
  let denials = 0;
  const tell = (name: string) => (ctx: { feedback: unknown; visit: number }) => {
    told[name]?.push(ctx.feedback);
    return Promise.resolve({ kind: "done" as const, outcome: "ok", output: null });
  };
  const s = await stage({
    handlers: { a: tell("a"), b: tell("b") },
    judge: (input) => denials++ === 0 ? findings(1, 3)(input) : Promise.resolve(decision(input, "allow")),
  });
  await s.play(
    flow({ a: { ok: { to: "b", gated: true, denied: "a", deniedBudget: 2 } }, b: { ok: "@completed" } }),
  );
  assert.equal((told.a?.[1] as { kind: string }).kind, "denial");
  assert.deepEqual(told.b, [null]);
  await s.close();
});

Deno.test("a decision with very many findings fits: the whole of it is a blob that the ledger names", async () => {
  const s = await stage({ handlers, judge: findings(200, 3_900) });
  const view = await s.play(gated);
  assert.equal(view.status, "denied");
  const [rule] = view.lastDecision?.rules ?? [];
  assert.ok((rule?.findings.length ?? 0) >= 2);
  const digest = /sha256:[0-9a-f]{64}/.exec(rule?.findings.at(-1)?.message ?? "")?.[0];
  assert.ok(digest !== undefined);
  const whole = JSON.parse(new TextDecoder().decode((await s.world.blobs.get(digest)) ?? undefined));
  assert.equal(whole.rules[0].findings.length, 200);
  await s.close();
});

Deno.test("a denial may lead to a human, who can have it judged again", async () => {
  let allowed = false;
  const s = await stage({
    handlers,
    judge: (input) => Promise.resolve(decision(input, allowed ? "allow" : "deny")),
  });
  const run = await s.submit(
    flow({ a: { ok: { to: "b", gated: true, denied: "@escalated" } }, b: { ok: "@completed" } }),
  );
  const view = await s.settled(run);
  assert.equal(view.status, "escalated");
  assert.ok(view.escalation?.options.includes("approve"));
  allowed = true;
  await s.wait(s.engine.control(run, { action: "answer", choice: "approve" }, { kind: "user", id: "u" }));
  assert.equal((await s.settled(run)).status, "completed");
  await s.close();
});
