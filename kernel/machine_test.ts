import assert from "node:assert/strict";
import type { Actor, Event, EventBody } from "../specs/mod.ts";
import { envelope } from "./envelope.ts";
import { randomIds } from "./ids.ts";
import { type Command, compileWorkflow } from "./machine.ts";
import type { RunFold } from "./state.ts";
import { decision } from "./tests/program.ts";
import { flow } from "./tests/stage.ts";

type Shape = Parameters<typeof flow>[0];

function problems(
  shape: Shape | object,
  bound?: string[],
  start?: string,
): { code: string; path?: string }[] {
  const definition = "phases" in shape ? shape : flow(shape as Shape, start === undefined ? {} : { start });
  const compiled = compileWorkflow(definition, bound);
  if (compiled.ok) return [];
  for (const problem of compiled.error) {
    assert.match(problem.message, /^Cannot compile the workflow as /);
    assert.ok(problem.remedy);
  }
  return compiled.error.map(({ code, path }) => ({ code, ...(path === undefined ? {} : { path }) }));
}

// req: N2-02
Deno.test("a workflow that is a chain, a loop with a budget, or a diamond compiles", () => {
  assert.deepEqual(problems({ a: { ok: "b" }, b: { ok: "@completed" } }), []);
  assert.deepEqual(problems({ a: { again: { to: "a", budget: 3 }, ok: "@completed" } }), []);
  assert.deepEqual(
    problems({ a: { l: "b", r: "c" }, b: { ok: "d" }, c: { ok: "d" }, d: { ok: "@completed" } }),
    [],
  );
  assert.deepEqual(
    problems({
      a: { ok: "b" },
      b: { red: { to: "a", budget: 2 }, ok: { to: "@completed", gated: true, denied: "a", deniedBudget: 2 } },
    }),
    [],
  );
});

Deno.test("a definition without its form is refused with the place", () => {
  assert.deepEqual(problems({ phases: {}, id: "X", version: "1", start: "a" }).map((p) => p.path), [
    "id",
    "version",
  ]);
  const compiled = compileWorkflow(null);
  assert.ok(!compiled.ok);
});

Deno.test("a start that names no phase is refused", () => {
  assert.deepEqual(problems({ a: { ok: "@completed" } }, undefined, "b"), [{
    code: "unknown-start",
    path: "start",
  }]);
  assert.deepEqual(problems({ a: { ok: "@completed" } }, undefined, "constructor")[0]?.code, "unknown-start");
});

Deno.test("a transition or denied route to nowhere is refused", () => {
  assert.deepEqual(problems({ a: { ok: "b", no: "@completed" } }), [
    { code: "unknown-target", path: "phases.a.on.ok.to" },
  ]);
  assert.deepEqual(problems({ a: { ok: { to: "@completed", gated: true, denied: "z" } } }), [
    { code: "unknown-target", path: "phases.a.on.ok.denied" },
  ]);
});

Deno.test("a phase that no way leads to is refused, also when it leads to itself", () => {
  assert.deepEqual(problems({ a: { ok: "@completed" }, b: { ok: "@completed" } }), [
    { code: "unreachable-phase", path: "phases.b" },
  ]);
  assert.deepEqual(
    problems({ a: { ok: "@completed" }, b: { ok: "c" }, c: { ok: { to: "b", budget: 1 } } }).map((p) =>
      p.code
    ),
    ["unreachable-phase", "unreachable-phase"],
  );
});

Deno.test("a phase that only a denied route leads to is reachable", () => {
  const gated = { to: "@completed", gated: true, denied: "mend" } as const;
  assert.deepEqual(problems({ a: { ok: gated }, mend: { ok: "@failed" } }), []);
  // Without a gate nothing is ever denied.
  assert.deepEqual(
    problems({ a: { ok: { ...gated, gated: false } }, mend: { ok: "@failed" } }).map((p) => p.code),
    ["unreachable-phase"],
  );
});

Deno.test("a handler that is not bound is refused, where handlers are known", () => {
  assert.deepEqual(problems({ a: { ok: "b" }, b: { ok: "@completed" } }, ["a"]), [
    { code: "unbound-handler", path: "phases.b.handler" },
  ]);
  assert.deepEqual(problems({ a: { ok: "@completed" } }, []), [
    { code: "unbound-handler", path: "phases.a.handler" },
  ]);
  // Compiled before with other handlers: still looked at.
  assert.deepEqual(problems({ a: { ok: "b" }, b: { ok: "@completed" } }, ["a", "b"]), []);
  assert.equal(problems({ a: { ok: "b" }, b: { ok: "@completed" } }, ["a"]).length, 1);
});

Deno.test("a cycle without a budget is refused with its path", () => {
  const compiled = compileWorkflow(
    flow({ a: { ok: "b" }, b: { ok: "c", out: "@completed" }, c: { ok: "a" } }),
  );
  assert.ok(!compiled.ok);
  assert.deepEqual(compiled.error.map((p) => p.code), ["cycle-without-budget"]);
  assert.match(compiled.error[0]?.message ?? "", /a -> b -> c -> a/);
  assert.equal(problems({ a: { again: "a", ok: "@completed" } })[0]?.code, "cycle-without-budget");
});

Deno.test("each cycle needs its own budget: one on another cycle does not help", () => {
  const codes = problems({
    a: { ok: "b" },
    b: { back: { to: "a", budget: 2 }, ok: "c" },
    c: { back: "b", ok: "@completed" },
  });
  assert.deepEqual(codes.map((p) => p.code), ["cycle-without-budget"]);
});

