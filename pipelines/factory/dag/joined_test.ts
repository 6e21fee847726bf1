import assert from "node:assert/strict";
import { AgentSession } from "../../../specs/code/mod.ts";
import type { Handover } from "../implementers/port.ts";
import { joinedHandover, joinedSession } from "./joined.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const at = (second: number) => `2026-11-23T12:00:${String(second).padStart(2, "0")}.000Z`;

const session = (id: string, seconds: number[], more: Partial<AgentSession> = {}): AgentSession =>
  AgentSession.parse({
    v: 1,
    id,
    agent: "a",
    startedAt: at(seconds[0] ?? 0),
    endedAt: at(seconds.at(-1) ?? 0),
    tools: [{ name: "read", digest: DIGEST }],
    calls: seconds.map((second, i) => ({
      seq: i + 1,
      at: at(second),
      tool: "read",
      schema: DIGEST,
      args: DIGEST,
      inputs: [],
      yields: "untrusted",
      readsPrivate: false,
      egress: null,
      credential: { origin: "broker", session: i === 0 ? id : "another" },
      decision: "allowed",
      exit: { ok: true, result: null },
    })),
    complete: true,
    ...more,
  });

Deno.test("sessions beside one another become one log in the order of time, and no credential changes hands", () => {
  const joined = AgentSession.parse(
    joinedSession("run/tasks", [session("one", [1, 4]), session("two", [2, 3])]),
  );
  assert.deepEqual(joined.calls.map(({ seq, at: when }) => [seq, when]), [
    [1, at(1)],
    [2, at(2)],
    [3, at(3)],
    [4, at(4)],
  ]);
  assert.deepEqual(joined.calls.map(({ credential }) => credential?.session), [
    "run/tasks",
    "run/tasks",
    "another",
    "another",
  ]);
  assert.deepEqual([joined.startedAt, joined.endedAt, joined.complete, joined.tools.length], [
    at(1),
    at(4),
    true,
    1,
  ]);
  assert.equal(
    joinedSession("x", [session("one", [1]), session("two", [2], { complete: false })]).complete,
    false,
  );
  assert.throws(() => joinedSession("x", []), /there are none/);
});

Deno.test("of several handovers nothing is left out, and what is not true of all is not said of the whole", () => {
  const part = (name: string, more: Partial<Handover> = {}): Handover => ({
    renames: [{ from: name, to: `${name}2` }],
    steps: [`did ${name}`],
    rederives: true,
    agent: { name: "agent", version: "1", model: name },
    claims: [`claims ${name}`],
    context: [{ uri: name, digest: DIGEST, trust: "untrusted" }],
    ...more,
  });
  const both = joinedHandover("run", [{ task: "A", handover: part("a") }, {
    task: "B",
    handover: part("b"),
  }]);
  assert.deepEqual(both.steps, ["A: did a", "B: did b"]);
  assert.deepEqual(both.agent, { name: "agent", version: "1", model: "a, b" });
  assert.deepEqual([both.renames.length, both.context?.length, both.rederives], [2, 2, true]);
  const mixed = joinedHandover("run", [
    { task: "A", handover: part("a") },
    { task: "B", handover: part("a", { rederives: null, session: session("s", [1]) }) },
  ]);
  assert.equal(mixed.rederives, null);
  assert.equal(mixed.agent?.model, "a");
  assert.equal(mixed.session?.id, "run/tasks");
});

Deno.test("what was seen of several programs is told together; what is not known of one is not known of all", () => {
  const seen = (more: object) => ({
    observed: {
      programs: ["sh"],
      written: ["a"],
      writtenInAll: 1,
      unrouted: 2,
      requests: 3,
      refused: [],
      ...more,
    },
  });
  const of = (...parts: AgentSession[]) => AgentSession.parse(joinedSession("run/tasks", parts)).observed;
  assert.deepEqual(
    of(session("one", [1], seen({})), session("two", [2], seen({ programs: ["node", "sh"] }))),
    {
      programs: ["sh", "node"],
      written: ["a"],
      writtenInAll: 2,
      unrouted: 4,
      requests: 6,
      refused: [],
    },
  );
  const unknown = of(
    session("one", [1], seen({})),
    session("two", [2], seen({ unrouted: null, writtenInAll: null })),
  );
  assert.deepEqual([unknown?.unrouted, unknown?.writtenInAll, unknown?.requests], [null, null, 6]);
  assert.equal(of(session("one", [1])), undefined);
});