Deno.test("a denied route back needs a budget of its own", () => {
  const gated = { to: "b", gated: true, denied: "a" } as const;
  assert.deepEqual(problems({ a: { ok: gated }, b: { ok: "@completed" } }), [
    { code: "cycle-without-budget", path: "phases.a.on.ok.deniedBudget" },
  ]);
  assert.deepEqual(problems({ a: { ok: { ...gated, deniedBudget: 1 } }, b: { ok: "@completed" } }), []);
});

Deno.test("a phase from which no way leads out is refused", () => {
  assert.deepEqual(problems({ a: { ok: "b", out: "@completed" }, b: {} }), [
    { code: "no-way-out", path: "phases.b.on" },
  ]);
  assert.deepEqual(
    problems({ a: { ok: "b" }, b: { ok: { to: "a", budget: 2 } } }).map((p) => p.code),
    ["no-way-out", "no-way-out"],
  );
});

const ACTOR: Actor = { kind: "engine", id: "test" };
const clock = { now: () => 1_000_000, sleep: () => Promise.resolve() };
const ids = randomIds(clock);

/** Feeds events to a machine one by one, as a replay would. */
function player(shape: Shape, more: Parameters<typeof flow>[1] = {}) {
  const compiled = compileWorkflow(flow(shape, more));
  assert.ok(compiled.ok);
  const { step, definition } = compiled.value;
  let state: RunFold | null = null;
  const events: Event[] = [];
  const feed = (body: EventBody): readonly Command[] => {
    const { event } = envelope("run_00000000", body, ACTOR, state, { clock, ids });
    events.push(event);
    const result = step(state, event, clock.now());
    state = result.state;
    return result.commands;
  };
  return {
    feed,
    events,
    step,
    state: () => state as unknown as RunFold,
    accept: () =>
      feed({
        type: "run.accepted",
        v: 1,
        payload: { workflow: definition, input: null, title: "", limits: {} },
      }),
    enter: (phase: string, visit = 1) => feed({ type: "phase.entered", v: 1, payload: { phase, visit } }),
    finish: (phase: string, outcome: string, effects: { key: string; kind: string; args: null }[] = []) =>
      feed({
        type: "phase.finished",
        v: 1,
        payload: { phase, visit: 1, outcome, output: null, ms: 1, effects },
      }),
  };
}

const appended = (commands: readonly Command[]) =>
  commands.flatMap((command) =>
    command.do === "append" ? command.bodies.map((body) => body.type) : [command.do]
  );

// req: N2-01 N2-03
Deno.test("the machine says what is next; the phase never does", () => {
  const p = player({ a: { ok: "b" }, b: { ok: "@completed" } });
  assert.deepEqual(appended(p.accept()), ["phase.entered"]);
  assert.deepEqual(p.enter("a"), [{ do: "run", phase: "a" }]);
  assert.deepEqual(p.finish("a", "ok"), [
    { do: "append", bodies: [{ type: "phase.entered", v: 1, payload: { phase: "b", visit: 1 } }] },
  ]);
  p.enter("b");
  assert.deepEqual(appended(p.finish("b", "ok")), ["run.ended"]);
  assert.deepEqual(p.feed({ type: "run.ended", v: 1, payload: { status: "completed" } }), [{ do: "idle" }]);
});

Deno.test("a gated outcome is judged before anything moves, and effects come between decision and next phase", () => {
  const p = player({ a: { ok: { to: "b", gated: true } }, b: { ok: "@completed" } });
  p.accept();
  p.enter("a");
  const [judge] = p.finish("a", "ok", [{ key: "k", kind: "row", args: null }]);
  assert.equal(judge?.do, "judge");
  const input = { from: "a", to: "b", at: "2026-01-01T00:00:00.000Z" } as Parameters<typeof decision>[0];
  const decided = p.feed({
    type: "transition.decided",
    v: 1,
    payload: { decision: decision(input, "allow") },
  });
  assert.deepEqual(appended(decided), ["effect.intended"]);
  const [perform] = p.feed({ type: "effect.intended", v: 1, payload: { key: "k", kind: "row", args: null } });
  assert.equal(perform?.do, "perform");
  assert.deepEqual(
    appended(p.feed({ type: "effect.done", v: 1, payload: { key: "k", outcome: 1, found: false } })),
    ["phase.entered"],
  );
});

Deno.test("the same events give the same state, and step changes nothing that it was given", () => {
  const p = player({ a: { ok: "b" }, b: { ok: "@completed" } });
  p.accept();
  p.enter("a");
  p.finish("a", "ok");
  const frozen = JSON.stringify(p.state());
  const [first, ...rest] = p.events;
  assert.ok(first);
  let again = p.step(null, first, 0).state;
  for (const event of rest) again = p.step(again, event, 0).state;
  assert.deepEqual(again, p.state());
  p.step(p.state(), first, 0);
  assert.equal(JSON.stringify(p.state()), frozen);
});

Deno.test("what a hand-made ledger claims about an outcome that does not exist is a failure, not a way on", () => {
  const p = player({ a: { ok: "@completed" } });
  p.accept();
  p.enter("a");
  const [command] = p.finish("a", "constructor");
  assert.ok(command?.do === "append");
  const [body] = command.bodies;
  assert.ok(body?.type === "run.ended" && body.payload.status === "failed");
});
